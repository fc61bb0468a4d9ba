// A number to type, and ten buttons that choose any digit of a class.

const REST = 250; // ms without another choice

class Choice {
  constructor(root) {
    [this.asker, this.later] = [new Asker(), new Later()];
    const label = make("label", root);
    this.title = make("span", label);
    this.field = make("input", label, { type: "number", min: 0, step: 1, inputMode: "numeric" });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("change", () => this.left());
    this.any = make("p", root);
    const row = make("div", root, { className: "digits" });
    row.setAttribute("role", "group");
    this.row = row;
    this.buttons = [...Array(10).keys()].map((digit) => {
      const button = make("button", row, { type: "button", textContent: digit });
      button.addEventListener("click", () => this.anyOf(digit));
      return button;
    });
  }

  update({ number, classes, ask, labels }, tell) {
    Object.assign(this, { number, ask, tell });
    if (this.text !== classes) [this.text, this.classes] = [classes, bytes(classes)];
    this.title.textContent = labels.number;
    this.any.textContent = labels.any;
    this.row.setAttribute("aria-label", labels.any);
    this.buttons.forEach((button, digit) => button.setAttribute("aria-label", fill(labels.anyOf, { digit })));
    this.field.max = this.classes.length - 1;
    if (!this.later.act && !this.field.matches(":focus")) this.field.value = number;
  }

  typed() {
    if (this.field.value !== "" && this.field.checkValidity()) this.choose(Number(this.field.value));
  }

  // What is no such number goes back to the one that is shown.
  left() {
    if (this.field.value === "" || !this.field.checkValidity()) this.field.value = this.number;
  }

  anyOf(digit) {
    const those = [];
    this.classes.forEach((label, i) => { if (label === digit) those.push(i); });
    this.choose(those[Math.floor(Math.random() * those.length)]);
  }

  choose(number) {
    this.number = number;
    this.field.value = number;
    if (this.ask) this.asker.ask(this.ask, { image: `test-${number}` });
    this.later.say(() => this.tell(number), REST);
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.choice ??= new Choice(root);
  root.choice.update(data, (number) => setTriggerValue("chosen", number));
}
