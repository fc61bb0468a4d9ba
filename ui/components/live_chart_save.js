// The chart as files: a drawing that stands by itself, and the numbers.

const KEPT = [
  ...["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin"],
  ...["stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"],
];

function hand(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The picture with its colours written out, since the page's variables are not in the file, and a legend.
function svgText(svg, paper, names, dashes, colours) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(originals[i]);
    node.removeAttribute("class");
    node.setAttribute("style", KEPT.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  const { width, height } = svg.getBoundingClientRect();
  const top = 24 * names.length + 8;
  const whole = shape("svg", null, { viewBox: `0 ${-top} ${width} ${height + top}`, width, height: height + top });
  shape("rect", whole, { x: 0, y: -top, width, height: height + top, fill: paper });
  const { fontFamily, fill } = getComputedStyle(svg);
  names.forEach((name, i) => {
    const y = 20 - top + 24 * i;
    const dash = { "stroke-dasharray": dashes[i] || "none", "stroke-width": 2.5, stroke: colours[i] };
    shape("line", whole, { x1: 12, x2: 44, y1: y - 5, y2: y - 5, ...dash });
    shape("text", whole, { x: 52, y, fill, style: `font-family:${fontFamily};font-size:15px` }).textContent = name;
  });
  for (const child of [...copy.childNodes]) whole.append(child);
  return new XMLSerializer().serializeToString(whole);
}

// One row for each x, one column for each line; a mark at the front lets spreadsheets read it as UTF-8.
function csvText(xLabel, panels, series) {
  const rows = new Map();
  const header = [xLabel];
  for (const run of series) {
    run.lines.forEach((line, p) => {
      const column = header.push(series.length > 1 ? `${run.name}: ${panels[p].title}` : panels[p].title) - 1;
      line.x.forEach((x, i) => {
        if (!rows.has(x)) rows.set(x, [x]);
        rows.get(x)[column] = line.y[i];
      });
    });
  }
  const sorted = [...rows.values()].sort((a, b) => a[0] - b[0]);
  const quoted = (cell) => {
    if (typeof cell !== "string") return String(cell ?? "");
    const safe = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell; // a run's name must not become a formula
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const filled = sorted.map((row) => Array.from(header, (_, i) => row[i]));
  return `\ufeff${[header, ...filled].map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
}
