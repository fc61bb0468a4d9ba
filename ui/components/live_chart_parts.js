// The pieces that the chart is made of: nodes, the row of buttons, the read-out, one panel.

const DASHES = ["", "8 4", "2 4", "10 4 2 4", "14 5", "5 3 2 3 2 3"];
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]; // Okabe and Ito

function make(tag, into, properties = {}) {
  const node = Object.assign(document.createElement(tag), properties);
  into?.append(node);
  return node;
}

function shape(tag, into, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(node, attributes);
  into?.append(node);
  return node;
}

// Touch only what differs, so that a quiet chart stays quiet.
function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// As many children as there are items, made or removed at the end, each updated in place.
function each(parent, items, create, update) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, i) => update(parent.children[i] ?? create(parent), item, i));
}

function styleOf(i) {
  return `--series: var(--cnn-series-${(i % COLOURS.length) + 1}, ${COLOURS[i % COLOURS.length]}); --dash: ${DASHES[i % DASHES.length] || "none"}`;
}

class ReadOut {
  constructor(root) {
    this.table = make("table", make("div", root, { className: "readout" }));
    this.head = make("tr", make("thead", this.table));
    this.body = make("tbody", this.table);
  }

  // rows: [{ name, cells: [{ value, note }] }]
  show(where, titles, rows, spoken) {
    set(this.table, { "aria-live": spoken ? "polite" : "off" });
    each(this.head, [where, ...titles], (row) => make("th", row, { scope: "col" }), write);
    each(this.body, rows, (body) => ReadOut.row(body), (row, { name, cells }, i) => {
      set(row, { style: styleOf(i) });
      write(row.firstChild.lastChild, name);
      while (row.children.length > cells.length + 1) row.lastChild.remove();
      cells.forEach((cell, c) => {
        const node = row.children[c + 1] ?? ReadOut.cell(row);
        write(node.firstChild, cell.value);
        write(node.lastChild, cell.note);
      });
    });
  }

  static row(body) {
    const row = make("tr", body);
    const name = make("th", row, { scope: "row" });
    shape("line", shape("svg", name, { viewBox: "0 0 32 8", "aria-hidden": "true" }), { x1: 1, x2: 31, y1: 4, y2: 4 });
    make("span", name);
    return row;
  }

  static cell(row) {
    const cell = make("td", row);
    make("span", cell, { className: "value" });
    make("span", cell, { className: "aside" });
    return cell;
  }
}

// A line through all panels at one x, with its number below.
class Upright {
  constructor(svg, line, text) {
    this.line = shape("line", svg, { class: line });
    this.text = shape("text", svg, { class: text });
  }

  show(step, pixelOf, top, bottom) {
    for (const node of [this.line, this.text]) set(node, { visibility: step === null ? "hidden" : "visible" });
    if (step === null) return;
    const x = pixelOf(step).toFixed(1);
    set(this.line, { x1: x, x2: x, y1: top, y2: bottom + 4 });
    set(this.text, { x, y: bottom + 20 });
    write(this.text, step.toLocaleString("en-US"));
  }
}

class PanelView {
  constructor(svg, number) {
    this.group = shape("g", svg, { class: "panel" });
    this.clip = shape("rect", shape("clipPath", this.group, { id: `panel-${number}` }));
    this.grid = shape("g", this.group, { class: "grid" });
    this.title = shape("text", this.group, { class: "title" });
    this.lines = shape("g", this.group, { "clip-path": `url(#panel-${number})` });
    this.dots = shape("g", this.group, { class: "dots" });
  }

  place({ left, right, top, bottom }, title) {
    Object.assign(this, { left, right, top, bottom });
    set(this.clip, { x: left, y: top - 3, width: Math.max(0, right - left), height: bottom - top + 6 });
    set(this.title, { x: left, y: top - 12 });
    write(this.title, title);
  }

  // The y axis: what is to be seen, out to round numbers. Without zoom it starts at 0, and shares end at 100%,
  // so that it stays calm while points arrive; a zoom fits it to what is in it.
  scale([low, high], { percent, log, whole }) {
    if (low > high) [low, high] = log ? [0.1, 1] : [0, 1];
    if (log) {
      [this.low, this.high] = [low / 1.15, high * 1.15];
      this.ticks = logTicks(this.low, this.high);
      this.step = this.ticks[0] ?? 1;
    } else {
      if (low > 0 && (whole || low < 0.7 * high)) low = 0;
      if (percent && whole) high = 1;
      if (low === high) [low, high] = [low - Math.abs(low || 1) / 20, high + Math.abs(high || 1) / 20];
      if (percent) high = Math.min(high, 1);
      this.step = niceStep(high - low, Math.max(2, (this.bottom - this.top) / 40));
      this.low = Math.floor(low / this.step + 1e-9) * this.step;
      this.high = Math.ceil(high / this.step - 1e-9) * this.step;
      this.ticks = ticks(this.low, this.high, this.step);
    }
    const size = this.bottom - this.top;
    const [from, to] = log ? [Math.log(this.low), Math.log(this.high)] : [this.low, this.high];
    this.y = (value) => {
      const at = log ? (value > 0 ? Math.log(value) : NaN) : value;
      return this.bottom - ((at - from) / (to - from)) * size;
    };
  }

  drawGrid(percent, log) {
    each(this.grid, this.ticks, PanelView.tick, (node, value) => {
      const y = this.y(value).toFixed(1);
      set(node.firstChild, { x1: this.left, x2: this.right, y1: y, y2: y });
      set(node.lastChild, { x: this.left - 8, y });
      write(node.lastChild, tickText(value, log ? value : this.step, percent));
    });
  }

  static tick(parent) {
    const node = shape("g", parent);
    shape("line", node);
    shape("text", node, { class: "tick y" });
    return node;
  }
}
