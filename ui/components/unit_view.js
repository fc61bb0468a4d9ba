// A map, opened: pointing at one of its pixels moves the windows on all input maps and the numbers with them.

const BIG = 176; // px of the opened map
const IMAGE = 112;
const SMALL = 84; // px of the sum before the bias, and of what the activation makes
const NUMBER = 44; // px of a vector's number
const PHONE = 640; // px: on a narrower screen the view stands below the network

class UnitView {
  constructor(root) {
    this.root = root;
    const top = make("div", root, { className: "top" });
    [this.image, this.sum, this.output, this.after] = ["image", "sum", "output", "after"].map((name) => {
      const figure = make("figure", top, { className: name });
      const caption = make("figcaption", figure);
      return Object.assign(new Plate(figure), { figure, caption });
    });
    this.scale = make("p", root, { className: "note scale" });
    this.words = make("p", root, { className: "words" });
    this.words.setAttribute("aria-live", "polite");
    this.body = make("div", root);
    this.output.node.tabIndex = 0;
    this.output.node.setAttribute("role", "application");
    this.listen();
  }

  listen() {
    for (const plate of [this.sum, this.output, this.after]) {
      plate.node.addEventListener("pointermove", (event) => this.point(plate.under(event)));
      plate.node.addEventListener("pointerleave", () => this.point(this.data.at));
      plate.node.addEventListener("click", (event) => this.keep(plate.under(event)));
    }
    this.output.node.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      const { outShape } = this.data;
      if (event.key in steps) this.point(this.here.map((n, i) => Math.min(outShape[i] - 1, Math.max(0, n + steps[event.key][i]))));
      else if (event.key === "Enter" || event.key === " ") this.keep(this.here);
      else return;
      event.preventDefault();
    });
  }

  point(here) {
    this.here = here;
    this.show();
  }

  keep([row, col]) {
    this.data.at = [row, col];
    this.point([row, col]);
    this.tell("point", { row, col });
  }

  update(data, tell) {
    this.tell = tell;
    const fresh = !this.data || this.data.layer !== data.layer;
    if (fresh) this.everything = false;
    this.data = data;
    for (const name of ["inputs", "products", "rest", "output", "image", "bias"]) this[`${name}Of`] = floats(data[name]);
    for (const name of ["weights", "sums", "activated"]) this[`${name}Of`] = data[name] === null ? null : floats(data[name]);
    this.colours = palette(data.colours);
    this.greys = palette(data.greys);
    this.here = data.at;
    this.figures();
    this.build();
    this.show();
    if (data.asked > (this.asked ?? data.asked - 1) && innerWidth < PHONE && data.asked) this.root.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.asked = data.asked;
  }

  signed(plate, values, shape, side, limit) {
    plate.paint(values, shape, side, this.colours, (v) => 1 + Math.round(127 * (1 + Math.min(1, Math.max(-1, v / limit)))));
  }

  grey(plate, values, shape, side) {
    plate.paint(values, shape, side, this.greys, (v) => 1 + Math.round(254 * Math.min(1, Math.max(0, v))));
  }

  // The image, the sum, the sum with the bias, and what the activation makes of it: the last three on one scale.
  figures() {
    const { labels, outShape, after } = this.data;
    const isMap = outShape[0] * outShape[1] > 1;
    const name = isMap ? labels.output : labels.number;
    const before = this.sumsOf ?? (this.data.source === "input" ? [] : this.inputsOf);
    this.limit = largest([...before, ...this.outputOf, ...(this.activatedOf ?? [])]);
    this.grey(this.image, this.imageOf, [28, 28], IMAGE);
    this.figure(this.sum, this.sumsOf, isMap ? SMALL : NUMBER, labels.sumMap);
    this.figure(this.output, this.outputOf, isMap ? BIG : NUMBER, this.sumsOf ? fill(labels.biased, { bias: shown(this.biasOf[0], 3), name }) : name);
    this.figure(this.after, this.activatedOf, isMap ? SMALL : NUMBER, after);
    this.output.node.setAttribute("aria-label", `${name}. ${labels.keys}`);
    this.scale.textContent = fill(labels.scale, { limit: shown(this.limit, 3) });
  }

  figure(plate, values, side, caption) {
    plate.figure.style.display = values ? "" : "none";
    if (!values) return;
    this.signed(plate, values, this.data.outShape, side, this.limit);
    plate.caption.textContent = caption;
  }

  // The part of an input map that an output pixel reads.
  window([row, col]) {
    const { window, inShape } = this.data;
    if (window.kernel === null) return { top: 0, left: 0, high: inShape[0], wide: inShape[1] };
    const [r, c] = [window.row ?? row, window.col ?? col];
    const { kernel, stride, padding } = window;
    return { top: r * stride - padding, left: c * stride - padding, high: kernel, wide: kernel };
  }

  // The part of the image that an output pixel sees.
  field([row, col]) {
    const { top, left, size, jump } = this.data.field;
    return { top: top + row * jump, left: left + col * jump, high: size, wide: size };
  }

  place([row, col]) {
    return row * this.data.outShape[1] + col;
  }

  product(i, here = this.here) {
    return this.productsOf[i * this.outputOf.length + this.place(here)];
  }

  input(i) {
    const cells = this.data.inShape[0] * this.data.inShape[1];
    return this.inputsOf.subarray(i * cells, (i + 1) * cells);
  }

  build() {
    const { sides, weights, channels } = this.data;
    this.parts = [];
    this.body.replaceChildren();
    if (sides) terms(this, this.body);
    if (weights === null) this.parts.push(new Single(this, this.body));
    else if (channels.length) this.parts.push(new Cards(this, this.body));
  }

  paintInput(plate, i, side, limit) {
    if (this.data.source === "input") this.grey(plate, this.input(i), this.data.inShape, side);
    else this.signed(plate, this.input(i), this.data.inShape, side, limit);
  }

  // A click opens the unit of the layer before; Enter the one in the middle of the window.
  walkable(plate, i) {
    const { source, labels, channels } = this.data;
    plate.node.disabled = source === "input";
    plate.node.setAttribute("aria-label", source === "input" ? labels.image : `${labels.walk}: ${channels[i]}`);
    if (source !== "input") plate.node.title = labels.walk;
    plate.node.addEventListener("click", (event) => {
      const { top, left, high, wide } = this.window(this.here);
      const middle = [top + Math.floor(high / 2), left + Math.floor(wide / 2)];
      const within = middle.map((n, axis) => Math.min(this.data.inShape[axis] - 1, Math.max(0, n)));
      const [row, col] = event.detail ? plate.under(event) : within;
      this.tell("walk", { channel: channels[i], row, col });
    });
  }

  show() {
    if (!this.data) return;
    const window = this.window(this.here);
    const [row, col] = this.here;
    const pixel = { top: row, left: col, high: 1, wide: 1 };
    const field = this.field(this.here);
    this.image.frame(field, true);
    this.image.caption.textContent = seesAll(field) ? this.data.labels.seesAll : this.data.labels.sees;
    this.output.frame(pixel);
    if (this.sumsOf) this.sum.frame(pixel);
    if (this.activatedOf) this.after.frame(pixel);
    this.parts.forEach((part) => part.show(window, pixel));
    this.words.replaceChildren(...sentence(this));
  }
}

function seesAll({ top, left, high, wide }) {
  return Math.max(top, left) <= 0 && Math.min(top + high, left + wide) >= 28;
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new UnitView(root);
  root.view.update(data, setTriggerValue);
}
