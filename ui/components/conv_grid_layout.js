// How large the cells are: from the width there is and from what is to be written in them.

const GAP = 34; // between two grids, with the sign that stands there
const CHARACTER = 0.56; // the width of a digit, of its height
const SMALLEST_FONT = 10;

// The largest size that numbers of `length` characters may have in a cell of which they take up `share` in height.
function fontFor(size, length, share = 0.52) {
  const font = Math.min(17, size * share, (size - 3) / (CHARACTER * length));
  return font < SMALLEST_FONT ? 0 : font;
}

function longest(values, digits) {
  return Math.max(1, ...values.map((value) => rounded(value, digits).length));
}

// One style for all numbers of a grid: two digits after the point if they fit, else one, else no numbers.
function numbers(values, size) {
  for (const digits of [2, 1]) {
    const font = fontFor(size, longest(values, digits));
    if (font >= 12 || (font && digits === 1)) return { digits, font };
  }
  return { digits: 1, font: 0 };
}

// How many characters the inputs, the weights and the products of a channel have, with one and two digits.
function factorDigits(model, c) {
  const values = [...model.x[c].flat(), model.at(c, 0, 0)].filter(Number.isFinite);
  const weights = model.pools ? [0] : model.filters.flatMap((weight) => weight[c].flat());
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const products = weights.flatMap((w) => [w * low, w * high]);
  return [1, 2].map((digits) => ({
    digits,
    x: longest(values, digits),
    w: longest(weights, digits),
    product: longest(products, digits),
  }));
}

// How a kernel's cell shows x × w and its product: in two lines, in three, or the product alone.
function productStyle(factors, size) {
  const [one, two] = factors;
  for (const { digits, x, w, product } of [two, one]) {
    const both = fontFor(size, Math.max(x + w + 1, product), 0.36);
    if (both >= 13) return { digits, lines: 2, font: Math.min(both, 16) };
    const each = fontFor(size, Math.max(x, w + 1, product + 1), 0.27);
    if (each >= 13) return { digits, lines: 3, font: Math.min(each, 15) };
  }
  const both = fontFor(size, Math.max(one.x + one.w + 1, one.product), 0.36);
  if (both) return { digits: 1, lines: 2, font: both };
  return { digits: 1, lines: 1, font: fontFor(size, one.product) };
}

function productLines(x, w, product, lines, digits) {
  const [a, b, result] = [x, w, product].map((value) => rounded(value, digits));
  return { 1: [result], 2: [`${a}×${b}`, result], 3: [a, `×${b}`, result] }[lines];
}

// The side of a kernel's cell that shows its products well.
function idealKernelSide(factors) {
  const [one, two] = [0, 1].map((i) => factors.filter((_, index) => index % 2 === i));
  const widest = (list, of) => Math.max(...list.map(of));
  const both = widest(two, ({ x, w, product }) => Math.max(x + w + 1, product));
  if (both <= 5) return Math.max(46, both * 15 * CHARACTER + 6);
  const each = widest(one.length ? two : one, ({ x, w, product }) => Math.max(x, w + 1, product + 1));
  return Math.max(54, each * 14 * CHARACTER + 8);
}

// The side of a cell of the maps: large while they are small, then as their numbers need it.
function idealCellSide(model, characters) {
  const tall = Math.max(model.padded[0], model.out[0]);
  const written = characters * 15 * CHARACTER + 5;
  if (model.channels > 1) return Math.max(28, Math.min((model.channels > 2 ? 150 : 200) / tall, 46), Math.min(written, 40));
  return tall <= 6 ? Math.max(44, written) : Math.max(Math.min(390 / tall, 44), Math.min(written, 390 / tall, 50), 13);
}

// The sides, in CSS pixels, of a cell of the maps, of the kernel, of the im2col matrix and of its column.
// `factors` are those of factorDigits; `characters`: how many the numbers of the maps have.
function layout(model, width, factors, characters) {
  const narrow = width < 640;
  const [kernelRows, kernelCols] = model.window;
  const signs = GAP * (model.adds ? 3 : 2);
  const maps = model.padded[1] + model.out[1] * (model.adds ? 2 : 1);
  const ideal = idealCellSide(model, characters);
  const room = (narrow ? width - GAP : width * 0.36) / kernelCols;
  let kernel = Math.min(idealKernelSide(factors), room, (model.channels > 1 ? 260 : 400) / kernelRows);
  let cell = Math.min(ideal, (width - kernel * kernelCols - signs) / maps);
  if (narrow || cell < 12) {
    cell = Math.min(ideal, 40, width / model.padded[1], (width - GAP) / model.out[1]);
    const beside = (width - GAP - kernel * kernelCols) / model.padded[1]; // input and kernel in one line
    if (beside >= 22) cell = Math.min(cell, beside);
  }
  const columns = model.channels * model.taps;
  const filters = model.filters?.length ?? 1;
  const column = Math.min(28, 620 / columns);
  const beside = narrow ? 0 : 2 * GAP + filters * column + 16; // the two signs and the filters
  const rows = Math.min(28, (width - beside) / (columns + (narrow ? 0 : filters)), Math.max(900 / model.count, 6));
  return { cell: whole(cell, 4), kernel: whole(kernel, 10), rows: whole(rows, 5), column: whole(column, 5) };
}

// Whole pixels where there is room for them: sharp lines.
function whole(size, least) {
  return Math.max(size >= 8 ? Math.floor(size) : Math.floor(size * 4) / 4, least);
}
