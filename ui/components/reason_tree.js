// A tree of shares: each row a part of the row above it. A click, a touch, Enter or the arrow keys unfold it;
// Python computes what is below. Rows are kept by their id, so that nothing jumps and the focus stays.

class Tree {
  constructor(root) {
    this.root = root;
    this.rows = new Map();
    root.setAttribute("role", "tree");
    root.addEventListener("keydown", (event) => this.key(event));
  }

  update({ nodes, label }, tell) {
    this.tell = tell;
    this.nodes = nodes;
    this.root.setAttribute("aria-label", label);
    const ids = new Set(nodes.map((node) => node.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    let before = null;
    for (const node of nodes) {
      const row = this.rows.get(node.id) ?? this.row(node.id);
      const place = before ? before.nextSibling : this.root.firstChild;
      if (row !== place) this.root.insertBefore(row, place);
      this.fill(row, node);
      before = row;
    }
    if (!ids.has(this.at)) this.at = nodes[0].id;
    this.rove();
  }

  row(id) {
    const row = document.createElement("div");
    row.className = "row";
    row.dataset.id = id;
    row.setAttribute("role", "treeitem");
    row.fold = make("span", row, { className: "fold" });
    row.fold.setAttribute("aria-hidden", "true");
    row.face = make("span", row, { className: "face" });
    const said = make("div", row, { className: "said" });
    row.name = make("div", said, { className: "name" });
    row.note = make("div", said, { className: "note" });
    const bar = make("div", row, { className: "bar" });
    bar.setAttribute("aria-hidden", "true");
    row.bar = make("i", bar);
    row.share = make("div", row, { className: "share" });
    row.addEventListener("click", () => {
      this.at = id;
      this.rove();
      this.toggle(row);
    });
    row.addEventListener("focus", () => {
      this.at = id;
      this.rove();
    });
    this.rows.set(id, row);
    return row;
  }

  fill(row, node) {
    row.node = node;
    row.classList.toggle("opens", node.opens);
    row.style.setProperty("--depth", node.depth);
    row.setAttribute("aria-level", node.depth + 1);
    row.setAttribute("aria-label", `${node.name}: ${node.share}. ${node.note}`);
    row.removeAttribute("aria-busy");
    if (node.opens) row.setAttribute("aria-expanded", node.open);
    else row.removeAttribute("aria-expanded");
    row.name.textContent = node.name;
    row.note.textContent = node.note;
    row.share.textContent = node.share;
    row.share.title = node.exact;
    row.share.dataset.value = node.exact;
    Object.assign(row.bar.style, { width: `${50 * Math.abs(node.bar)}%`, left: `${50 + 50 * Math.min(0, node.bar)}%` });
    row.bar.className = node.bar < 0 ? "against" : "for";
    this.paint(row.face, node);
  }

  paint(face, { pictures, alt }) {
    while (face.children.length > pictures.length) face.lastChild.remove();
    pictures.forEach((source, i) => {
      const image = face.children[i] ?? make("img", face);
      if (image.src !== source) image.src = source;
      image.alt = i ? "" : alt;
      image.title = alt;
    });
  }

  rove() {
    for (const [id, row] of this.rows) row.tabIndex = id === this.at ? 0 : -1;
  }

  toggle(row) {
    if (!row.node.opens) return;
    row.setAttribute("aria-busy", "true");
    this.tell({ id: row.node.id, open: !row.node.open });
  }

  key(event) {
    const order = this.nodes.map((node) => node.id);
    const here = order.indexOf(this.at);
    const { depth, open, opens } = this.nodes[here];
    const row = this.rows.get(this.at);
    const above = () => this.nodes.slice(0, here).findLastIndex((node) => node.depth < depth);
    const moves = {
      ArrowDown: () => this.go(here + 1),
      ArrowUp: () => this.go(here - 1),
      Home: () => this.go(0),
      End: () => this.go(order.length - 1),
      ArrowRight: () => (opens && !open ? this.toggle(row) : this.go(here + 1)),
      ArrowLeft: () => (opens && open ? this.toggle(row) : this.go(above())),
      Enter: () => this.toggle(row),
      " ": () => this.toggle(row),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  }

  go(place) {
    const node = this.nodes[place];
    if (node) this.rows.get(node.id).focus();
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.tree ??= new Tree(root);
  root.tree.update(data, (toggled) => setTriggerValue("toggled", toggled));
}
