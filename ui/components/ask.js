// What a hand does is asked of the server at once, and all components of the page hear what it answers
// (newest.js). One question is under way at a time; of those that come meanwhile only the newest is asked.

const PATIENCE_WITH_SERVER = 5000; // ms

class Asker {
  ask(address, question) {
    this.next = { address, question };
    if (!this.isAsking) this.work();
  }

  async work() {
    this.isAsking = true;
    while (this.next) {
      const { address, question } = this.next;
      this.next = null;
      try {
        const signal = AbortSignal.timeout(PATIENCE_WITH_SERVER);
        const asked = { method: "POST", body: JSON.stringify(question), signal };
        const answer = await fetch(new URL(address, document.baseURI), asked);
        if (answer.ok) dispatchEvent(new CustomEvent("cnn-explorer.shown", { detail: await answer.json() }));
      } catch {
        // Without an answer the page's own run shows it, or says that the server is gone.
      }
    }
    this.isAsking = false;
  }
}

// Says a thing once nothing newer has been said for a moment: the page's own run then finds a hand at rest.
class Later {
  say(act, wait) {
    this.act = act;
    clearTimeout(this.timer);
    if (wait) this.timer = setTimeout(() => this.now(), wait);
    else this.now();
  }

  cancel() {
    clearTimeout(this.timer);
    this.act = null;
  }

  now() {
    clearTimeout(this.timer);
    const { act } = this;
    this.act = null;
    act?.();
  }
}
