// What stands below the grids: the player, and the questions of "predict first".

const ICONS = {
  rewind: "M6 5h2v14H6zM19 5v14l-10-7z",
  back: "M16 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  step: "M8 5v14l10-7z",
};
const SPEEDS = [0.5, 1, 2, 4, 8];

function iconButton(name, parent, action) {
  const button = make("button", parent, { className: `icon ${name}` });
  button.type = "button";
  const svg = makeSvg("svg", "", button, { viewBox: "0 0 24 24", "aria-hidden": "true" });
  makeSvg("path", "", svg, { d: ICONS[name] });
  button.addEventListener("click", action);
  return button;
}

// Buttons, slider, speed and the switch. `acts`: what each of them does.
class Player {
  constructor(parent, acts) {
    this.bar = make("div", parent, { className: "player" });
    const buttons = make("div", this.bar, { className: "buttons" });
    for (const name of ["rewind", "back", "play", "step"]) this[name] = iconButton(name, buttons, acts[name]);
    this.slider = make("input", this.bar, { className: "slider" });
    set(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.addEventListener("input", () => acts.slide(Number(this.slider.value)));
    this.speed = make("select", this.bar, { className: "speed" });
    for (const speed of SPEEDS) make("option", this.speed, { textContent: `${speed}×` }).value = speed;
    this.speed.value = "1";
    this.predictLabel = make("label", this.bar, { className: "predict" });
    this.predict = make("input", this.predictLabel);
    this.predict.type = "checkbox";
    this.predictText = make("span", this.predictLabel);
    this.predict.addEventListener("change", () => acts.predict(this.predict.checked));
  }

  say(labels) {
    const names = { rewind: labels.rewind, back: labels.back, step: labels.step, slider: labels.position, speed: labels.speed };
    for (const [part, name] of Object.entries(names)) set(this[part], { "aria-label": name, title: name });
    setText(this.predictText, labels.predict);
    this.labels = labels;
  }

  // `asked`: how many positions there are is still to be found out, so that the window stands still.
  show({ n, count, playing, where, asked }) {
    const name = playing ? this.labels.pause : this.labels.play;
    set(this.play, { "aria-label": name, title: name });
    set(this.play.querySelector("path"), { d: ICONS[playing ? "pause" : "play"] });
    set(this.slider, { max: asked ? 1 : count - 1, "aria-valuetext": where });
    this.slider.value = asked ? 0 : n;
    this.slider.disabled = asked || count < 2;
    for (const button of [this.rewind, this.back, this.play, this.step]) button.disabled = asked;
  }
}

function numberField(parent) {
  const field = make("input", parent, { className: "number" });
  set(field, { type: "text", inputmode: "text", autocomplete: "off", size: 5 });
  return field;
}

// "-1,5" and "−1.5" are numbers too; what is none gives NaN.
function typed(field) {
  const text = field.value.trim().replace("−", "-").replace(",", ".");
  return text === "" ? NaN : Number(text);
}

// Asks for the output's size, then for its numbers; `answered` is called with ("size") or ("cell", n, c).
class Questions {
  constructor(parent, answered) {
    this.answered = answered;
    this.box = make("div", parent, { className: "questions" });
    this.sizeForm = this.form("size", () => this.checkSize());
    this.sizeAsk = make("span", this.sizeForm, { className: "ask" });
    this.height = numberField(this.sizeForm);
    make("span", this.sizeForm, { textContent: "×" });
    this.width = numberField(this.sizeForm);
    this.cellForm = this.form("one", () => this.checkCell());
    this.cellAsk = make("span", this.cellForm, { className: "ask" });
    this.number = numberField(this.cellForm);
    for (const form of [this.sizeForm, this.cellForm]) {
      form.check = make("button", form, { className: "check" });
      form.reveal = make("button", form, { className: "reveal" });
      form.reveal.type = "button";
    }
    this.sizeForm.reveal.addEventListener("click", () => this.giveSize());
    this.cellForm.reveal.addEventListener("click", () => this.giveCell());
    this.verdict = make("p", this.box, { className: "verdict" });
    set(this.verdict, { role: "status" });
  }

