// A drawing made again stroke by stroke, and what the network answers at each moment of it.

class Replay {
  constructor(root) {
    this.canvas = make("canvas", root);
    this.canvas.setAttribute("role", "img");
    const side = make("div", root, { className: "side" });
    this.said = make("p", side, { className: "said" });
    this.said.setAttribute("aria-live", "off"); // thirty answers in a few seconds are no help to an ear
    const bars = make("div", side, { className: "bars" });
    this.bars = Array.from({ length: 10 }, (_, digit) => {
      const row = make("div", bars, { className: "row" });
      make("span", row, { textContent: digit });
      const bar = make("i", make("div", row, { className: "track" }));
      return { row, bar };
    });
    const tools = make("div", root, { className: "tools" });
    this.button = make("button", tools, { type: "button", onclick: () => this.toggle() });
    this.slider = make("input", tools, { type: "range", min: 0, step: 1, value: 0 });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.slider.value));
    });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  update(data) {
    const other = data.name !== this.data?.name;
    this.data = data;
    this.last = data.moments.length - 1;
    this.slider.max = this.last;
    this.slider.setAttribute("aria-label", data.labels.moment);
    this.canvas.setAttribute("aria-label", data.labels.pad);
    if (other) {
      this.drawing = JSON.parse(data.drawing);
      this.pause();
      this.show(this.last);
    } else {
      this.show(this.at);
    }
  }

  // Where motion is not wanted, the button goes one moment further and nothing moves by itself.
  toggle() {
    if (this.still.matches) {
      this.show(this.at >= this.last ? 0 : this.at + 1);
    } else if (this.frame) {
      this.pause();
    } else {
      const from = this.at >= this.last ? 0 : this.data.moments[this.at];
      const began = performance.now() - from;
      const step = (now) => {
        const time = now - began;
        this.show(Math.max(0, this.data.moments.findLastIndex((moment) => moment <= time)), time);
        if (this.at >= this.last) this.pause();
        else this.frame = requestAnimationFrame(step);
      };
      this.frame = requestAnimationFrame(step);
      this.name();
    }
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.name();
  }

  name() {
    const { labels } = this.data;
    this.button.textContent = this.still.matches ? labels.next : this.frame ? labels.pause : labels.play;
  }

  show(at, time = this.data.moments[at]) {
    this.at = at;
    this.time = time;
    this.slider.value = at;
    const shares = this.data.answers[at];
    const best = shares.indexOf(Math.max(...shares));
    const percent = `${Math.round(100 * shares[best])}%`;
    const { labels } = this.data;
    this.said.textContent = fill(labels.said, { digit: best, share: percent });
    this.slider.setAttribute("aria-valuetext", this.said.textContent);
    this.bars.forEach(({ row, bar }, digit) => {
      bar.style.width = `${100 * shares[digit]}%`;
      row.classList.toggle("best", digit === best);
    });
    this.paint();
  }

  paint() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side || !this.data) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const strokes = this.drawing.strokes
      .map((stroke) => ({ ...stroke, p: stroke.p.filter((_, i) => stroke.t[i] <= this.time) }))
      .filter(({ p }) => p.length);
    paintDrawing(this.canvas.getContext("2d"), side, { strokes, base: this.drawing.base });
  }
}

function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".root");
  root.replay ??= new Replay(root);
  root.replay.update(data);
}
