// Every layer's maps as one strip. The script paints shades that Python has made; a click, or Enter, opens a map.

const NARROW = 520; // px: below this the names stand above their strips
const WIDE = 760; // px: from here on a name and its range stand on one line
const BETWEEN = 5; // px from strip to strip
const ABOVE = 330; // px of a laptop's screen that other things take
const LARGEST = 72; // px: a map grows no further
const LARGEST_CELL = 24; // px: nor does a number of a vector
const LONG = 300; // numbers: a longer vector stays small

function make(tag, into, className = "") {
  const node = into.appendChild(document.createElement(tag));
  node.className = className;
  return node;
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// How large each strip's pixels are, in whole device pixels so that they are sharp: the smallest maps grow
// first, as long as all strips together keep within the height.
class Fit {
  constructor(layers, width, height, least, dense) {
    this.dense = dense;
    this.width = Math.floor(width * dense);
    this.least = least * dense; // what a name needs beside its strip
    this.strips = layers.map(({ size, isMap }) => {
      const smallest = isMap ? (size[1] < 5 ? 2 : 1) : size[0] > LONG ? 3 : size[0] > 10 ? 5 : 16; // ten: a digit stands below each
      return this.strip(size, isMap, Math.max(1, Math.floor(smallest * dense)));
    });
    while (this.grow(height * dense));
  }

  strip(size, isMap, scale) {
    const [count, high, wide] = size;
    const gap = Math.round((isMap ? 2 : 1) * this.dense);
    const across = Math.max(1, Math.min(count, Math.floor((this.width + gap) / (wide * scale + gap))));
    const lines = Math.ceil(count / across);
    return {
      size, isMap, scale, gap, across, lines,
      wide: across * (wide * scale + gap) - gap,
      high: lines * (high * scale + gap) - gap,
    };
  }

  side({ size, scale }) {
    return Math.max(size[1], size[2]) * scale;
  }

  grow(height) {
    const { least } = this;
    const used = this.strips.reduce((sum, strip) => sum + Math.max(strip.high, least), 0);
    const order = this.strips.map((_, i) => i).sort((a, b) => this.side(this.strips[a]) - this.side(this.strips[b]));
    for (const i of order) {
      const old = this.strips[i];
      if (old.size[0] > LONG && !old.isMap) continue;
      const grown = this.strip(old.size, old.isMap, old.scale + 1);
      const most = (old.isMap ? LARGEST : LARGEST_CELL) * this.dense;
      if (this.side(grown) > most || grown.wide > this.width) continue;
      if (used - Math.max(old.high, least) + Math.max(grown.high, least) > height) continue;
      this.strips[i] = grown;
      return true;
    }
    return false;
  }
}

class Strip {
  constructor(into) {
    this.node = make("div", into, "layer");
    this.name = make("div", this.node, "name");
    [this.title, this.shape, this.range] = ["b", "i", "span"].map((tag) => make(tag, this.name));
    this.shape.style.fontStyle = "normal";
    this.plate = make("div", this.node, "plate");
    this.canvas = make("canvas", this.plate);
    this.digits = make("div", this.plate, "digits");
    this.store = document.createElement("canvas"); // all maps, one below the other, one pixel a value
  }

  // Shades to colours: done when they change, not when the strip is laid out anew.
  colour(layer, colours) {
    if (this.layer?.pixels === layer.pixels && this.colours === colours) return this.relabel(layer);
    this.colours = colours;
    const [count, high, wide] = layer.size;
    Object.assign(this.store, { width: wide, height: count * high });
    const pen = this.store.getContext("2d");
    const image = pen.createImageData(wide, count * high);
    const shades = bytes(layer.pixels);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < shades.length; i += 1) out[i] = colours[shades[i]];
    pen.putImageData(image, 0, 0);
    this.shades = shades;
    return this.relabel(layer);
  }

  relabel(layer) {
    this.layer = layer;
    this.title.textContent = layer.name;
    this.shape.textContent = layer.shape;
    this.range.textContent = layer.range;
    this.name.title = layer.range;
  }

  paint(strip, dense) {
    this.at = strip;
    this.dense = dense;
    const { canvas, store } = this;
    const [count, high, wide] = strip.size;
    if (canvas.width !== strip.wide || canvas.height !== strip.high) {
      Object.assign(canvas, { width: strip.wide, height: strip.high });
      Object.assign(canvas.style, { width: `${strip.wide / dense}px`, height: `${strip.high / dense}px` });
    }
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < count; i += 1) {
      const [left, top, width, height] = this.tile(i);
      pen.drawImage(store, 0, i * high, wide, high, left, top, width, height);
    }
  }

  // Left, top, width and height of the i-th map, in device pixels.
  tile(i) {
    const { scale, gap, across, size } = this.at;
    const [, high, wide] = size.map((n) => n * scale);
    return [(i % across) * (wide + gap), Math.floor(i / across) * (high + gap), wide, high];
  }

  // The map, row and column below a pointer, or the nearest.
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const { scale, gap, across, size } = this.at;
    const [count, high, wide] = size;
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const within = (n, most) => Math.min(most - 1, Math.max(0, Math.floor(n)));
    const column = within(x / (wide * scale + gap), across);
    const line = within(y / (high * scale + gap), this.at.lines);
    const index = Math.min(count - 1, line * across + column);
    const [left, top] = this.tile(index);
    return { index, row: within((y - top) / scale, high), col: within((x - left) / scale, wide) };
  }

  // Where a map is strongest, as far as its shades tell: what the keyboard points at. Python knows exactly.
  strongest(index) {
    const [, high, wide] = this.layer.size;
    const shades = this.shades.subarray(index * high * wide, (index + 1) * high * wide);
    const best = shades.reduce((most, shade, i) => (shade > shades[most] ? i : most), 0);
    return { index, row: Math.floor(best / wide), col: best % wide };
  }

  frame(mark, [left, top, width, height]) {
    const px = (n) => `${n / this.dense}px`;
    this.plate.append(mark);
    const out = mark.classList.contains("field") ? 0 : 6;
    Object.assign(mark.style, {
      display: "", left: px(left), top: px(top), width: `calc(${px(width)} + ${out}px)`, height: `calc(${px(height)} + ${out}px)`,
    });
  }
}

