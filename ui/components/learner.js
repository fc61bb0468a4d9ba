// Tells Python the id that this browser keeps, and makes one at the first visit.

const PLACE = "cnn-explorer-learner";

function random() {
  // crypto.randomUUID is missing where a class opens the teacher's address over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function kept() {
  try {
    const id = localStorage.getItem(PLACE);
    if (/^[0-9a-f]{32}$/.test(id)) return id;
    localStorage.setItem(PLACE, random());
    return localStorage.getItem(PLACE); // read back: another tab may have been first
  } catch {
    return null; // no storage in this browser
  }
}

function mount({ parentElement, setStateValue }) {
  const root = parentElement.querySelector(".root");
  const frame = root.getRootNode().host?.closest("[data-testid=stElementContainer]");
  if (frame) frame.style.display = "none"; // no gap on the page for what cannot be seen
  if (root.told) return;
  root.told = true;
  setStateValue("id", kept() ?? random());
}
