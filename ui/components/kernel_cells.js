// A kernel's cells, each a small field. What is typed is told at once, or asked at once and told when the hand
// rests; what Python knows better comes back.

const REST = 250; // ms

const NUMBER = /^[-−+]?(\d+[.,]?\d*|[.,]\d+)(\/\d+[.,]?\d*)?$/; // 2, -0.5, 0,5, 1/9

function plain(raw) {
  return raw.trim().replace("−", "-").replace(",", ".") || "0";
}

function value(raw) {
  const [top, bottom = "1"] = plain(raw).split("/");
  return Number(top) / Number(bottom);
}

// A sign that would part two cells, as one that does not and looks like it.
function fullWidth(sign) {
  return String.fromCharCode(sign.charCodeAt(0) + 0xfee0);
}

// For the eye: three digits, or what fits into a narrow cell; a tiny number is not shown as 0.
function shown(number, narrow) {
  let text = String(Number(number.toPrecision(3)));
  if (narrow && text.length > 4) text = String(Number(number.toFixed(Math.abs(number) < 10 ? 2 : 0)));
  if (text === "0" && number) text = "≈0";
  text = text.replace("-", "−");
  return narrow ? text.replace(/^(−?)0\./, "$1.") : text;
}

class Cells {
  constructor(root) {
    [this.asker, this.later] = [new Asker(), new Later()];
    this.table = make("div", root, { className: "table" });
    this.table.setAttribute("role", "group");
    this.edits = 0; // how often this hand has changed the kernel
    this.rows = [];
    this.fields = [];
    this.typed = null; // the field in which something is being typed: it stays as it is until it is left
  }

  // Python's kernel wins, unless it has not seen the newest edit yet: that one is still on its way.
  update({ rows, seen, limit, labels, ask }, tell) {
    this.tell = tell;
    this.ask = ask;
    this.labels = labels;
    this.limit = limit;
    this.table.setAttribute("aria-label", labels.kernel);
    if (seen !== null && seen < this.edits && this.fields.length) return;
    this.edits = Math.max(this.edits, seen ?? 0);
    this.rows = rows.map((row) => row.map(String));
    if (this.fields.length !== rows.length || this.fields[0]?.length !== rows[0].length) this.build();
    this.each((field, r, c) => {
      const selected = field.matches(":focus") && value(field.value) === rows[r][c];
      if (field !== this.typed && !selected) this.fill(field, r, c);
      this.paint(field, r, c);
      field.setAttribute("aria-label", fill(labels.cell, { row: r + 1, col: c + 1 }));
    });
  }

  each(act) {
    this.fields.forEach((row, r) => row.forEach((field, c) => act(field, r, c)));
  }

  build() {
    this.typed = null;
    this.table.replaceChildren();
    this.table.style.setProperty("--columns", this.rows[0].length);
    this.table.classList.toggle("narrow", this.rows[0].length > 7);
    this.fields = this.rows.map((row, r) => row.map((_, c) => this.field(r, c)));
  }

  field(r, c) {
    const field = make("input", this.table, { type: "text", autocomplete: "off", spellcheck: false });
    field.addEventListener("focus", () => {
      this.before = field.value = this.rows[r][c];
      field.select();
    });
    field.addEventListener("input", () => {
      this.typed = field;
      if (NUMBER.test(field.value.trim())) this.edit(field, r, c);
    });
    field.addEventListener("blur", () => this.leave(field, r, c));
    field.addEventListener("keydown", (event) => this.key(event, r, c));
    field.addEventListener("paste", (event) => this.paste(event));
    return field;
  }

  edit(field, r, c) {
    this.rows[r][c] = plain(field.value);
    this.paint(field, r, c);
    this.say(this.text());
  }

  // All cells as text; `other`: what stands in one of them instead, as one word whatever it holds.
  text(r, c, other) {
    const one = other?.replace(/\s+/g, "␣").replace(/[,;()[\]]/g, fullWidth);
    return this.rows.map((row, a) => row.map((cell, b) => (a === r && b === c ? one : cell)).join(" ")).join("\n");
  }

  // `before`: the text to go back to first, where a number was told on the way to what is none.
  say(text, before = null) {
    this.edits += 1;
    const edit = { number: this.edits, text, before };
    if (this.ask) this.asker.ask(this.ask, before ?? text);
    this.later.say(() => this.tell(edit), this.ask ? REST : 0);
  }

  leave(field, r, c) {
    this.later.now();
    this.typed = null;
    const raw = field.value.trim();
    const same = plain(raw) === this.rows[r][c];
    if (raw && !same && !NUMBER.test(raw)) {
      const told = this.rows[r][c] !== this.before;
      this.rows[r][c] = this.before;
      this.say(this.text(r, c, raw), told ? this.text() : null); // Python says what is wrong with it
    } else if (!raw && !same) this.edit(field, r, c);
    this.fill(field, r, c);
  }

  key(event, r, c) {
    const { key, target } = event;
    const whole = target.selectionStart === 0 && target.selectionEnd === target.value.length;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] };
    if (whole) Object.assign(steps, { ArrowLeft: [0, -1], ArrowRight: [0, 1] });
    if (!(key in steps)) return;
    event.preventDefault();
    const next = this.fields[r + steps[key][0]]?.[c + steps[key][1]];
    if (next) next.focus();
    else if (key === "Enter") target.blur();
  }

  // A block from a spreadsheet is the whole kernel.
  paste(event) {
    const text = event.clipboardData.getData("text").trim();
    if (!/[\s;]/.test(text)) return;
    event.preventDefault();
    this.say(text);
    event.target.blur();
  }

  fill(field, r, c) {
    const number = value(this.rows[r][c]);
    field.value = Number.isFinite(number) ? shown(number, this.rows[0].length > 5) : this.rows[r][c];
    field.title = this.rows[r][c];
  }

  paint(field, r, c) {
    const number = value(this.rows[r][c]);
    const share = Math.min(1, Math.abs(number) / (this.limit || 1)) * 62; // at most: the number stays readable
    const end = number < 0 ? "negative" : "positive";
    field.style.background = `color-mix(in srgb, var(--cnn-${end}) ${share}%, var(--cnn-neutral))`;
  }
}

function mount({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".root");
  root.cells ??= new Cells(root);
  root.cells.update(data, (edit) => setStateValue("edit", edit));
}
