// The confusion matrix as a table of buttons: a row for each true digit, a column for each answer.

class Confusion {
  constructor(root) {
    const table = make("table", root);
    this.caption = make("caption", table);
    const head = make("tr", make("thead", table));
    make("th", head);
    for (let answer = 0; answer < 10; answer++) make("th", head, { textContent: answer, scope: "col" });
    const body = make("tbody", table);
    this.cells = Array.from({ length: 10 }, (_, truth) => {
      const row = make("tr", body);
      make("th", row, { textContent: truth, scope: "row" });
      return Array.from({ length: 10 }, (_, answer) => {
        const onclick = () => this.tell([truth, answer]);
        return make("button", make("td", row), { type: "button", tabIndex: -1, onclick });
      });
    });
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("focusin", ({ target }) => this.focused(target));
  }

  update(data, tell) {
    this.tell = tell;
    this.caption.textContent = data.labels.caption;
    const largest = Math.max(1, ...data.counts.flatMap((row, i) => row.filter((_, j) => i !== j)));
    data.counts.forEach((row, truth) => {
      const all = row.reduce((sum, n) => sum + n, 0) || 1;
      row.forEach((count, answer) => {
        const cell = this.cells[truth][answer];
        const share = truth === answer ? count / all : count / largest;
        const colour = truth === answer ? "var(--cnn-positive, #2c6db2)" : "var(--cnn-negative, #d9730d)";
        cell.textContent = count || "";
        cell.style.background = `color-mix(in srgb, ${colour} ${Math.round(70 * share)}%, var(--cnn-neutral, #f4f2ec))`;
        const chosen = data.at && data.at[0] === truth && data.at[1] === answer;
        cell.setAttribute("aria-pressed", String(Boolean(chosen)));
        const said = { truth, answer, count };
        cell.setAttribute("aria-label", fill(data.labels.cell, said));
      });
    });
    const [truth, answer] = data.at ?? [0, 0];
    if (!this.current) this.focused(this.cells[truth][answer]);
  }

  // One cell is in the order of the tab key; the arrows go on from it.
  focused(cell) {
    if (this.current) this.current.tabIndex = -1;
    this.current = cell;
    cell.tabIndex = 0;
  }

  key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step) return;
    const row = this.cells.findIndex((cells) => cells.includes(event.target));
    const next = this.cells[row + step[0]]?.[this.cells[row].indexOf(event.target) + step[1]];
    if (next) next.focus();
    event.preventDefault();
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.matrix ??= new Confusion(root);
  root.matrix.update(data, (cell) => setStateValue("cell", cell));
}
