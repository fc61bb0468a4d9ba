// Pictures with their words. What has not changed is not touched, so nothing flickers and nothing moves.

class Shown {
  constructor(root) {
    this.figure = make("figure", root);
    this.image = make("img", this.figure);
    this.caption = make("figcaption", this.figure);
    this.save = make("a", this.figure);
  }

  update({ name, source, alt, caption, width }, save) {
    this.figure.dataset.picture = name;
    this.figure.style.width = width ? `${width}px` : "100%";
    if (this.image.src !== source) this.image.src = this.save.href = source;
    if (this.image.alt !== alt) this.image.alt = alt;
    write(this.caption, caption);
    write(this.save, `${save} ↓`);
    this.save.download = `${name}.png`;
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".root");
  root.shown ??= [];
  while (root.shown.length < data.pictures.length) root.shown.push(new Shown(root));
  while (root.shown.length > data.pictures.length) root.shown.pop().figure.remove();
  data.pictures.forEach((one, i) => root.shown[i].update(one, data.save));
}
