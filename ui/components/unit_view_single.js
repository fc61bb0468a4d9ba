// A layer that adds nothing up: the map that it reads, and the numbers in the window.

class Single {
  constructor(view, into) {
    this.view = view;
    const { data } = view;
    const box = make("div", into, { className: "top" });
    const figure = make("figure", box);
    make("figcaption", figure).textContent = `${data.source} · ${data.channels[0]}`;
    this.input = new Plate(figure, "button");
    const isMap = data.inShape[0] * data.inShape[1] > 1;
    view.paintInput(this.input, 0, isMap ? 140 : 44, view.limit);
    view.walkable(this.input, 0);
    this.table = make("table", box, { className: "values" });
  }

  // The one that won is framed.
  show(window) {
    const { data, inputsOf } = this.view;
    const { top, left, high, wide } = window;
    const [rows, cols] = data.inShape;
    this.input.frame(window);
    this.table.replaceChildren();
    let best = null;
    for (let r = top; r < top + high; r += 1) {
      const line = make("tr", this.table);
      for (let c = left; c < left + wide; c += 1) {
        const inside = r >= 0 && c >= 0 && r < rows && c < cols;
        const cell = make("td", line);
        const value = inside ? inputsOf[r * cols + c] : -Infinity;
        cell.textContent = inside ? shown(value) : data.labels.padding;
        if (!best || value > best.value) best = { value, cell };
      }
    }
    if (data.kind === "max_pool") best.cell.classList.add("won");
  }
}
