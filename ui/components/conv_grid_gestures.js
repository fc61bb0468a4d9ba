// Pointer and keyboard: from events to what the view is asked to do.

class Gestures {
  constructor(view) {
    this.view = view;
    const { root, stage } = view;
    root.addEventListener("pointermove", (event) => this.onMove(event));
    root.addEventListener("pointerdown", (event) => this.onDown(event));
    root.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && view.point(null));
    root.addEventListener("pointerup", (event) => this.onUp(event));
    root.addEventListener("pointercancel", () => (this.drag = null));
    // Here touch-action alone does not hold: Chromium loses it on an SVG shape that is moved by a transform.
    const keep = (event) => event.target.matches(".mark.window") && event.preventDefault();
    root.addEventListener("touchstart", keep, { passive: false });
    stage.addEventListener("keydown", (event) => this.onKey(event));
  }

  // What is under a pointer: an output cell's position, an input cell, or a weight.
  targetOf(event) {
    const figure = event.target.closest?.(".plate")?.parentElement;
    const grid = figure && this.view.allGrids().find((one) => one.figure === figure);
    const cell = grid?.cellAt(event);
    return cell ? this.meaning(grid, ...cell) : null;
  }

  meaning(grid, row, col) {
    const { grids, model } = this.view;
    const { input, kernel, output, totals, rows, column, result } = grids;
    const c = Math.max(input.indexOf(grid), kernel.indexOf(grid), output.indexOf(grid), 0);
    const tapOf = (k) => ({ c: Math.floor(k / model.taps), tap: k % model.taps });
    if (grid === rows) return { on: "output", n: row, ...tapOf(col), grid };
    if (grid === result) return { on: "output", n: row, c: 0, f: col, grid };
    if (grid === column) return { on: "kernel", ...tapOf(row), f: col, grid };
    if (totals.includes(grid) || output.includes(grid)) {
      const f = totals.includes(grid) ? totals.indexOf(grid) : undefined;
      return this.view.sizeHidden() ? null : { on: "output", n: model.position(row, col), c, f, grid };
    }
    if (input.includes(grid)) return { on: "input", c, row, col, grid };
    return { on: "kernel", c, tap: row * model.window[1] + col, grid };
  }

  onMove(event) {
    if (this.drag?.id === event.pointerId) this.onDrag(event);
    else if (event.pointerType !== "touch") this.view.point(this.targetOf(event));
  }

  onDown(event) {
    const target = this.targetOf(event);
    if (!target || event.button) return;
    this.view.pause();
    const may = event.pointerType !== "touch" || event.target.matches(".mark.window");
    this.drag = { id: event.pointerId, target, may, moved: false, x: event.clientX, y: event.clientY };
  }

  // Dragging moves the window. A touch does so only from the window itself; elsewhere it scrolls the page.
  onDrag(event) {
    const { drag, view } = this;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 5) return;
    if (!drag.moved && drag.may) {
      view.root.setPointerCapture(event.pointerId);
      view.letGo();
    }
    drag.moved = true;
    if (!drag.may) return;
    const target = this.meaning(drag.target.grid, ...drag.target.grid.cellAt(event, true));
    if (target?.on === "output") view.moveTo(target.n);
    if (target?.f !== undefined) view.useFilter(target.f);
    if (target?.on === "input") view.moveTo(view.model.nearest(target.row, target.col));
  }

  onUp(event) {
    const { drag, view } = this;
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    if (drag.moved) return;
    const { target } = drag;
    if (target.f !== undefined) view.useFilter(target.f); // a finger has not pointed before
    if (target.on === "output") view.togglePin(target.n, target.c);
    else if (event.pointerType === "touch") view.point(view.isPointed(target) ? null : target);
    else if (target.on === "input") view.moveTo(view.model.nearest(target.row, target.col));
  }

  onKey(event) {
    const { view } = this;
    const [rows, cols] = view.model.out;
    const [row, col] = view.model.place(view.at);
    const acts = {
      ArrowLeft: () => col > 0 && view.moveTo(view.at - 1),
      ArrowRight: () => col < cols - 1 && view.moveTo(view.at + 1),
      ArrowUp: () => row > 0 && view.moveTo(view.at - cols),
      ArrowDown: () => row < rows - 1 && view.moveTo(view.at + cols),
      Home: () => view.moveTo(0),
      End: () => view.moveTo(view.model.count - 1),
      " ": () => (view.playing ? view.pause() : view.play()),
      Enter: () => view.togglePin(view.at, view.channel),
      Escape: () => view.escape(),
    };
    const filter = Number(event.key) - 1;
    if (view.model.filters?.[filter]) acts[event.key] = () => view.useFilter(filter);
    if (!acts[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (event.key !== " ") view.pause();
    acts[event.key]();
  }
}
