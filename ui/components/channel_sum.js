// A filter with a slice for each channel, on a picture. The browser computes every map itself, so that a point
// is answered at once on all of them. Where the pointer rests, its numbers open (Python draws them); a click,
// or Enter, keeps them open.

const PHASE = 1800; // milliseconds in which one channel's map, or the output, fills
const REST = 300; // milliseconds without a move

class ChannelSum {
  constructor(root) {
    this.root = root;
    this.said = new Said();
    this.progress = null; // rows that are computed, of all maps one after the other; null: all
    this.maps = make("div", root, { className: "maps" });
    this.player = new Player(root, this);
    this.reading = make("p", root, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.caption = make("p", root, { className: "caption" });
    this.build();
  }

  // Columns of a channel, its slice, its map and the sum so far; the picture, the scale and the output.
  build() {
    const plate = (name, area, patch) => {
      const made = new Plate(this.maps, name, area, patch);
      this.listen(made);
      return made;
    };
    this.picture = plate("picture", "picture", true);
    this.columns = [0, 1, 2].map((c) => ({
      channel: plate("channel", `channel${c}`, true),
      slice: new Slice(this.maps, `slice${c}`),
      part: plate("part", `part${c}`, false),
      sum: plate("sum", `sum${c}`, false),
    }));
    this.scale = new Scale(this.maps);
    this.output = plate("output", "output", false);
    this.output.frame.tabIndex = 0;
    this.output.frame.setAttribute("role", "application");
    this.output.frame.addEventListener("keydown", (event) => this.key(event));
    this.output.frame.addEventListener("blur", () => this.rest(null));
    this.plates = [this.picture, this.output, ...this.columns.flatMap(({ channel, part, sum }) => [channel, part, sum])];
  }

  update(data, tell) {
    this.tell = tell;
    const moved = !this.data || String(data.at) !== String(this.data.at);
    const same = (...names) => this.data && names.every((name) => String(data[name]) === String(this.data[name]));
    const known = same("pixels", "weight", "bias", "limit", "colours");
    this.data = data;
    if (!known) this.compute();
    if (moved && this.said.isNews(data.at)) this.here = this.at = data.at;
    this.here = this.inside(this.here);
    this.say();
    this.show();
  }

  // ---- the numbers

  compute() {
    const { pixels, shape, weight, bias, limit, colours } = this.data;
    const picture = bytes(pixels);
    const size = shape[0] * shape[1];
    this.root.style.setProperty("--aspect", shape[1] / shape[0]);
    this.span = [weight[0].length, weight[0][0].length];
    this.out = shape.map((n, axis) => n - this.span[axis] + 1);
    const channels = weight.map((_, c) => picture.subarray(c * size, (c + 1) * size));
    this.parts = channels.map((channel, c) => this.convolved(channel, weight[c]));
    this.sums = [];
    for (const part of this.parts) this.sums.push(this.sums.length ? part.map((value, n) => value + this.sums.at(-1)[n]) : part);
    this.result = this.sums.at(-1).map((value) => value + bias);
    const signed = shadesOf(bytes(colours), limit);
    this.picture.paint(shape, (n) => channels.map((channel) => channel[n]));
    this.columns.forEach(({ channel, slice, part, sum }, c) => {
      channel.paint(shape, (n) => Array(3).fill(channels[c][n]));
      part.paint(this.out, (n) => signed(this.parts[c][n]));
      sum.paint(this.out, (n) => signed(this.sums[c][n]));
      const largest = Math.max(...weight.flat(2).map(Math.abs)) || 1;
      slice.paint(weight[c], shadesOf(bytes(colours), largest));
    });
    this.output.paint(this.out, (n) => signed(this.result[n]));
    this.scale.paint(limit, signed);
  }

  // One channel (H, W) of 0 to 255 under its slice -> (OH, OW) of its numbers from 0 to 1.
  convolved(channel, slice) {
    const [rows, cols] = this.out;
    const width = this.data.shape[1];
    const map = new Float64Array(rows * cols);
    slice.forEach((line, a) => line.forEach((w, b) => {
      if (w === 0) return;
      for (let row = 0, n = 0; row < rows; row += 1) {
        let from = (row + a) * width + b;
        for (let col = 0; col < cols; col += 1, n += 1, from += 1) map[n] += (w * channel[from]) / 255;
      }
    }));
    return map;
  }

  inside(place) {
    return place.map((n, axis) => Math.min(this.out[axis] - 1, Math.max(0, n)));
  }

  // ---- pointing

  listen(plate) {
    plate.frame.addEventListener("pointermove", (event) => {
      if (this.player.playing) this.player.pause();
      this.point(this.under(event, plate));
      if (event.pointerType !== "touch") this.rest(this.here);
    });
    plate.frame.addEventListener("pointerleave", () => {
      this.point(this.at);
      this.rest(null);
    });
    plate.frame.addEventListener("click", (event) => this.pin(this.under(event, plate)));
  }

  // The output pixel below a pointer; on an input, the one whose patch has the pointer in its middle.
  under(event, plate) {
    const box = plate.frame.getBoundingClientRect();
    const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    return shares.map((share, axis) => {
      const n = Math.floor(share * plate.size[axis]);
      return plate.patch ? n - (this.span[axis] - 1) / 2 : n;
    });
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const far = event.shiftKey ? 10 : 1;
    if (event.key in steps) {
      this.point(this.here.map((n, axis) => n + far * steps[event.key][axis]));
      this.rest(this.here);
    } else if (event.key === "Enter" || event.key === " ") this.pin(this.here);
    else return;
    event.preventDefault();
  }

  point(place) {
    this.here = this.inside(place);
    this.show();
  }

  pin(place) {
    this.player.pause();
    this.point(place);
    this.at = this.here;
    this.show();
    this.said.add(this.at);
    this.tell("at", this.at);
  }

  // Tell where the pointer stays, once it does; null: nowhere any more.
  rest(place) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (String(place) === String(this.rested ?? null)) return;
      this.rested = place;
      this.tell("hovered", place);
    }, REST);
  }

  // ---- playing: the channels' maps fill one after the other, then the output

  get phases() {
    return this.columns.length + 1;
  }

  get most() {
    return this.phases * this.out[0];
  }

  moveTo(progress) {
    this.progress = progress >= this.most ? null : Math.max(0, progress);
    this.show();
  }

  // The next, or the last, place at which a map is whole.
  step(by) {
    const rows = this.out[0];
    const done = (this.progress ?? this.most) / rows;
    this.moveTo(rows * (by > 0 ? Math.floor(done) + 1 : Math.ceil(done) - 1));
  }

  // ---- what is on screen

  say() {
    const { names, labels, caption } = this.data;
    this.picture.say(labels.picture);
    this.columns.forEach(({ channel, slice, part, sum }, c) => {
      channel.say(names[c]);
      slice.say(fill(labels.slice, { channel: names[c] }));
      part.say(labels.part, names[c]);
      sum.say(`${labels.sum}: ${names.slice(0, c + 1).join(" + ")}`);
    });
    this.output.say(`${labels.output} = … + ${labels.bias} ${shown(this.data.bias)}`);
    this.output.frame.setAttribute("aria-label", labels.keys);
    this.player.say(labels);
    this.caption.textContent = caption;
  }

  show() {
    const [row, col] = this.here;
    const n = row * this.out[1] + col;
    const progress = this.progress ?? this.most;
    const filled = (phase) => Math.min(this.out[0], Math.max(0, progress - phase * this.out[0]));
    const told = (value, rows) => (this.data.hidden || row >= rows ? null : value);
    for (const plate of this.plates) plate.mark([row, col], plate.patch ? this.span : [1, 1]);
    this.columns.forEach(({ channel, part, sum }, c) => {
      const rows = filled(c);
      const sweeping = rows > 0 && rows < this.out[0];
      channel.sweep(sweeping ? rows - 1 : null, this.span[0]);
      part.show(rows, told(this.parts[c][n], rows), sweeping);
      sum.show(rows, told(this.sums[c][n], rows), sweeping);
    });
    const last = filled(this.phases - 1);
    this.output.show(last, told(this.result[n], last), last > 0 && last < this.out[0]);
    this.player.show(progress, this.most, this.out[0]);
    const said = this.player.playing ? this.happens(progress) : this.sentence(n);
    if (this.reading.textContent !== said) this.reading.textContent = said;
    Object.assign(this.root.dataset, { at: `${row},${col}`, progress: Math.round(progress) });
  }

  sentence(n) {
    const { names, labels, bias } = this.data;
    if (this.data.hidden) return labels.hidden;
    const term = (value, c) => `${c && value < 0 ? `(${shown(value)})` : shown(value)} (${names[c]})`;
    const values = {
      row: this.here[0] + 1, col: this.here[1] + 1, terms: this.parts.map((part, c) => term(part[n], c)).join(" + "),
      sum: shown(this.sums.at(-1)[n]), bias: shown(bias), value: shown(this.result[n]),
    };
    const kept = String(this.here) === String(this.at);
    return fill(labels.reading, values) + (kept ? "" : ` ${labels.open}`);
  }

  // What happens while it plays.
  happens(progress) {
    const { names, labels, bias } = this.data;
    const phase = Math.min(this.phases - 1, Math.floor(progress / this.out[0]));
    if (phase === this.phases - 1) return fill(labels.biased, { bias: shown(bias) });
    const values = { channel: names[phase], count: this.span[0] * this.span[1], sum: names.slice(0, phase + 1).join(" + ") };
    return fill(phase ? labels.adds : labels.slides, values);
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new ChannelSum(root);
  root.view.update(data, (name, value) => setStateValue(name, value));
}
