// The component: input, kernel and output, linked. Its state lives on the DOM node, so a rerun changes it in place.

const LONGEST_RUN = 20_000; // milliseconds that a run over all positions takes at normal speed, at most
const MOST_PHASED = 64; // positions; a longer run does not stop at every channel

class ConvGrid extends Renderer {
  constructor(root) {
    super(root);
    this.at = 0; // the window's position
    this.pointed = null; // what the pointer is on: {on: "output" | "input" | "kernel", c, n | row, col | tap}
    this.pinned = false;
    this.channel = 0; // pooling: the channel that was pointed at last
    this.filled = null; // how many output cells have been computed; null: all
    this.phase = null; // how many channels of the position that plays are in; null: all, with the bias
    this.playing = false;
    this.known = new Set(); // output cells that were answered or given in "predict first"
    const panel = make("div", this.bench, { className: "panel" });
    this.reading = make("p", panel, { className: "reading" });
    this.note = make("p", panel, { className: "note" });
    this.player = new Player(panel, {
      rewind: () => this.rewind(), back: () => this.stepBy(-1),
      play: () => (this.playing ? this.pause() : this.play()),
      step: () => this.stepBy(1), slide: (n) => this.moveTo(n),
      predict: (on) => this.setPredict(on),
    });
    this.questions = new Questions(panel, (what, n, c) => this.answered(what, n, c));
    this.keys = make("p", panel, { className: "keys" });
    this.spoken = make("p", root, { className: "spoken" });
    set(this.spoken, { "aria-live": "polite" });
    new Gestures(this);
    root.addEventListener("transitionend", () => { // the theme may have changed
      this.restyled = true;
      this.schedule();
    });
    new ResizeObserver(() => this.fit()).observe(root);
  }

  // ---- new values from Python

  update(data, tell) {
    this.tell = tell;
    this.told = data.hidden;
    const signature = JSON.stringify({ ...data, hidden: null, turn: null });
    if (signature === this.signature) return this.schedule();
    this.signature = signature;
    const before = this.model;
    const model = (this.model = new Model(data));
    this.labels = data.labels;
    this.goTo(before?.subject === data.subject ? before.place(this.at) : data.start);
    if (!before || `${before.out} ${before.padded} ${before.window}` !== `${model.out} ${model.padded} ${model.window}`) {
      Object.assign(this, { filled: null, pointed: null, playing: false });
    }
    if (before && before.subject !== data.subject) Object.assign(this, { pinned: false, pointed: null });
    model.use(Math.min(before?.filter ?? 0, model.results.length - 1));
    this.phase = null;
    const known = (one) => JSON.stringify([one.results, one.biases]);
    if (!before || known(before) !== known(model)) this.forget();
    if (!before || before.predict !== model.predict) this.predicting = this.player.predict.checked = Boolean(data.predict);
    this.player.predictLabel.hidden = data.predict === null;
    if (this.sizeHidden()) this.standStill();
    this.longestRead = 0;
    this.reading.style.minHeight = "";
    this.nameKeys(data.labels);
    this.player.say(data.labels);
    setText(this.note, data.note);
    this.build();
    this.fit(true);
  }

