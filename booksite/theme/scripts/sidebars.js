// The book's contents and the page's: beside the text where there is room, else in a dialog that a button opens.
(() => {
  "use strict";
  const wide = matchMedia("(min-width: 960px)");

  function move(from, to) {
    to.append(...from.childNodes);
    to.className = from.className;
    from.className = "";
  }

  function connect(name, title) {
    const button = document.querySelector(`.${name}-toggle`);
    const sidebar = document.getElementById(`pst-${name}-sidebar`);
    const dialog = document.getElementById(`pst-${name}-sidebar-modal`);
    if (!button || !sidebar || !dialog) return;
    const close = document.createElement("button");
    close.className = "btn close-dialog";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.setAttribute("aria-label", title);
    if (name === "primary" && wide.matches) button.setAttribute("aria-expanded", "true");
    button.addEventListener("click", () => {
      if (name === "primary" && wide.matches) {
        button.setAttribute("aria-expanded", String(!sidebar.classList.toggle("pst-sidebar-hidden")));
        return;
      }
      move(sidebar, dialog);
      dialog.append(close);
      dialog.showModal();
    });
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog || target.closest("a[href*='#']")) dialog.close();
    });
    dialog.addEventListener("close", () => {
      close.remove();
      move(dialog, sidebar);
    });
    wide.addEventListener("change", () => dialog.close());
  }

  connect("primary", "Contents of the book");
  connect("secondary", "Contents of this page");
})();
