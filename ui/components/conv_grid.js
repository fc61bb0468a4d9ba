// The component: input, kernel and output, linked. Its state lives on the DOM node, so a rerun changes it in place.

const LONGEST_RUN = 20_000; // milliseconds that a run over all positions takes at normal speed, at most
const SPOKEN_EVERY = 700; // milliseconds between two sentences for a screen reader

class ConvGrid {
  constructor(root) {
    this.root = root;
    this.at = 0; // the window's position
    this.pointed = null; // what the pointer is on: {on: "output" | "input" | "kernel", c, n | row, col | tap}
    this.pinned = false;
    this.filled = null; // how many output cells have been computed; null: all
    this.playing = false;
    this.known = new Set(); // output cells that were answered or given in "predict first"
    this.palette = new Palette(root);
    this.stage = make("div", "stage", root);
    set(this.stage, { tabindex: 0, role: "application" });
    this.reading = make("p", "reading", root);
    this.note = make("p", "note", root);
    this.player = new Player(root, {
      rewind: () => this.rewind(),
      back: () => this.stepBy(-1),
      play: () => (this.playing ? this.pause() : this.play()),
      step: () => this.stepBy(1),
      slide: (n) => this.moveTo(n),
      predict: (on) => this.setPredict(on),
    });
    this.questions = new Questions(root, (what, n, c) => this.answered(what, n, c));
    this.matrix = make("div", "matrix", root);
    this.spoken = make("p", "spoken", root);
    set(this.spoken, { "aria-live": "polite" });
    this.listen();
    new ResizeObserver(() => this.fit()).observe(root);
  }

  // ---- new values from Python

  update(data, report) {
    this.report = report;
    const signature = JSON.stringify(data);
    if (signature === this.signature) return this.checkTheme();
    this.signature = signature;
    const before = this.model;
    const place = before ? before.place(this.at) : data.start;
    const model = (this.model = new Model(data));
    this.labels = data.labels;
    this.at = model.position(Math.min(place[0], model.out[0] - 1), Math.min(place[1], model.out[1] - 1));
    if (!before || `${before.out}` !== `${model.out}`) this.filled = null;
    if (!before || JSON.stringify([before.maps, before.bias]) !== JSON.stringify([model.maps, model.bias])) this.forget();
    if (!before || before.predict !== model.predict) this.predicting = this.player.predict.checked = data.predict;
    if (this.pointed) this.pointed = null;
    this.pause();
    set(this.stage, { "aria-label": data.labels.stage });
    this.player.say(data.labels);
    setText(this.note, data.note);
    this.build();
    this.fit(true);
  }

  forget() {
    this.known.clear();
    this.sizeKnown = false;
    this.questions.forget();
  }

  // The grids that this model needs; those that are there stay.
  build() {
    const { channels, adds, op } = this.model;
    const shape = `${channels} ${adds} ${op} ${this.model.matrix}`;
    if (shape === this.shape) return;
    this.shape = shape;
    this.stage.replaceChildren();
    this.matrix.replaceChildren();
    this.grids = { input: [], kernel: [], output: [] };
    const rows = make("div", "channels", this.stage);
    for (let c = 0; c < channels; c++) {
      const row = make("div", "channel", rows);
      this.grids.input.push(new Grid(`input-${c}`, row));
      make("span", "sign", row, op === "conv" ? "∗" : "→");
      this.grids.kernel.push(new Grid(`kernel-${c}`, row));
      make("span", "sign", row, "=");
      this.grids.output.push(new Grid(adds ? `part-${c}` : `output-${c}`, row));
    }
    if (adds) {
      make("span", "sign", this.stage, "Σ");
      this.grids.total = new Grid("output-0", this.stage);
    }
    if (!this.model.matrix) return;
    this.matrixText = make("p", "about", this.matrix);
    const product = make("div", "channel", this.matrix);
    this.grids.rows = new Grid("matrix", product);
    make("span", "sign", product, "×");
    this.grids.column = new Grid("column", product);
    make("span", "sign", product, "=");
    this.grids.result = new Grid("result", product);
  }