  // What the keyboard does here: for the eye while the grids have the focus, and as their name.
  nameKeys({ stage, keys, keysInto, keysInput, keysChannel, keysFilter }) {
    const { pools, channels, results } = this.model;
    const words = [keys, pools ? keysInput : keysInto];
    if (channels > 1) words.push(keysChannel);
    if (results.length > 1) words.push(fill(keysFilter, { count: results.length }));
    setText(this.keys, words.join(" "));
    set(this.stage, { "aria-label": [stage, ...words].join(" ") });
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

  // The position that is shown, and in pooling the channel, else the filter: the pointer's, unless one is pinned.
  focus() {
    const on = this.pointed?.on === "output" && !this.pinned ? this.pointed : { n: this.at, c: this.channel };
    return { n: on.n, c: this.model.pools ? Math.min(on.c, this.model.channels - 1) : this.model.filter };
  }

  // What a learner who predicts has still to find out: the output's "size", its "numbers", or nothing ("").
  stillHidden() {
    const { model, predicting, sizeKnown, known } = this;
    if (!predicting) return "";
    const cells = model.count * (model.pools ? model.channels : model.results.length);
    return !sizeKnown ? "size" : known.size < cells ? "numbers" : "";
  }

  sizeHidden() {
    return this.stillHidden() === "size";
  }

  // Why an output cell has no number: "asked" (predict first), "late" (not computed yet), or it has one ("").
  // `slot`: a channel of pooling, else a filter; `c`: only this channel's part of the sum.
  hides(n, slot, c) {
    if (this.predicting && !(this.sizeKnown && this.known.has(`${n} ${slot}`))) return "asked";
    if (this.phase !== null && n === this.at && (c ?? this.model.channels) > this.phase) return "late";
    return this.filled !== null && n >= this.filled ? "late" : "";
  }

  // May its products and its sum be shown? Of a cell that is still to come, on pointing, yes.
  isOpen(n, slot) {
    return this.hides(n, slot) !== "asked";
  }

  // The filter whose slices, products and sum are shown.
  useFilter(f) {
    const { model, grids } = this;
    if (f === model.filter) return;
    model.use(f);
    grids.kernel.forEach((grid) => setText(grid.caption, `${this.kernelName()} ${model.window.join("×")}`));
    this.paintOutputs();
    this.schedule();
  }

  // ---- moving the window

  // To this row and column, or as near as there is one.
  goTo(place) {
    const { model } = this;
    this.at = model.position(...place.map((n, axis) => Math.min(n, model.out[axis] - 1)));
  }

  moveTo(n) {
    if (this.sizeHidden()) return;
    this.letGo();
    this.at = Math.min(Math.max(n, 0), this.model.count - 1);
    const played = this.phase !== null;
    this.phase = null;
    if (this.filled !== null) this.fillTo(this.at + 1);
    if (played) this.paintOutputs();
    this.pointed = null;
    this.schedule();
  }

  // Fast play fills several cells a frame: they are painted together.
  fillTo(count) {
    if (count <= this.filled) return;
    this.filled = count >= this.model.count ? null : count;
    this.filling = true;
    this.schedule();
  }

  stepBy(steps) {
    this.pause();
    this.moveTo(this.at + steps);
  }

  rewind() {
    if (this.sizeHidden()) return;
    this.pause();
    this.filled = this.model.count > 1 ? 1 : null;
    this.at = 0;
    this.pointed = null;
    this.paintOutputs();
    this.schedule();
  }

  play() {
    if (this.sizeHidden()) return;
    if (this.filled === null || this.at === this.model.count - 1) this.rewind();
    this.playing = true;
    this.letGo();
    this.enter(0);
    this.tick();
    this.schedule();
  }

  // A step of the run: the next position, or where channels are added up the next channel, then their sum.
  tick() {
    const { model } = this;
    const pace = Math.min(800, Math.max(60, LONGEST_RUN / model.count)) / Number(this.player.speed.value);
    this.timer = setTimeout(() => {
      if (!this.playing || !this.root.isConnected) return;
      if (this.phase !== null && this.phase < model.channels) this.enter(this.phase + 1);
      else if (this.at === model.count - 1) return this.pause();
      else {
        this.moveTo(this.at + 1);
        this.enter(0);
      }
      this.tick();
    }, pace);
  }

  // How far the position that plays has come: so many channels are in, then the sum and the bias.
  enter(phase) {
    if (!this.model.adds || this.model.count > MOST_PHASED) return;
    this.phase = phase;
    this.paintOutputs();
    this.schedule();
  }

  pause() {
    clearTimeout(this.timer);
    this.playing = false;
    if (this.phase !== null) {
      this.phase = null;
      this.paintOutputs();
    }
    this.schedule();
  }

  // ---- pointing and pinning

  point(target) {
    if (!target && !this.pointed) return;
    if (target && this.playing) this.pause();
    this.pointed = target;
    if (target?.on === "output") this.channel = target.c;
    if (target?.f !== undefined && !this.pinned) this.useFilter(target.f);
    this.schedule();
  }

  isPointed(target) {
    const bare = (one) => JSON.stringify({ ...one, grid: null });
    return this.pointed !== null && bare(target) === bare(this.pointed);
  }

  // `f`: the filter whose map it is, if that is not the one in use.
  togglePin(n, c, f = this.model.filter) {
    const same = this.model.pools ? this.channel === c : this.model.filter === f;
    const again = this.pinned && this.at === n && same;
    if (this.filled !== null) this.fillTo(n + 1);
    Object.assign(this, { pinned: !again, at: n, channel: c, pointed: null });
    this.useFilter(f);
    this.schedule();
  }

  letGo() {
    this.pinned = false;
    this.schedule();
  }

  // ---- predict first

  // The page around must not give away what is still to be found out: Python holds it back.
  render() {
    super.render();
    const hidden = this.stillHidden();
    if (hidden === this.told) return;
    this.told = hidden;
    this.tell(hidden);
  }

  setPredict(on) {
    Object.assign(this, { predicting: on, filled: null });
    this.pause();
    this.forget();
    if (on) this.standStill();
    this.paintAll();
  }

  // While the output's size is asked for: how far the window goes would tell it.
  standStill() {
    this.goTo(this.model.start);
    Object.assign(this, { pinned: false, pointed: null, playing: false });
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

function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new ConvGrid(root);
  const update = () => root.view.update(data, (hidden) => setStateValue("hidden", hidden));
  if (!root.view.model) return update();
  cancelAnimationFrame(root.due); // what else changed on the page is painted first: many cells take their time
  clearTimeout(root.soon);
  root.due = requestAnimationFrame(() => { root.soon = setTimeout(update); });
}
