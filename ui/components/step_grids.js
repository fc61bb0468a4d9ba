// The backward pass and the update of one filter's weights, as grids that belong together. Pointing at a
// weight shows where its numbers come from; a click, or Enter, keeps it.

const GAP = 24; // px between grids, with the sign

// A number below zero stands in brackets behind ×, ÷, + or −.
const bracketed = (sentence) => sentence.replace(/([×÷+−] )(−[^\s;,)]+)/g, "$1($2)");

// What both views share: the stage, the weight that is shown, the keys.
class View {
  constructor(root) {
    this.root = root;
    this.stage = make("div", root, { className: "stage" });
    Object.assign(this.stage, { tabIndex: 0 });
    this.stage.setAttribute("role", "application");
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.reading = make("div", root, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.pointing = {
      point: (place) => this.look(place ?? this.kept),
      press: (place) => this.keep(place),
    };
    this.build();
    new ResizeObserver(() => this.width !== root.clientWidth && this.data && this.paint()).observe(root);
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    this.stage.setAttribute("aria-label", data.labels.keys);
    this.kept = this.weight = data.weight;
    this.take(data);
    this.paint();
  }

  look(weight) {
    this.weight = weight;
    this.show();
  }

  keep(weight) {
    this.kept = this.weight = weight;
    this.show();
    this.tell("weight", weight);
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key in steps) {
      const most = [this.window.rows - 1, this.window.cols - 1];
      this.look(this.weight.map((n, axis) => Math.min(most[axis], Math.max(0, n + steps[event.key][axis]))));
    } else if (event.key === "Enter" || event.key === " ") this.keep(this.weight);
    else return;
    event.preventDefault();
  }

  // How wide a grid may be so that `count` stand in a row, or two on a phone.
  room(count, most) {
    this.width = this.root.clientWidth;
    const inARow = this.width < 700 ? 2 : count;
    return Math.min(most, Math.floor(this.width / inARow) - GAP);
  }

  say(...sentences) {
    const lines = sentences.filter(Boolean);
    while (this.reading.children.length < lines.length) make("p", this.reading);
    [...this.reading.children].forEach((line, i) => (line.textContent = bracketed(lines[i] ?? "")));
    const [row, col] = this.weight;
    Object.assign(this.root.dataset, { row, col });
  }

  // What the cells' numbers are counted in, or at which size a colour is full.
  scaleText(power, limit) {
    return power ? fill(this.data.labels.unit, { unit: `10${raised(power)}` }) : `±${shown(limit)}`;
  }

  place() {
    return { row: this.weight[0] + 1, column: this.weight[1] + 1 };
  }

  at() {
    return this.weight[0] * this.window.cols + this.weight[1];
  }
}

// Input × gradient of the output = products; their sum is the image's share, the shares' sum the gradient.
class Sum extends View {
  build() {
    const position = { point: (place) => this.ring(place) };
    this.input = new Cells("input", this.stage, "");
    this.gradient = new Cells("gradient", this.stage, "×", position);
    this.products = new Cells("products", this.stage, "=", position);
    this.share = new Cells("share", this.stage, "Σ", this.pointing);
    this.total = new Cells("total", this.stage, "Σ", this.pointing);
    this.bars = new Bars(this.root, (image) => this.tell("image", image));
  }

  take(data) {
    this.x = decode(data.input);
    this.g = decode(data.gradient);
    this.window = decode(data.total);
    this.torch = decode(data.torch);
    this.shares = decode(data.shares);
    this.position = null;
    this.image = this.sharesOfImage();
  }

  // The products of every weight, summed over all positions.
  sharesOfImage() {
    const { rows, cols } = this.window;
    const values = Float64Array.from({ length: rows * cols }, (_, k) => {
      let sum = 0;
      this.each(Math.floor(k / cols), k % cols, (product) => (sum += product));
      return sum;
    });
    return { rows, cols, values };
  }

  each(row, col, act) {
    const { x, g } = this;
    const { stride } = this.data;
    for (let p = 0; p < g.values.length; p++) {
      const [r, c] = [Math.floor(p / g.cols), p % g.cols];
      const input = x.values[(row + r * stride) * x.cols + col + c * stride];
      act(input * g.values[p], p, input);
    }
  }

  paint() {
    const { data, x, g, window: total } = this;
    const { titles } = data.labels;
    this.colours = new Colours(this.root);
    const room = this.room(5, 224);
    const bound = (values) => values.reduce((most, v) => (Math.abs(v) > most ? Math.abs(v) : most), 0);
    const grey = x.values.every((v) => v >= 0 && v <= 1);
    this.input.paint(x, room, this.colours, { grey, limit: bound(x.values) });
    const gradientPower = this.gradient.paint(g, (room * g.rows) / Math.max(x.rows, 1) < 60 ? 60 : (room * g.rows) / x.rows, this.colours, { limit: bound(g.values) });
    this.limits = { product: bound(g.values) * bound(x.values) };
    const powers = [[this.share, this.image], [this.total, total]].map(([cells, grid]) =>
      cells.paint(grid, room, this.colours, { limit: bound(grid.values) }));
    this.input.title.textContent = titles.input;
    this.gradient.title.textContent = titles.gradient;
    this.products.title.textContent = titles.products;
    this.share.title.textContent = titles.share;
    this.total.title.textContent = titles.total;
    this.input.scale.textContent = grey ? "0 … 1" : `±${shown(bound(x.values))}`;
    this.gradient.scale.textContent = this.scaleText(gradientPower, bound(g.values));
    this.share.scale.textContent = this.scaleText(powers[0], bound(this.image.values));
    this.total.scale.textContent = this.scaleText(powers[1], bound(total.values));
    this.productRoom = parseFloat(this.gradient.plate.style.width);
    this.show();
  }

