// The images of a batch as small buttons: the picture, the answer below it, a bar as long as the loss.

class Wall {
  constructor(root) {
    this.wall = make("div", root, { className: "wall" });
    this.wall.setAttribute("role", "group");
    this.wall.addEventListener("click", (event) => {
      const tile = event.target.closest("button");
      if (tile) this.choose(Number(tile.dataset.image));
    });
    this.wall.addEventListener("keydown", (event) => this.key(event));
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    this.wall.setAttribute("aria-label", data.labels.wall);
    const { digits } = data;
    while (this.wall.children.length > digits.length) this.wall.lastChild.remove();
    while (this.wall.children.length < digits.length) this.tile();
    const most = Math.max(...data.losses.map((loss) => loss ?? 0), 1e-9);
    [...this.wall.children].forEach((tile, n) => this.show(tile, n, most));
  }

  tile() {
    const tile = make("button", this.wall);
    tile.type = "button";
    tile.dataset.image = this.wall.children.length - 1;
    for (const part of ["picture", "answer", "loss"]) tile[part] = make("span", tile, { className: part });
    make("i", tile.loss);
  }

  show(tile, n, most) {
    const { digits, answers, losses, chosen, withLosses, strip, labels } = this.data;
    const answer = answers[n] < 0 ? "?" : answers[n];
    const about = [fill(labels.image, { image: n + 1, digit: digits[n], answer })];
    if (withLosses) about.push(fill(labels.loss, { loss: losses[n]?.toPrecision(3) ?? labels.noNumber }));
    tile.title = about.join(", ");
    tile.setAttribute("aria-label", tile.title);
    tile.setAttribute("aria-pressed", n === chosen);
    tile.tabIndex = n === chosen ? 0 : -1;
    tile.className = answers[n] === digits[n] ? "right" : "wrong";
    const { style } = tile.picture;
    if (this.strip !== strip || !style.backgroundImage) style.backgroundImage = `url(${strip})`;
    style.backgroundSize = `100% ${100 * digits.length}%`;
    style.backgroundPosition = `0 ${(100 * n) / Math.max(1, digits.length - 1)}%`;
    tile.answer.textContent = answer;
    tile.loss.hidden = !withLosses;
    tile.loss.firstChild.style.width = `${losses[n] === null ? 100 : (100 * losses[n]) / most}%`;
  }

  choose(n) {
    this.wall.children[n].focus();
    this.tell(n);
  }

  key(event) {
    const tiles = [...this.wall.children];
    const at = tiles.indexOf(event.target.closest("button"));
    const columns = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    tiles[at + step]?.focus();
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.view ??= new Wall(root);
  root.view.update(data, (image) => setStateValue("image", image));
  root.view.strip = data.strip;
}
