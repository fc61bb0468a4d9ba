// The sentences about a position: how its number comes about, and what an input cell or a weight takes part in.

const LONGEST_SUM = 160; // characters; a longer one is told by how many terms it has

// A negative number inside a product or a sum stands in brackets.
function inBrackets(value, say = rounded) {
  return value < 0 ? `(${say(value)})` : say(value);
}

function product({ x, w }) {
  return `${rounded(x)}×${inBrackets(w)}`;
}

// The terms as written, if they are not too long; else how many there are.
function written(terms, between, otherwise) {
  const text = terms.join(between);
  return text.length <= LONGEST_SUM ? text : fill(otherwise, { count: terms.length });
}

// How the number at n came about: "1×2 + … + 3 = 18", "max(1, 2, 0, 1) = 2", "(1 + 2 + 0 + 1) ÷ 4 = 1".
function equation(model, n, c, labels) {
  const value = rounded(model.value(n, c));
  const seen = model.pools ? model.terms(c, n).map((term) => term.x) : [];
  if (model.op === "max") return `max(${written(seen.map((x) => rounded(x)), ", ", labels.values)}) = ${value}`;
  if (model.op === "avg") return `(${written(seen.map((x) => inBrackets(x)), " + ", labels.values)}) ÷ ${model.taps} = ${value}`;
  const bias = model.bias ? ` + ${inBrackets(model.bias)} (${labels.bias})` : "";
  const parts = model.maps.map((map, i) => `${i ? inBrackets(map[n]) : rounded(map[n])} (${model.names[i]})`);
  const sum = model.adds ? parts.join(" + ") : written(model.terms(0, n).map(product), " + ", labels.products);
  return `${sum}${bias} = ${value}`;
}

// What stands below the output: the sum, the bias, the result.
function shortSum(model, n, c, labels) {
  const value = rounded(model.value(n, c));
  if (model.op === "max") return `${labels.largest}: ${value}`;
  if (model.op === "avg") return `${rounded(model.windowSum(c, n))} ÷ ${model.taps} = ${value}`;
  const sum = model.totals[n] - model.bias;
  return model.bias ? `${rounded(sum)} + ${inBrackets(model.bias)} = ${value}` : `${labels.sum}: ${value}`;
}

function wherePosition(model, n, labels) {
  const [row, col] = model.named(n);
  return fill(labels.where, { row, col });
}

// The last digits, where rounding hid some.
function exactly(value, labels) {
  return exact(value) === rounded(value) ? "" : ` ${fill(labels.exactly, { value: exact(value) })}`;
}

// `asked`: the output's size is still to be found, and how far its cells go is not told.
function aboutInput(model, c, row, col, labels, asked) {
  const value = model.at(c, row, col);
  const place = { row: row - model.padding[0] + 1, col: col - model.padding[1] + 1 };
  const inside = model.isPart ? labels.input : `${labels.input} ${fill(labels.where, place)}`;
  const name = model.isBorder(row, col) ? labels.paddingCell : inside;
  const fed = model.feeds(row, col).length;
  const used = fed ? fill(fed === 1 ? labels.feedsOne : labels.feeds, { count: fed }) : labels.unused;
  return `${name}: ${rounded(value)}.${asked ? "" : ` ${used}`}${exactly(value, labels)}`;
}

function aboutWeight(model, c, tap, labels, asked) {
  const value = model.weightAt(c, tap);
  const padding = model.meets(tap).filter(([row, col]) => model.isBorder(row, col)).length;
  const [one, many] = padding ? [labels.weightOnceOutside, labels.weightPadded] : [labels.weightOnce, labels.weight];
  const sentence = asked ? labels.weightAsked : model.count === 1 ? one : many;
  return `${fill(sentence, { value: rounded(value), count: model.count, padding })}${exactly(value, labels)}`;
}

// What a weight does where the window stands: its cell of the kernel may be too small to say so.
function aboutProduct(model, c, tap, n, labels) {
  const { x, w, product } = model.terms(c, n)[tap];
  return ` ${fill(labels.here, { x: told(x), w: inBrackets(w, told), product: told(product) })}`;
}
