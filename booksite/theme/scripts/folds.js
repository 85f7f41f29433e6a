// A solution is folded until its title is clicked, an address leads into it, or the page is printed.
(() => {
  "use strict";
  const CHEVRON = `<svg class="tb-icon toggle-chevron-right" width="44" height="44" viewBox="0 0 24 24" fill="none"
    stroke-width="1.5" aria-hidden="true"><polyline points="9 6 15 12 9 18"/></svg>`;

  function set(fold, open) {
    const button = fold.querySelector(":scope > .admonition-title > .toggle-button");
    fold.classList.toggle("toggle-hidden", !open);
    button.classList.toggle("toggle-button-hidden", !open);
    button.dataset.toggleHint = open ? "Click to hide" : "Click to show";
    button.setAttribute("aria-expanded", String(open));
  }

  for (const fold of document.querySelectorAll(".admonition.dropdown")) {
    const title = fold.querySelector(":scope > .admonition-title");
    const name = title.textContent.trim();
    fold.classList.add("toggle");
    title.insertAdjacentHTML("beforeend", `<button type="button" class="toggle-button">${CHEVRON}</button>`);
    title.lastElementChild.setAttribute("aria-label", name);
    title.addEventListener("click", ({ target }) => {
      if (!target.closest("a")) set(fold, fold.classList.contains("toggle-hidden"));
    });
    set(fold, false);
  }

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    for (let fold = target?.closest(".toggle-hidden"); fold; fold = fold.parentElement.closest(".toggle-hidden")) {
      set(fold, true);
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", openTarget);
  openTarget();
})();
