// The sentences about a position: how its number comes about, and what an input cell or a weight takes part in.

const MOST_TERMS_WRITTEN = 27; // three channels of 3×3

// A negative number inside a product or a sum stands in brackets.
function inBrackets(value) {
  return value < 0 ? `(${rounded(value)})` : rounded(value);
}

function product({ x, w }) {
  return `${rounded(x)}×${inBrackets(w)}`;
}

// "1×2 + 2×0 + …" of one channel, or how many products there are.
function sumOfProducts(terms, labels) {
  if (terms.length > MOST_TERMS_WRITTEN) return fill(labels.products, { count: terms.length });
  return terms.map(product).join(" + ");
}

// How the number at n came about: "1×2 + … + 3 = 18", "max(1, 2, 0, 1) = 2", "(1 + 2 + 0 + 1) ÷ 4 = 1".
function equation(model, n, c, labels) {
  const value = rounded(model.value(n, c));
  if (model.pools) {
    const seen = model.terms(c, n).map((term) => rounded(term.x));
    const short = seen.length > MOST_TERMS_WRITTEN ? fill(labels.values, { count: seen.length }) : null;
    if (model.op === "max") return `max(${short ?? seen.join(", ")}) = ${value}`;
    return `(${short ?? seen.map((text) => (text.startsWith("−") ? `(${text})` : text)).join(" + ")}) ÷ ${model.taps} = ${value}`;
  }
  const bias = model.bias ? ` + ${inBrackets(model.bias)} (${labels.bias})` : "";
  if (!model.adds) return `${sumOfProducts(model.terms(0, n), labels)}${bias} = ${value}`;
  const parts = model.maps.map((map, i) => `${i ? inBrackets(map[n]) : rounded(map[n])} (${model.names[i]})`);
  return `${parts.join(" + ")}${bias} = ${value}`;
}

// What stands below the output: the sum, the bias, the result.
function shortSum(model, n, c, labels) {
  const value = rounded(model.value(n, c));
  if (model.op === "max") return `${labels.largest}: ${value}`;
  if (model.op === "avg") return `${rounded(model.windowSum(c, n))} ÷ ${model.taps} = ${value}`;
  const sum = model.totals[n] - model.bias;
  return model.bias ? `${rounded(sum)} + ${inBrackets(model.bias)} = ${value}` : `${labels.sum}: ${value}`;
}

function where(row, col, labels) {
  return fill(labels.where, { row: row + 1, col: col + 1 });
}

function wherePosition(model, n, labels) {
  return where(...model.place(n), labels);
}

// The last digits, where rounding hid some.
function exactly(value, labels) {
  return exact(value) === rounded(value) ? "" : ` ${fill(labels.exactly, { value: exact(value) })}`;
}

function aboutInput(model, c, row, col, labels) {
  const value = model.at(c, row, col);
  const [r, k] = [row - model.padding[0], col - model.padding[1]];
  const name = model.isBorder(row, col) ? labels.paddingCell : where(r, k, labels);
  const fed = model.feeds(row, col).length;
  const used = fed ? fill(labels.feeds, { count: fed }) : labels.unused;
  return `${name}: ${rounded(value)}. ${used}${exactly(value, labels)}`;
}

function aboutWeight(model, c, tap, labels) {
  const value = model.weightAt(c, tap);
  return `${fill(labels.weight, { value: rounded(value), count: model.count })}${exactly(value, labels)}`;
}
