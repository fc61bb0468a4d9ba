// The geometry and arithmetic of a window that slides over maps. Nothing here knows the page.
// Rows and columns of the input count from the padded corner; a position n runs over output rows, then columns.

class Model {
  // data: x [C][H][W], filters [FN][C][FH][FW] and biases [FN] (none for pooling), window, stride, padding,
  // dilation [h, w], … One filter is in use: weight, bias, maps and totals are its own.
  constructor(data) {
    Object.assign(this, data);
    this.isPart = Boolean(this.origin); // of larger grids: output cells are named by their place in those
    this.origin ??= [0, 0];
    this.channels = this.x.length;
    this.size = [this.x[0].length, this.x[0][0].length];
    this.pools = this.op !== "conv";
    this.adds = !this.pools && this.channels * this.filters.length > 1; // the channels' maps are added up
    this.padded = this.size.map((n, axis) => n + 2 * this.padding[axis]);
    this.span = this.window.map((n, axis) => this.dilation[axis] * (n - 1) + 1);
    this.out = this.padded.map((n, a) => Math.floor((n - this.span[a]) / this.stride[a]) + 1);
    this.count = this.out[0] * this.out[1];
    this.taps = this.window[0] * this.window[1];
    this.border = this.op === "max" ? -Infinity : 0;
    this.results = (this.filters ?? [null]).map((_, f) => this.computed(f));
    this.use(0);
  }

  // What one filter (or pooling) makes: each channel's own map, and their sum with the bias.
  computed(f) {
    this.weight = this.filters?.[f];
    const maps = this.x.map((_, c) => this.everywhere((n) => this.part(c, n)));
    const bias = this.biases?.[f] ?? 0;
    return { maps, totals: this.everywhere((n) => maps.reduce((sum, map) => sum + map[n], 0) + bias) };
  }

  use(f) {
    this.filter = f;
    this.weight = this.filters?.[f];
    this.bias = this.biases?.[f] ?? 0;
    Object.assign(this, this.results[f]);
  }

  everywhere(value) {
    return Array.from({ length: this.count }, (_, n) => value(n));
  }

  // The value of a padded cell.
  at(c, row, col) {
    const from = PADDINGS[this.mode];
    const r = from(row - this.padding[0], this.size[0]);
    const k = from(col - this.padding[1], this.size[1]);
    return r < 0 || k < 0 ? this.border : this.x[c][r][k];
  }

  isBorder(row, col) {
    const inside = (i, axis) => i >= this.padding[axis] && i < this.padding[axis] + this.size[axis];
    return !inside(row, 0) || !inside(col, 1);
  }

  place(n) {
    return [Math.floor(n / this.out[1]), n % this.out[1]];
  }

  // Its row and column as they are named.
  named(n) {
    return this.place(n).map((place, axis) => place + this.origin[axis] + 1);
  }

  position(row, col) {
    return row * this.out[1] + col;
  }

  // Where the window's cell `tap` lies in the padded input when the window is at n.
  cell(n, tap) {
    const [row, col] = this.place(n);
    const [a, b] = [Math.floor(tap / this.window[1]), tap % this.window[1]];
    return [row * this.stride[0] + a * this.dilation[0], col * this.stride[1] + b * this.dilation[1]];
  }

  weightAt(c, tap) {
    return this.weight[c][Math.floor(tap / this.window[1])][tap % this.window[1]];
  }

  // What the window sees in one channel: {x, w, product} for each of its cells, in reading order.
  terms(c, n) {
    return Array.from({ length: this.taps }, (_, tap) => {
      const x = this.at(c, ...this.cell(n, tap));
      if (this.pools) return { x };
      const w = this.weightAt(c, tap);
      return { x, w, product: x * w };
    });
  }

  // One channel's number at n: its sum of products without the bias, or its pooled value.
  part(c, n) {
    const terms = this.terms(c, n);
    if (this.op === "max") return Math.max(...terms.map((term) => term.x));
    if (this.op === "avg") return this.windowSum(c, n) / this.taps;
    return terms.reduce((sum, term) => sum + term.product, 0);
  }

  windowSum(c, n) {
    return this.terms(c, n).reduce((sum, term) => sum + term.x, 0);
  }

  // The number that the output shows at n (pooling: of one channel).
  value(n, c = 0) {
    return this.pools ? this.maps[c][n] : this.totals[n];
  }

  // Which of the window's cells holds the maximum (the first, as in PyTorch).
  winner(c, n) {
    const values = this.terms(c, n).map((term) => term.x);
    return values.indexOf(Math.max(...values));
  }

