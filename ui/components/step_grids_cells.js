// A grid of numbers as coloured cells, and how numbers are written. The views are in step_grids.js.

const LEAST_FOR_NUMBERS = 28; // px of a cell's side: "−1.2" in 14 px
const ROOM_FOR_TWO = 38; // px: "−1.23"

// {shape, data} with float32 in base64 -> {rows, cols, values}; NaN survives, as it would not in JSON.
function decode({ shape, data }) {
  return { rows: shape[0], cols: shape[1], values: new Float32Array(bytes(data).buffer) };
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => (n < 0 ? "⁻" : "") + [...String(Math.abs(n))].map((digit) => RAISED[digit]).join("");

// Three digits, or as many as are asked for: 0.0123, −1.23×10⁻⁵.
function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return "NaN";
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const text = exponent < -4 || exponent > 5
    ? `${Number((value / 10 ** exponent).toPrecision(digits))}×10${raised(exponent)}`
    : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

// The power of ten in whose units the largest of the values has one digit before the point.
// From 10 to the power of `plain` on, numbers stay as they are.
function unit(values, plain) {
  const largest = values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
  const power = largest ? Math.floor(Math.log10(largest * 1.0001)) : 0;
  return power >= plain && power < 1 ? 0 : power;
}

class Colours {
  constructor(root) {
    const style = getComputedStyle(root);
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    for (const name of ["negative", "neutral", "positive", "broken", "line"]) {
      pen.fillStyle = style.getPropertyValue(`--cnn-${name}`).trim();
      pen.fillRect(0, 0, 1, 1);
      this[name] = [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }
  }

  signed(share) {
    if (!Number.isFinite(share)) return this.broken;
    const [end, part] = [share < 0 ? this.negative : this.positive, Math.min(1, Math.abs(share))];
    return this.neutral.map((value, i) => Math.round(value + (end[i] - value) * part));
  }
}

const isDark = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b < 140;

// One grid with its caption; `point` gets [row, col] under the pointer or null, `press` what is clicked.
class Cells {
  constructor(name, parent, sign, { point, press } = {}) {
    const term = make("div", parent, { className: "term" });
    make("span", term, { className: "sign", textContent: sign });
    this.figure = make("figure", term);
    this.figure.dataset.grid = name;
    this.title = make("figcaption", this.figure, { className: "title" });
    this.plate = make("div", this.figure, { className: "plate" });
    this.canvas = make("canvas", this.plate);
    this.marks = {};
    this.scale = make("figcaption", this.figure, { className: "scale" });
    if (point) {
      this.plate.addEventListener("pointermove", (event) => point(this.under(event)));
      this.plate.addEventListener("pointerleave", () => point(null));
    }
    if (press) this.plate.addEventListener("click", (event) => press(this.under(event)));
    this.plate.classList.toggle("open", Boolean(press));
  }

  under(event) {
    const box = this.plate.getBoundingClientRect();
    const place = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return [
      place((event.clientY - box.top) / box.height, this.grid.rows),
      place((event.clientX - box.left) / box.width, this.grid.cols),
    ];
  }

  // Within `room` px; grey: a picture from black (low) to white (high); else signed, full colour at `limit`.
  paint(grid, room, colours, { grey = false, limit = 0 } = {}) {
    this.grid = grid;
    const { rows, cols, values } = grid;
    const side = Math.max(1, Math.floor(room / Math.max(rows, cols)));
    Object.assign(this.plate.style, { width: `${side * cols}px`, height: `${side * rows}px` });
    const sharp = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: side * cols * sharp, height: side * rows * sharp });
    const pen = this.canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const numbers = side >= LEAST_FOR_NUMBERS;
    const power = unit(values, side < ROOM_FOR_TWO ? 0 : -1);
    this.font = getComputedStyle(this.plate).fontFamily;
    for (let i = 0; i < values.length; i++) {
      const [x, y] = [(i % cols) * side, Math.floor(i / cols) * side];
      const share = grey ? Math.round(255 * Math.min(1, Math.max(0, values[i]))) : values[i] / (limit || 1);
      const colour = grey ? [share, share, share] : colours.signed(share);
      pen.fillStyle = `rgb(${colour})`;
      pen.fillRect(x, y, side, side);
      if (numbers) this.write(pen, values[i] / 10 ** power, x + side / 2, y + side / 2, side, colour);
    }
    if (numbers) this.rule(pen, side, colours);
    return numbers ? power : 0;
  }

  write(pen, value, x, y, side, colour) {
    const text = Number.isFinite(value) ? value.toFixed(side < ROOM_FOR_TWO ? 1 : 2) : "NaN";
    pen.font = `14px ${this.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = isDark(colour) ? "#ffffff" : "#15181e";
    pen.fillText(text.replace("-", "−").replace(/^−(0\.0+)$/, "$1"), x, y + 1, side - 2);
  }

  rule(pen, side, colours) {
    pen.strokeStyle = `rgb(${colours.line})`;
    for (let c = 1; c < this.grid.cols; c++) pen.stroke(new Path2D(`M${c * side} 0V${this.grid.rows * side}`));
    for (let r = 1; r < this.grid.rows; r++) pen.stroke(new Path2D(`M0 ${r * side}H${this.grid.cols * side}`));
  }

  // An outline of `kind` around rows and columns; null takes it away.
  mark(kind, box) {
    const mark = (this.marks[kind] ??= make("div", this.plate, { className: `mark ${kind}` }));
    mark.hidden = box === null;
    if (box === null) return;
    const [row, col, height, width] = box;
    const share = (n, of) => `${(100 * n) / of}%`;
    Object.assign(mark.style, {
      top: share(row, this.grid.rows), left: share(col, this.grid.cols),
      height: share(height, this.grid.rows), width: share(width, this.grid.cols),
    });
  }
}
