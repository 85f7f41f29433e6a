// What the theme leaves undone on every page.
(() => {
  "use strict";
  const root = document.documentElement;
  let onScreen = "";

  // Paper is light, whatever the screen is.
  function print(starts) {
    if (starts === (onScreen !== "")) return;
    const theme = starts ? "light" : onScreen;
    onScreen = starts ? root.dataset.theme : "";
    root.dataset.theme = theme;
  }
  matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  // Code in a fold that opens may be wider than it. The theme looks for what the keyboard must scroll on a resize.
  document.addEventListener("click", ({ target }) => {
    if (target.closest("summary, .toggle-button")) setTimeout(() => dispatchEvent(new Event("resize")));
  });
})();
