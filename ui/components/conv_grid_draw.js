// Drawing: colours, and one grid of cells with its caption, its marks and its answer to "which cell is this?".

const SVG = "http://www.w3.org/2000/svg";
const MOST_CELLS_AS_SVG = 256; // above this, a canvas without numbers

function makeSvg(tag, className, parent, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  if (className) element.setAttribute("class", className);
  set(element, attributes);
  parent?.append(element);
  return element;
}

// Attributes that differ only: what stays is not touched.
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The theme's colours as [r, g, b], read from the page; a colour of a value is mixed from them.
class Palette {
  constructor(root) {
    this.root = root;
    this.pen = document.createElement("canvas").getContext("2d");
    this.read();
  }

  // Read the theme again; true if it has changed.
  read() {
    const style = getComputedStyle(this.root);
    const names = ["paper", "ink", "neutral", "negative", "positive", "line"];
    const written = names.map((name) => style.getPropertyValue(`--grid-${name}`).trim());
    if (written.join() === this.written) return false;
    this.written = written.join();
    names.forEach((name, i) => (this[name] = this.parse(written[i])));
    return true;
  }

  parse(colour) {
    this.pen.clearRect(0, 0, 1, 1);
    this.pen.fillStyle = colour;
    this.pen.fillRect(0, 0, 1, 1);
    return [...this.pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  // -1 … 1 -> orange, neutral, blue.
  signed(share, strength = 1) {
    const end = share < 0 ? this.negative : this.positive;
    return mix(this.neutral, end, Math.min(Math.abs(share), 1) * strength);
  }

  // 0 … 1 -> a grey tint that leaves a number readable, or true black to white.
  grey(share, asPicture) {
    if (asPicture) return [0, 1, 2].map(() => Math.round(255 * share));
    return mix(this.paper, this.ink, 0.03 + 0.22 * share);
  }

  over(fill) {
    const light = (0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2]) / 255;
    return light > 0.5 ? "#15181e" : "#ffffff";
  }
}

function mix(from, to, share) {
  return from.map((value, i) => Math.round(value + (to[i] - value) * share));
}

const css = (colour) => `rgb(${colour.join()})`;

// One grid: paint(…) draws its cells, mark(…) lays outlines over them.
class Grid {
  constructor(name, parent) {
    this.name = name;
    this.figure = make("figure", parent, { className: "grid" });
    this.figure.dataset.grid = name;
    this.caption = make("figcaption", this.figure);
    this.plate = make("div", this.figure, { className: "plate" });
    this.canvas = make("canvas", this.plate);
    this.svg = makeSvg("svg", "", this.plate, { "aria-hidden": "true" });
    this.cellLayer = makeSvg("g", "cells", this.svg);
    this.markLayer = makeSvg("g", "marks", this.svg);
    this.foot = make("div", this.figure, { className: "foot" });
    this.cells = [];
    this.marks = new Map();
  }

  // `cell(row, col)` -> {fill, lines: [text, …], kind, value}; `size` is a cell's side in CSS pixels.
  paint(rows, cols, size, font, cell, palette) {
    Object.assign(this, { rows, cols, cellSize: size });
    const [width, height] = [cols * size, rows * size];
    this.plate.style.width = `${width}px`;
    this.plate.style.height = `${height}px`;
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    set(this.figure, { "data-rows": rows, "data-cols": cols });
    this.large = rows * cols > MOST_CELLS_AS_SVG;
    this.canvas.hidden = !this.large;
    if (this.large) this.paintCanvas(cell, palette);
    else this.paintSvg(cell, font, palette);
  }

