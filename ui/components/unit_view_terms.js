// A linear layer's unit: its strongest terms for and against, and what all others come to.

function terms(view, into) {
  const { sides, labels, inShape } = view.data;
  const box = make("div", into, { className: inShape[0] * inShape[1] > 1 ? "terms placed" : "terms" });
  const most = Math.max(...sides.map(({ terms: [first] }) => Math.abs(first?.numbers[2] ?? 0))) || 1;
  sides.forEach((side, i) => {
    const list = make("div", box, { className: "side" });
    make("h4", list).textContent = i ? labels.against : labels.for;
    const colour = `color-mix(in srgb, var(--cnn-${i ? "negative" : "positive"}) 30%, transparent)`;
    side.terms.forEach((term) => row(view, list, term, colour, (100 * Math.abs(term.numbers[2])) / most));
    const others = make("div", list, { className: "term rest" });
    make("span", others).textContent = fill(labels.others, { count: side.others });
    put(make("b", others), side.rest, 3);
  });
}

function row(view, into, { at, numbers: [input, weight, product] }, colour, share) {
  const { labels, source } = view.data;
  const isImage = source === "input"; // there is no unit to open
  const node = make(isImage ? "div" : "button", into, { className: "term" });
  make("span", node).textContent = named(view.data, at);
  make("span", node).textContent = `${shown(input, 3)} × ${shown(weight, 3)}`;
  put(make("b", node), product, 3);
  node.style.background = `linear-gradient(90deg, ${colour} ${share}%, transparent ${share}%)`;
  if (isImage) return;
  Object.assign(node, { type: "button", title: labels.walk });
  const [channel, row, col] = at;
  node.addEventListener("click", () => view.tell("walk", { channel, row, col }));
}

function named({ source, inShape, labels }, [channel, row, col]) {
  if (source === "input") return fill(labels.pixel, { row, col });
  return inShape[0] * inShape[1] > 1 ? `${source} · ${channel} (${row}, ${col})` : `${source} · ${channel}`;
}
