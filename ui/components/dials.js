// Sliders below one another. While a hand moves one, the server is asked for what it shows; Python hears of it
// when the hand rests.

const REST = 150; // ms without a move
const PATIENCE = 2000; // ms in which Python is to take up a move; what it says of older ones is passed over

class Dials {
  constructor(root) {
    [this.root, this.asker, this.later, this.until] = [root, new Asker(), new Later(), 0];
    this.sliders = new Map();
  }

  update({ dials, ask }, tell) {
    Object.assign(this, { dials, ask, tell });
    if (dials.map(({ name }) => name).join() !== [...this.sliders.keys()].join()) this.build();
    dials.forEach(({ name, label, low, high, step }) => {
      const { text, input } = this.sliders.get(name);
      text.textContent = label;
      Object.assign(input, { min: low, max: high, step });
      input.setAttribute("aria-label", label);
    });
    if (dials.every(({ name, value }) => value === this.asked?.[name])) this.until = 0;
    this.follow();
  }

  build() {
    this.root.replaceChildren();
    this.sliders.clear();
    for (const { name } of this.dials) {
      const label = make("label", this.root);
      const [text, shown] = [make("span", label), make("output", label)];
      const input = make("input", label, { type: "range", oninput: () => this.move(name) });
      this.sliders.set(name, { text, shown, input });
    }
  }

  // Python's values, unless a hand has just moved on from them.
  follow() {
    clearTimeout(this.following);
    const wait = this.until - performance.now();
    if (wait > 0) this.following = setTimeout(() => this.follow(), wait);
    else if (!this.later.act) for (const { name, value } of this.dials) this.sliders.get(name).input.value = value;
    this.draw();
  }

  move(moved) {
    const values = Object.fromEntries([...this.sliders].map(([name, { input }]) => [name, Number(input.value)]));
    if (this.ask) this.asker.ask(this.ask, { moved, values });
    this.later.say(() => {
      [this.asked, this.until] = [values, performance.now() + PATIENCE];
      this.tell({ moved, values });
    }, REST);
    this.draw();
  }

  draw() {
    for (const { shown, input } of this.sliders.values()) shown.textContent = input.value.replace("-", "−");
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.dials ??= new Dials(root);
  root.dials.update(data, (told) => setTriggerValue("told", told));
}
