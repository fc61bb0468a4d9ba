// Streamlit hands values over once it has imported this script. While it is still being loaded, two imports may
// end in the wrong order: what is older than what is on screen is then left out. Between two runs of the page the
// server may answer a hand (ask.js): what it says of this component is shown as if a run had brought it.
// What a component tells is numbered (heard() in __init__.py reads it): Streamlit calls Python back only for a
// value that differs from the one before, though the page may have moved on in between, by Back or by a picker.

const SHOWN = "cnn-explorer.shown";

let tellings = Date.now(); // above all numbers of an earlier visit

export default function (component) {
  const { parentElement: node, data } = component;
  if (data?.turn < node.turn) return undefined;
  node.turn = data?.turn;
  node.component = numbered(component);
  node.hears ??= listen(node);
  return mount(node.component);
}

function numbered(component) {
  const setStateValue = (name, value) => component.setStateValue(name, { value, number: (tellings += 1) });
  return { ...component, setStateValue };
}

function listen(node) {
  const hear = ({ detail: { turn, shown } }) => {
    if (!node.isConnected) {
      node.hears = undefined;
      removeEventListener(SHOWN, hear);
      return;
    }
    const { data } = node.component;
    const news = shown[data?.key];
    if (!news || turn < node.turn) return;
    node.turn = turn;
    mount({ ...node.component, data: { ...data, ...news } });
  };
  addEventListener(SHOWN, hear);
  return true;
}
