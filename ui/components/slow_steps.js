// Four phases in a row, buttons for back, play, on and the next step, and the losses so far as a curve.

const SVG = "http://www.w3.org/2000/svg";
const PACE = 3500; // ms that a phase stays while it plays
const ICONS = {
  back: "M16 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  on: "M8 5v14l10-7z",
};
const [WIDE, HIGH, RIM] = [120, 40, 6];

function draw(tag, parent, attributes) {
  const node = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

class Steps {
  constructor(root) {
    this.bar = make("div", root, { className: "bar" });
    this.bar.addEventListener("keydown", (event) => this.key(event));
    const buttons = make("div", this.bar, { className: "buttons" });
    this.back = this.icon("back", buttons, () => this.hand(-1));
    this.play = this.icon("play", buttons, () => (this.timer ? this.pause() : this.start()));
    this.on = this.icon("on", buttons, () => this.hand(1));
    this.row = make("div", this.bar, { className: "phases" });
    this.row.setAttribute("role", "tablist");
    this.next = make("button", this.bar, { className: "next" });
    this.next.addEventListener("click", () => this.leap(this.data.byHand + 1));
    this.now = make("span", this.bar, { className: "now-loss" });
    this.curve = draw("svg", this.bar, { width: WIDE, height: HIGH, class: "curve", role: "img" });
  }

  icon(name, parent, act) {
    const button = make("button", parent, { className: `icon ${name}` });
    button.type = "button";
    const svg = draw("svg", button, { viewBox: "0 0 24 24", "aria-hidden": "true" });
    button.path = draw("path", svg, { d: ICONS[name] });
    button.addEventListener("click", act);
    return button;
  }

  // Phases and steps are one row of numbers: after the update of a step comes the forward of the next.
  get place() {
    return this.data.byHand * this.data.phases.length + this.data.phase;
  }

  get last() {
    return (this.data.most + 1) * this.data.phases.length - 1;
  }

  go(place) {
    if (place < 0 || place > this.last) return this.pause();
    const { length } = this.data.phases;
    this.tell({ phase: place % length, byHand: Math.floor(place / length) });
  }

  hand(steps) {
    this.pause();
    this.go(this.place + steps);
  }

  leap(byHand) {
    this.pause();
    if (byHand <= this.data.most) this.tell({ phase: this.data.phase, byHand });
  }

  start() {
    this.go(this.place + 1);
    this.timer = 1; // the next tick is set when the new phase is on screen
    this.show();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.show();
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = this.place < this.last ? setTimeout(() => this.row.isConnected && this.go(this.place + 1), PACE) : null;
    }
    this.show();
    if (this.follow) this.row.children[data.phase].focus();
    this.follow = false;
  }

  show() {
    const { phases, phase, byHand, most, firstStep, labels } = this.data;
    while (this.row.children.length < phases.length) this.tab();
    [...this.row.children].forEach((tab, n) => {
      tab.textContent = phases[n];
      tab.setAttribute("aria-selected", n === phase);
      tab.tabIndex = n === phase ? 0 : -1;
    });
    const names = { back: labels.back, play: this.timer ? labels.pause : labels.play, on: labels.on };
    for (const [name, text] of Object.entries(names)) Object.assign(this[name], { title: text, ariaLabel: text });
    this.play.path.setAttribute("d", ICONS[this.timer ? "pause" : "play"]);
    this.back.disabled = this.place === 0;
    this.on.disabled = this.play.disabled = this.place === this.last;
    this.row.setAttribute("aria-label", labels.phases);
    this.next.textContent = `${labels.next} ›`;
    this.next.disabled = byHand >= most;
    Object.assign(this.bar.dataset, { phase, step: firstStep + byHand });
    this.drawCurve();
  }

  tab() {
    const n = this.row.children.length;
    const tab = make("button", this.row, { className: "phase" });
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => this.hand(n - this.data.phase));
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    this.follow = Boolean(steps && event.target.closest(".phase")); // the focus goes with the phase
    if (steps) this.hand(steps);
    else if (event.key === " " && event.target.closest(".phase")) this.timer ? this.pause() : this.start();
    else return;
    event.preventDefault();
  }

  drawCurve() {
    const { losses, byHand, firstStep, labels } = this.data;
    const told = (n) => fill(labels.loss, { step: firstStep + n, loss: losses[n]?.toFixed(3) ?? labels.noNumber });
    this.now.textContent = told(byHand);
    this.curve.replaceChildren();
    this.curve.toggleAttribute("hidden", losses.length < 2);
    this.curve.setAttribute("aria-label", labels.curve);
    const known = losses.filter((loss) => loss !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const x = (n) => RIM + (n * (WIDE - 2 * RIM)) / Math.max(1, losses.length - 1);
    const y = (loss) => (loss === null ? RIM : high > low ? HIGH - RIM - ((loss - low) / (high - low)) * (HIGH - 2 * RIM) : HIGH / 2);
    draw("polyline", this.curve, { points: losses.map((loss, n) => `${x(n)},${y(loss)}`).join(" ") });
    losses.forEach((loss, n) => {
      const dot = draw("circle", this.curve, { cx: x(n), cy: y(loss), r: n === byHand ? 5 : 3, class: n === byHand ? "now" : "" });
      draw("title", dot, {}).textContent = told(n);
      dot.addEventListener("click", () => this.leap(n));
    });
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new Steps(root);
  root.view.update(data, (to) => setStateValue("to", to));
}
