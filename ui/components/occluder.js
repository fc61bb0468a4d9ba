// A patch that is dragged over the digit: the answer for each of its places has been computed beforehand, so
// it follows the hand at once. Letting go (or a key) tells Python where the patch lies.

const SIDE = 28;
const CLASSES = 10;

class Occluder {
  constructor(root) {
    const stage = make("div", root, { className: "stage" });
    this.frame = make("div", stage, { className: "frame" });
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "application");
    this.canvas = make("canvas", this.frame);
    Object.assign(this.canvas, { width: SIDE, height: SIDE });
    this.patch = make("div", this.frame, { className: "patch" });
    const answers = make("div", stage, { className: "answers" });
    this.rows = Array.from({ length: CLASSES }, (_, digit) => this.answer(answers, digit));
    this.reading = make("p", root, { className: "reading" });
    this.reading.setAttribute("aria-live", "polite");
    this.listen();
  }

  answer(into, digit) {
    const row = make("div", into, { className: "answer" });
    make("span", row, { className: "digit" }).textContent = digit;
    const bar = make("div", row, { className: "bar" });
    return { row, fill: make("i", bar), mark: make("b", bar), percent: make("span", row, { className: "percent" }) };
  }

  listen() {
    const { frame } = this;
    frame.addEventListener("pointerdown", (event) => {
      frame.setPointerCapture(event.pointerId);
      frame.classList.add("held");
      this.follow(event);
    });
    frame.addEventListener("pointermove", (event) => frame.classList.contains("held") && this.follow(event));
    for (const end of ["pointerup", "pointercancel"]) {
      frame.addEventListener(end, () => {
        frame.classList.remove("held");
        this.tell(this.at);
      });
    }
    frame.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      if (!(event.key in steps)) return;
      event.preventDefault();
      this.move(this.at.map((n, axis) => n + steps[event.key][axis] * (event.shiftKey ? 5 : 1)));
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.frame.isConnected && this.tell(this.at), 300);
    });
  }

  follow(event) {
    const box = this.frame.getBoundingClientRect();
    const share = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    this.move(share.map((part) => Math.floor(part * SIDE)));
  }

  move(place) {
    this.at = place.map((n) => Math.min(SIDE - 1, Math.max(0, n)));
    this.show();
  }

  update(data, tell) {
    this.tell = tell;
    const { pixels, answers, at } = data;
    const taken = !this.data || data.epoch !== this.data.epoch; // else the hand here knows better
    if (this.data?.answers !== answers) this.table = new Float32Array(bytes(answers).buffer);
    if (this.data?.pixels !== pixels) this.draw(bytes(pixels));
    this.data = data;
    this.frame.setAttribute("aria-label", data.labels.keys);
    if (taken && !this.frame.classList.contains("held")) this.at = at;
    this.show();
  }

  draw(grey) {
    const pen = this.canvas.getContext("2d");
    const image = pen.createImageData(SIDE, SIDE);
    grey.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
    pen.putImageData(image, 0, 0);
  }

  show() {
    const { size, whole, labels } = this.data;
    const [row, col] = this.at;
    const percent = (cells) => `${(100 * cells) / SIDE}%`;
    const half = Math.floor(size / 2);
    Object.assign(this.patch.style, {
      top: percent(row - half), left: percent(col - half), width: percent(size), height: percent(size),
    });
    const begin = CLASSES * (SIDE * row + col);
    const shares = this.table.subarray(begin, begin + CLASSES);
    const best = shares.indexOf(Math.max(...shares));
    this.rows.forEach(({ row: line, fill, mark, percent: text }, digit) => {
      line.classList.toggle("best", digit === best);
      fill.style.width = `${100 * shares[digit]}%`;
      mark.style.left = `${100 * whole[digit]}%`;
      text.textContent = `${(100 * shares[digit]).toFixed(1)}%`;
      line.title = line.dataset.value = String(shares[digit]);
    });
    const first = whole.indexOf(Math.max(...whole));
    const values = { row, col, best, share: (100 * shares[best]).toFixed(1), first, now: (100 * shares[first]).toFixed(1), was: (100 * whole[first]).toFixed(1) };
    const [now, was] = [Number(values.now), Number(values.was)]; // as they are shown
    const change = now < was ? labels.falls : now > was ? labels.rises : labels.stays;
    const text = best === first ? labels.same : `${labels.other} ${change}`;
    this.reading.textContent = fill(text, values);
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.occluder ??= new Occluder(root);
  root.occluder.update(data, (at) => setStateValue("at", at));
}
