// The pad. Its strokes live on the DOM node, so that a rerun leaves the learner's hand alone.

const TELL_EVERY = 150; // milliseconds between two messages while the pen is down
const WIDTHS = { min: 0.03, max: 0.16, step: 0.01, start: 0.08 }; // shares of the pad's side

function make(tag, into, properties = {}) {
  const node = into.appendChild(document.createElement(tag));
  Object.assign(node, properties);
  return node;
}

class Pad {
  constructor(root) {
    this.strokes = [];
    this.undone = [];
    this.stroke = null; // the one that is being drawn
    this.erasing = false;
    this.toldAt = 0;
    const board = make("div", root, { className: "board" });
    this.canvas = make("canvas", board, { tabIndex: 0 });
    this.hint = make("p", board, { className: "hint" });
    const tools = make("div", root, { className: "tools" });
    this.buttons = {
      pen: make("button", tools, { type: "button", onclick: () => this.use(false) }),
      eraser: make("button", tools, { type: "button", onclick: () => this.use(true) }),
      undo: make("button", tools, { type: "button", onclick: () => this.undo() }),
      redo: make("button", tools, { type: "button", onclick: () => this.redo() }),
      clear: make("button", tools, { type: "button", onclick: () => this.clear() }),
    };
    const label = make("label", tools);
    this.widthText = make("span", label);
    this.width = make("input", label, { type: "range", ...{ min: WIDTHS.min, max: WIDTHS.max, step: WIDTHS.step } });
    this.width.value = WIDTHS.start;
    this.listen();
    this.use(false);
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.stroke) return;
      canvas.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.undone = [];
      this.stroke = { p: [this.place(event)], w: Number(this.width.value), e: this.erasing ? 1 : 0 };
      this.strokes.push(this.stroke);
      this.changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.stroke || event.pointerId !== this.pointer) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.stroke.p.push(this.place(move));
      this.changed();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => {
        if (!this.stroke || event.pointerId !== this.pointer) return;
        this.stroke = null;
        this.changed();
      });
    }
    canvas.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) this.redo();
      else this.undo();
    });
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (at, from, size) => Math.round(Math.min(1.2, Math.max(-0.2, (at - from) / size)) * 1e4) / 1e4;
    return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
  }

  use(erasing) {
    this.erasing = erasing;
    this.buttons.pen.setAttribute("aria-pressed", String(!erasing));
    this.buttons.eraser.setAttribute("aria-pressed", String(erasing));
  }

  undo() {
    if (!this.strokes.length) return;
    this.undone.push(this.strokes.pop());
    this.changed();
  }

  redo() {
    if (!this.undone.length) return;
    this.strokes.push(this.undone.pop());
    this.changed();
  }

  clear() {
    this.undone = this.strokes.reverse(); // redo brings them back, one by one
    this.strokes = [];
    this.changed();
  }

  changed() {
    this.paint();
    const done = this.stroke === null;
    const now = performance.now();
    if (!done && now - this.toldAt < TELL_EVERY) return;
    this.toldAt = now;
    this.tell({ json: JSON.stringify({ strokes: this.strokes }), done });
  }

  // What Python knows better: another drawing, or labels in another language.
  update(data, tell) {
    this.tell = tell;
    const { labels } = data;
    for (const [name, button] of Object.entries(this.buttons)) button.textContent = labels[name];
    this.hint.textContent = labels.hint;
    this.widthText.textContent = labels.width;
    this.canvas.setAttribute("aria-label", labels.pad);
    this.canvas.setAttribute("role", "img");
    if (data.version !== this.version && !this.stroke) {
      this.version = data.version;
      this.strokes = data.drawing ? JSON.parse(data.drawing).strokes : [];
      this.undone = [];
    }
    this.paint();
  }

  paint() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, side, side);
    pen.lineCap = pen.lineJoin = "round";
    for (const { p, w, e } of this.strokes) {
      pen.strokeStyle = e ? "#000" : "#fff";
      pen.lineWidth = w * side;
      pen.beginPath();
      pen.moveTo(p[0][0] * side, p[0][1] * side);
      for (const [x, y] of p.length > 1 ? p.slice(1) : p) pen.lineTo(x * side, y * side);
      pen.stroke();
    }
    this.hint.hidden = this.strokes.length > 0;
    this.buttons.undo.disabled = this.buttons.clear.disabled = !this.strokes.length;
    this.buttons.redo.disabled = !this.undone.length;
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.pad ??= new Pad(root);
  root.pad.update(data, (value) => setStateValue("drawing", value));
}
