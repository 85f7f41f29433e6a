// The book's contents and the page's: beside the text where there is room, else in a dialog that a button opens.
(() => {
  "use strict";
  const wide = matchMedia("(min-width: 992px)");

  function move(from, to) {
    to.append(...from.childNodes);
    to.className = from.className;
    from.className = "";
  }

  function connect(name) {
    const button = document.querySelector(`.${name}-toggle`);
    const sidebar = document.getElementById(`pst-${name}-sidebar`);
    const dialog = document.getElementById(`pst-${name}-sidebar-modal`);
    if (!button || !sidebar || !dialog) return;
    button.addEventListener("click", () => {
      if (name === "primary" && wide.matches) {
        button.setAttribute("aria-expanded", String(!sidebar.classList.toggle("pst-sidebar-hidden")));
        return;
      }
      move(sidebar, dialog);
      dialog.showModal();
    });
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog || target.closest("a[href*='#']")) dialog.close();
    });
    dialog.addEventListener("close", () => move(dialog, sidebar));
    wide.addEventListener("change", () => dialog.close());
  }

  connect("primary");
  connect("secondary");
})();
