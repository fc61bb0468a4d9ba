// What hands do to the chart: point, drag a range, pan, pinch, wheel, keys.

const LEAST_DRAG = 6; // pixels; less is a click

class Gestures {
  constructor(chart) {
    this.chart = chart;
    this.pointers = new Map(); // id -> last x of each finger or mouse that is down
    const svg = chart.svg;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.up(event));
    svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && chart.point(null));
    svg.addEventListener("dblclick", () => chart.zoom(null));
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  at(event) {
    return event.clientX - this.chart.svg.getBoundingClientRect().left;
  }

  down(event) {
    if (event.button !== 0) return;
    const at = this.at(event);
    this.chart.svg.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    this.from = at;
    this.pans = event.shiftKey || (event.pointerType !== "mouse" && this.chart.view !== null);
    if (event.pointerType !== "mouse") this.chart.point(at);
    if (this.pointers.size > 1) this.chart.brush(null);
  }

  move(event) {
    const at = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      this.chart.point(at);
    } else if (this.pointers.size === 2) {
      this.pinch(event.pointerId, at);
    } else if (this.pans) {
      this.chart.pan(before - at);
    } else {
      this.chart.point(at);
      if (event.pointerType === "mouse" && Math.abs(at - this.from) >= LEAST_DRAG) this.chart.brush([this.from, at]);
    }
    if (before !== undefined) this.pointers.set(event.pointerId, at);
  }

  pinch(id, at) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, x]) => x);
    const before = Math.max(10, Math.abs(this.pointers.get(id) - other));
    const now = Math.max(10, Math.abs(at - other));
    this.chart.zoomBy(before / now, (at + other) / 2);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const range = this.chart.brushed;
    this.chart.brush(null);
    if (range && event.type === "pointerup") this.chart.zoom(range.map((x) => this.chart.valueAt(x)).sort((a, b) => a - b));
  }

  // The wheel scrolls the page until the chart has been clicked; a pinch on a touchpad always zooms.
  wheel(event) {
    const { chart } = this;
    if (!(event.ctrlKey || event.metaKey || chart.hasFocus())) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) chart.pan(event.deltaX);
    else chart.zoomBy(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * (event.ctrlKey ? 0.01 : 0.004)), this.at(event));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { chart } = this;
    const by = event.shiftKey ? 10 : 1;
    const actions = {
      ArrowLeft: () => chart.walk(-by),
      ArrowRight: () => chart.walk(by),
      Home: () => chart.walk(-Infinity),
      End: () => chart.walk(Infinity),
      "+": () => chart.zoomBy(0.5),
      "=": () => chart.zoomBy(0.5),
      "-": () => chart.zoomBy(2),
      0: () => chart.zoom(null),
      Escape: () => chart.zoom(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
