// All test digits on a plane, each a small numeral: point at one, choose it, watch them move with the step.

const FONT = 11; // px of a numeral; one that was read wrong is larger
const REACH = 24; // px within which a digit is pointed at
const MOVE_MS = 600; // from one step's places to the next
const TELL_AFTER = 80; // milliseconds that a pointer rests before Python is asked for the picture

class DigitMap {
  constructor(root) {
    this.canvas = make("canvas", root, { tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.reading = make("p", root, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    [this.here, this.chosen] = [null, null];
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("click", (event) => this.choose(this.nearest(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.layout()).observe(canvas);
  }

  update(data, tell) {
    this.tell = tell;
    this.labels = data.labels;
    this.canvas.setAttribute("aria-label", data.labels.keys);
    if (data.points !== this.coded) {
      this.coded = data.points;
      const places = Float32Array.from(new Int16Array(bytes(data.points).buffer), (n) => n / 32767);
      const moves = this.places?.length === places.length && !this.still.matches;
      this.from = moves ? this.shown.slice() : places;
      this.places = places;
      this.shown = this.from.slice();
      this.began = performance.now();
      cancelAnimationFrame(this.frame);
      if (moves) this.frame = requestAnimationFrame((now) => this.step(now));
    }
    [this.truth, this.answers] = [bytes(data.truth), bytes(data.answers)];
    this.colour = data.colour === "answer" ? this.answers : this.truth;
    if (data.at !== this.at) this.follow(data.at);
    this.glyphs = null;
    this.layout();
  }

  // Another digit is chosen. If it was not chosen here, the page no longer shows what was pointed at before.
  follow(at) {
    if (at !== this.chosen) {
      clearTimeout(this.timer);
      this.here = null;
      this.reading.textContent = "";
    }
    [this.at, this.chosen] = [at, null];
  }

  step(now) {
    const share = Math.min(1, (now - this.began) / MOVE_MS);
    const eased = share * share * (3 - 2 * share);
    this.places.forEach((to, i) => (this.shown[i] = this.from[i] + (to - this.from[i]) * eased));
    this.paint();
    if (share < 1) this.frame = requestAnimationFrame((later) => this.step(later));
  }

  layout() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !this.places) return;
    const sharp = devicePixelRatio;
    Object.assign(canvas, { width: Math.round(width * sharp), height: Math.round(height * sharp) });
    this.glyphs = null;
    this.paint();
  }

  // Numerals in their colours, each drawn once: 0 to 9 as they are, 10 to 19 for those that were read wrong.
  drawGlyphs() {
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--cnn-${name}`).trim();
    const series = [1, 2, 3, 4, 5, 6, 7].map((n) => colour(`series-${n}`));
    [this.ink, this.paper] = [colour("ink"), colour("paper")];
    this.pointer = colour("pointer");
    const colours = [...series, this.pointer, colour("broken"), colour("soft")];
    this.glyphs = Array.from({ length: 20 }, (_, n) => {
      const wrong = n >= 10;
      const size = Math.ceil((wrong ? FONT + 6 : FONT + 1) * devicePixelRatio);
      const glyph = new OffscreenCanvas(size, size);
      const pen = glyph.getContext("2d");
      pen.font = `${wrong ? 700 : 400} ${(wrong ? FONT + 3 : FONT) * devicePixelRatio}px system-ui, sans-serif`;
      [pen.textAlign, pen.textBaseline, pen.lineWidth] = ["center", "middle", 3 * devicePixelRatio];
      if (wrong) {
        pen.strokeStyle = this.paper;
        pen.strokeText(n % 10, size / 2, size / 2);
      }
      pen.fillStyle = colours[n % 10];
      pen.globalAlpha = wrong ? 1 : 0.5;
      pen.fillText(n % 10, size / 2, size / 2);
      return glyph;
    });
  }

  // Where a digit stands on the canvas, in its own pixels.
  place(i) {
    const { width, height } = this.canvas;
    const edge = 12 * devicePixelRatio;
    return [
      edge + ((this.shown[2 * i] + 1) / 2) * (width - 2 * edge),
      edge + ((1 - this.shown[2 * i + 1]) / 2) * (height - 2 * edge),
    ];
  }

  paint() {
    if (!this.glyphs) this.drawGlyphs();
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const wrong of [false, true]) { // those that were read wrong lie on top
      for (let i = 0; i < this.truth.length; i++) {
        if ((this.truth[i] !== this.answers[i]) !== wrong) continue;
        const glyph = this.glyphs[this.colour[i] + (wrong ? 10 : 0)];
        const [x, y] = this.place(i);
        pen.drawImage(glyph, x - glyph.width / 2, y - glyph.height / 2);
      }
    }
    this.nameGroups(pen);
    if (this.at !== null) this.ring(pen, this.at, this.ink, 9);
    if (this.here !== null) this.ring(pen, this.here, this.pointer, 11);
  }

  // A large numeral in the middle of each group.
  nameGroups(pen) {
    const sums = Array.from({ length: 10 }, () => [0, 0, 0]);
    for (let i = 0; i < this.truth.length; i++) {
      const [x, y] = this.place(i);
      const sum = sums[this.colour[i]];
      [sum[0], sum[1], sum[2]] = [sum[0] + x, sum[1] + y, sum[2] + 1];
    }
    pen.font = `700 ${30 * devicePixelRatio}px system-ui, sans-serif`;
    [pen.textAlign, pen.textBaseline, pen.lineWidth] = ["center", "middle", 5 * devicePixelRatio];
    [pen.strokeStyle, pen.fillStyle] = [this.paper, this.ink];
    sums.forEach(([x, y, count], digit) => {
      if (!count) return;
      pen.strokeText(digit, x / count, y / count);
      pen.fillText(digit, x / count, y / count);
    });
  }

  ring(pen, i, colour, radius) {
    const [x, y] = this.place(i);
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5 * devicePixelRatio;
    pen.beginPath();
    pen.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI);
    pen.stroke();
  }

  nearest(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) * devicePixelRatio, (event.clientY - box.top) * devicePixelRatio];
    let [best, least] = [null, (REACH * devicePixelRatio) ** 2];
    for (let i = 0; i < this.truth.length; i++) {
      const [px, py] = this.place(i);
      const apart = (px - x) ** 2 + (py - y) ** 2;
      if (apart < least) [best, least] = [i, apart];
    }
    return best;
  }

  point(i) {
    if (i === this.here) return;
    this.here = i;
    this.paint();
    clearTimeout(this.timer);
    if (i === null) return;
    const said = { number: i, truth: this.truth[i], answer: this.answers[i] };
    this.reading.textContent = fill(this.labels.reading, said);
    this.timer = setTimeout(() => this.tell("pointed", i), TELL_AFTER);
  }

  choose(i) {
    if (i === null) return;
    this.point(i);
    clearTimeout(this.timer);
    this.chosen = i;
    this.tell("chosen", i);
  }

  // An arrow goes to the nearest digit that lies more that way than aside.
  key(event) {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const from = this.here ?? this.at ?? 0;
    if (event.key === "Enter" || event.key === " ") this.choose(from);
    else if (event.key in ways) this.point(this.towards(from, ways[event.key]));
    else return;
    event.preventDefault();
  }

  towards(from, [right, down]) {
    const [x, y] = this.place(from);
    let [best, least] = [from, Infinity];
    for (let i = 0; i < this.truth.length; i++) {
      const [px, py] = this.place(i);
      const ahead = (px - x) * right + (py - y) * down;
      const aside = Math.abs((px - x) * down) + Math.abs((py - y) * right);
      const apart = Math.hypot(px - x, py - y);
      if (ahead > 4 && ahead >= aside && apart < least) [best, least] = [i, apart];
    }
    return best;
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.map ??= new DigitMap(root);
  root.map.update(data, setStateValue);
}
