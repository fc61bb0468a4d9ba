// What the sum over channels is drawn with: plates that fill row by row, slices, the scale, the player.

// For the eye: three digits, and a true minus sign.
function shown(value) {
  return String(Number(value.toPrecision(3)) + 0).replace("-", "−");
}

// A number's colour, full at ±limit: as cnn_core.figures.shades, 128 is zero.
function shadesOf(colours, limit) {
  return (value) => {
    const share = Math.min(1, Math.max(0, (value + limit) / (2 * limit)));
    const shade = 3 * (1 + Math.round(254 * share));
    return [colours[shade], colours[shade + 1], colours[shade + 2]];
  };
}

// A picture with a name, the value at the point, and a violet frame round what is pointed at.
class Plate {
  constructor(into, name, area, patch) {
    this.patch = patch; // whether the frame is that of the window, or of one pixel
    const figure = make("figure", into, { className: name });
    figure.style.gridArea = area;
    figure.dataset.map = area;
    const caption = make("figcaption", figure);
    this.title = make("span", caption);
    this.number = make("b", caption);
    this.frame = make("div", figure, { className: "frame" });
    this.canvas = make("canvas", this.frame);
    this.canvas.setAttribute("role", "img");
    this.band = make("div", this.frame, { className: "band", hidden: true });
    this.marked = make("div", this.frame, { className: "mark" });
    this.store = document.createElement("canvas");
  }

  paint(size, colour) {
    const [height, width] = (this.size = size);
    for (const canvas of [this.store, this.canvas]) Object.assign(canvas, { width, height });
    const pen = this.store.getContext("2d");
    const image = pen.createImageData(width, height);
    for (let n = 0; n < height * width; n += 1) image.data.set([...colour(n), 255], 4 * n);
    pen.putImageData(image, 0, 0);
    this.filled = 0;
    this.fill(height);
  }

  // Only so many rows are there yet.
  fill(rows) {
    if (rows === this.filled) return;
    this.filled = rows;
    const pen = this.canvas.getContext("2d");
    const [height, width] = this.size;
    pen.clearRect(0, 0, width, height);
    const whole = Math.round(rows);
    if (whole) pen.drawImage(this.store, 0, 0, width, whole, 0, 0, width, whole);
  }

  say(title, of = "") {
    this.title.textContent = title;
    this.canvas.setAttribute("aria-label", of ? `${of}: ${title}` : title);
  }

  // `value`: the number at the point; null: it is not told.
  show(rows, value, isSweeping) {
    this.fill(rows);
    this.sweep(isSweeping ? rows - 1 : null, 1);
    this.number.textContent = value === null ? "" : shown(value);
    this.canvas.dataset.value = value;
  }

  // The rows over which the window slides just now; null: none.
  sweep(row, rows) {
    this.band.hidden = row === null;
    this.marked.hidden = row !== null;
    if (row !== null) Object.assign(this.band.style, { top: this.share(row, 0), height: this.share(rows, 0) });
  }

  mark([row, col], [height, width]) {
    Object.assign(this.marked.style, {
      top: this.share(row, 0), left: this.share(col, 1), height: this.share(height, 0), width: this.share(width, 1),
    });
  }

  share(part, axis) {
    return `${(100 * part) / this.size[axis]}%`;
  }
}

// One channel's slice of the filter, as numbers.
class Slice {
  constructor(into, area) {
    this.figure = make("figure", into, { className: "slice" });
    this.figure.style.gridArea = area;
    this.figure.dataset.map = area;
    make("span", this.figure, { className: "sign", textContent: "∗" });
    this.table = make("table", this.figure);
    make("span", this.figure, { className: "sign", textContent: "=" });
  }

