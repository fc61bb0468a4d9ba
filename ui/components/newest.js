// Streamlit hands values over once it has imported this script. While it is still being loaded, two imports may
// end in the wrong order: what is older than what is on screen is then left out.

export default function (component) {
  const { parentElement, data } = component;
  if (data?.turn < parentElement.turn) return undefined;
  parentElement.turn = data?.turn;
  return mount(component);
}
