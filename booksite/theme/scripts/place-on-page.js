// Where the reader is: marked in the page's contents, and the page's own line brought into view in the book's.
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

  const headings = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).pop();
      if (seen) mark(links.get(seen.target));
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of links.keys()) headings.observe(heading);

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