  // All positions whose window covers a padded cell.
  feeds(row, col) {
    const along = (i, axis) => {
      const hits = [];
      for (let place = 0; place < this.out[axis]; place++) {
        const into = i - place * this.stride[axis];
        if (into >= 0 && into < this.span[axis] && into % this.dilation[axis] === 0) hits.push(place);
      }
      return hits;
    };
    return along(row, 0).flatMap((r) => along(col, 1).map((c) => this.position(r, c)));
  }

  // All padded cells that one weight ever multiplies: one for each position.
  meets(tap) {
    return this.everywhere((n) => this.cell(n, tap));
  }

  // The position whose window lies closest round a padded cell.
  nearest(row, col) {
    const along = (i, axis) => {
      const place = Math.round((i - (this.span[axis] - 1) / 2) / this.stride[axis]);
      return Math.min(Math.max(place, 0), this.out[axis] - 1);
    };
    return this.position(along(row, 0), along(col, 1));
  }
}

// The wrong ways to a cell's number that learners take most: {why, …} for the first that gives `answer`.
function slip(model, n, c, answer) {
  const same = (value) => Math.abs(value - answer) < 1e-9 + 1e-6 * Math.abs(value);
  const channels = model.pools ? [c] : model.x.map((_, i) => i);
  const terms = channels.flatMap((i) => model.terms(i, n));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const inputs = terms.map((term) => term.x);
  const ways = [];
  if (model.pools) {
    if (model.op === "avg") ways.push(["sum", sum(inputs)], ["largest", Math.max(...inputs)]);
    if (model.op === "max") ways.push(["mean", sum(inputs) / inputs.length], ["first", inputs[0]]);
  } else {
    const turned = channels.map((i) => {
      const own = model.terms(i, n);
      return sum(own.map((term, tap) => term.x * own[own.length - 1 - tap].w));
    });
    ways.push(["bias", model.totals[n] - model.bias], ["turned", sum(turned) + model.bias]);
    const unsigned = sum(terms.map((term) => Math.abs(term.product)));
    ways.push(["weights", sum(inputs) + model.bias], ["signs", unsigned + model.bias]);
    ways.push(["signs", unsigned + Math.abs(model.bias)], ["biasSign", model.totals[n] - 2 * model.bias]);
  }
  const found = ways.find(([, value]) => same(value));
  if (found) return { why: found[0] };
  for (const [why, times] of [["sign", 2], ["lost", 1]]) { // its sign turned, or left out
    const term = terms.find(({ product }) => product && same(model.totals[n] - times * product));
    if (term) return { why, term };
  }
  const [row, col] = model.place(n);
  for (const [r, k] of [[row, col + 1], [row + 1, col], [row, col - 1], [row - 1, col]]) {
    const inside = r >= 0 && k >= 0 && r < model.out[0] && k < model.out[1];
    if (inside && same(model.value(model.position(r, k), c))) return { why: "neighbour", beside: model.position(r, k) };
  }
  return { why: model.pools ? "otherPooled" : "other" };
}

const ROUNDING = 1e-9; // a sum in another order may differ by less

// Is a typed number the value, as exactly as one can ask: whole numbers to the digit, others to what is told
// of them, or to a percent?
function isRight(answer, value) {
  const isWhole = Math.abs(value - Math.round(value)) < ROUNDING;
  const room = isWhole ? 0 : Math.max(10 ** -digitsOf(value) / 2, Math.abs(value) / 100);
  return Math.abs(answer - value) <= room + ROUNDING;
}

// How many digits after the point tell a number: two, and of a small one as many as its first two take.
function digitsOf(value) {
  if (Math.abs(value) < ROUNDING) return 2;
  return Math.max(2, 1 - Math.floor(Math.log10(Math.abs(value))));
}

// For a sentence that one number depends on: 0.0042 is not told as 0.
function told(value) {
  return rounded(value, Number.isFinite(value) ? digitsOf(value) : 2);
}

// For the eye: at most `digits` after the point, and a true minus sign.
function rounded(value, digits = 2) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = Math.abs(value) >= 1e6 ? value.toExponential(1) : String(Number(value.toFixed(digits)) + 0);
  return text.replace("-", "−");
}

// To the last digit; a number that fits into float32 is written as short as float32 needs.
function exact(value) {
  let text = String(value);
  if (Math.fround(value) === value) {
    for (let digits = 1; digits < 10 && Math.fround(Number(text)) === value; digits++) {
      const shorter = Number(value.toPrecision(digits));
      if (Math.fround(shorter) === value) {
        text = String(shorter);
        break;
      }
    }
  }
  return text.replace("-", "−").replace("Infinity", "∞");
}
