// What is lit and what is said, once a frame: the window, the links of what is pointed at, the sentence.
// The view that extends it says where the window is: focus(), at, pointed, pinned, phase, playing.

const SPOKEN_EVERY = 700; // milliseconds between two sentences for a screen reader

class Renderer extends Painter {
  render() {
    if (!this.width) return;
    if (this.restyled && this.palette.read()) return this.paintAll(); // the theme has changed
    if (this.filling) this.paintOutputs();
    const { model, grids, labels } = this;
    const { n, c } = this.focus();
    const [row, col] = model.place(n);
    const output = this.sizeHidden() ? null : [row, col, 1, 1];
    model.x.forEach((_, i) => {
      grids.input[i].frame("window", [...model.cell(n, 0), ...model.span]);
      const gaps = model.dilation.some((step) => step > 1);
      grids.input[i].mark("taps", gaps ? Array.from({ length: model.taps }, (_, tap) => model.cell(n, tap)) : null);
      this.paintKernel(i, n, this.isOpen(n, this.slot(i)));
      grids.output[i].frame("window", output);
      this.rows[i].classList.toggle("waiting", this.phase !== null && i > this.phase);
    });
    grids.totals.forEach((grid, f) => grid.frame("window", f === model.filter ? output : null));
    const { rows, column, result } = this.shownProduct();
    rows?.frame("window", [n, 0, 1, model.channels * model.taps]);
    column?.frame("window", [0, model.filter, model.channels * model.taps, 1]);
    result?.frame("window", [n, model.filter, 1, 1]);
    this.renderLinks(n);
    this.renderWords(n, c);
    const { sizeKnown, predicting: on } = this;
    this.questions.show({ model, labels, n, c, on, sizeKnown, cellKnown: this.isOpen(n, c), where: this.whereAbout(n, c) });
    const where = wherePosition(model, n, labels);
    this.player.show({ n, count: model.count, playing: this.playing, where, asked: this.sizeHidden() });
    Object.assign(this, { restyled: false, filling: false });
    this.root.classList.toggle("pinned", this.pinned);
    set(this.root, { "data-row": row, "data-col": col, "data-pinned": this.pinned, "data-playing": this.playing });
  }

  // The grids of im2col, while they are there.
  shownProduct() {
    return this.model.matrix && !this.sizeHidden() ? this.grids : {};
  }

  whereAbout(n, c) {
    const place = wherePosition(this.model, n, this.labels);
    if (this.model.filters?.length > 1) return `${fill(this.labels.map, { number: c + 1 })}, ${place}`;
    return this.model.pools && this.model.channels > 1 ? `${this.model.names[c]}, ${place}` : place;
  }

  // What an input cell or a weight takes part in, lit in the other grids.
  renderLinks(n) {
    const { model, grids, pointed } = this;
    const input = pointed?.on === "input" ? pointed : null;
    const weight = pointed?.on === "kernel" ? pointed : null;
    const factor = pointed?.tap === undefined ? null : pointed; // one cell of a patch that im2col laid flat
    const laid = (c, tap) => c * model.taps + tap;
    const fed = input && !this.sizeHidden() ? model.feeds(input.row, input.col).map((n) => model.place(n)) : null;
    model.x.forEach((_, c) => {
      const from = factor?.on === "output" && factor.c === c ? [model.cell(n, factor.tap)] : null;
      grids.input[c].mark("pointed", input?.c === c ? [[input.row, input.col]] : from);
      grids.input[c].mark("linked", weight?.c === c && !this.sizeHidden() ? model.meets(weight.tap) : null);
      const cell = factor?.c === c ? [[Math.floor(factor.tap / model.window[1]), factor.tap % model.window[1]]] : null;
      grids.kernel[c].mark("pointed", cell);
      grids.output[c].mark("linked", input?.c === c ? fed : null);
    });
    grids.totals.forEach((grid) => grid.mark("linked", fed));
    const { rows, column } = this.shownProduct();
    column?.mark("pointed", factor ? [[laid(factor.c, factor.tap), model.filter]] : null);
    rows?.mark("pointed", factor?.on === "output" ? [[n, laid(factor.c, factor.tap)]] : null);
    const everywhere = weight ? model.everywhere((n) => [n, laid(weight.c, weight.tap)]) : null;
    rows?.mark("linked", everywhere);
    this.root.classList.toggle("links", Boolean(input || weight));
  }

  renderWords(n, c) {
    const { model, grids, labels, pointed } = this;
    let sentence = fill(labels.sentence, { where: this.whereAbout(n, c), sum: "?" });
    if (this.isOpen(n, c)) {
      const so = this.soFar(n);
      const sum = so ?? equation(model, n, c, labels);
      const end = so === null ? exactly(model.value(n, c), labels) : "";
      sentence = fill(labels.sentence, { where: this.whereAbout(n, c), sum }) + end;
    }
    const asked = this.sizeHidden();
    if (pointed?.on === "input") sentence = aboutInput(model, pointed.c, pointed.row, pointed.col, labels, asked);
    if (pointed?.on === "kernel" && !model.pools) {
      sentence = aboutWeight(model, pointed.c, pointed.tap, labels, asked);
      if (this.isOpen(n, c)) sentence += aboutProduct(model, pointed.c, pointed.tap, n, labels);
    }
    if (this.pinned) sentence = `${sentence} · ${labels.pinned}`;
    this.read(sentence);
    model.x.forEach((_, i) => {
      const text = model.adds ? `${labels.sum}: ${rounded(model.maps[i][n])}` : shortSum(model, n, i, labels);
      setText(grids.output[i].foot, this.isOpen(n, this.slot(i)) && !(this.phase < i && this.phase !== null) ? text : "");
    });
    grids.totals.forEach((grid, f) => {
      const own = f === model.filter && this.isOpen(n, f);
      setText(grid.foot, own ? this.soFar(n) ?? shortSum(model, n, f, labels) : "");
    });
    this.say(sentence);
  }

  // While a position is played channel by channel: the sum as far as it has come; else null.
  soFar(n) {
    const { model, phase } = this;
    if (phase === null || n !== this.at || phase >= model.channels) return null;
    const parts = model.maps.slice(0, phase + 1).map((map, c) => (c ? inBrackets(map[n]) : rounded(map[n])));
    return `${parts.join(" + ")} + …`;
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
}
