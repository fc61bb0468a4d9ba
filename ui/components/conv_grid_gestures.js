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
    stage.addEventListener("blur", () => view.pointed?.byKeys && view.point(null));
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
    const { stage } = view;
    const keys = event.pointerType !== "touch" && !stage.contains(event.target); // Escape is heard where the focus is
    if (keys) stage.focus({ preventScroll: true, focusVisible: false });
    if (target.on === "output") return view.togglePin(target.n, target.c, target.f);
    if (target.f !== undefined) view.useFilter(target.f); // a finger has not pointed before
    if (event.pointerType === "touch") view.point(view.isPointed(target) ? null : target);
    else if (target.on === "input") view.moveTo(view.model.nearest(target.row, target.col));
  }

  onKey(event) {
    const { view } = this;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
    const acts = { ...this.common(), ...(view.pointed?.byKeys ? this.pointing(view.pointed) : this.moving()) };
    const act = acts[event.key] ?? acts[letter];
    if (!act) return;
    event.preventDefault();
    if (event.key !== " ") view.pause();
    act();
  }

  common() {
    const { view } = this;
    const filters = (view.model.filters ?? []).map((_, f) => [f + 1, () => view.useFilter(f)]);
    return {
      ...Object.fromEntries(filters),
      i: () => this.pointInto("input"),
      k: () => !view.model.pools && this.pointInto("kernel"),
      o: () => view.point(null),
      c: () => this.nextChannel(),
      " ": () => (view.playing ? view.pause() : view.play()),
    };
  }

  // The arrows move the window.
  moving() {
    const { view } = this;
    const [rows, cols] = view.model.out;
    const [row, col] = view.model.place(view.at);
    return {
      ArrowLeft: () => col > 0 && view.moveTo(view.at - 1),
      ArrowRight: () => col < cols - 1 && view.moveTo(view.at + 1),
      ArrowUp: () => row > 0 && view.moveTo(view.at - cols),
      ArrowDown: () => row < rows - 1 && view.moveTo(view.at + cols),
      Home: () => view.moveTo(0),
      End: () => view.moveTo(view.model.count - 1),
      Enter: () => view.togglePin(view.at, view.channel),
      Escape: () => view.escape(),
    };
  }

  // The arrows point at the cells of the input or the kernel, as a pointer does.
  pointing({ grid, row, col, ...target }) {
    const { view } = this;
    const [last, end] = [grid.rows - 1, grid.cols - 1];
    const to = (row, col) => this.pointAt(grid, Math.min(Math.max(row, 0), last), Math.min(Math.max(col, 0), end));
    return {
      ArrowLeft: () => to(row, col - 1),
      ArrowRight: () => to(row, col + 1),
      ArrowUp: () => to(row - 1, col),
      ArrowDown: () => to(row + 1, col),
      Home: () => to(0, 0),
      End: () => to(last, end),
      Enter: () => target.on === "input" && view.moveTo(view.model.nearest(row, col)),
      Escape: () => view.point(null),
    };
  }

  // Into the input where the window stands, into the kernel at its first weight.
  pointInto(name) {
    const { model, channel, at, grids } = this.view;
    const c = Math.min(channel, model.channels - 1);
    const place = name === "input" ? model.cell(at, Math.floor(model.taps / 2)) : [0, 0];
    this.pointAt(grids[name][c], ...place);
  }

  pointAt(grid, row, col) {
    this.view.point({ ...this.meaning(grid, row, col), row, col, byKeys: true });
  }

  // Of pooling, whose channels have outputs of their own, and of the grid that the arrows point into.
  nextChannel() {
    const { view } = this;
    const { pointed, grids, model } = view;
    view.channel = (Math.min(view.channel, model.channels - 1) + 1) % model.channels;
    if (pointed?.byKeys) this.pointAt(grids[pointed.on][view.channel], pointed.row, pointed.col);
    else view.schedule();
  }
}
