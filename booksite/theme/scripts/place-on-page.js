// Where the reader is: marked in the page's contents, the page's own line brought into view in the book's, and a place
// that was asked for brought to the top of the screen.
(() => {
  "use strict";
  const links = new Map();
  for (const link of document.querySelectorAll("#pst-page-toc-nav a[href^='#']")) {
    const section = document.getElementById(link.hash.slice(1));
    if (section) links.set(section.querySelector(":is(h1, h2, h3, h4, h5, h6)") ?? section, link);
  }

  function mark(current) {
    for (const link of links.values()) {
      link.classList.toggle("active", link === current);
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const entry of document.querySelectorAll("#pst-page-toc-nav .toc-entry")) {
      entry.classList.toggle("active", entry.contains(current));
    }
  }

  // The last heading that stands above a line near the top of the screen, however far the reader has jumped.
  const above = new Set();
  const headings = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) above[isIntersecting ? "add" : "delete"](target);
      mark(links.get([...links.keys()].filter((heading) => above.has(heading)).pop()));
    },
    { rootMargin: "1000000px 0px -70% 0px" },
  );
  for (const heading of links.keys()) headings.observe(heading);

  // Blocks get their heights when they come near, so that a place far down moves while it is being gone to.
  const settle = (frames) => {
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
    if (frames > 0) requestAnimationFrame(() => settle(frames - 1));
  };
  addEventListener("load", () => performance.getEntriesByType("navigation")[0].type === "navigate" && settle(10));
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("a[href*='#']");
    setTimeout(() => link?.href === location.href && settle(10));
  });

  const top = document.querySelector(".sbt-scroll-pixel-helper");
  const scrolled = new IntersectionObserver(([{ boundingClientRect }]) => {
    document.body.classList.toggle("scrolled", boundingClientRect.y < 0);
  });
  if (top) scrolled.observe(top);

  const bar = document.getElementById("pst-primary-sidebar");
  const here = bar?.querySelector("li.current.active > a");
  // Measured once the page is drawn, and not laid out for this alone.
  if (here) requestAnimationFrame(() => setTimeout(() => {
    if (here.offsetTop > bar.clientHeight * 0.7) bar.scrollTop = here.offsetTop - bar.clientHeight / 2;
  }));
})();
