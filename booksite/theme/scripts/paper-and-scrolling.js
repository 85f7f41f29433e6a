// What the theme leaves undone on every page.
(() => {
  "use strict";
  const root = document.documentElement;
  let onScreen = "";
  let folded = [];

  // Paper is light, whatever the screen is, and has no folds.
  function print(starts) {
    if (starts === (onScreen !== "")) return;
    const theme = starts ? "light" : onScreen;
    onScreen = starts ? root.dataset.theme : "";
    root.dataset.theme = theme;
    if (starts) folded = [...document.querySelectorAll("details.hide:not([open])")];
    for (const fold of folded) fold.open = starts;
  }
  matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  // What is wider than the page, a formula or a figure on a phone, can be reached and scrolled with the keyboard;
  // what fits is no stop for the Tab key.
  const reachable = { tabindex: "0", role: "group", "aria-label": "scrolls sideways" };
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const wider = target.scrollWidth > target.clientWidth + 1;
      for (const [name, value] of Object.entries(reachable)) {
        if (wider) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  });
  const SCROLLERS = ".scrolls, pre, .pst-scrollable-table-container, .cell_output > .output";
  document.querySelectorAll(SCROLLERS).forEach((node) => sizes.observe(node));
})();
