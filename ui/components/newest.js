// Streamlit hands values over once it has imported this script. While it is still being loaded, two imports may
// end in the wrong order: what is older than what is on screen is then left out. Between two runs of the page the
// server may answer a hand (ask.js): what it says of this component is shown as if a run had brought it.

const SHOWN = "cnn-explorer.shown";

export default function (component) {
  const { parentElement: node, data } = component;
  if (data?.turn < node.turn) return undefined;
  node.turn = data?.turn;
  node.component = component;
  node.hears ??= listen(node);
  return mount(component);
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