  paint(weights, colour) {
    this.table.replaceChildren();
    for (const line of weights) {
      const row = make("tr", this.table);
      for (const weight of line) {
        const rgb = colour(weight);
        const cell = make("td", row, { textContent: String(Number(weight.toPrecision(2))).replace("-", "−").replace("0.", ".") });
        const light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        Object.assign(cell.style, { background: `rgb(${rgb})`, color: light > 127 ? "#15181e" : "#fff" });
        cell.dataset.value = weight;
      }
    }
  }

  say(name) {
    this.table.setAttribute("aria-label", name);
  }
}

// Which colour is which number.
class Scale {
  constructor(into) {
    const box = make("div", into, { className: "scale" });
    box.style.gridArea = "scale";
    this.canvas = make("canvas", box, { width: 255, height: 1 });
    this.ends = make("div", box, { className: "ends" });
  }

  paint(limit, colour) {
    const pen = this.canvas.getContext("2d");
    const image = pen.createImageData(255, 1);
    for (let n = 0; n < 255; n += 1) image.data.set([...colour((limit * (n - 127)) / 127), 255], 4 * n);
    pen.putImageData(image, 0, 0);
    this.ends.replaceChildren();
    for (const value of [-limit, 0, limit]) make("span", this.ends, { textContent: shown(value) });
  }
}

const ICONS = {
  rewind: "M6 5h2v14H6zM19 5v14l-10-7z",
  back: "M16 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  step: "M8 5v14l10-7z",
};

// Rewind, back, play, on, and a slider over all rows of all maps.
class Player {
  constructor(into, view) {
    this.view = view;
    this.playing = false;
    const bar = make("div", into, { className: "player" });
    const acts = {
      rewind: () => this.moved(() => view.moveTo(0)),
      back: () => this.moved(() => view.step(-1)),
      play: () => (this.playing ? this.pause() : this.start()),
      step: () => this.moved(() => view.step(1)),
    };
    for (const [name, act] of Object.entries(acts)) this[name] = this.button(bar, name, act);
    this.slider = make("input", bar, { type: "range", min: 0, step: 1 });
    this.slider.addEventListener("input", () => this.moved(() => view.moveTo(Number(this.slider.value))));
  }

  button(into, name, act) {
    const button = make("button", into, { type: "button", className: name });
    const svg = button.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path")).setAttribute("d", ICONS[name]);
    button.addEventListener("click", act);
    return button;
  }

  moved(act) {
    this.pause();
    act();
  }

  start() {
    this.playing = true;
    if (this.view.progress === null) this.view.moveTo(0);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) this.hop();
    else requestAnimationFrame((now) => this.flow(now));
    this.view.show();
  }

  // Row by row.
  flow(before) {
    requestAnimationFrame((now) => {
      if (!this.playing || !this.slider.isConnected) return;
      const { view } = this;
      view.moveTo((view.progress ?? view.most) + (view.out[0] * (now - before)) / PHASE);
      if (view.progress === null) this.pause();
      else this.flow(now);
    });
  }

  // Map by map, for those who want no motion.
  hop() {
    this.timer = setTimeout(() => {
      if (!this.playing || !this.slider.isConnected) return;
      this.view.step(1);
      if (this.view.progress === null) this.pause();
      else this.hop();
    }, PHASE);
  }

  pause() {
    clearTimeout(this.timer);
    if (!this.playing) return;
    this.playing = false;
    this.view.show();
  }

  say(labels) {
    this.labels = labels;
    for (const name of ["rewind", "back", "step"]) Object.assign(this[name], { title: labels[name], ariaLabel: labels[name] });
    this.slider.setAttribute("aria-label", labels.progress);
  }

  show(progress, most, rows) {
    const name = this.playing ? "pause" : "play";
    if (this.play.title !== this.labels[name]) {
      Object.assign(this.play, { title: this.labels[name], ariaLabel: this.labels[name] });
      this.play.querySelector("path").setAttribute("d", ICONS[name]);
    }
    this.slider.max = most;
    this.slider.value = progress;
    this.slider.setAttribute("aria-valuetext", `${Math.floor(progress / rows)} / ${most / rows}`);
  }
}
