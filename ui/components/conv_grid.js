// The component: input, kernel and output, linked. Its state lives on the DOM node, so a rerun changes it in place.

const LONGEST_RUN = 20_000; // milliseconds that a run over all positions takes at normal speed, at most
const SPOKEN_EVERY = 700; // milliseconds between two sentences for a screen reader

class ConvGrid extends Painter {
  constructor(root) {
    super(root);
    this.at = 0; // the window's position
    this.pointed = null; // what the pointer is on: {on: "output" | "input" | "kernel", c, n | row, col | tap}
    this.pinned = false;
    this.channel = 0; // pooling: the channel that was pointed at last
    this.filled = null; // how many output cells have been computed; null: all
    this.playing = false;
    this.known = new Set(); // output cells that were answered or given in "predict first"
    const panel = make("div", "panel", this.bench);
    this.reading = make("p", "reading", panel);
    this.note = make("p", "note", panel);
    this.player = new Player(panel, {
      rewind: () => this.rewind(),
      back: () => this.stepBy(-1),
      play: () => (this.playing ? this.pause() : this.play()),
      step: () => this.stepBy(1),
      slide: (n) => this.moveTo(n),
      predict: (on) => this.setPredict(on),
    });
    this.questions = new Questions(panel, (what, n, c) => this.answered(what, n, c));
    this.spoken = make("p", "spoken", root);
    set(this.spoken, { "aria-live": "polite" });
    new Gestures(this);
    root.addEventListener("transitionend", () => this.schedule()); // the theme may have changed
    new ResizeObserver(() => this.fit()).observe(root);
  }

  // ---- new values from Python

  update(data, report) {
    this.report = report;
    const signature = JSON.stringify(data);
    if (signature === this.signature) return this.schedule();
    this.signature = signature;
    const before = this.model;
    const place = before ? before.place(this.at) : data.start;
    const model = (this.model = new Model(data));
    this.labels = data.labels;
    this.at = model.position(Math.min(place[0], model.out[0] - 1), Math.min(place[1], model.out[1] - 1));
    if (!before || `${before.out} ${before.padded} ${before.window}` !== `${model.out} ${model.padded} ${model.window}`) {
      Object.assign(this, { filled: null, pointed: null, playing: false });
    }
    if (!before || JSON.stringify([before.maps, before.bias]) !== JSON.stringify([model.maps, model.bias])) this.forget();
    if (!before || before.predict !== model.predict) this.predicting = this.player.predict.checked = data.predict;
    this.longestRead = 0;
    this.reading.style.minHeight = "";
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

  // Once a frame at most, however often the pointer moves.
  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  // The position that is shown, and in pooling the channel: the pointer's, unless one is pinned.
  focus() {
    const on = this.pointed?.on === "output" && !this.pinned ? this.pointed : { n: this.at, c: this.channel };
    return { n: on.n, c: this.model.pools ? Math.min(on.c, this.model.channels - 1) : 0 };
  }

  sizeHidden() {
    return this.predicting && !this.sizeKnown;
  }

  // Why an output cell has no number: "asked" (predict first), "late" (not computed yet), or it has one ("").
  hides(n, c) {
    if (this.predicting && !(this.sizeKnown && this.known.has(`${n} ${this.model.pools ? c : 0}`))) return "asked";
    return this.filled !== null && n >= this.filled ? "late" : "";
  }

  // May its products and its sum be shown? Of a cell that is still to come, on pointing, yes.
  isOpen(n, c) {
    return this.hides(n, c) !== "asked";
  }

  render() {
    if (!this.width) return;
    if (this.palette.read()) return this.paintAll(); // the theme has changed
    const { model, grids, labels } = this;
    const { n, c } = this.focus();
    const [row, col] = model.place(n);
    const output = this.sizeHidden() ? null : [row, col, 1, 1];
    model.x.forEach((_, i) => {
      grids.input[i].frame("window", [...model.cell(n, 0), ...model.span]);
      const gaps = model.dilation.some((step) => step > 1);
      grids.input[i].mark("taps", gaps ? Array.from({ length: model.taps }, (_, tap) => model.cell(n, tap)) : null);
      this.paintKernel(i, n, this.isOpen(n, i));
      grids.output[i].frame("window", output);
    });
    grids.total?.frame("window", output);
    grids.rows?.frame("window", [n, 0, 1, model.channels * model.taps]);
    grids.result?.frame("window", [n, 0, 1, 1]);
    this.renderLinks();
    this.renderWords(n, c);
    const { sizeKnown, predicting: on } = this;
    this.questions.show({ model, labels, n, c, on, sizeKnown, cellKnown: this.isOpen(n, c), where: this.whereAbout(n, c) });
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
    const fed = input && !this.sizeHidden() ? model.feeds(input.row, input.col).map((n) => model.place(n)) : null;
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

  renderWords(n, c) {
    const { model, grids, labels, pointed } = this;
    let sentence = fill(labels.sentence, { where: this.whereAbout(n, c), sum: "?" });
    if (this.isOpen(n, c)) {
      const sum = equation(model, n, c, labels);
      sentence = fill(labels.sentence, { where: this.whereAbout(n, c), sum }) + exactly(model.value(n, c), labels);
    }
    if (pointed?.on === "input") sentence = aboutInput(model, pointed.c, pointed.row, pointed.col, labels);
    if (pointed?.on === "kernel" && !model.pools) sentence = aboutWeight(model, pointed.c, pointed.tap, labels);
    this.read(this.pinned ? `${sentence} ${labels.pinned}` : sentence);
    model.x.forEach((_, i) => {
      const text = model.adds ? `${labels.sum}: ${rounded(model.maps[i][n])}` : shortSum(model, n, i, labels);
      setText(grids.output[i].foot, this.isOpen(n, i) ? text : "");
    });
    if (grids.total) setText(grids.total.foot, this.isOpen(n, 0) ? shortSum(model, n, 0, labels) : "");
    this.say(sentence);
  }

  // The longest sentence so far keeps its room, so that nothing below jumps.
  read(sentence) {
    setText(this.reading, sentence);
    if (sentence.length <= (this.longestRead ?? 0)) return;
    this.longestRead = sentence.length;
    this.reading.style.minHeight = `${this.reading.offsetHeight}px`;
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
    this.letGo();
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
      if (!this.playing || !this.root.isConnected) return;
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

  // ---- pointing and pinning

  point(target) {
    if (!target && !this.pointed) return;
    if (target && this.playing) this.pause();
    this.pointed = target;
    if (target?.on === "output") this.channel = target.c;
    this.schedule();
  }

  isPointed(target) {
    const bare = (one) => JSON.stringify({ ...one, grid: null });
    return this.pointed !== null && bare(target) === bare(this.pointed);
  }

  togglePin(n, c) {
    const again = this.pinned && this.at === n && this.channel === c;
    if (this.filled !== null) this.fillTo(n + 1);
    Object.assign(this, { pinned: !again, at: n, channel: c, pointed: null });
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
    if (what === "cell" && !this.pinned) this.at = n;
    this.paintAll();
  }

  escape() {
    this.pointed = null;
    this.letGo();
    this.schedule();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new ConvGrid(root);
  root.view.update(data, data.report ? (selected) => setStateValue("selected", selected) : null);
}
