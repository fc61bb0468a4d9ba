// What the page says of the point, with the numbers put in.

function sentence(view) {
  const { labels, kind, count, layer, after, window, inShape, sides } = view.data;
  const here = view.place(view.here);
  const box = view.window(view.here);
  const read = Math.max(0, box.top) * inShape[1] + Math.max(0, box.left);
  const numbers = {
    row: view.here[0], col: view.here[1], count: window.kernel && !view.weightsOf ? window.kernel ** 2 : count,
    sum: view.sumsOf && shown(view.sumsOf[here]), bias: shown(view.biasOf[0]), value: shown(view.outputOf[here]),
    input: view.weightsOf ? "" : shown(view.inputsOf[read]), layer,
  };
  const exact = { sum: view.sumsOf?.[here], bias: view.biasOf[0], value: view.outputOf[here], input: view.inputsOf[read] };
  const kinds = { max_pool: "max", avg_pool: "avg", flatten: "same", dropout: "same" };
  const added = sides ? "sum" : count > 1 ? "sums" : "single";
  const name = view.weightsOf ? added : kinds[kind] ?? (view.outputOf.length > 1 ? "one" : "alone");
  const parts = spoken(labels[name], numbers, exact);
  if (!view.activatedOf) return parts;
  const value = view.activatedOf[here];
  return [...parts, " ", ...spoken(labels.after, { layer: after, value: shown(value) }, { value })];
}

// A text with its values put in, each value bold, and exact on pointing.
function spoken(text, values, exact = {}) {
  return text.split(/\{(\w+)\}/g).map((part, i, parts) => {
    if (i === 0) return part;
    if (i % 2 === 0) { // its first word may depend on the value before it
      const last = String(values[parts[i - 1]]).slice(-1);
      return spelt(last + part).slice(last.length);
    }
    const bold = document.createElement("b");
    bold.textContent = values[part];
    if (exact[part] !== undefined) bold.title = String(exact[part]).replace("-", "−");
    return bold;
  });
}
