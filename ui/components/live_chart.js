// The chart. It keeps its zoom and its cursor on the DOM node, in the data's own numbers, and new data only
// moves what is drawn: no node is made anew, so nothing flickers and nothing is forgotten.

const AXIS = 46; // pixels below the last panel: numbers and label
const GAP = 34; // above each panel: its title
const LEAST_SPAN = 4; // steps that a zoom shows at least

class Chart {
  constructor(root) {
    this.root = root;
    this.view = null; // [from, to] in steps; null: all of it, and what comes
    this.cursor = null; // a step; null: the newest
    this.brushed = null; // [from, to] in pixels while a range is dragged
    this.log = false;
    const top = make("div", root, { className: "top" });
    this.readOut = new ReadOut(top);
    this.makeButtons(make("div", top, { className: "tools" }));
    this.svg = shape("svg", root, { class: "plot", tabindex: 0, role: "img" });
    this.panelViews = [];
    this.panelGroup = shape("g", this.svg);
    this.axis = shape("g", this.svg, { class: "axis" });
    this.xTicks = shape("g", this.axis);
    this.xLabel = shape("text", this.axis, { class: "label" });
    this.waiting = shape("text", this.svg, { class: "waiting" });
    this.brushRect = shape("rect", this.svg, { class: "brush" });
    this.mark = new Upright(this.svg, "mark", "marked");
    this.hair = new Upright(this.svg, "hair", "flag");
    new Gestures(this);
    new ResizeObserver(() => this.later()).observe(this.svg);
  }

  makeButtons(tools) {
    const act = { zoomIn: () => this.zoomBy(0.5), zoomOut: () => this.zoomBy(2), whole: () => this.zoom(null) };
    act.log = () => this.useLog(!this.log);
    act.svg = () => this.saveSvg();
    act.csv = () => hand(`${this.data.file}.csv`, "text/csv", csvText(this.data.xLabel, this.data.panels, this.series));
    const faces = { zoomIn: "+", zoomOut: "−", svg: "SVG ↓", csv: "CSV ↓" };
    this.buttons = {};
    for (const [name, onclick] of Object.entries(act)) {
      this.buttons[name] = make("button", tools, { type: "button", onclick, textContent: faces[name] ?? "" });
    }
  }

  // What Python knows now. Streamlit calls at every rerun, mostly with what is already on screen.
  update(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    this.data = data;
    this.series = data.series.map(({ name, lines }) => ({ name, lines: lines.map((line, p) => this.unpacked(line, data.panels[p])) }));
    const steps = new Set(this.series.flatMap((run) => run.lines.flatMap((line) => [...line.x])));
    this.steps = Float64Array.from(steps).sort();
    this.label();
    this.draw();
  }

  unpacked({ x, y }, { smooth }) {
    const values = unpack(y);
    return { x: unpack(x), y: values, mean: smooth ? smoothed(values, smooth) : null };
  }

  label() {
    const { labels, panels, xLabel, height } = this.data;
    for (const name of ["whole", "log"]) write(this.buttons[name], labels[name]);
    for (const name of ["zoomIn", "zoomOut", "svg", "csv"]) set(this.buttons[name], { "aria-label": labels[name], title: labels[name] });
    this.buttons.log.hidden = !panels.some((panel) => panel.log);
    this.svg.style.height = `${height}px`;
    const what = panels.map((panel) => panel.title).join(", ");
    set(this.svg, { "aria-label": labels.chart.replace("{what}", what).replace("{x}", xLabel) });
    set(this.buttons.whole, { title: labels.help });
    write(this.waiting, labels.waiting);
    write(this.xLabel, xLabel);
  }

  // The axis without zoom: from 0 to the expected end, or to the newest point.
  get whole() {
    const newest = this.steps.length ? this.steps[this.steps.length - 1] : 0;
    return [Math.min(0, this.steps[0] ?? 0), Math.max(this.data.xMax ?? 0, newest, 1)];
  }

  get shown() {
    return this.view ?? this.whole;
  }

  isSeen(step) {
    return step !== null && step >= this.shown[0] && step <= this.shown[1];
  }

  valueAt(pixel) {
    const [from, to] = this.shown;
    return from + ((pixel - this.left) / (this.right - this.left)) * (to - from);
  }

  pixelOf(x) {
    const [from, to] = this.shown;
    return this.left + ((x - from) / (to - from)) * (this.right - this.left);
  }

