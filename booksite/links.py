"""Check every link inside the built site: ``python -m booksite.links _build/html``. Other hosts are only counted."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

ATTRIBUTES = {"href", "src", "action", "poster"}


class Page(HTMLParser):
    """The ids and links of one page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name in ATTRIBUTES and value and tag != "base":
                self.links.append(value)


def broken_links(site):
    """Lines that name each broken link, and the number of links that lead to other hosts.

    Parameters
    ----------
    site : pathlib.Path
        The folder that is served.

    Returns
    -------
    lines : list of str
    outside : int
    """
    site = site.resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    lines, outside = [], 0
    for path, page in pages.items():
        for link in page.links:
            if urlsplit(link).scheme or link.startswith("//"):
                outside += 1
                continue
            address, fragment = urldefrag(link)
            target = path if not address else (path.parent / unquote(urlsplit(address).path)).resolve()
            if target.is_dir():
                target /= "index.html"
            where = f"{path.relative_to(site)}: {link}"
            if not target.is_relative_to(site) or not target.is_file():
                lines.append(f"{where}: no such file")
            elif fragment and target in pages and "=" not in fragment and unquote(fragment) not in pages[target].ids:
                lines.append(f"{where}: no such place on the page")
    return lines, outside


def main():
    site = Path(sys.argv[1])
    if not site.is_dir():
        sys.exit(f"{site} is not there; build the site first: make html")
    lines, outside = broken_links(site)
    print("\n".join(lines) or f"Every link inside {site} leads somewhere; {outside} lead to other hosts.")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
