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
  const letters = atob(text);
  const out = new Uint8Array(letters.length);
  for (let i = 0; i < out.length; i += 1) out[i] = letters.charCodeAt(i);
  return out;
}
