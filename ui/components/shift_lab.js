// The input is dragged by whole cells; at once, both it and what pooling makes of it are compared with before.

const HIGHEST = 300; // CSS pixels of a grid
const REST = 250; // milliseconds without a key: then the page hears where the input is

class ShiftLab {
  constructor(root) {
    this.root = root;
    this.said = new Said();
    this.later = new Later();
    this.palette = new Palette(root);
    this.stage = make("div", root, { className: "stage" });
    this.input = new Grid("moved", this.stage);
    const term = make("div", this.stage, { className: "term" });
    make("span", term, { className: "sign", textContent: "→" });
    this.output = new Grid("shifted", term);
    this.counts = make("div", this.stage, { className: "counts" });
    set(this.counts, { "aria-live": "polite" });
    this.bars = ["raw", "pooled"].map((name) => this.bar(name));
    this.plate = this.input.plate;
    set(this.plate, { tabindex: 0, role: "application" });
    this.listen();
    root.addEventListener("transitionend", () => this.palette.read() && this.paint()); // the theme has changed
    new ResizeObserver(() => this.paint()).observe(root);
  }

  bar(name) {
    const box = make("div", this.counts, { className: `bar ${name}` });
    const words = make("p", box);
    const track = make("div", box, { className: "track" });
    return { name, words, full: make("div", track, { className: "full" }) };
  }

  update(data, tell) {
    this.tell = tell;
    const fresh = !this.data || String(data.moved) !== String(this.data.moved);
    this.data = data;
    if (fresh && this.said.isNews(data.moved) && !this.drag) this.moved = [...data.moved];
    set(this.plate, { "aria-label": data.labels.keys });
    this.before = this.pooled([0, 0]);
    this.paint();
  }

  // The input moved by whole cells: what leaves at one side comes in at the other.
  rolled([down, right]) {
    const { still } = this.data;
    const [height, width] = [still.length, still[0].length];
    const from = (i, by, size) => (((i - by) % size) + size) % size;
    return still.map((_, r) => still[r].map((_, c) => still[from(r, down, height)][from(c, right, width)]));
  }

  pooled(moved) {
    return new Model({ ...this.data, x: [this.rolled(moved)], filters: null, dilation: [1, 1], mode: "zeros" });
  }

  paint() {
    if (!this.data || !this.root.clientWidth) return;
    this.palette.read();
    const { labels } = this.data;
    const model = this.pooled(this.moved);
    const width = this.root.clientWidth;
    const narrow = width < 640;
    const room = narrow ? width / model.size[1] : (width - GAP - 300) / (model.size[1] + model.out[1]);
    const cell = whole(Math.min(44, room, HIGHEST / model.size[0]), 4);
    const place = ([, cols]) => (_, i) => [Math.floor(i / cols), i % cols];
    const sides = [
      [this.input, model.size, model.x[0].flat(), this.before.x[0].flat(), labels.input, "raw"],
      [this.output, model.out, model.maps[0], this.before.maps[0], labels.output, "pooled"],
    ];
    sides.forEach(([grid, size, values, old, name], i) => {
      setText(grid.caption, fill(name, { size: size.join("×") }));
      const style = this.data.asPicture ? { digits: 1, font: 0 } : numbers(values, cell);
      const drawn = (row, col) => this.cell(values[row * size[1] + col], style.digits);
      grid.paint(...size, cell, style.font, drawn, this.palette);
      const places = values.map(place(size));
      const changed = places.filter((_, n) => Math.abs(values[n] - old[n]) > this.data.rounding);
      grid.mark("linked", changed);
      this.count(this.bars[i], changed.length, values.length);
    });
    this.root.classList.toggle("picture", this.data.asPicture);
    set(this.root, { "data-down": this.moved[0], "data-right": this.moved[1] });
  }

  cell(value, digits) {
    const all = (this.ends ??= new WeakMap());
    const { still, asPicture } = this.data;
    if (!all.has(still)) all.set(still, asPicture ? [0, 1] : [Math.min(...still.flat()), Math.max(...still.flat())]);
    const [low, high] = all.get(still);
    const share = high > low && Number.isFinite(value) ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
    return { fill: this.palette.grey(share, asPicture), value, lines: [rounded(value, digits)] };
  }

  count({ name, words, full }, changed, cells) {
    setText(words, fill(this.data.labels[name], { changed, cells }));
    full.style.width = `${(100 * changed) / cells}%`;
  }

  // ---- moving

  listen() {
    const { plate } = this;
    plate.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      plate.setPointerCapture(event.pointerId);
      this.drag = { x: event.clientX, y: event.clientY, from: [...this.moved] };
    });
    plate.addEventListener("pointermove", (event) => {
      if (!this.drag) return;
      const { x, y, from } = this.drag;
      const cell = plate.getBoundingClientRect().width / this.data.still[0].length;
      this.moveTo([from[0] + Math.round((event.clientY - y) / cell), from[1] + Math.round((event.clientX - x) / cell)]);
    });
    for (const end of ["pointerup", "pointercancel"]) plate.addEventListener(end, () => this.drop());
    plate.addEventListener("keydown", (event) => {
      const [down, right] = this.moved;
      const to = {
        ArrowUp: [down - 1, right], ArrowDown: [down + 1, right],
        ArrowLeft: [down, right - 1], ArrowRight: [down, right + 1], Escape: [0, 0],
      }[event.key];
      if (!to) return;
      event.preventDefault();
      this.moveTo(to);
      this.later.say(() => this.say(), REST);
    });
  }

  moveTo(place) {
    const { most } = this.data;
    const to = place.map((n) => Math.min(Math.max(n, -most), most) + 0); // no -0
    if (String(to) === String(this.moved)) return;
    this.moved = to;
    this.paint();
  }

  drop() {
    if (!this.drag) return;
    this.drag = null;
    this.say();
  }

  say() {
    if (String(this.moved) === this.said.last) return;
    this.said.add(this.moved);
    this.tell([...this.moved]);
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new ShiftLab(root);
  root.view.update(data, (moved) => setStateValue("moved", moved));
}