  // Only cells that look otherwise than before are painted again.
  paintCanvas(cell, palette) {
    this.cellLayer.replaceChildren();
    this.cells = [];
    const { rows, cols, cellSize: size } = this;
    const scale = window.devicePixelRatio || 1;
    const pen = this.canvas.getContext("2d");
    const stamp = [rows, cols, size, scale, palette.written].join();
    if (stamp !== this.stamp) {
      this.canvas.width = Math.round(cols * size * scale);
      this.canvas.height = Math.round(rows * size * scale);
      pen.scale(scale, scale);
      Object.assign(this, { stamp, drawn: [] });
    }
    const [slash, line] = [css(mix(palette.line, palette.ink, 0.25)), `rgba(${palette.line.join()},0.4)`];
    const half = size >= 7 ? 0.5 / scale : 0; // of a line between two cells
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const { fill, kind } = cell(row, col);
        const shown = kind === "unused" ? mix(palette.paper, fill, 0.38) : fill;
        const [x, y, colour] = [col * size, row * size, css(shown)];
        const look = colour + (kind ?? "");
        if (look === this.drawn[row * cols + col]) continue;
        this.drawn[row * cols + col] = look;
        pen.fillStyle = colour;
        pen.fillRect(x, y, size, size);
        if (kind && kind !== "unused") {
          pen.strokeStyle = slash;
          pen.stroke(new Path2D(`M${x + size * 0.3} ${y + size * 0.7}L${x + size * 0.7} ${y + size * 0.3}`));
        }
        pen.fillStyle = line;
        if (col) pen.fillRect(x, y, half, size);
        if (row) pen.fillRect(x, y, size, half);
        if (col < cols - 1) pen.fillRect(x + size - half, y, half, size);
        if (row < rows - 1) pen.fillRect(x, y + size - half, size, half);
      }
    }
  }

  paintSvg(cell, font, palette) {
    const { rows, cols } = this;
    while (this.cells.length > rows * cols) this.cells.pop().group.remove();
    while (this.cells.length < rows * cols) this.cells.push(this.newCell());
    this.cells.forEach((parts, index) => {
      const [row, col] = [Math.floor(index / cols), index % cols];
      this.paintCell(parts, row, col, cell(row, col), font, palette);
    });
  }

  paintCell({ group, box, texts }, row, col, { fill, lines, kind = "", value }, font, palette) {
    const size = this.cellSize;
    set(group, { class: `cell ${kind}`, "data-cell": `${row},${col}`, "data-value": value ?? "" });
    set(box, { x: col * size + 0.5, y: row * size + 0.5, width: size - 1, height: size - 1 });
    box.style.fill = css(fill);
    texts.forEach((text, i) => {
      setText(text, font ? lines[i] ?? "" : "");
      const down = (i - (lines.length - 1) / 2) * Math.min(font * 1.3, (size - 4) / lines.length);
      set(text, { x: (col + 0.5) * size, y: (row + 0.5) * size + down + 0.5, "font-size": font.toFixed(1) });
      set(text, { class: lines.length > 1 && i === lines.length - 1 ? "product" : "" });
      text.style.fill = kind === "padding" || kind === "hidden" ? "" : palette.over(fill);
    });
  }

  newCell() {
    const group = makeSvg("g", "cell", this.cellLayer);
    return { group, box: makeSvg("rect", "", group, { rx: 2 }), texts: [1, 2, 3].map(() => makeSvg("text", "", group)) };
  }

  // Outline single cells ([[row, col], …]) as one shape, or take the mark away (none).
  mark(kind, cells) {
    const size = this.cellSize;
    const box = (row, col) => `M${col * size + 1} ${row * size + 1}h${size - 2}v${size - 2}h${2 - size}z`;
    const path = (cells ?? []).map(([row, col]) => box(row, col));
    const shape = this.shape("path", kind, path.length > 0);
    set(shape, { d: path.join("") });
  }

  // Outline a block of cells: [row, col, rows, cols].
  frame(kind, block) {
    const shape = this.shape("rect", kind, Boolean(block));
    if (!block) return;
    const [row, col, rows, cols] = block;
    const size = this.cellSize;
    shape.style.transform = `translate(${col * size}px, ${row * size}px)`;
    set(shape, { width: cols * size, height: rows * size, rx: 3 });
  }

  ring(kind, cell) {
    const shape = this.shape("circle", kind, Boolean(cell));
    if (!cell) return;
    const size = this.cellSize;
    set(shape, { cx: (cell[1] + 0.5) * size, cy: (cell[0] + 0.5) * size, r: size * 0.44 });
  }

  shape(tag, kind, visible) {
    if (!this.marks.has(kind)) this.marks.set(kind, makeSvg(tag, `mark ${kind}`, this.markLayer));
    const shape = this.marks.get(kind);
    shape.style.display = visible ? "" : "none";
    return shape;
  }

  // The cell under a pointer; `clamp`: the nearest one when it is outside.
  cellAt(event, clamp = false) {
    const box = this.svg.getBoundingClientRect();
    let col = Math.floor(((event.clientX - box.left) / box.width) * this.cols);
    let row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    if (clamp) {
      row = Math.min(Math.max(row, 0), this.rows - 1);
      col = Math.min(Math.max(col, 0), this.cols - 1);
    }
    const inside = row >= 0 && col >= 0 && row < this.rows && col < this.cols;
    return inside ? [row, col] : null;
  }
}