  // ---- drawing: all cells (fit, paintAll), or what a position changes (render)

  fit(again = false) {
    const width = this.root.clientWidth;
    if (!this.model || !width || (width === this.width && !again)) return;
    this.width = width;
    const { model } = this;
    this.values = model.x.flatMap((map, c) => [...map.flat(), model.at(c, 0, 0)]);
    this.weights = model.pools ? [] : model.weight.flat(2);
    this.products = model.pools ? this.values : model.x.flatMap((_, c) => this.factorTexts(c));
    const words = model.pools ? longest(this.values, 2) : longest(this.values, 1) + longest(this.weights, 1) + 1;
    this.sides = layout(model, width, Math.min(words, 9));
    this.paintAll();
  }

  factorTexts(c) {
    const values = this.model.x[c].flat();
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return this.model.weight[c].flat().flatMap((w) => [w * low, w * high]);
  }

  checkTheme() {
    if (this.model && this.palette.read()) this.paintAll();
  }

  paintAll() {
    this.palette.read();
    const { model, grids, sides } = this;
    const size = `${model.size.join("×")}`;
    const each = (c, name) => (model.channels > 1 ? `${model.names[c]} · ${name}` : name);
    this.scales();
    model.x.forEach((_, c) => {
      const padded = model.padding.some(Boolean) ? ` (+${[...new Set(model.padding)].join(", ")})` : "";
      setText(grids.input[c].caption, `${each(c, this.labels.input)} ${size}${padded}`);
      setText(grids.kernel[c].caption, `${model.pools ? this.labels.window : this.labels.kernel} ${model.window.join("×")}`);
      const style = numbers(this.values, sides.cell);
      const cell = (row, col) => this.inputCell(c, row, col, style.digits);
      grids.input[c].paint(...model.padded, sides.cell, style.font, cell, this.palette);
    });
    this.paintOutputs();
    this.paintMatrix();
    this.drawn = null;
    this.render();
  }

  // What the colours mean: the inputs' range, and the same distance to both sides of zero elsewhere.
  scales() {
    const { model } = this;
    const bound = (values) => Math.max(...values.map(Math.abs).filter(Number.isFinite), 1e-12);
    const inputs = model.x.flat(2);
    this.scale = {
      low: model.range?.[0] ?? Math.min(...inputs),
      high: model.range?.[1] ?? Math.max(...inputs),
      input: bound(inputs),
      weight: model.pools ? 1 : bound(this.weights),
      part: bound(model.maps.flat()),
      total: bound(model.totals),
    };
    this.scale.signed = this.scale.low < 0;
  }

  inputFill(value, strength = 0.75) {
    const { low, high, input, signed } = this.scale;
    if (!Number.isFinite(value)) return this.palette.paper;
    if (signed) return this.palette.signed(value / input, strength);
    const share = high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
    return this.palette.grey(share, this.grids.input[0].large ?? this.model.padded[0] * this.model.padded[1] > MOST_CELLS_AS_SVG);
  }

  inputCell(c, row, col, digits) {
    const value = this.model.at(c, row, col);
    const border = this.model.isBorder(row, col);
    const kind = border ? "padding" : this.model.feeds(row, col).length ? "" : "unused";
    const fill = border && this.model.mode === "zeros" ? this.palette.paper : this.inputFill(value);
    return { fill, kind, value, lines: [rounded(value, digits)] };
  }

  paintOutputs() {
    const { model, grids, labels } = this;
    const hiddenSize = this.predicting && !this.sizeKnown;
    const caption = (name) => (hiddenSize ? name : `${name} ${model.out.join("×")}`);
    grids.output.forEach((grid, c) => {
      setText(grid.caption, caption(model.adds ? labels.part : labels.output));
      const values = model.pools || model.adds ? model.maps[c] : model.totals;
      const bound = model.pools || model.adds ? this.scale.part : this.scale.total;
      this.paintOutput(grid, c, values, bound, hiddenSize);
    });
    if (!grids.total) return;
    setText(grids.total.caption, caption(labels.output));
    this.paintOutput(grids.total, 0, model.totals, this.scale.total, hiddenSize);
  }

