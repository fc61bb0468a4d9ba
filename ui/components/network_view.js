// Every layer's maps as one strip. The script paints shades that Python has made; a click, or Enter, opens a map.

const NARROW = 520; // px: below this the names stand above their strips
const WIDE = 760; // px: from here on a name and its range stand on one line
const BETWEEN = 5; // px from strip to strip
const ABOVE = 330; // px of a laptop's screen that other things take

class Network {
  constructor(root) {
    this.net = make("div", root, { className: "net" });
    this.net.tabIndex = 0;
    this.net.setAttribute("role", "application");
    this.stage = make("div", this.net, { className: "stage" });
    this.space = new Space(this.net, this.stage);
    this.reading = make("p", root, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.strips = [];
    this.marks = Object.fromEntries(["over", "open", "field"].map((name) => {
      const mark = document.createElement("div");
      mark.className = `mark ${name}`;
      return [name, mark];
    }));
    this.here = null; // the strip and unit that is pointed at
    this.listen();
    new ResizeObserver(([{ contentRect }]) => {
      this.width = Math.floor(contentRect.width);
      this.layout();
    }).observe(root);
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
      if (at > 0 && !this.space.dragged) this.open({ at, ...this.strips[at].under(event) });
    });
    this.net.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key in steps && event.shiftKey && this.space.on) {
      const [up, across] = steps[event.key];
      this.space.turn(across * 5, -up * 5);
    } else if (event.key in steps) {
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
      this.strips[i] ??= new Strip(this.stage);
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
    const { width } = this; // as it was last seen: to ask for it here would cost a layout of the whole page
    if (!this.data || !width) return;
    const { space } = this.data;
    this.net.classList.toggle("space", space);
    if (space) this.space.lay(this.strips, width, devicePixelRatio);
    else this.flat(width);
    const last = this.strips.at(-1);
    this.strips.forEach((strip) => strip.count(strip === last && last.layer.size[0] === 10));
    this.show();
    this.net.dataset.painted = String(Number(this.net.dataset.painted ?? 0) + 1);
  }

  flat(width) {
    if (this.space.on) this.space.leave(this.strips);
    const { layers } = this.data;
    const room = [width, innerWidth, innerHeight, devicePixelRatio, ...layers.map(({ size, isMap }) => [size, isMap])].join();
    if (room !== this.room) this.arrange(width);
    this.room = room;
    this.strips.forEach((strip, i) => strip.paint(this.fit.strips[i], devicePixelRatio));
  }

  // How large each strip is, in the room that there is.
  arrange(width) {
    const narrow = width < NARROW && innerWidth < 700;
    this.net.classList.toggle("narrow", narrow);
    this.net.classList.toggle("wide", width >= WIDE);
    this.net.style.setProperty("--between", `${narrow ? 10 : BETWEEN}px`);
    const { layers } = this.data;
    const [names, least] = narrow ? [0, 0] : width >= WIDE ? [190, 17] : [114, 17];
    const tall = narrow ? 620 : Math.max(400, innerHeight - ABOVE) - 45 - layers.length * BETWEEN;
    this.fit = new Fit(layers, width - names, tall, least, devicePixelRatio);
    this.strips.forEach(({ node }, i) => node.classList.toggle("low", this.fit.strips[i].high < 28 * devicePixelRatio));
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
    const [row, col] = this.cell(unit, field);
    const end = (n) => Math.min(size[1], Math.max(0, n));
    const [[top, bottom], [left, right]] = [row, col].map((n) => {
      const begin = field.start + n * field.jump;
      return [end(begin), end(begin + field.size)];
    });
    this.strips[0].frame(this.marks.field, [left, top, right - left, bottom - top].map((n) => n * scale));
  }

  // A number behind flatten is a cell of the maps before it.
  cell(unit, { cells, wide }) {
    if (!wide) return [unit.row, unit.col];
    const place = this.data.layers[unit.at].order[unit.index] % cells;
    return [Math.floor(place / wide), place % wide];
  }

  words() {
    const { labels, layers, space } = this.data;
    if (!this.here) {
      const list = layers.filter(({ beyond }) => beyond).map(({ name, beyond }) => `${name} ${beyond}`).join(", ");
      return `${space ? labels.turn : labels.start} ${list && fill(labels.beyond, { list })}`;
    }
    const layer = layers[this.here.at];
    const values = { layer: layer.name, range: layer.range, channel: layer.order[this.here.index], last: layer.of - 1, peak: shown(this.strips[this.here.at].peaks[this.here.index]) };
    const cut = layer.of > layer.size[0] ? ` ${fill(labels.part, { shown: layer.size[0], of: layer.of })}.` : "";
    const scaled = layer.scale === layer.range ? "" : ` ${fill(labels.scaled, layer)}`;
    return fill(layer.isMap ? labels.map : labels.unit, values) + scaled + cut;
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new Network(root);
  root.view.update(data, (unit) => setTriggerValue("open", unit));
}
