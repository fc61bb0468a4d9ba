// The pad. The drawing lives on the DOM node, so that a rerun leaves the learner's hand alone.

const LEAST_MOVE = 0.003; // of the pad's side; a hand that rests adds no points
const WIDTHS = { min: 0.03, max: 0.16, step: 0.01, start: 0.08 }; // shares of the pad's side
const EMPTY = { strokes: [], base: "" };
const PEN_ERASER = 32; // the bit of `buttons` for the other end of a stylus

class Pad {
  constructor(root) {
    this.drawing = EMPTY; // never changed but by its last stroke while it is drawn
    this.past = []; // drawings to go back to
    this.future = []; // drawings that were undone
    this.stroke = null; // the one that is being drawn
    this.erasing = false;
    this.asker = new Asker();
    const board = make("div", root, { className: "board" });
    this.canvas = make("canvas", board, { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.hint = make("p", board, { className: "hint" });
    const tools = make("div", root, { className: "tools" });
    this.buttons = {};
    const actions = { pen: () => this.use(false), eraser: () => this.use(true), undo: () => this.undo() };
    Object.assign(actions, { redo: () => this.redo(), clear: () => this.change(EMPTY) });
    for (const [name, onclick] of Object.entries(actions)) {
      this.buttons[name] = make("button", tools, { type: "button", onclick });
    }
    const label = make("label", tools);
    this.widthText = make("span", label);
    const { min, max, step, start } = WIDTHS;
    this.width = make("input", label, { type: "range", min, max, step, value: start });
    this.listen(root);
    this.use(false);
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  listen(root) {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.up(event));
    }
    root.addEventListener("keydown", (event) => {
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
      event.preventDefault();
      if (event.shiftKey || key === "y") this.redo();
      else this.undo();
    });
  }

  // The hand

  down(event) {
    const otherEnd = (event.buttons & PEN_ERASER) > 0;
    if ((event.button !== 0 && !otherEnd) || this.stroke) return;
    this.canvas.setPointerCapture(event.pointerId); // the stroke goes on beyond the edge
    this.pointer = event.pointerId;
    this.began ??= event.timeStamp - this.lastTime();
    this.stroke = { p: [], w: Number(this.width.value), e: this.erasing || otherEnd ? 1 : 0, t: [] };
    this.add(event);
    this.change({ ...this.drawing, strokes: [...this.drawing.strokes, this.stroke] });
  }

  move(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const each of moves.length ? moves : [event]) this.add(each);
    this.changed();
  }

  up(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    this.stroke = null;
    this.changed();
  }

  add(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (at, from, size) => Math.round(Math.min(1.2, Math.max(-0.2, (at - from) / size)) * 1e4) / 1e4;
    const place = [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
    const { p, t } = this.stroke;
    const last = p[p.length - 1];
    if (last && Math.hypot(place[0] - last[0], place[1] - last[1]) < LEAST_MOVE) return;
    p.push(place);
    t.push(Math.max(0, Math.round(event.timeStamp - this.began)));
  }

  // Milliseconds from the drawing's first point to its last: a loaded drawing goes on from there.
  lastTime() {
    return Math.max(0, ...this.drawing.strokes.map(({ t }) => t?.[t.length - 1] ?? 0));
  }

  use(erasing) {
    this.erasing = erasing;
    this.buttons.pen.setAttribute("aria-pressed", String(!erasing));
    this.buttons.eraser.setAttribute("aria-pressed", String(erasing));
  }

  // The drawing

  change(drawing) {
    this.past.push(this.drawing);
    this.future = [];
    this.drawing = drawing;
    this.changed();
  }

  undo() {
    if (!this.past.length || this.stroke) return;
    this.future.push(this.drawing);
    this.drawing = this.past.pop();
    this.changed();
  }

  redo() {
    if (!this.future.length || this.stroke) return;
    this.past.push(this.drawing);
    this.drawing = this.future.pop();
    this.changed();
  }

  changed() {
    this.paint();
    const { strokes, base } = this.drawing;
    const json = JSON.stringify(base ? { strokes, base } : { strokes });
    if (this.ask) this.asker.ask(this.ask, json);
    if (!this.stroke) this.tell(json);
  }

  // What Python knows better: another drawing, or labels in another language.
  update(data, tell) {
    this.tell = tell;
    this.ask = data.ask;
    const { labels } = data;
    for (const [name, button] of Object.entries(this.buttons)) button.textContent = labels[name];
    this.hint.textContent = labels.hint;
    this.widthText.textContent = labels.width;
    this.canvas.setAttribute("aria-label", labels.pad);
    if (data.version !== this.version && !this.stroke) {
      this.version = data.version;
      this.drawing = { ...EMPTY, ...(data.drawing ? JSON.parse(data.drawing) : {}) };
      [this.past, this.future] = [[], []];
      this.began = null;
    }
    this.paint();
  }

  paint() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const pen = this.canvas.getContext("2d");
    const { strokes, base } = this.drawing;
    paintDrawing(pen, side, this.drawing);
    const empty = !strokes.length && !base;
    this.hint.hidden = !empty;
    this.buttons.clear.disabled = empty;
    this.buttons.undo.disabled = !this.past.length;
    this.buttons.redo.disabled = !this.future.length;
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.pad ??= new Pad(root);
  root.pad.update(data, (value) => setStateValue("drawing", value));
}