  hasFocus() {
    return this.root.getRootNode().activeElement === this.svg;
  }

  // What gestures ask for

  zoom(range) {
    const [first, last] = this.whole;
    let [from, to] = range ?? this.whole;
    const span = Math.min(last - first, Math.max(LEAST_SPAN, to - from));
    from = Math.max(first, Math.min(last - span, (from + to - span) / 2));
    this.view = span >= (last - first) * 0.999 ? null : [from, from + span];
    this.later();
  }

  zoomBy(factor, pixel = null) {
    const [from, to] = this.shown;
    const fixed = pixel === null ? (this.cursor ?? (from + to) / 2) : this.valueAt(pixel);
    this.zoom([fixed - (fixed - from) * factor, fixed + (to - fixed) * factor]);
  }

  pan(pixels) {
    if (!this.view) return;
    const by = (pixels / (this.right - this.left)) * (this.view[1] - this.view[0]);
    this.zoom([this.view[0] + by, this.view[1] + by]);
  }

  point(pixel) {
    const [from, to] = this.shown;
    const at = pixel === null ? null : Math.min(to, Math.max(from, this.valueAt(pixel)));
    this.moveCursor(at === null || !this.steps.length ? null : nearest(this.steps, at), false);
  }

  walk(by) {
    if (!this.steps.length) return;
    const last = this.steps.length - 1;
    const at = this.cursor === null ? last + (by < 0 ? 1 : 0) : countBelow(this.steps, this.cursor);
    this.moveCursor(this.steps[Math.min(last, Math.max(0, at + by))], true);
    const [from, to] = this.shown;
    if (this.cursor < from) this.zoom([this.cursor, this.cursor + to - from]);
    else if (this.cursor > to) this.zoom([this.cursor - to + from, this.cursor]);
  }

  moveCursor(step, spoken) {
    if (step === this.cursor) return;
    this.cursor = step;
    this.spoken = spoken;
    this.later();
  }

  brush(range) {
    this.brushed = range;
    this.later();
  }

  useLog(log) {
    this.log = log;
    this.later();
  }

  saveSvg() {
    const { paper, colours } = this.inks();
    const names = this.series.map((run) => run.name);
    hand(`${this.data.file}.svg`, "image/svg+xml", svgText(this.svg, paper, names, DASHES, colours));
  }

  inks() {
    const colours = [...this.readOut.body.querySelectorAll("line")].map((line) => getComputedStyle(line).stroke);
    return { colours, paper: getComputedStyle(this.root).getPropertyValue("--paper") || "#fbfaf7" };
  }

  // Drawing

