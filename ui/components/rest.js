// The moment starts anew with every run that Python tells of.

const MOMENT = 600; // ms

function mount({ parentElement, data, setTriggerValue }) {
  clearTimeout(parentElement.resting);
  if (data.run) parentElement.resting = setTimeout(() => parentElement.isConnected && setTriggerValue("rests", true), MOMENT);
}