  paintOutput(grid, c, values, bound, hiddenSize) {
    const [rows, cols] = hiddenSize ? [1, 1] : this.model.out;
    const side = hiddenSize ? Math.max(this.sides.cell, 44) : this.sides.cell;
    const style = numbers(hiddenSize ? [1] : values, side);
    const cell = (row, col) => {
      const n = this.model.position(row, col);
      const asked = this.predicting && !this.cellKnown(n, c);
      const late = this.filled !== null && n >= this.filled;
      if (asked || late) return { fill: this.palette.paper, kind: "hidden", lines: [asked ? "?" : ""] };
      const fill = this.model.pools ? this.inputFill(values[n]) : this.palette.signed(values[n] / bound, 0.75);
      return { fill, value: values[n], lines: [rounded(values[n], style.digits)] };
    };
    grid.paint(rows, cols, side, style.font, cell, this.palette);
  }

  paintKernel(c, n, open) {
    const { model, palette } = this;
    const grid = this.grids.kernel[c];
    const terms = model.terms(c, n);
    const side = this.sides.kernel;
    const twoLines = !model.pools && side >= 40;
    const style = numbers(model.pools || open ? this.products : this.weights, side);
    const cell = (row, col) => {
      const term = terms[row * model.window[1] + col];
      const { x, w } = term;
      if (model.pools) return { fill: this.inputFill(x), value: x, lines: open ? [rounded(x, style.digits)] : [""] };
      const fill = palette.signed(w / this.scale.weight, 0.8);
      if (!open) return { fill, value: w, lines: [rounded(w, style.digits)] };
      const result = rounded(term.product, style.digits);
      return { fill, value: term.product, lines: twoLines ? [product({ x: shortly(x), w: shortly(w) }), result] : [result] };
    };
    grid.paint(...model.window, side, style.font, cell, palette);
    const winner = model.op === "max" && open ? model.winner(c, n) : null;
    grid.ring("largest", winner === null ? null : [Math.floor(winner / model.window[1]), winner % model.window[1]]);
    this.grids.input[c].ring("largest", winner === null ? null : model.cell(n, winner));
  }

  paintMatrix() {
    const { rows: grid, column, result } = this.grids;
    this.matrix.hidden = !grid;
    if (!grid) return;
    const { model, palette, labels } = this;
    const side = this.sides.rows;
    const width = model.channels * model.taps;
    const count = { rows: model.count, columns: width, stored: model.count * width, input: this.model.x.flat(2).length };
    setText(this.matrixText, fill(labels.matrix, count));
    setText(grid.caption, `im2col ${model.count}×${width}`);
    setText(column.caption, `${labels.kernel} ${width}×1`);
    setText(result.caption, `${labels.output} ${model.count}×1`);
    const tap = (k) => [Math.floor(k / model.taps), k % model.taps];
    const seen = (n, k) => model.at(tap(k)[0], ...model.cell(n, tap(k)[1]));
    const style = numbers(this.values, side);
    const cell = (n, k) => ({ fill: this.inputFill(seen(n, k)), value: seen(n, k), lines: [rounded(seen(n, k), style.digits)] });
    grid.paint(model.count, width, side, style.font, cell, palette);
    const weights = numbers(this.weights, side);
    const factor = (k) => ({
      fill: palette.signed(model.weightAt(...tap(k)) / this.scale.weight, 0.8),
      lines: [rounded(model.weightAt(...tap(k)), weights.digits)],
    });
    column.paint(width, 1, Math.min(side, 24), Math.min(weights.font, 13), factor, palette);
    const sums = model.totals.map((total) => total - model.bias);
    this.paintColumn(result, sums, Math.max(side, Math.min(30, 620 / model.count)));
  }

