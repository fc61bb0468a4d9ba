// A map, opened: pointing at one of its pixels moves the windows on all input maps and the numbers with them.

const CARDS = 9; // the strongest input maps; the others wait behind a button
const TERMS = 6; // the strongest terms for and against
const BIG = 176; // px of the opened map
const IMAGE = 112;
const PHONE = 640; // px: on a narrower screen the view stands below the network

class UnitView {
  constructor(root) {
    this.root = root;
    const top = make("div", root, { className: "top" });
    [this.image, this.output, this.after] = ["image", "output", "after"].map((name) => {
      const figure = make("figure", top, { className: name });
      const caption = make("figcaption", figure);
      return Object.assign(new Plate(figure), { figure, caption });
    });
    this.words = make("p", root, { className: "words" });
    this.words.setAttribute("aria-live", "polite");
    this.body = make("div", root);
    this.output.node.tabIndex = 0;
    this.output.node.setAttribute("role", "application");
    this.listen();
  }

  listen() {
    const { output } = this;
    output.node.addEventListener("pointermove", (event) => this.point(output.under(event)));
    output.node.addEventListener("pointerleave", () => this.point(this.data.at));
    output.node.addEventListener("click", (event) => this.keep(output.under(event)));
    output.node.addEventListener("keydown", (event) => {
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
    for (const name of ["inputs", "products", "output", "image", "bias"]) this[`${name}Of`] = floats(data[name]);
    for (const name of ["weights", "rest", "activated"]) this[`${name}Of`] = data[name] ? floats(data[name]) : null;
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

  figures() {
    const { labels, outShape, after } = this.data;
    const isMap = outShape[0] * outShape[1] > 1;
    const limit = largest([...this.outputOf, ...(this.activatedOf ?? [])]);
    this.grey(this.image, this.imageOf, [28, 28], IMAGE);
    this.signed(this.output, this.outputOf, outShape, isMap ? BIG : 44, limit);
    this.image.caption.textContent = labels.image;
    this.output.caption.textContent = isMap ? labels.output : labels.number;
    this.output.node.setAttribute("aria-label", `${labels.output}. ${labels.keys}`);
    this.after.figure.style.display = this.activatedOf ? "" : "none";
    if (!this.activatedOf) return;
    this.signed(this.after, this.activatedOf, outShape, isMap ? IMAGE : 44, limit);
    this.after.caption.textContent = after;
  }

  // The part of an input map that an output pixel reads.
  window([row, col]) {
    const { window, inShape } = this.data;
    if (window.kernel === null) return { top: 0, left: 0, high: inShape[0], wide: inShape[1] };
    const [r, c] = [window.row ?? row, window.col ?? col];
    const { kernel, stride, padding } = window;
    return { top: r * stride - padding, left: c * stride - padding, high: kernel, wide: kernel };
  }

  field([row, col]) {
    const { field } = this.data;
    return field && { top: field.start + row * field.jump, left: field.start + col * field.jump, high: field.size, wide: field.size };
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
    const { inShape, weights } = this.data;
    this.cards = [];
    this.body.replaceChildren();
    if (!weights) this.single();
    else if (inShape[0] * inShape[1] === 1) this.terms();
    else this.slices();
  }

  // Which inputs give most at the point that is kept.
  order() {
    const size = (i) => Math.abs(this.product(i, this.data.at)) || 0;
    return this.data.channels.map((_, i) => i).sort((a, b) => size(b) - size(a));
  }

  slices() {
    const { channels, labels, count } = this.data;
    const box = make("div", this.body, { className: "cards" });
    const order = this.order();
    const limits = { input: largest(this.inputsOf), weight: largest(this.weightsOf), product: largest(this.productsOf) };
    order.slice(0, this.everything ? order.length : CARDS).forEach((i) => this.card(box, i, limits));
    if (order.length > CARDS) {
      const more = make("button", this.body, { className: "more" });
      more.textContent = this.everything ? labels.fewer : fill(labels.all, { count: channels.length });
      more.addEventListener("click", () => {
        this.everything = !this.everything;
        this.build();
        this.show();
      });
    }
    if (this.restOf) make("p", this.body, { className: "note" }).textContent = fill(labels.rest, { count: count - channels.length });
  }

  card(box, i, limits) {
    const { channels, inShape, outShape, weightShape, source, labels, part } = this.data;
    const alone = channels.length === 1;
    const node = make("div", box, { className: `card${alone ? " alone" : channels[i] === part ? " part" : ""}` });
    const input = new Plate(node, "button");
    make("span", node, { className: "sign" }).textContent = "∗";
    const slice = new Plate(node, "button");
    make("span", node, { className: "sign" }).textContent = "=";
    const result = new Plate(node, "button");
    const cells = weightShape[0] * weightShape[1];
    this.paintInput(input, i, alone ? IMAGE : 56, limits.input);
    this.signed(slice, this.weightsOf.subarray(i * cells, (i + 1) * cells), weightShape, alone ? IMAGE : 30, limits.weight);
    const outputs = this.outputOf.length;
    const side = outputs > 1 ? (alone ? IMAGE : 48) : 20;
    this.signed(result, this.productsOf.subarray(i * outputs, (i + 1) * outputs), outShape, side, limits.product);
    slice.frame(null);
    this.walkable(input, i);
    for (const plate of [slice, result]) {
      plate.node.setAttribute("aria-label", fill(labels.numbers, { channel: channels[i] }));
      plate.node.title = fill(labels.numbers, { channel: channels[i] });
      plate.node.addEventListener("click", () => this.tell("part", { channel: channels[i] }));
    }
    const note = make("div", node, { className: "note" });
    make("span", note).textContent = source === "input" ? labels.image : `${source} · ${channels[i]}`;
    this.cards.push({ i, input, result, number: make("b", note) });
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

  // A layer that adds nothing up: the map that it reads, and the numbers in the window.
  single() {
    const box = make("div", this.body, { className: "top" });
    const figure = make("figure", box);
    make("figcaption", figure).textContent = `${this.data.source} · ${this.data.channels[0]}`;
    const input = new Plate(figure, "button");
    const isMap = this.data.inShape[0] * this.data.inShape[1] > 1;
    this.paintInput(input, 0, isMap ? 140 : 44, largest(this.inputsOf));
    this.walkable(input, 0);
    this.cards.push({ i: 0, input, table: make("table", box, { className: "values" }) });
  }

  terms() {
    const { labels, channels, source } = this.data;
    const box = make("div", this.body, { className: "terms" });
    const order = this.order();
    [[labels.for, 1], [labels.against, -1]].forEach(([title, side]) => {
      const list = make("div", box);
      make("h4", list).textContent = title;
      const mine = order.filter((i) => Math.sign(this.product(i)) === side);
      const most = Math.abs(this.product(order[0])) || 1;
      mine.slice(0, TERMS).forEach((i) => {
        const product = this.product(i);
        const row = make("button", list, { className: "term" });
        row.type = "button";
        row.title = labels.walk;
        make("span", row).textContent = `${source} · ${channels[i]}`;
        make("span", row).textContent = `${shown(this.inputsOf[i], 3)} × ${shown(this.weightsOf[i], 3)}`;
        make("b", row).textContent = signedText(product);
        row.dataset.product = product;
        const share = (100 * Math.abs(product)) / most;
        const colour = `color-mix(in srgb, var(--cnn-${side > 0 ? "positive" : "negative"}) 30%, transparent)`;
        row.style.background = `linear-gradient(90deg, ${colour} ${share}%, transparent ${share}%)`;
        row.addEventListener("click", () => this.tell("walk", { channel: channels[i], row: 0, col: 0 }));
      });
      const others = mine.slice(TERMS);
      const row = make("div", list, { className: "term rest" });
      make("span", row).textContent = fill(labels.others, { count: others.length });
      make("b", row).textContent = signedText(others.reduce((sum, i) => sum + this.product(i), 0));
    });
  }

  show() {
    if (!this.data) return;
    const window = this.window(this.here);
    const [row, col] = this.here;
    const pixel = { top: row, left: col, high: 1, wide: 1 };
    this.image.frame(this.field(this.here));
    this.output.frame(pixel);
    if (this.activatedOf) this.after.frame(pixel);
    this.cards.forEach(({ i, input, result, number, table }) => {
      input.frame(window);
      result?.frame(pixel);
      if (number) number.textContent = signedText(this.product(i));
      if (table) this.values(table, window);
    });
    this.words.replaceChildren(...this.sentence());
  }

  // The numbers in the window; the one that won is framed.
  values(table, { top, left, high, wide }) {
    const [rows, cols] = this.data.inShape;
    table.replaceChildren();
    let best = null;
    for (let r = top; r < top + high; r += 1) {
      const line = make("tr", table);
      for (let c = left; c < left + wide; c += 1) {
        const inside = r >= 0 && c >= 0 && r < rows && c < cols;
        const cell = make("td", line);
        cell.textContent = inside ? shown(this.inputsOf[r * cols + c]) : this.data.labels.padding;
        const value = inside ? this.inputsOf[r * cols + c] : -Infinity;
        if (!best || value > best.value) best = { value, cell };
      }
    }
    if (this.data.kind === "max_pool") best.cell.classList.add("won");
  }

  // What the page says of the point, with the numbers put in; they are bold.
  sentence() {
    const { labels, kind, count, layer, after, window } = this.data;
    const here = this.place(this.here);
    const value = this.outputOf[here];
    const box = this.window(this.here);
    const at = Math.max(0, box.top) * this.data.inShape[1] + Math.max(0, box.left);
    let sum = this.restOf ? this.restOf[here] : 0;
    for (let i = 0; i < this.data.channels.length; i += 1) sum += this.product(i);
    const numbers = {
      row: this.here[0], col: this.here[1], count: window.kernel && !this.weightsOf ? window.kernel ** 2 : count,
      sum: shown(sum), bias: shown(this.biasOf[0]), value: shown(value), input: shown(this.inputsOf[at]), layer,
    };
    const isMap = this.outputOf.length > 1;
    const kinds = { max_pool: "max", avg_pool: "avg", flatten: "same", dropout: "same" };
    const vector = this.data.inShape[0] * this.data.inShape[1] === 1;
    const added = isMap ? (count > 1 ? "sums" : "single") : vector ? "sum" : "whole";
    const name = this.weightsOf ? added : kinds[kind] ?? (isMap ? "one" : "alone");
    const parts = spoken(labels[name], numbers);
    if (!this.activatedOf) return parts;
    return [...parts, " ", ...spoken(labels.after, { layer: after, value: shown(this.activatedOf[here]) })];
  }
}

// A text with its values put in, each value bold.
function spoken(text, values) {
  return text.split(/\{(\w+)\}/g).map((part, i, parts) => {
    if (i === 0) return part;
    if (i % 2 === 0) { // its first word may depend on the value before it
      const last = String(values[parts[i - 1]]).slice(-1);
      return spelt(last + part).slice(last.length);
    }
    const bold = document.createElement("b");
    bold.textContent = values[part];
    return bold;
  });
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new UnitView(root);
  root.view.update(data, setTriggerValue);
}
