// Plays through places 0 … count - 1, one at a time, and waits for the page before it goes on.

const EVERY = 700; // ms: time to look; a slow page takes longer, and nothing piles up

class Play {
  constructor(root) {
    this.playing = false;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.addEventListener("click", () => (this.playing ? this.stop() : this.begin()));
    root.append(this.button);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.calm.addEventListener("change", () => this.draw());
    document.addEventListener("visibilitychange", () => document.hidden && this.playing && this.stop());
  }

  // What Python knows now: the place that is on screen.
  update(data, tell) {
    const moved = this.at !== undefined && data.at !== this.at;
    Object.assign(this, data, { tell });
    if (this.playing && !data.playing && moved) this.playing = false; // somebody took the slider
    if (data.playing && !this.playing && this.asked === undefined) this.stop(); // another page had begun it
    if (this.playing && this.at === this.asked) this.later();
    this.draw();
  }

  begin() {
    const first = this.at === this.count - 1 ? 0 : this.at + 1;
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

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.button.isConnected) return;
      if (this.at === this.count - 1) this.stop();
      else this.say(this.at + 1, true);
    }, EVERY);
  }

  say(at, playing) {
    this.asked = at;
    this.tell({ at, playing });
  }

  draw() {
    const face = this.playing ? ["❚❚", this.labels.stop] : this.calm.matches ? ["▶❘", this.labels.next] : ["▶", this.labels.play];
    [this.button.textContent, this.button.title] = face;
    this.button.setAttribute("aria-label", face[1]);
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.play ??= new Play(root);
  root.play.update(data, (told) => setTriggerValue("told", told));
}