  paintColumn(grid, values, side) {
    const style = numbers(values, side);
    const cell = (n) => {
      if (this.predicting && !this.cellKnown(n, 0)) return { fill: this.palette.paper, kind: "hidden", lines: ["?"] };
      const fill = this.palette.signed(values[n] / Math.max(...values.map(Math.abs), 1e-12), 0.75);
      return { fill, value: values[n], lines: [rounded(values[n], style.digits)] };
    };
    grid.paint(values.length, 1, side, style.font, cell, this.palette);
  }

  // Once a frame at most, however often the pointer moves.
  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  focus() {
    const on = this.pointed?.on === "output" && !this.pinned ? this.pointed : null;
    return { n: on?.n ?? this.at, c: on?.c ?? this.channel ?? 0 };
  }

  render() {
    if (!this.model) return;
    const { model, grids, labels } = this;
    const { n } = this.focus();
    const c = model.pools ? Math.min(this.focus().c, model.channels - 1) : 0;
    const open = !this.predicting || (this.sizeKnown && this.cellKnown(n, c));
    const [row, col] = model.place(n);
    const [top, left] = model.cell(n, 0);
    const shown = !(this.predicting && !this.sizeKnown);
    model.x.forEach((_, i) => {
      grids.input[i].frame("window", [top, left, ...model.span]);
      const gaps = model.dilation.some((d) => d > 1);
      grids.input[i].mark("taps", gaps ? Array.from({ length: model.taps }, (_, tap) => model.cell(n, tap)) : null);
      this.paintKernel(i, n, model.pools ? open || !shown || this.cellKnown(n, i) : open);
      grids.output[i].frame("window", shown ? [row, col, 1, 1] : null);
    });
    grids.total?.frame("window", shown ? [row, col, 1, 1] : null);
    grids.rows?.frame("window", [n, 0, 1, model.channels * model.taps]);
    grids.result?.frame("window", [n, 0, 1, 1]);
    this.renderLinks();
    this.renderWords(n, c, open);
    this.questions.show({
      model, labels, n, c, on: this.predicting, sizeKnown: this.sizeKnown, cellKnown: this.cellKnown(n, c),
      where: this.whereAbout(n, c),
    });
    this.player.show({ n, count: model.count, playing: this.playing, where: wherePosition(model, n, labels) });
    this.root.classList.toggle("pinned", this.pinned);
    set(this.root, { "data-row": row, "data-col": col, "data-pinned": this.pinned, "data-playing": this.playing });
  }

  whereAbout(n, c) {
    const place = wherePosition(this.model, n, this.labels);
    return this.model.pools && this.model.channels > 1 ? `${this.model.names[c]}, ${place}` : place;
  }

  // What an input cell or a weight takes part in, lit in the other grids.
  renderLinks() {
    const { model, grids, pointed } = this;
    const input = pointed?.on === "input" ? pointed : null;
    const weight = pointed?.on === "kernel" ? pointed : null;
    const shown = !(this.predicting && !this.sizeKnown);
    const fed = input && shown ? model.feeds(input.row, input.col).map((n) => model.place(n)) : null;
    model.x.forEach((_, c) => {
      grids.input[c].mark("pointed", input?.c === c ? [[input.row, input.col]] : null);
      grids.input[c].mark("linked", weight?.c === c ? model.meets(weight.tap) : null);
      const cell = weight?.c === c ? [[Math.floor(weight.tap / model.window[1]), weight.tap % model.window[1]]] : null;
      grids.kernel[c].mark("pointed", cell);
      grids.output[c].mark("linked", input?.c === c ? fed : null);
    });
    grids.total?.mark("linked", fed);
    this.root.classList.toggle("links", Boolean(input || weight));
  }

