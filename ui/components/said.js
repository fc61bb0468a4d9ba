// What a component says comes back with the next run of the page, when the hand may have moved on: only what
// others say, such as an address, is news to it.

class Said {
  constructor() {
    this.underway = [];
    this.last = undefined; // what the page has, or will have once it has heard
  }

  add(value) {
    this.last = String(value);
    this.underway.push(this.last);
  }

  // Whether a value that a run brings is not one of one's own.
  isNews(value) {
    const place = this.underway.indexOf(String(value));
    this.underway.splice(0, place < 0 ? Infinity : place + 1);
    if (place < 0) this.last = String(value);
    return place < 0;
  }
}
