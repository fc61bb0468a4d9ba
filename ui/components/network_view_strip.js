// One layer: its name, and its maps side by side, painted from shades.

// For the eye; a map without a single number has no strongest one.
function shown(number) {
  return !Number.isFinite(number) ? "?" : String(Number(number.toPrecision(3))).replace("-", "−");
}

class Strip {
  constructor(into) {
    this.node = make("div", into, { className: "layer" });
    this.name = make("div", this.node, { className: "name" });
    [this.title, this.shape, this.range] = ["b", "i", "span"].map((tag) => make(tag, this.name));
    this.shape.style.fontStyle = "normal";
    this.plate = make("div", this.node, { className: "plate" });
    this.canvas = make("canvas", this.plate);
    this.digits = make("div", this.plate, { className: "digits" });
    this.store = document.createElement("canvas"); // all maps, one below the other, one pixel a value
  }

  // Shades to colours: done when they change, not when the strip is laid out anew.
  colour(layer, colours) {
    if (this.layer?.pixels === layer.pixels && this.colours === colours) return this.relabel(layer);
    this.colours = colours;
    this.at = null; // to be painted
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
    this.peaks = new Float32Array(bytes(layer.peaks).buffer);
    this.title.textContent = layer.name;
    this.shape.textContent = layer.beyond ? `${layer.shape} ▲` : layer.shape;
    this.range.textContent = layer.scale;
    this.name.title = layer.scale;
  }

  paint(strip, dense) {
    if (this.at === strip) return;
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

  // Below a network's ten numbers the digits that they stand for.
  count(counts) {
    const { order, best } = this.layer;
    const [wide, key] = [(this.at.scale + this.at.gap) / this.dense, counts && [order, best, this.at.scale].join()];
    if (key === this.counted) return;
    this.counted = key;
    this.digits.replaceChildren();
    if (!counts) return;
    order.forEach((digit) => {
      const span = make("span", this.digits, { className: digit === best ? "best" : "" });
      span.textContent = digit;
      span.style.width = `${wide}px`;
    });
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
    const on = event.target === this.canvas; // then its own coordinates, which hold in space too
    const x = on ? event.offsetX * this.dense : ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = on ? event.offsetY * this.dense : ((event.clientY - box.top) / box.height) * this.canvas.height;
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
