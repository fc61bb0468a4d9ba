// All the grids of a model: which there are, and what each of their cells looks like.
// The view that extends it says what is hidden: stillHidden(), hides(n, c); and what is lit: render().

// A grid and the sign before it: they stay together when a line is full.
function gridAfter(sign, name, parent) {
  const term = make("div", parent, { className: "term" });
  make("span", term, { className: "sign", textContent: sign });
  return new Grid(name, term);
}

class Painter {
  constructor(root) {
    this.root = root;
    this.palette = new Palette(root);
    this.bench = make("div", root, { className: "bench" });
    this.stage = make("div", this.bench, { className: "stage" });
    set(this.stage, { tabindex: 0, role: "application" });
    this.matrix = make("div", root, { className: "matrix" });
  }

  // The grids that this model needs; those that are there stay.
  build() {
    const { channels, adds, op, matrix, filters } = this.model;
    const shape = `${channels} ${adds} ${op} ${matrix} ${filters?.length}`;
    if (shape === this.shape) return;
    this.shape = shape;
    this.stage.replaceChildren();
    this.matrix.replaceChildren();
    this.grids = { input: [], kernel: [], output: [], totals: [] };
    this.rows = [];
    const rows = make("div", this.stage, { className: "channels" });
    for (let c = 0; c < channels; c++) {
      const row = (this.rows[c] = make("div", rows, { className: "channel" }));
      this.grids.input.push(new Grid(`input-${c}`, row));
      this.grids.kernel.push(gridAfter(op === "conv" ? "∗" : "→", `kernel-${c}`, row));
      this.grids.output.push(gridAfter("=", adds ? `part-${c}` : `output-${c}`, row));
    }
    if (adds) {
      const sums = make("div", this.stage, { className: "term" });
      make("span", sums, { className: "sign", textContent: "Σ" });
      const column = make("div", sums, { className: "channels" });
      this.grids.totals = filters.map((_, f) => new Grid(`output-${f}`, column));
    }
    this.matrix.hidden = !matrix;
    if (!matrix) return;
    this.matrixText = make("p", this.matrix, { className: "about" });
    this.product = make("div", this.matrix, { className: "channel" });
    this.grids.rows = new Grid("matrix", this.product);
    this.grids.column = gridAfter("×", "column", this.product);
    this.grids.result = gridAfter("=", "result", this.product);
  }

  allGrids() {
    const { input, kernel, output, totals, rows, column, result } = this.grids;
    return [...input, ...kernel, ...output, ...totals, rows, column, result].filter(Boolean);
  }

  // Find the sizes for the width there is, and paint everything, if that or the values have changed.
  fit(again = false) {
    const width = this.root.clientWidth;
    if (!this.model || !width || (width === this.width && !again)) return;
    this.width = width;
    const { model } = this;
    this.values = model.x.flatMap((map, c) => [...map.flat(), model.at(c, 0, 0)]);
    this.weights = model.pools ? [] : model.filters.flat(3);
    this.sums = model.results.flatMap((result) => result.totals);
    this.factors = model.x.map((_, c) => factorDigits(model, c));
    this.sides = layout(model, width, this.factors.flat(), longest([...this.values, ...this.sums], 2));
    this.paintAll();
  }

  paintAll() {
    this.palette.read();
    const { model, grids, sides, labels } = this;
    this.scales();
    const rim = model.padding.some(Boolean) ? ` + ${labels.padding} ${[...new Set(model.padding)].join("×")}` : "";
    const style = numbers(this.values, sides.cell);
    model.x.forEach((_, c) => {
      const name = model.channels > 1 ? `${model.names[c]}:` : labels.input;
      setText(grids.input[c].caption, `${name} ${model.size.join("×")}${rim}${this.range(model.x[c].flat())}`);
      setText(grids.kernel[c].caption, `${this.kernelName()} ${model.window.join("×")}`);
      const cell = (row, col) => this.inputCell(c, row, col, style.digits);
      grids.input[c].paint(...model.padded, sides.cell, style.font, cell, this.palette);
    });
    this.paintOutputs();
    if (model.matrix) this.paintMatrix();
    this.render();
  }

  kernelName() {
    const { model, labels } = this;
    if (model.pools) return labels.window;
    return model.filters.length > 1 ? fill(labels.filter, { number: model.filter + 1 }) : labels.kernel;
  }

  // What the colours mean: the inputs' range, and the same distance to both sides of zero elsewhere.
  scales() {
    const { model } = this;
    const inputs = model.x.flat(2);
    const bound = (values) => Math.max(...values.map(Math.abs), 1e-12);
    const [low, high] = model.range ?? [Math.min(...inputs), Math.max(...inputs)];
    this.scale = { low, high, input: bound(inputs), weight: bound(this.weights) };
    this.scale.part = bound(model.results.flatMap((result) => result.maps.flat()).filter(Number.isFinite));
    this.scale.total = bound(this.sums.filter(Number.isFinite));
    // Without numbers in the cells the colour says it all: full strength, and pictures in true grey.
    this.asPicture = model.padded[0] * model.padded[1] > MOST_CELLS_AS_SVG;
    this.strength = this.asPicture ? 1 : 0.55;
  }

  // Where cells have no numbers, the caption says from where to where they go.
  range(values) {
    const ends = { low: rounded(Math.min(...values)), high: rounded(Math.max(...values)) };
    return this.asPicture ? `, ${fill(this.labels.range, ends)}` : "";
  }

  inputFill(value) {
    const { model } = this;
    const { low, high, input } = this.scale;
    if (!Number.isFinite(value)) return this.palette.paper;
    if (low < 0) return this.palette.signed(value / input, this.strength);
    const share = high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
    return this.palette.grey(share, this.asPicture || Boolean(model.range)); // given a range, these are pixels
  }