  ring(place) {
    this.position = place && place[0] * this.g.cols + place[1];
    this.show();
  }

  show() {
    const { data, g, weight } = this;
    const { labels, stride } = data;
    const found = { values: new Float64Array(g.values.length), rows: g.rows, cols: g.cols };
    const inputs = [];
    let strongest = 0;
    this.each(...weight, (product, p, input) => {
      found.values[p] = product;
      inputs.push(input);
      if (Math.abs(product) > Math.abs(found.values[strongest])) strongest = p;
    });
    const room = Math.max(...[g.rows, g.cols].map((n) => (this.productRoom / g.cols) * n));
    const power = this.products.paint(found, room, this.colours, { limit: this.limits.product });
    this.products.scale.textContent = this.scaleText(power, this.limits.product);
    const p = this.position ?? strongest;
    const [r, c] = [Math.floor(p / g.cols), p % g.cols];
    this.input.mark("window", [...weight, (g.rows - 1) * stride + 1, (g.cols - 1) * stride + 1]);
    this.input.mark("ring", g.values.length > 1 ? [weight[0] + r * stride, weight[1] + c * stride, 1, 1] : null);
    for (const cells of [this.gradient, this.products]) cells.mark("ring", g.values.length > 1 ? [r, c, 1, 1] : null);
    for (const cells of [this.share, this.total]) cells.mark("window", [...weight, 1, 1]);
    const k = this.at();
    const values = {
      ...this.place(), count: g.values.length, x: shown(inputs[p]), g: shown(g.values[p]), product: shown(found.values[p]),
      share: shown(this.image.values[k]), total: shown(this.window.values[k], 5), torch: shown(this.torch.values[k], 5),
    };
    this.say(...labels.sentences.map((sentence) => fill(sentence, values)));
    const known = this.shares.rows > 1 ? k : String(weight) === String(data.weight) ? 0 : -1;
    const { cols } = this.shares;
    this.bars.show(known < 0 ? null : this.shares.values.subarray(known * cols, (known + 1) * cols), data.image, labels);
  }
}

// The share of each image, one bar each: up above zero, down below; a click chooses the image.
class Bars {
  constructor(root, choose) {
    this.title = make("p", root, { className: "bars-title" });
    this.box = make("div", root, { className: "bars" });
    this.box.addEventListener("click", (event) => {
      const bar = event.target.closest(".bar");
      if (bar) choose(Number(bar.dataset.image));
    });
  }

  show(shares, image, labels) {
    this.title.textContent = shares ? fill(labels.bars, { count: shares.length }) : labels.barsClosed;
    this.box.classList.toggle("closed", !shares);
    if (!shares) return;
    while (this.box.children.length > shares.length) this.box.lastChild.remove();
    while (this.box.children.length < shares.length) make("div", make("div", this.box, { className: "bar" }));
    const most = shares.reduce((m, v) => Math.max(m, Math.abs(v) || 0), 0) || 1;
    [...this.box.children].forEach((bar, n) => {
      const value = shares[n];
      bar.dataset.image = n;
      bar.className = `bar ${value < 0 ? "below" : "above"}${n === image ? " chosen" : ""}`;
      bar.title = fill(labels.bar, { image: n + 1, share: shown(value) });
      bar.firstChild.style.height = `${(50 * (Math.abs(value) || 0)) / most}%`;
    });
  }
}

// Weight before, what goes into the change, weight after: grids of one filter, cell by cell.
class Change extends View {
  build() {
    this.grids = [];
  }

  take(data) {
    const names = data.grids.map(({ name }) => name).join();
    if (names !== this.names) {
      this.stage.replaceChildren();
      this.grids = data.grids.map(({ name, sign }) => new Cells(name, this.stage, sign, this.pointing));
      this.names = names;
    }
    this.values = data.grids.map(({ values }) => decode(values));
    this.window = this.values[0];
  }

  paint() {
    this.colours = new Colours(this.root);
    const room = this.room(this.grids.length, 224);
    const bounds = this.values.map(({ values }) => values.reduce((most, v) => Math.max(most, Math.abs(v) || 0), 0));
    this.data.grids.forEach(({ title, like }, i) => {
      const limit = bounds[like];
      const power = this.grids[i].paint(this.values[i], room, this.colours, { limit });
      this.grids[i].title.textContent = title;
      this.grids[i].scale.textContent = this.scaleText(power, limit);
    });
    this.show();
  }

  show() {
    const k = this.at();
    const values = { ...this.place() };
    this.data.grids.forEach(({ name }, i) => (values[name] = shown(this.values[i].values[k], 4)));
    for (const cells of this.grids) cells.mark("window", [...this.weight, 1, 1]);
    this.say(...this.data.labels.sentences.map((sentence) => fill(sentence, values)));
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  if (root.kind !== data.kind) {
    root.replaceChildren();
    root.view = new { sum: Sum, change: Change }[data.kind](root);
    root.kind = data.kind;
  }
  root.view.update(data, (name, value) => setStateValue(name, value));
}
