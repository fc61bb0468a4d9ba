// What the opened map is made of: numbers, small pictures, and the frames on them.

const floats = (text) => new Float32Array(bytes(text).buffer);

// For the eye: four digits; what is no number says so.
function shown(number, digits = 4) {
  if (!Number.isFinite(number)) return String(number).replace("-", "−");
  const text = Math.abs(number) < 1e-4 && number ? number.toExponential(1) : String(Number(number.toPrecision(digits)));
  return text.replace("-", "−");
}

function signedText(number, digits) {
  return number >= 0 ? `+${shown(number, digits)}` : shown(number, digits);
}

// A number for the eye; exact on pointing.
function put(node, number, digits) {
  node.textContent = signedText(number, digits);
  node.title = String(number).replace("-", "−");
  node.dataset.value = number;
}

function largest(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most || 1;
}

// One 32-bit colour for each shade: 0 is no number, 128 is zero of signed values.
function palette(text) {
  const rgb = bytes(text);
  return Uint32Array.from({ length: 256 }, (_, i) => ((255 << 24) | (rgb[3 * i + 2] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i]) >>> 0);
}

// A picture of numbers, each a square of whole device pixels, with a violet frame that moves on it.
class Plate {
  constructor(into, tag = "div") {
    this.node = make(tag, into, { className: "plate" });
    if (tag === "button") this.node.type = "button";
    this.canvas = make("canvas", this.node);
    this.mark = make("div", this.node, { className: "mark" });
    this.store = document.createElement("canvas");
  }

  paint(values, [high, wide], side, colours, shade) {
    const dense = devicePixelRatio;
    this.scale = Math.max(1, Math.floor((side * dense) / Math.max(high, wide)));
    this.size = [high, wide];
    Object.assign(this.store, { width: wide, height: high });
    const image = this.store.getContext("2d").createImageData(wide, high);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < values.length; i += 1) out[i] = colours[Number.isFinite(values[i]) ? shade(values[i]) : 0];
    this.store.getContext("2d").putImageData(image, 0, 0);
    Object.assign(this.canvas, { width: wide * this.scale, height: high * this.scale });
    Object.assign(this.canvas.style, { width: `${this.canvas.width / dense}px`, height: `${this.canvas.height / dense}px` });
    const pen = this.canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.store, 0, 0, this.canvas.width, this.canvas.height);
  }

  // Where the box is, as far as it is on the picture; a window as large as that is no news, unless ``whole``.
  frame(box, whole = false) {
    const [high, wide] = this.size;
    const hidden = !box || (!whole && box.high >= high && box.wide >= wide);
    this.mark.style.display = hidden ? "none" : "";
    if (hidden) return;
    const px = (n) => `${(n * this.scale) / devicePixelRatio}px`;
    const end = (n, most) => Math.min(most, Math.max(0, n));
    const [top, bottom] = [box.top, box.top + box.high].map((n) => end(n, high));
    const [left, right] = [box.left, box.left + box.wide].map((n) => end(n, wide));
    Object.assign(this.mark.style, {
      top: px(top), left: px(left), width: `calc(${px(right - left)} + 2px)`, height: `calc(${px(bottom - top)} + 2px)`,
    });
  }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = (n, most) => Math.min(most - 1, Math.max(0, Math.floor(n * most)));
    return [at((event.clientY - box.top) / box.height, this.size[0]), at((event.clientX - box.left) / box.width, this.size[1])];
  }
}
