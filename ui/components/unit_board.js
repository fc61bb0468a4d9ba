// A network's units as tiles to press: a picture each, a name, and a bar where something was measured.

class Board {
  constructor(root) {
    this.root = root;
    this.tiles = new Map();
    this.focused = null; // the unit that Tab reaches; arrows move on from it
    root.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    const layout = JSON.stringify([data.key, data.groups, data.look]);
    if (layout !== this.layout) this.build();
    this.layout = layout;
    this.root.style.setProperty("--tile", `${data.tile}px`);
    this.root.style.setProperty("--aspect", data.aspect);
    this.tiles.forEach((tile, unit) => this.fill(tile, unit));
  }

  build() {
    const active = this.root.getRootNode().activeElement?.dataset?.unit;
    this.tiles.clear();
    const several = this.data.groups.length > 1;
    const home = document.createElement("div");
    home.className = several ? "groups" : "";
    for (const { title, units } of this.data.groups) {
      const section = home.appendChild(document.createElement("section"));
      if (title) this.title(section, title, units.length);
      const grid = section.appendChild(document.createElement("div"));
      grid.className = "tiles";
      grid.style.setProperty("--most", Math.max(1, units.length));
      units.forEach((unit) => grid.append(this.tile(unit)));
    }
    this.root.replaceChildren(home);
    if (!this.tiles.has(this.focused)) this.focused = this.tiles.keys().next().value ?? null;
    if (active !== undefined) this.tiles.get(Number(active))?.button.focus();
  }

  title(section, title, count) {
    const head = section.appendChild(document.createElement("h4"));
    head.textContent = `${title} `;
    head.appendChild(document.createElement("small")).textContent = count;
  }

  tile(unit) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = this.data.look;
    button.dataset.unit = unit;
    const make = (parent, tag, name) => {
      const part = parent.appendChild(document.createElement(tag));
      part.className = name;
      return part;
    };
    const tile = { button, picture: make(button, "span", "picture") };
    const words = make(button, "span", "words");
    tile.name = make(words, "span", "");
    tile.measured = make(words, "span", "");
    tile.bar = make(button, "span", "bar");
    tile.fill = make(tile.bar, "i", "");
    button.addEventListener("click", () => this.press(tile, unit));
    button.addEventListener("focus", () => this.focus(unit));
    this.tiles.set(unit, tile);
    return button;
  }

  press(tile, unit) {
    const pressed = tile.button.getAttribute("aria-pressed") === "true";
    if (this.data.look === "muted") tile.button.setAttribute("aria-pressed", String(!pressed)); // at once
    this.tell(unit);
  }

  focus(unit) {
    const last = this.tiles.get(this.focused);
    if (last) last.button.tabIndex = -1;
    this.focused = unit;
    this.tiles.get(unit).button.tabIndex = 0;
  }

  key(event) {
    const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
    if (!(event.key in moves)) return;
    const units = [...this.tiles.keys()];
    const next = units[units.indexOf(this.focused) + moves[event.key]];
    if (next === undefined) return;
    event.preventDefault();
    this.tiles.get(next).button.focus();
  }

  fill({ button, picture, name, measured, bar, fill }, unit) {
    const { sprite, count, pressed, bars, texts, labels, limit } = this.data;
    button.setAttribute("aria-pressed", String(pressed.includes(unit)));
    button.tabIndex = unit === this.focused ? 0 : -1;
    button.title = labels[unit];
    button.setAttribute("aria-label", labels[unit]);
    picture.style.backgroundImage = `url(${sprite})`;
    picture.style.backgroundPosition = `0 ${count > 1 ? (unit / (count - 1)) * 100 : 0}%`;
    name.textContent = unit;
    measured.textContent = texts ? texts[unit] : "";
    bar.hidden = !bars;
    bar.style.display = bars ? "" : "none";
    if (!bars) return;
    fill.style.width = `${(Math.abs(bars[unit]) / (limit || 1)) * 100}%`;
    fill.className = bars[unit] < 0 ? "helps" : "";
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.board ??= new Board(root);
  root.board.update(data, (unit) => setTriggerValue("press", unit));
}
