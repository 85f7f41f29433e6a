// A button on every listing that copies it, and says so to eyes and to screen readers.
(() => {
  "use strict";
  const ICONS = {
    copy: `<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>`,
    done: `<path d="M5 12l5 5l10-10"/>`,
  };

  const status = document.createElement("div");
  status.className = "copy-status";
  status.setAttribute("role", "status");
  document.body.append(status);

  function draw(button, icon, words) {
    button.innerHTML = `<svg width="44" height="44" viewBox="0 0 24 24" fill="none" stroke-width="1.5"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[icon]}</svg>`;
    button.dataset.tooltip = words;
    button.classList.toggle("success", icon === "done");
  }

  // Where the browser gives a page no clipboard, as at an address without https, the selection is copied.
  async function copy(code) {
    const text = code.textContent.replace(/\n$/, "");
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    getSelection().selectAllChildren(code);
    const done = document.execCommand("copy");
    getSelection().removeAllRanges();
    if (!done) throw new Error("the browser refused");
  }

  for (const code of document.querySelectorAll("div.highlight pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copybtn o-tooltip--left";
    button.setAttribute("aria-label", "Copy this code");
    draw(button, "copy", "Copy");
    button.addEventListener("click", () => {
      const tell = (icon, words) => {
        draw(button, icon, words);
        status.textContent = words;
      };
      copy(code).then(
        () => tell("done", "Copied!"),
        () => tell("copy", "Failed to copy"),
      );
      setTimeout(() => {
        draw(button, "copy", "Copy");
        status.textContent = "";
      }, 2000);
    });
    code.after(button);
  }
})();