  form(className, check) {
    const form = make("form", this.box, { className });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      check();
    });
    return form;
  }

  forget() {
    this.tell("", "");
    for (const field of [this.height, this.width, this.number]) field.value = "";
  }

  show({ model, labels, on, sizeKnown, n, c, cellKnown, where }) {
    this.box.hidden = !on;
    if (!on) return;
    if (this.target !== `${n} ${c}`) this.number.value = "";
    Object.assign(this, { model, labels, n, c, where, target: `${n} ${c}` });
    this.sizeForm.hidden = sizeKnown;
    this.cellForm.hidden = !sizeKnown || cellKnown;
    setText(this.sizeAsk, labels.askSize);
    setText(this.cellAsk, fill(labels.askCell, { where }));
    for (const form of [this.sizeForm, this.cellForm]) {
      setText(form.check, labels.check);
      setText(form.reveal, labels.reveal);
    }
    set(this.height, { "aria-label": labels.rows });
    set(this.width, { "aria-label": labels.columns });
    set(this.number, { "aria-label": fill(labels.askCell, { where }) });
  }

  tell(kind, sentence) {
    set(this.verdict, { class: `verdict ${kind}` });
    setText(this.verdict, sentence);
  }

  checkSize() {
    const given = [typed(this.height), typed(this.width)];
    if (given.some(Number.isNaN)) return this.tell("wrong", this.labels.notNumber);
    const { out, size, padding, padded, span, stride } = this.model;
    const right = given.every((value, axis) => value === out[axis]);
    if (right) return this.giveSize("right");
    const axis = given[0] === out[0] ? 1 : 0;
    const where = axis === 0 ? this.labels.rows : this.labels.columns;
    const places = (cells) => Math.floor((cells - span[axis]) / stride[axis]);
    const values = { where, size: size[axis], padding: padding[axis], window: span[axis], stride: stride[axis], out: out[axis] };
    let hint = this.labels.sizeOther;
    if (given[axis] === places(padded[axis])) hint = this.labels.sizeOne;
    else if (padding[axis] && given[axis] === places(size[axis]) + 1) hint = this.labels.sizePadding;
    else if (stride[axis] > 1 && given[axis] === padded[axis] - span[axis] + 1) hint = this.labels.sizeStride;
    else if (given[axis] === Math.ceil((padded[axis] - span[axis]) / stride[axis]) + 1) hint = this.labels.sizeFloor;
    this.tell("wrong", `${hint} ${fill(this.labels.sizeFormula, values)}`);
    return this.answered("size");
  }

  giveSize(kind = "") {
    const [rows, cols] = this.model.out;
    this.tell(kind, fill(kind ? this.labels.sizeRight : this.labels.sizeIs, { rows, cols }));
    this.answered("size");
  }

  checkCell() {
    const answer = typed(this.number);
    if (Number.isNaN(answer)) return this.tell("wrong", this.labels.notNumber);
    const value = this.model.value(this.n, this.c);
    if (isRight(answer, value)) return this.giveCell("right");
    const { why, term, beside } = slip(this.model, this.n, this.c, answer);
    const [row, col] = this.model.named(beside ?? this.n);
    const gaps = { row, col, bias: rounded(this.model.bias ?? 0) };
    if (term) Object.assign(gaps, { x: told(term.x), w: inBrackets(term.w, told), product: told(term.product) });
    const correct = fill(this.labels.correct, { where: this.where, value: told(value), answer: told(answer) });
    this.tell("wrong", `${correct} ${fill(this.labels.slips[why], gaps)}`);
    return this.answered("cell", this.n, this.c);
  }

  giveCell(kind = "") {
    const value = told(this.model.value(this.n, this.c));
    this.tell(kind, fill(kind ? this.labels.right : this.labels.cellIs, { where: this.where, value }));
    this.answered("cell", this.n, this.c);
  }
}
