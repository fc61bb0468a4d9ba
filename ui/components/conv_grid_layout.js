// How large the cells are: from the width there is and from what is to be written in them.

const GAP = 34; // between two grids, with the sign that stands there
const CHARACTER = 0.6; // the width of a digit, of its height

// The largest number size that `length` characters may have in a cell; 0: no room for numbers.
function fontFor(size, length) {
  const font = Math.min(17, size * 0.5, (size - 4) / (CHARACTER * length));
  return font < 9.5 ? 0 : font;
}

function longest(values, digits) {
  return Math.max(1, ...values.map((value) => rounded(value, digits).length));
}

// One style for the numbers of a grid: as many digits as fit, from two after the point down to one.
function numbers(values, size) {
  for (const digits of [2, 1]) {
    const font = fontFor(size, longest(values, digits));
    if (font >= 11 || (font && digits === 1)) return { digits, font };
  }
  return { digits: 1, font: 0 };
}

// {cell, kernel, rows}: the sides of a cell of the maps, of the kernel and of the im2col matrix, in CSS pixels.
function layout(model, width, words) {
  const wide = width >= 640;
  const [maps, kernel] = [model.padded[1] + model.out[1] * (model.adds ? 2 : 1), model.window[1]];
  const signs = GAP * (model.adds ? 3 : 2);
  const height = (wide ? 400 : 320) / (model.channels > 1 ? 1.7 : 1);
  const ideal = Math.min(Math.max(words * 8.8 + 8, 46), 84);
  let side = Math.min(ideal, (wide ? width * 0.34 : width - 4) / kernel, height / model.window[0]);
  const tall = Math.max(model.padded[0], model.out[0]);
  let cell = Math.min(46, height / Math.min(tall, 26), (width - side * kernel - signs) / maps);
  if (!wide || cell < 12) {
    cell = Math.min(40, (width - 4) / model.padded[1], (width - 4) / model.out[1]);
    const beside = (width - GAP - model.out[1] * cell) / kernel;
    if (beside >= 42) side = Math.min(side, beside);
  }
  const rows = Math.min(30, (width - (wide ? 190 : 4)) / (model.channels * model.taps), 620 / model.count);
  return { cell: floor(cell, 4), kernel: floor(side, 10), rows: floor(Math.max(rows, 5), 5) };
}

// Whole pixels where there is room for them: sharp lines.
function floor(size, least) {
  return Math.max(size >= 8 ? Math.floor(size) : Math.floor(size * 4) / 4, least);
}
