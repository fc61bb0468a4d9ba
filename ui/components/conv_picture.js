// A picture beside what a kernel makes of it: pointing at an output pixel outlines the patch that it comes
// from, and shows that patch large. Where the pointer rests, the patch's numbers open (Python draws them); a
// click, or Enter, keeps them open.

const GAP = 16;
const TALLEST = 400; // px: both pictures stay above the fold
const LENS = 120; // px
const REST = 300; // milliseconds without a move

class View {
  constructor(root) {
    this.stage = make("div", root, { className: "stage" });
    [this.input, this.output] = ["input", "output"].map((name) => this.plate(name));
    const below = make("div", root, { className: "below" });
    this.lens = make("canvas", below, { className: "lens" });
    this.lens.setAttribute("role", "img");
    this.reading = make("p", below, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.caption = make("p", root, { className: "caption" });
    this.listen();
    new ResizeObserver(() => this.layout()).observe(root);
  }

  plate(name) {
    const figure = make("figure", this.stage, { className: `plate ${name}` });
    const title = make("figcaption", figure);
    const frame = make("div", figure, { className: "frame" });
    const image = make("img", frame);
    image.draggable = false;
    const mark = make("div", frame, { className: "mark" });
    return { figure, title, frame, image, mark };
  }

  listen() {
    const { input, output } = this;
    output.frame.tabIndex = 0;
    output.frame.setAttribute("role", "application");
    for (const plate of [input, output]) {
      plate.frame.addEventListener("pointermove", (event) => {
        this.point(this.under(event, plate));
        if (event.pointerType !== "touch") this.rest(this.here);
      });
      plate.frame.addEventListener("pointerleave", () => {
        this.point(this.at);
        this.rest(null);
      });
      plate.frame.addEventListener("click", (event) => this.pin(this.under(event, plate)));
      plate.image.addEventListener("load", () => this.show());
    }
    output.frame.addEventListener("blur", () => this.rest(null));
    output.frame.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      const size = event.shiftKey ? 10 : 1;
      if (event.key in steps) {
        this.point(this.here.map((n, axis) => n + size * steps[event.key][axis]));
        this.rest(this.here);
      } else if (event.key === "Enter" || event.key === " ") this.pin(this.here);
      else return;
      event.preventDefault();
    });
  }

  // The output pixel below a pointer; on the input, the one whose patch has the pointer in its middle.
  under(event, plate) {
    const box = plate.frame.getBoundingClientRect();
    const { shape, outShape, span, stride, padding } = this.data;
    const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    return shares.map((share, axis) => {
      if (plate === this.output) return Math.floor(share * outShape[axis]);
      const corner = share * shape[axis] + padding[axis] - span[axis] / 2;
      return Math.round(corner / stride[axis]);
    });
  }

  inside(place) {
    return place.map((n, axis) => Math.min(this.data.outShape[axis] - 1, Math.max(0, n)));
  }

  point(place) {
    this.here = this.inside(place);
    this.show();
  }

  pin(place) {
    this.point(place);
    this.at = this.here;
    this.tell(this.at);
  }

  // Tell where the pointer stays, once it does; null: nowhere any more.
  rest(place) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (String(place) === String(this.rested ?? null)) return;
      this.rested = place;
      this.hover(place);
    }, REST);
  }

  update(data, tell, hover) {
    this.hover = hover;
    const moved = !this.data || String(data.at) !== String(this.data.at);
    const size = (of) => of && String([of.shape, of.outShape]);
    const resized = size(this.data) !== size(data);
    this.data = data;
    this.tell = tell;
    if (moved) this.here = this.at = data.at;
    this.at = this.inside(this.at);
    this.here = this.inside(this.here);
    const { labels } = data;
    this.input.title.textContent = labels.input;
    this.output.title.textContent = labels.output;
    this.caption.textContent = data.caption;
    this.caption.hidden = !data.caption;
    this.lens.setAttribute("aria-label", labels.lens);
    this.output.frame.setAttribute("aria-label", labels.keys);
    for (const [plate, address, alt] of [[this.input, data.input, labels.inputAlt], [this.output, data.output, labels.outputAlt]]) {
      if (plate.image.src !== address) plate.image.src = address;
      plate.image.alt = alt;
    }
    if (resized) this.layout();
    this.show();
  }

  // Both pictures at one scale: whole multiples where they are small.
  layout() {
    if (!this.data) return;
    const { shape, outShape } = this.data;
    const room = this.stage.clientWidth;
    if (!room) return;
    const stacked = room < 560;
    const wide = stacked ? Math.max(shape[1], outShape[1]) : shape[1] + outShape[1];
    const free = stacked ? room : room - GAP;
    let scale = Math.min(free / wide, TALLEST / Math.max(shape[0], outShape[0]));
    if (scale > 2) scale = Math.floor(scale);
    this.input.image.style.imageRendering = this.output.image.style.imageRendering = scale > 1.5 ? "pixelated" : "auto";
    [[this.input, shape], [this.output, outShape]].forEach(([plate, [height, width]]) => {
      plate.frame.style.width = `${width * scale}px`;
      plate.frame.style.height = `${height * scale}px`;
    });
    this.show();
  }

  show() {
    if (!this.data) return;
    const { shape, outShape, span, stride, padding } = this.data;
    const [row, col] = this.here;
    const top = row * stride[0] - padding[0];
    const left = col * stride[1] - padding[1];
    place(this.input.mark, [top, left], span, shape);
    place(this.output.mark, [row, col], [1, 1], outShape);
    this.magnify(top, left);
    this.reading.textContent = this.sentence(top, left);
  }

  // Where the pixel comes from: rows and columns of the input, and how many cells of its patch are padding.
  sentence(top, left) {
    const { shape, kernel, labels } = this.data;
    const [rows, columns] = [top, left].map((from, axis) => this.cells(from, axis).filter((n) => n >= 0 && n < shape[axis]));
    const place = { row: this.here[0] + 1, col: this.here[1] + 1 };
    const said = rows.length && columns.length
      ? [fill(labels.reading, { ...place, rows: told(rows, labels.rows), columns: told(columns, labels.columns) })]
      : [fill(labels.outside, place)];
    const all = kernel[0] * kernel[1];
    const count = all - rows.length * columns.length;
    if (count && count < all) said.push(fill(labels.padding, { count, all }));
    if (String(this.here) !== String(this.at)) said.push(labels.open);
    return said.join(" ");
  }

  // The rows, or columns, that the kernel's own lie over.
  cells(from, axis) {
    const { kernel, dilation } = this.data;
    return Array.from({ length: kernel[axis] }, (_, i) => from + i * dilation[axis]);
  }

  magnify(top, left) {
    const { span, padding, mode } = this.data;
    const image = this.input.image;
    if (!image.complete || !image.naturalWidth) return;
    const sharp = Math.max(1, Math.floor((LENS * devicePixelRatio) / Math.max(...span)));
    const [height, width] = span.map((n) => n * sharp);
    const canvas = this.lens;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.style.width = `${width / devicePixelRatio}px`;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(image, left, top, span[1], span[0], 0, 0, width, height); // beyond the edge: nothing
    if (mode !== "zeros") this.fillBeyond(pen, top, left, sharp);
    canvas.classList.toggle("beyond", padding.some(Boolean));
  }

  // What the padding repeats of the picture, paler than the picture itself.
  fillBeyond(pen, top, left, sharp) {
    const { shape, span, mode } = this.data;
    const from = PADDINGS[mode];
    pen.globalAlpha = 0.6;
    for (let row = 0; row < span[0]; row += 1) {
      for (let col = 0; col < span[1]; col += 1) {
        const [y, x] = [from(top + row, shape[0]), from(left + col, shape[1])];
        if (y === top + row && x === left + col) continue; // inside
        pen.drawImage(this.input.image, x, y, 1, 1, col * sharp, row * sharp, sharp, sharp);
      }
    }
    pen.globalAlpha = 1;
  }
}

// "row 5", "rows 5 to 7", or with gaps "rows 5, 7, 9".
function told(cells, [one, range, several]) {
  const [first, last] = [cells[0] + 1, cells[cells.length - 1] + 1];
  const together = last - first === cells.length - 1;
  const form = cells.length === 1 ? one : together ? range : several;
  return fill(form, { first, last, cells: cells.map((n) => n + 1).join(", ") });
}

function place(mark, [top, left], [height, width], shape) {
  const share = (part, axis) => `${(100 * part) / shape[axis]}%`;
  Object.assign(mark.style, {
    top: share(top, 0), left: share(left, 1), height: share(height, 0), width: share(width, 1),
  });
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new View(root);
  const hover = (place) => setStateValue("hovered", place);
  root.view.update(data, (at) => setStateValue("at", at), hover);
}
