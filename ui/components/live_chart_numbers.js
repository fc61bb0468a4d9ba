// Numbers of the chart: unpacking, smoothing, searching, ticks, text, paths.

function unpack(packed) {
  if (packed.count !== undefined) {
    return Float64Array.from({ length: packed.count }, (_, i) => packed.first + i * packed.step);
  }
  const bytes = Uint8Array.from(atob(packed.base64), (letter) => letter.charCodeAt(0));
  return Float64Array.from(new (packed.bytes === 4 ? Float32Array : Float64Array)(bytes.buffer));
}

// A running mean that weighs recent points more, over about `span` of them; it never changes what is past.
function smoothed(values, span) {
  const keep = 1 - 2 / (span + 1);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return NaN;
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

// How many of the ascending numbers are below (or, with `equal`, up to) a value.
function countBelow(numbers, value, equal = false) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (equal ? numbers[middle] <= value : numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nearest(numbers, value) {
  const i = countBelow(numbers, value);
  if (i === 0) return numbers[0];
  if (i === numbers.length) return numbers[i - 1];
  return value - numbers[i - 1] <= numbers[i] - value ? numbers[i - 1] : numbers[i];
}

// 1, 2 or 5 times a power of ten, so that about `count` of them fit.
function niceStep(span, count) {
  const power = 10 ** Math.floor(Math.log10(span / count));
  const share = span / count / power;
  return power * (share < 1.4 ? 1 : share < 3.2 ? 2 : share < 7.1 ? 5 : 10);
}

function ticks(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const marks = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 3, 5, 7];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const mark of marks) found.push(mark * 10 ** power);
  }
  return found.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

function tickText(value, step, percent) {
  const [number, by] = percent ? [value * 100, step * 100] : [value, step];
  if (number !== 0 && (Math.abs(number) >= 1e6 || Math.abs(number) < 1e-4)) return number.toExponential(0);
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(by) - 1e-9)));
  return number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + (percent ? "%" : "");
}

function valueText(value, percent) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  if (percent) return `${(value * 100).toFixed(2)}%`;
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(3) : value.toPrecision(4);
}

// The lowest and highest of what stands between two indices, finite and, on a log scale, above zero.
function extent(values, from, to, log) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = from; i < to; i += 1) {
    const value = values[i];
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// An SVG path through points (x, y); where many share a column of pixels, through their first, lowest,
// highest and last, so that no peak is lost. `place` gives pixels; what has no place is a gap.
function pathOf(count, place) {
  const parts = [];
  let column = null;
  let lifted = true;
  const put = (x, y) => {
    parts.push(`${lifted ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`);
    lifted = false;
  };
  const flush = () => {
    if (!column) return;
    const { x, first, last, low, high } = column;
    put(x, first);
    if (low < first || low < last) put(x, low);
    if (high > first || high > last) put(x, high);
    if (last !== first) put(x, last);
    column = null;
  };
  for (let i = 0; i < count; i += 1) {
    const [x, y] = place(i);
    if (!Number.isFinite(y)) {
      flush();
      lifted = true;
    } else if (column && Math.floor(x) === Math.floor(column.x)) {
      column.low = Math.min(column.low, y);
      column.high = Math.max(column.high, y);
      column.last = y;
    } else {
      flush();
      column = { x, first: y, last: y, low: y, high: y };
    }
  }
  flush();
  return parts.join("");
}