class Network {
  constructor(root) {
    this.net = make("div", root, "net");
    this.net.tabIndex = 0;
    this.net.setAttribute("role", "application");
    this.reading = make("p", root, "reading");
    this.reading.setAttribute("aria-live", "polite");
    this.strips = [];
    this.marks = Object.fromEntries(["over", "open", "field"].map((name) => {
      const mark = document.createElement("div");
      mark.className = `mark ${name}`;
      return [name, mark];
    }));
    this.here = null; // the strip and unit that is pointed at
    this.listen();
    new ResizeObserver(() => this.layout()).observe(root);
  }

  listen() {
    const strip = (event) => this.strips.findIndex(({ plate }) => plate.contains(event.target));
    this.net.addEventListener("pointermove", (event) => {
      const at = strip(event);
      this.point(at > 0 ? { at, ...this.strips[at].under(event) } : null);
    });
    this.net.addEventListener("pointerleave", () => this.point(null));
    this.net.addEventListener("click", (event) => {
      const at = strip(event);
      if (at > 0 && !this.turned) this.open({ at, ...this.strips[at].under(event) });
    });
    this.net.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key in steps) {
      const start = this.here ?? this.pinned() ?? { at: 1, index: 0 };
      const moved = this.here || this.pinned() ? steps[event.key] : [0, 0];
      const at = Math.min(this.strips.length - 1, Math.max(1, start.at + moved[0]));
      const count = this.strips[at].layer.size[0];
      const share = moved[0] ? start.index / this.strips[start.at].layer.size[0] : start.index / count;
      const index = Math.min(count - 1, Math.max(0, Math.round(share * count) + moved[1]));
      this.point({ at, ...this.strips[at].strongest(index) });
    } else if ((event.key === "Enter" || event.key === " ") && this.here) this.open({ ...this.here, row: -1, col: -1 });
    else return;
    event.preventDefault();
  }

  open({ at, index, row, col }) {
    const { layer } = this.strips[at];
    this.tell({ layer: layer.name, channel: layer.order[index], row, col });
  }

  // Where the opened unit stands in the strips, if it is shown.
  pinned() {
    const { opened, layers } = this.data;
    const at = opened ? layers.findIndex(({ name }) => name === opened.layer) : -1;
    const index = at < 0 ? -1 : layers[at].order.indexOf(opened.channel);
    return index < 0 ? null : { at, index, row: opened.row, col: opened.col };
  }

  point(here) {
    this.here = here;
    this.show();
  }

  update(data, tell) {
    this.data = data;
    this.tell = tell;
    this.net.setAttribute("aria-label", data.labels.keys);
    const [colours, greys] = [data.colours, data.greys].map((text) => this.palette(text));
    while (this.strips.length > data.layers.length) this.strips.pop().node.remove();
    data.layers.forEach((layer, i) => {
      this.strips[i] ??= new Strip(this.net);
      this.strips[i].colour(layer, i ? colours : greys);
    });
    if (this.here && !(this.here.index < data.layers[this.here.at]?.size[0])) this.here = null;
    this.layout();
  }

  // One 32-bit colour for each shade; the same array for the same text, so that strips can tell.
  palette(text) {
    this.palettes ??= new Map();
    if (!this.palettes.has(text)) {
      const rgb = bytes(text);
      const colours = new Uint32Array(256);
      for (let i = 0; i < 256; i += 1) colours[i] = (255 << 24) | (rgb[3 * i + 2] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i];
      this.palettes.set(text, colours);
    }
    return this.palettes.get(text);
  }

  layout() {
    if (!this.data) return;
    const width = this.net.parentElement.clientWidth;
    if (!width) return;
    const narrow = width < NARROW && innerWidth < 700;
    this.net.classList.toggle("narrow", narrow);
    this.net.style.setProperty("--between", `${narrow ? 10 : BETWEEN}px`);
    this.net.classList.toggle("wide", width >= WIDE);
    const { layers } = this.data;
    const [names, least] = narrow ? [0, 0] : width >= WIDE ? [190, 17] : [114, 17];
    const tall = narrow ? 620 : Math.max(400, innerHeight - ABOVE) - 45 - layers.length * BETWEEN;
    const fit = new Fit(layers, width - names, tall, least, devicePixelRatio);
    this.strips.forEach((strip, i) => {
      strip.paint(fit.strips[i], devicePixelRatio);
      strip.node.classList.toggle("low", fit.strips[i].high < 28 * devicePixelRatio);
    });
    this.digits();
    this.show();
    this.net.dataset.painted = String(Number(this.net.dataset.painted ?? 0) + 1);
  }

  // Below the last strip the digits that its ten numbers stand for.
  digits() {
    this.strips.forEach(({ digits, layer, at, dense }, i) => {
      const last = i === this.strips.length - 1 && layer.size[0] === 10;
      digits.replaceChildren();
      if (!last) return;
      layer.order.forEach((digit) => {
        const span = make("span", digits, digit === layer.best ? "best" : "");
        span.textContent = digit;
        span.style.width = `${(at.scale + at.gap) / dense}px`;
      });
    });
  }

  show() {
    Object.values(this.marks).forEach((mark) => { mark.style.display = "none"; });
    const pinned = this.pinned();
    if (pinned) this.strips[pinned.at].frame(this.marks.open, this.strips[pinned.at].tile(pinned.index));
    if (this.here) this.strips[this.here.at].frame(this.marks.over, this.strips[this.here.at].tile(this.here.index));
    this.field(this.here ?? pinned);
    this.reading.textContent = this.words();
  }

  // The part of the image that the unit sees.
  field(unit) {
    const field = unit && this.data.layers[unit.at].field;
    if (!field) return;
    const { scale, size } = this.strips[0].at;
    const end = (n) => Math.min(size[1], Math.max(0, n));
    const [[top, bottom], [left, right]] = [unit.row, unit.col].map((n) => {
      const begin = field.start + n * field.jump;
      return [end(begin), end(begin + field.size)];
    });
    this.strips[0].frame(this.marks.field, [left, top, right - left, bottom - top].map((n) => n * scale));
  }

  words() {
    const { labels, layers, space } = this.data;
    if (!this.here) return space ? labels.turn : labels.start;
    const layer = layers[this.here.at];
    const values = { layer: layer.name, range: layer.range, channel: layer.order[this.here.index], of: layer.of, peak: layer.peaks[this.here.index] };
    const cut = layer.of > layer.size[0] ? ` ${fill(labels.part, { shown: layer.size[0], of: layer.of })}.` : "";
    return fill(layer.isMap ? labels.map : labels.unit, values) + cut;
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new Network(root);
  root.view.update(data, (unit) => setTriggerValue("open", unit));
}