  later() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const { width, height } = this.svg.getBoundingClientRect();
    if (!width || !this.data) return;
    set(this.svg, { viewBox: `0 0 ${width} ${height}` });
    this.left = 58;
    this.right = width - 14;
    this.drawPanels(height);
    this.drawAxis(height);
    this.drawCursor(height);
    this.drawReadOut();
    this.buttons.whole.disabled = this.buttons.zoomOut.disabled = this.view === null;
    set(this.buttons.log, { "aria-pressed": this.log });
  }

  drawPanels(height) {
    const { panels } = this.data;
    while (this.panelViews.length < panels.length) {
      this.panelViews.push(new PanelView(this.panelGroup, this.panelViews.length));
    }
    for (const view of this.panelViews.splice(panels.length)) view.group.remove();
    const room = (height - AXIS) / panels.length;
    panels.forEach((panel, p) => {
      const view = this.panelViews[p];
      const bottom = (p + 1) * room - (p + 1 < panels.length ? 8 : 0);
      view.place({ left: this.left, right: this.right, top: p * room + GAP, bottom }, panel.title);
      const log = panel.log && this.log;
      const lines = this.series.map((run) => run.lines[p]);
      view.scale(this.extentOf(lines, log), { percent: panel.percent, log, whole: this.view === null });
      view.drawGrid(panel.percent, log);
      this.drawLines(view, lines);
    });
  }

  between({ x }) {
    const [from, to] = this.shown;
    return [Math.max(0, countBelow(x, from) - 1), Math.min(x.length, countBelow(x, to, true) + 1)];
  }

  extentOf(lines, log) {
    const [from, to] = this.shown;
    const ends = lines.map(({ x, y }) => extent(y, countBelow(x, from), countBelow(x, to, true), log));
    return [Math.min(...ends.map((end) => end[0])), Math.max(...ends.map((end) => end[1]))];
  }

  drawLines(view, lines) {
    each(view.lines, lines, Chart.line, (group, line, i) => {
      const [from, to] = this.between(line);
      const path = (values) => pathOf(to - from, (n) => [this.pixelOf(line.x[from + n]), view.y(values[from + n])]);
      set(group, { style: styleOf(i), class: line.mean ? "line smooth" : "line" });
      const [raw, mean] = group.children;
      set(raw, { d: path(line.y) });
      set(mean, { d: line.mean ? path(line.mean) : "" });
    });
    const few = lines.flatMap((line, i) => (line.mean ? [] : this.fewPoints(view, line, i)));
    each(view.dots, few, (parent) => shape("circle", parent), (dot, { x, y, i }) => set(dot, { cx: x, cy: y, r: 3, style: styleOf(i) }));
  }

  static line(parent) {
    const group = shape("g", parent);
    shape("path", group, { class: "raw" });
    shape("path", group, { class: "mean" });
    return group;
  }

  // Measured points get a dot each while there is room for them.
  fewPoints(view, line, i) {
    const [from, to] = [countBelow(line.x, this.shown[0]), countBelow(line.x, this.shown[1], true)];
    if (to - from > (this.right - this.left) / 10) return [];
    const points = Array.from({ length: to - from }, (_, n) => [line.x[from + n], view.y(line.y[from + n])]);
    return points.filter(([, y]) => Number.isFinite(y)).map(([x, y]) => ({ x: this.pixelOf(x).toFixed(1), y: y.toFixed(1), i }));
  }

  drawAxis(height) {
    const [from, to] = this.shown;
    const step = Math.max(1, niceStep(to - from, Math.max(2, (this.right - this.left) / 90)));
    const bottom = height - AXIS;
    const upright = [this.cursor, this.data.mark].filter((step) => this.isSeen(step));
    const clear = (value) => upright.every((step) => Math.abs(this.pixelOf(value) - this.pixelOf(step)) > 36);
    each(this.xTicks, ticks(from, to, step).filter(clear), (parent) => shape("text", parent, { class: "tick x" }), (node, value) => {
      set(node, { x: this.pixelOf(value).toFixed(1), y: bottom + 20 });
      write(node, tickText(value, step, false));
    });
    set(this.xLabel, { x: this.right, y: height - 6 });
    const [{ top, bottom: low }] = this.panelViews;
    set(this.waiting, { x: (this.left + this.right) / 2, y: (top + low) / 2, visibility: this.steps.length ? "hidden" : "visible" });
  }

  drawCursor(height) {
    const top = GAP - 6;
    const [from, to] = this.brushed ?? [0, 0];
    const ends = [from, to].map((x) => Math.max(this.left, Math.min(this.right, x))).sort((a, b) => a - b);
    set(this.brushRect, { x: ends[0], y: top, width: ends[1] - ends[0], height: height - AXIS - top });
    for (const [upright, step] of [[this.mark, this.data.mark], [this.hair, this.cursor]]) {
      upright.show(this.isSeen(step) ? step : null, (value) => this.pixelOf(value), top, height - AXIS);
    }
  }

  // Each run's values at the cursor, or at the mark, or its newest; what is older than that says so.
  drawReadOut() {
    const { panels, xLabel, labels } = this.data;
    const at = this.cursor ?? this.data.mark ?? this.steps[this.steps.length - 1];
    const rows = this.series.map(({ name, lines }) => ({ name, cells: lines.map((line, p) => this.reading(line, at, panels[p], labels)) }));
    const where = at === undefined ? xLabel : `${xLabel} ${at.toLocaleString("en-US")}`;
    this.readOut.show(where, panels.map((panel) => panel.title), rows, this.spoken);
  }

  reading({ x, y, mean }, at, { percent }, labels) {
    const i = countBelow(x, at, true) - 1;
    if (i < 0 || at === undefined) return { value: "–", note: "" };
    const notes = mean && Number.isFinite(mean[i]) ? [labels.mean.replace("{value}", valueText(mean[i], percent))] : [];
    if (x[i] !== at) notes.push(`${this.data.xLabel} ${x[i].toLocaleString("en-US")}`);
    return { value: valueText(y[i], percent), note: notes.join(" · ") };
  }
}

function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".root");
  root.chart ??= new Chart(root);
  root.chart.update(data);
}
