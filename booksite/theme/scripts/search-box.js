// The search box: a button or Ctrl+K opens it, Escape or a click beside it closes it.
(() => {
  "use strict";
  const dialog = document.getElementById("pst-search-dialog");
  const onPage = document.querySelector("main form.bd-search input"); // the search page has one of its own
  const apple = /^(Mac|iP)/.test(navigator.platform);

  function open() {
    if (onPage) {
      onPage.focus();
      onPage.select();
    } else if (!dialog.open) dialog.showModal();
  }

  dialog.setAttribute("aria-label", "Search this book");
  document.querySelectorAll(".search-button__button").forEach((button) => button.addEventListener("click", open));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  addEventListener("keydown", (event) => {
    const command = (apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.shiftKey;
    if (!command || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  if (onPage) open();
  if (apple) document.querySelectorAll(".kbd-shortcut__modifier").forEach((key) => (key.textContent = "⌘"));
})();
