// The layers one behind the other, as sheets that a drag, or Shift and an arrow key, turns about.

const TALL = 390; // px of the view in space, at most
const SHEET = 150; // px: about a sheet's side
const FIRST = { across: 56, up: -9 }; // degrees at first: from the image on the left to the answer on the right
const PER_PIXEL = 0.4; // degrees that a drag of one pixel turns
const STEEPEST = 60; // degrees

class Space {
  constructor(net, stage) {
    Object.assign(this, { net, stage, ...FIRST, from: null, dragged: false });
    net.addEventListener("pointerdown", (event) => {
      this.dragged = false;
      this.from = [event.clientX, event.clientY];
    });
    net.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) net.addEventListener(name, () => { this.from = null; });
  }

  drag(event) {
    if (!this.from || !this.on) return;
    const [x, y] = [event.clientX - this.from[0], event.clientY - this.from[1]];
    if (!this.dragged && Math.hypot(x, y) < 5) return; // a click may tremble
    this.dragged = true;
    this.from = [event.clientX, event.clientY];
    this.turn(x * PER_PIXEL, -y * PER_PIXEL);
  }

  turn(across, up) {
    this.across += across;
    this.up = Math.min(STEEPEST, Math.max(-STEEPEST, this.up + up));
    this.stage.style.transform = `rotateX(${this.up}deg) rotateY(${this.across}deg)`;
  }

  // Lay the sheets out along the depth, the image first.
  lay(strips, width, dense) {
    this.on = true;
    const side = Math.min(SHEET, width / 4);
    const apart = (width * 0.76) / Math.sin((FIRST.across * Math.PI) / 180) / strips.length;
    strips.forEach((strip, i) => {
      strip.paint(sheet(strip.layer, side, dense), dense);
      strip.node.style.transform = `translate(-50%, -50%) translateZ(${(i - (strips.length - 1) / 2) * apart}px)`;
    });
    this.net.style.height = `${Math.min(TALL, width / 3 + 160)}px`;
    this.turn(0, 0);
  }

  leave(strips) {
    this.on = false;
    this.net.style.height = "";
    this.stage.style.transform = "";
    strips.forEach(({ node }) => { node.style.transform = ""; });
  }
}
