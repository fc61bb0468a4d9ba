// What every component needs: an element in its place, a sentence with its gaps filled, bytes that came as text.

function make(tag, into, properties = {}) {
  const node = into.appendChild(document.createElement(tag));
  Object.assign(node, properties);
  return node;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? values[name] : gap));
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
