// The moment starts anew with every view that Python sends.

const MOMENT = 600; // ms

function mount({ parentElement, data, setTriggerValue }) {
  clearTimeout(parentElement.resting);
  if (data.view) parentElement.resting = setTimeout(() => parentElement.isConnected && setTriggerValue("rests", true), MOMENT);
}
