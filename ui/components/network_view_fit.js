// How large the pixels of each strip are, and of each sheet of the view in space.

const LARGEST = 72; // px: a map grows no further
const LARGEST_CELL = 24; // px: nor does a number of a vector
const LONG = 300; // numbers: a longer vector stays small

// So many maps across, the rest in lines below: sizes in device pixels.
function arranged(size, isMap, scale, gap, across) {
  const [count, high, wide] = size;
  const lines = Math.ceil(count / across);
  return {
    size, isMap, scale, gap, across, lines,
    wide: across * (wide * scale + gap) - gap,
    high: lines * (high * scale + gap) - gap,
  };
}

// A layer as a sheet that is about square, of about this side.
function sheet({ size, isMap }, side, dense) {
  const few = !isMap && size[0] <= 10; // in one line, for a digit stands below each
  const across = few ? size[0] : Math.ceil(Math.sqrt(size[0]));
  const gap = Math.round((isMap ? 2 : 1) * dense);
  const room = (side * (few ? 1.3 : 1) * dense) / across - gap;
  return arranged(size, isMap, Math.max(1, Math.floor(room / Math.max(size[1], size[2]))), gap, across);
}

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
    const gap = Math.round((isMap ? 2 : 1) * this.dense);
    const across = Math.floor((this.width + gap) / (size[2] * scale + gap));
    return arranged(size, isMap, scale, gap, Math.max(1, Math.min(size[0], across)));
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