  renderWords(n, c, open) {
    const { model, labels, pointed } = this;
    const place = this.whereAbout(n, c);
    const sum = open ? equation(model, n, c, labels) : "?";
    let sentence = fill(labels.sentence, { where: place, sum });
    if (open) sentence += exactly(model.value(n, c), labels);
    if (pointed?.on === "input") sentence = aboutInput(model, pointed.c, pointed.row, pointed.col, labels);
    if (pointed?.on === "kernel" && !model.pools) sentence = aboutWeight(model, pointed.c, pointed.tap, labels);
    setText(this.reading, this.pinned ? `${sentence} ${labels.pinned}` : sentence);
    model.x.forEach((_, i) => {
      const known = model.pools ? !this.predicting || this.cellKnown(n, i) : open;
      const text = !known ? "" : model.adds ? `${labels.sum}: ${rounded(model.maps[i][n])}` : shortSum(model, n, i, labels);
      setText(this.grids.output[i].foot, text);
    });
    if (this.grids.total) setText(this.grids.total.foot, open ? shortSum(model, n, 0, labels) : "");
    this.say(sentence);
  }

  // For screen readers: the newest sentence, now and then.
  say(sentence) {
    this.toSay = sentence;
    if (this.saying || this.spoken.textContent === sentence) return;
    this.saying = setTimeout(() => {
      this.saying = null;
      setText(this.spoken, this.toSay);
    }, SPOKEN_EVERY);
  }

  // ---- moving the window

  moveTo(n) {
    this.at = Math.min(Math.max(n, 0), this.model.count - 1);
    if (this.filled !== null) this.fillTo(this.at + 1);
    this.pointed = null;
    this.schedule();
  }

  fillTo(count) {
    if (count <= this.filled) return;
    this.filled = count >= this.model.count ? null : count;
    this.paintOutputs();
  }

  stepBy(steps) {
    this.pause();
    this.moveTo(this.at + steps);
  }

  rewind() {
    this.pause();
    this.filled = this.model.count > 1 ? 1 : null;
    this.at = 0;
    this.pointed = null;
    this.paintOutputs();
    this.schedule();
  }

  play() {
    if (this.filled === null || this.at === this.model.count - 1) this.rewind();
    this.playing = true;
    this.letGo();
    this.tick();
    this.schedule();
  }

  tick() {
    const pace = Math.min(800, Math.max(60, LONGEST_RUN / this.model.count)) / Number(this.player.speed.value);
    this.timer = setTimeout(() => {
      if (!this.root.isConnected) return;
      if (this.at === this.model.count - 1) return this.pause();
      this.moveTo(this.at + 1);
      this.tick();
    }, pace);
  }

  pause() {
    clearTimeout(this.timer);
    this.playing = false;
    this.schedule();
  }

  pin(n, c) {
    this.pinned = true;
    this.at = n;
    this.channel = c;
    this.tell();
  }

  letGo() {
    if (!this.pinned) return;
    this.pinned = false;
    this.tell();
  }

  tell() {
    const [row, col] = this.model.place(this.at);
    this.report?.({ row, col, pinned: this.pinned });
    this.schedule();
  }

  // ---- predict first

  cellKnown(n, c) {
    return !this.predicting || this.known.has(`${n} ${this.model.pools ? c : 0}`);
  }

  setPredict(on) {
    this.predicting = on;
    this.filled = null;
    this.pause();
    this.forget();
    this.paintAll();
  }

  answered(what, n, c) {
    if (what === "size") this.sizeKnown = true;
    else this.known.add(`${n} ${c}`);
    if (what !== "size" && !this.pinned) this.at = n;
    this.paintAll();
  }

  // ---- pointer and keyboard

  listen() {
    this.root.addEventListener("pointermove", (event) => this.onMove(event));
    this.root.addEventListener("pointerdown", (event) => this.onDown(event));
    this.root.addEventListener("pointerleave", () => this.point(null));
    for (const name of ["pointerup", "pointercancel"]) {
      this.root.addEventListener(name, (event) => this.onUp(event, name === "pointerup"));
    }
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
  }

  // The grid under an event, and the cell of it.
  targetOf(event) {
    const figure = event.target.closest?.(".plate")?.parentElement;
    if (!figure) return null;
    const all = [this.grids.input, this.grids.kernel, this.grids.output].flat();
    const grid = [...all, this.grids.total, this.grids.rows, this.grids.result].find((g) => g?.figure === figure);
    const cell = grid?.cellAt(event);
    return cell ? this.meaning(grid, ...cell) : null;
  }

