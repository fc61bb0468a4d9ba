// One of several runs, by its name.

const REST = 150; // ms without another choice

class Choice {
  constructor(root) {
    [this.asker, this.later] = [new Asker(), new Later()];
    const label = make("label", root);
    this.title = make("span", label);
    this.list = make("select", label);
    this.list.addEventListener("change", () => this.choose(this.list.value));
  }

  update({ label, names, run, ask }, tell) {
    Object.assign(this, { ask, tell });
    this.title.textContent = label;
    const said = JSON.stringify(names);
    if (said !== this.said) {
      this.said = said;
      const chosen = this.list.value; // by a hand that has not come to rest
      this.list.replaceChildren();
      for (const [value, textContent] of names) make("option", this.list, { value, textContent });
      this.list.value = chosen;
    }
    if (!this.later.act) this.list.value = run;
  }

  choose(run) {
    if (this.ask) this.asker.ask(this.ask, { run });
    this.later.say(() => this.tell(run), this.ask ? REST : 0);
  }
}

function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.choice ??= new Choice(root);
  root.choice.update(data, (run) => setTriggerValue("chosen", run));
}
