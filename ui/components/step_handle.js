// A slider over steps, moved by hand; and play, which goes through them one at a time and waits for the page
// before it goes on.

const EVERY = 700; // ms: time to look; a slow page takes longer, and nothing piles up
const REST = 150; // ms without a move
const PATIENCE = 2000; // ms in which Python is to take up a move; what it says of older ones is passed over

class Handle {
  constructor(root) {
    [this.asker, this.later, this.until] = [new Asker(), new Later(), 0];
    const label = make("label", root);
    this.title = make("span", label, { className: "title" });
    this.shown = make("span", label, { className: "step", ariaHidden: "true" }); // the slider says it
    this.slider = make("input", label, { type: "range", min: 0, step: 1 });
    this.slider.addEventListener("input", () => this.slide(Number(this.slider.value)));
    this.button = make("button", root, { type: "button" });
    this.button.addEventListener("click", () => (this.playing ? this.stop() : this.begin()));
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.calm.addEventListener("change", () => this.draw());
    document.addEventListener("visibilitychange", () => document.hidden && this.playing && this.stop());
  }

  // What Python knows now: the place that is on screen. A hand that is on its way elsewhere wins.
  update(data, tell) {
    const moved = this.at !== undefined && data.at !== this.at;
    Object.assign(this, data, { tell });
    if (this.playing && !data.playing && moved) this.playing = false; // another page has moved it
    if (data.playing && !this.playing && this.asked === undefined) this.stop(); // another page had begun it
    if (this.playing && this.at === this.asked) this.playOn();
    this.slider.max = this.steps.length - 1;
    if (this.at === this.asked) this.until = 0;
    this.follow();
  }

  // Python's place, unless a hand has just moved on from it.
  follow() {
    clearTimeout(this.following);
    const wait = this.until - performance.now();
    if (wait > 0) this.following = setTimeout(() => this.follow(), wait);
    else if (!this.later.act) this.slider.value = this.at;
    this.draw();
  }

  slide(at) {
    clearTimeout(this.timer);
    this.playing = false;
    if (this.ask) this.asker.ask(this.ask, { step: this.steps[at] });
    this.later.say(() => this.say(at, false), REST);
    this.draw();
  }

  begin() {
    this.later.cancel();
    const at = Number(this.slider.value); // a hand may be ahead of Python
    const first = at === this.steps.length - 1 ? 0 : at + 1;
    if (this.calm.matches) return this.say(first, false); // one at a time, by hand
    this.playing = true;
    this.say(first, true);
    this.draw();
  }

  stop() {
    clearTimeout(this.timer);
    this.playing = false;
    this.say(this.at, false);
    this.draw();
  }

  playOn() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.button.isConnected) return;
      if (this.at === this.steps.length - 1) this.stop();
      else this.say(this.at + 1, true);
    }, EVERY);
  }

  say(at, playing) {
    this.asked = at;
    this.until = performance.now() + PATIENCE;
    this.tell({ at, playing });
  }

  draw() {
    const step = String(this.steps[this.slider.value]);
    this.title.textContent = this.labels.slider;
    this.shown.textContent = step;
    this.slider.setAttribute("aria-label", this.labels.slider);
    this.slider.setAttribute("aria-valuetext", step);
    const face = this.playing ? ["❚❚", this.labels.stop] : this.calm.matches ? ["▶❘", this.labels.next] : ["▶", this.labels.play];
    [this.button.textContent, this.button.title] = face;
    this.button.setAttribute("aria-label", face[1]);
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.handle ??= new Handle(root);
  root.handle.update(data, (told) => setTriggerValue("told", told));
}
