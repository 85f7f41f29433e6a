// Runs before anything is drawn. First the colours that the reader chose, or else the system's; it keeps nothing but that choice.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("mode");
    } catch {
      return null; // a browser may forbid a page to remember
    }
  }

  function show(mode) {
    root.dataset.mode = ["light", "dark"].includes(mode) ? mode : "auto";
    root.dataset.theme = root.dataset.mode === "auto" ? (system.matches ? "dark" : "light") : root.dataset.mode;
  }

  // To the other colours, on to the system's opposite, and back to what the system says.
  function next() {
    const order = system.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const mode = order[(order.indexOf(root.dataset.mode) + 1) % 3];
    show(mode);
    try {
      localStorage.setItem("mode", mode);
    } catch {
      // Then the choice holds for this page alone.
    }
  }

  show(chosen());
  system.addEventListener("change", () => root.dataset.mode === "auto" && show("auto"));
  document.addEventListener("click", ({ target }) => target.closest(".theme-switch-button") && next());
})();

// Then the fonts of the page's formulas, that no line breaks anew when they come. From file:// no font may be loaded ahead.
(() => {
  "use strict";
  const { fonts } = document.currentScript.dataset;
  if (!fonts || location.protocol === "file:") return;
  for (const href of fonts.split(" ")) {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href }));
  }
})();