  meaning(grid, row, col) {
    const { input, kernel, output, total, rows, result } = this.grids;
    const c = Math.max(input.indexOf(grid), kernel.indexOf(grid), output.indexOf(grid), 0);
    if (grid === rows || grid === result) return { on: "output", n: row, c: 0, grid };
    if (grid === total || output.includes(grid)) {
      if (this.predicting && !this.sizeKnown) return null;
      return { on: "output", n: this.model.position(row, col), c, grid };
    }
    if (input.includes(grid)) return { on: "input", c, row, col, grid };
    return { on: "kernel", c, tap: row * this.model.window[1] + col, grid };
  }

  point(target) {
    if (!target && !this.pointed) return;
    if (target && this.playing) this.pause();
    this.pointed = target;
    this.schedule();
  }

  onMove(event) {
    if (this.drag?.id === event.pointerId) return this.onDrag(event);
    if (event.pointerType === "mouse" || event.pointerType === "pen") this.point(this.targetOf(event));
  }

  onDown(event) {
    const target = this.targetOf(event);
    if (!target || event.button) return;
    if (this.playing) this.pause();
    this.drag = { id: event.pointerId, target, moved: false, x: event.clientX, y: event.clientY };
  }

  // Dragging moves the window; a touch does so only from the window itself, and elsewhere scrolls the page.
  onDrag(event) {
    const { drag } = this;
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 5 && !drag.moved) return;
    if (!drag.moved) {
      drag.moved = true;
      this.root.setPointerCapture(event.pointerId);
      this.letGo();
    }
    const cell = drag.target.grid.cellAt(event, true);
    const target = cell && this.meaning(drag.target.grid, ...cell);
    if (target?.on === "output") this.moveTo(target.n);
    if (target?.on === "input") this.moveTo(this.model.nearest(target.row, target.col));
  }

  onUp(event, released) {
    const { drag } = this;
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    if (!released || drag.moved) return;
    const { target } = drag;
    if (target.on === "output") {
      const again = this.pinned && this.at === target.n && (this.channel ?? 0) === target.c;
      if (this.filled !== null) this.fillTo(target.n + 1);
      if (again) this.letGo();
      else this.pin(target.n, target.c);
      this.pointed = null;
    } else if (event.pointerType === "touch") {
      const same = JSON.stringify({ ...target, grid: 0 }) === JSON.stringify({ ...this.pointed, grid: 0 });
      this.pointed = same ? null : target;
    } else if (target.on === "input") {
      this.moveTo(this.model.nearest(target.row, target.col));
    }
    this.schedule();
  }

  onKey(event) {
    const cols = this.model.out[1];
    const [row, col] = this.model.place(this.at);
    const acts = {
      ArrowLeft: () => col > 0 && this.moveTo(this.at - 1),
      ArrowRight: () => col < cols - 1 && this.moveTo(this.at + 1),
      ArrowUp: () => row > 0 && this.moveTo(this.at - cols),
      ArrowDown: () => row < this.model.out[0] - 1 && this.moveTo(this.at + cols),
      Home: () => this.moveTo(0),
      End: () => this.moveTo(this.model.count - 1),
      " ": () => (this.playing ? this.pause() : this.play()),
      Enter: () => (this.pinned ? this.letGo() : this.pin(this.at, this.channel ?? 0)),
      Escape: () => this.escape(),
    };
    if (!acts[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (this.playing && event.key !== " ") this.pause();
    acts[event.key]();
  }

  escape() {
    this.pointed = null;
    this.letGo();
    this.schedule();
  }
}

// A factor as the kernel's cells have room for it.
function shortly(value) {
  return Number(value.toFixed(Math.abs(value) >= 10 ? 0 : Number.isInteger(value) ? 0 : 2));
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new ConvGrid(root);
  root.view.update(data, data.report ? (selected) => setStateValue("selected", selected) : null);
}
