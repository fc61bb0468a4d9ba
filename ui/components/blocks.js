// A drawing whose parts can be opened. Pointing at a part, or moving to it by keyboard, tells what it is.

const NARROW = 640; // CSS pixels: below it the drawing for phones

class Blocks {
  constructor(root) {
    this.root = root;
    this.stage = root.appendChild(document.createElement("div"));
    this.panel = root.appendChild(document.createElement("div"));
    this.panel.setAttribute("aria-live", "polite");
    this.pointed = "";
    this.stage.addEventListener("pointerover", (event) => this.point(event.pointerType === "touch" ? "" : this.partOf(event)));
    this.stage.addEventListener("pointerleave", () => this.point(""));
    this.stage.addEventListener("focusin", (event) => this.point(this.partOf(event)));
    this.stage.addEventListener("focusout", () => this.point(""));
    this.stage.addEventListener("click", (event) => this.open(this.partOf(event)));
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  partOf(event) {
    return event.target.closest("[data-part]")?.dataset.part ?? "";
  }

  update(data, tell) {
    this.tell = tell;
    if (!this.data || data.opened !== this.data.opened) this.opened = data.opened;
    this.data = data;
    if (!(this.opened in data.details)) this.opened = "";
    if (!(this.pointed in data.details)) this.pointed = "";
    this.draw();
  }

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    const source = this.root.clientWidth < NARROW ? this.data.narrow : this.data.wide;
    if (source !== this.drawn) {
      this.drawn = source;
      this.stage.replaceChildren(new DOMParser().parseFromString(source, "image/svg+xml").documentElement);
    }
    this.show();
  }

  parts() {
    return [...this.stage.querySelectorAll("[data-part]")].filter((part) => part.dataset.part in this.data.details);
  }

  show() {
    const { details, hint } = this.data;
    for (const part of this.parts()) {
      part.setAttribute("role", "button");
      part.setAttribute("tabindex", "0");
      part.setAttribute("aria-label", details[part.dataset.part][0]);
      part.setAttribute("aria-pressed", part.dataset.part === this.opened);
    }
    const lines = details[this.pointed || this.opened] ?? [hint];
    this.panel.className = this.pointed || this.opened ? "panel" : "panel empty";
    if ([...this.panel.children].map((p) => p.textContent).join("\n") === lines.join("\n")) return;
    this.panel.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  }

  point(part) {
    if (!this.data) return;
    this.pointed = part in this.data.details ? part : "";
    this.show();
  }

  open(part) {
    if (!(part in this.data.details)) return;
    this.opened = this.opened === part ? "" : part;
    if (!this.opened) this.pointed = "";
    this.show();
    this.tell(this.opened);
  }

  onKey(event) {
    const parts = this.parts();
    const at = parts.findIndex((part) => part.dataset.part === this.partOf(event));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: parts.length - 1 }[event.key];
    if (to !== undefined) parts[Math.min(Math.max(to, 0), parts.length - 1)]?.focus();
    else if (event.key === "Enter" || event.key === " ") this.open(this.partOf(event));
    else if (event.key === "Escape" && this.opened) this.open(this.opened);
    else return;
    event.preventDefault();
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new Blocks(root);
  root.view.update(data, (part) => setStateValue("opened", part));
}