  inputCell(c, row, col, digits) {
    const { model } = this;
    const value = model.at(c, row, col);
    const border = model.isBorder(row, col);
    const unused = !this.sizeHidden() && !model.feeds(row, col).length; // which tells how often the window fits
    const kind = border ? "padding" : unused ? "unused" : "";
    const fill = border && model.mode === "zeros" ? this.palette.paper : this.inputFill(value);
    return { fill, kind, value, lines: [rounded(value, digits)] };
  }

  paintOutputs() {
    const { model, grids, labels, scale } = this;
    grids.output.forEach((grid, c) => {
      const own = model.pools || model.adds; // this channel's own map
      const name = model.adds ? labels.part : labels.output;
      const values = own ? model.maps[c] : model.totals;
      this.paintOutput(grid, { c, slot: this.slot(c) }, name, values, own ? scale.part : scale.total);
    });
    grids.totals.forEach((grid, f) => {
      const name = model.filters.length > 1 ? fill(labels.map, { number: f + 1 }) : labels.output;
      this.paintOutput(grid, { slot: f }, name, model.results[f].totals, scale.total);
    });
  }

  // The output that a number belongs to: pooling has one for each channel, a convolution for each filter.
  slot(c) {
    return this.model.pools ? c : this.model.filter;
  }

  // `of`: whose numbers these are, {c: a channel's own map, slot}.
  paintOutput(grid, of, name, values, bound) {
    const secret = this.sizeHidden(); // one box that does not give the size away
    const range = this.stillHidden() ? "" : this.range(values);
    setText(grid.caption, secret ? name : `${name} ${this.model.out.join("×")}${range}`);
    const [rows, cols] = secret ? [1, 1] : this.model.out;
    const side = secret ? Math.max(this.sides.cell, 44) : this.sides.cell;
    const style = numbers(secret ? [0] : values, side);
    const fill = (value) => (this.model.pools ? this.inputFill(value) : this.palette.signed(value / bound, this.strength));
    const cell = (row, col) => this.resultCell(this.model.position(row, col), of, values, fill, style.digits);
    grid.paint(rows, cols, side, style.font, cell, this.palette);
  }

  resultCell(n, { c, slot }, values, fill, digits) {
    const hidden = this.hides(n, slot, c);
    if (hidden) return { fill: this.palette.paper, kind: "hidden", lines: [hidden === "asked" ? "?" : ""] };
    return { fill: fill(values[n]), value: values[n], lines: [rounded(values[n], digits)] };
  }

  // The kernel's cells with the products at n, or the pooling window's values; not `open`: only the weights.
  paintKernel(c, n, open) {
    const { model, palette, sides } = this;
    const terms = model.terms(c, n);
    const { digits, lines, font } = open && !model.pools ? productStyle(this.factors[c], sides.kernel) : {};
    const plain = numbers(model.pools ? this.values : this.weights, sides.kernel);
    const cell = (row, col) => {
      const { x, w, product } = terms[row * model.window[1] + col];
      if (model.pools) return { fill: this.inputFill(x), value: x, lines: [open ? rounded(x, plain.digits) : "?"] };
      const fill = palette.signed(w / this.scale.weight, 0.65);
      if (!open) return { fill, value: w, lines: [rounded(w, plain.digits)] };
      return { fill, value: product, lines: productLines(x, w, product, lines, digits) };
    };
    this.grids.kernel[c].paint(...model.window, sides.kernel, font ?? plain.font, cell, palette);
    const winner = model.op === "max" && open ? model.winner(c, n) : null;
    this.grids.kernel[c].ring("largest", winner === null ? null : [Math.floor(winner / model.window[1]), winner % model.window[1]]);
    this.grids.input[c].ring("largest", winner === null ? null : model.cell(n, winner));
  }

  // im2col: every patch as a row, times the weights as a column, gives the sums (without the bias).
  paintMatrix() {
    const { model, palette, labels, sides } = this;
    const { rows: grid, column, result } = this.grids;
    this.product.hidden = this.sizeHidden(); // it has a row for each output cell
    if (this.product.hidden) return setText(this.matrixText, labels.hidden);
    const width = model.channels * model.taps;
    const filters = model.filters.length;
    const stored = model.count * width;
    setText(this.matrixText, fill(labels.matrix, { rows: model.count, columns: width, stored, input: model.x.flat(2).length }));
    setText(grid.caption, `im2col ${model.count}×${width}`);
    setText(column.caption, `${width}×${filters}`);
    setText(result.caption, `${model.count}×${filters}`);
    const style = numbers(this.values, sides.rows);
    grid.paint(model.count, width, sides.rows, style.font, (n, k) => {
      const value = model.at(Math.floor(k / model.taps), ...model.cell(n, k % model.taps));
      return { fill: this.inputFill(value), value, lines: [rounded(value, style.digits)] };
    }, palette);
    const weights = numbers(this.weights, sides.column);
    column.paint(width, filters, sides.column, weights.font, (k, f) => {
      const value = model.filters[f].flat(2)[k];
      return { fill: palette.signed(value / this.scale.weight, 0.65), value, lines: [rounded(value, weights.digits)] };
    }, palette);
    const sums = model.results.map(({ totals }, f) => totals.map((total) => total - model.biases[f]));
    const digits = numbers(sums.flat(), sides.rows);
    const colour = (value) => palette.signed(value / this.scale.total, this.strength);
    const cell = (n, f) => this.resultCell(n, { slot: f }, sums[f], colour, digits.digits);
    return result.paint(model.count, filters, sides.rows, digits.font, cell, palette);
  }
}
