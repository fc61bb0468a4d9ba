// A title, lines and a picture. Nothing is made anew but what has changed, so that nothing flickers.

class Told {
  constructor(root) {
    this.title = make("h3", root);
    this.lines = make("div", root);
    this.figure = make("figure", root);
    this.picture = make("img", this.figure);
    this.caption = make("figcaption", this.figure);
  }

  update({ title, lines, picture, alt, caption, crisp }) {
    say(this.title, title);
    while (this.lines.children.length > lines.length) this.lines.lastChild.remove();
    lines.forEach((line, i) => say(this.lines.children[i] ?? make("p", this.lines), line));
    this.figure.hidden = !picture;
    this.figure.classList.toggle("crisp", crisp);
    if (picture && this.picture.src !== picture) this.picture.src = picture;
    this.picture.alt = alt;
    say(this.caption, caption);
  }
}

// What stands between ** and ** is bold.
function say(node, text) {
  node.hidden = !text;
  if (node.said === text) return;
  node.said = text;
  node.replaceChildren();
  text.split("**").forEach((part, i) => (i % 2 ? (make("b", node).textContent = part) : node.append(part)));
}

function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".root");
  root.told ??= new Told(root);
  root.told.update(data);
}
