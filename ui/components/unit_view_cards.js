// The input maps of an opened map, each with its filter slice and what both give.

const CARDS = 9; // the strongest input maps; the others wait behind a button

class Cards {
  constructor(view, into) {
    this.view = view;
    const { data } = view;
    const { labels, channels, part } = data;
    if (data.sides) make("h4", into).textContent = channels.length > 1 ? labels.maps : labels.together;
    const box = make("div", into, { className: "cards" });
    this.order = this.ranked();
    this.limits = { input: largest(view.inputsOf), weight: largest(view.weightsOf), product: largest(view.productsOf) };
    this.shown = view.everything ? this.order : this.order.slice(0, CARDS);
    this.alone = channels.length === 1;
    this.all = this.shown.map((i) => this.card(box, i, channels[i] === part));
    this.rest = make("p", into, { className: "note rest" });
    if (this.order.length > CARDS) this.more(into);
    const scales = fill(data.source === "input" ? labels.scalesOfImage : labels.scales, {
      input: shown(this.limits.input, 3), weight: shown(this.limits.weight, 3), product: shown(this.limits.product, 3),
    });
    make("p", into, { className: "note" }).textContent = scales;
  }

  // Which inputs give most at the point that is kept.
  ranked() {
    const { view } = this;
    const size = (i) => Math.abs(view.product(i, view.data.at)) || 0;
    return view.data.channels.map((_, i) => i).sort((a, b) => size(b) - size(a));
  }

  more(into) {
    const { view } = this;
    const { labels, channels } = view.data;
    const more = make("button", into, { className: "more", type: "button" });
    more.textContent = view.everything ? labels.fewer : fill(labels.all, { count: channels.length });
    more.addEventListener("click", () => {
      view.everything = !view.everything;
      view.build();
      view.show();
    });
  }

  card(box, i, isPart) {
    const { view, alone, limits } = this;
    const { channels, outShape, weightShape, source, labels } = view.data;
    const node = make("div", box, { className: `card${alone ? " alone" : isPart ? " part" : ""}` });
    const input = new Plate(node, "button");
    make("span", node, { className: "sign" }).textContent = "∗";
    const slice = new Plate(node, "button");
    make("span", node, { className: "sign" }).textContent = "=";
    const result = new Plate(node, "button");
    const cells = weightShape[0] * weightShape[1];
    const outputs = view.outputOf.length;
    const side = outputs > 1 ? (alone ? IMAGE : 48) : 20;
    view.paintInput(input, i, alone ? IMAGE : 56, limits.input);
    view.signed(slice, view.weightsOf.subarray(i * cells, (i + 1) * cells), weightShape, alone ? IMAGE : 30, limits.weight);
    view.signed(result, view.productsOf.subarray(i * outputs, (i + 1) * outputs), outShape, side, limits.product);
    slice.frame(null);
    view.walkable(input, i);
    for (const plate of [slice, result]) {
      plate.node.setAttribute("aria-label", fill(labels.numbers, { channel: channels[i] }));
      plate.node.title = fill(labels.numbers, { channel: channels[i] });
      plate.node.addEventListener("click", () => view.tell("part", { channel: channels[i] }));
    }
    const note = make("div", node, { className: "note" });
    make("span", note).textContent = source === "input" ? labels.image : `${source} · ${channels[i]}`;
    return { i, input, result, number: make("b", note) };
  }

  // What each map gives at the point, and what those give that have no card: so the sum on screen is whole.
  show(window, pixel) {
    const { view } = this;
    this.all.forEach(({ i, input, result, number }) => {
      input.frame(window);
      result.frame(pixel);
      put(number, view.product(i));
    });
    const hidden = this.order.slice(this.shown.length);
    const count = hidden.length + view.data.others;
    const sum = hidden.reduce((total, i) => total + view.product(i), view.restOf[view.place(view.here)]);
    this.rest.style.display = count ? "" : "none";
    this.rest.replaceChildren(...spoken(view.data.labels.rest, { count, sum: signedText(sum) }));
    this.rest.dataset.sum = sum;
  }
}
