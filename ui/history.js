// A page that a link opens gets two entries in the browser's history: the bare page, and then the page with its
// choices in the address. Here the second takes the first one's place, so that Back leaves the page.
(() => {
  if (window.cnnExplorerHistory) return;
  window.cnnExplorerHistory = true;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, address) => {
    const next = new URL(address, location.href);
    const isFilledIn = next.pathname === location.pathname && next.search && !location.search;
    if (isFilledIn) history.replaceState(state, title, address);
    else push(state, title, address);
  };
})();
