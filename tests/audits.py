"""What tools say of the built site: ``python tests/audits.py`` prints Lighthouse's marks of every page."""

import argparse
import gzip
import json
import re
import statistics
import threading
from pathlib import Path
from urllib.parse import urlsplit

from browser import find_chromium
from pages import SITE, page_names

from booksite import live, node
from booksite.serve import open_server

NODE = Path(__file__).parent / "node"
GATED = ("accessibility", "best-practices", "seo")
WIDGETS = {f"{name}.js" for name in ("live", *live.modules())} | {"widgets.css"}
FORMULA, SPAN = '<span class="katex">', re.compile(r"<(/?)span\b[^>]*>")


def lighthouse(addresses, categories=GATED):
    """Lighthouse's marks, mobile preset, of one page after another in one Chromium.

    Yields
    ------
    dict
        ``address``, ``scores`` by category from 0 to 100, the gated audits that ``missed``, and ``times``.
    """
    script, names = NODE / "lighthouse.mjs", ",".join(categories)
    yield from map(json.loads, node.run(script, find_chromium(), names, *addresses).splitlines())


def without_drawings(html):
    """A page without what KaTeX and matplotlib drew on it: a validator would need minutes for millions of signs."""
    html = re.sub(r"<svg\b.*?</svg>", "", html, flags=re.DOTALL)
    rest, end = [], 0
    while (start := html.find(FORMULA, end)) >= 0:
        rest.append(html[end:start])
        depth = 0
        for tag in SPAN.finditer(html, start):
            depth += -1 if tag[1] else 1
            if depth == 0:
                end = tag.end()
                break
        else:
            raise ValueError(f"a formula without an end: {html[start : start + 100]}")
    return "".join(rest) + html[end:]


def invalid(pages):
    """A line for each place where pages, given as name to HTML, break the rules of HTML."""
    return node.run(NODE / "validate.mjs", given=json.dumps(pages)).splitlines()


def carried(path: Path):
    """Bytes on the wire: text is packed, fonts and pictures are packed already."""
    data = path.read_bytes()
    return len(data) if path.suffix in {".woff2", ".png", ".webp"} else len(gzip.compress(data, 9, mtime=0))


def part_of(name, page):
    """Which part of a page's weight a file of the site belongs to."""
    path = Path(name)
    if name == page:
        return "page"
    if "katex" in path.parts:
        return "formulas"
    if path.name in WIDGETS:
        return "widgets"
    return "pictures" if path.parent.name == "images" else "data" if path.name == "searchindex.js" else "shell"


def weights(page, requests, home, site=SITE):
    """Bytes of everything that a page asked its `home` for, by part, with the files of each."""
    names = {urlsplit(r).path.removeprefix(urlsplit(home).path) for r in requests if r.startswith(home)}
    parts: dict[str, dict[str, int]] = {}
    for name in sorted(names):
        parts.setdefault(part_of(name, page), {})[name] = carried(site / name)
    return parts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="performance is the median of so many")
    parser.add_argument("pages", nargs="*", help="names of pages, as book/index.html; all without one")
    given = parser.parse_args()
    node.install(NODE)
    with open_server(SITE, 8500) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{'page':36}{'performance':>20}{'access.':>9}{'practices':>11}{'SEO':>5}   FCP, LCP, blocked")
        for name in given.pages or page_names():
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            rows = list(lighthouse([address] * given.runs, ("performance", *GATED)))
            speeds = [row["scores"]["performance"] for row in rows]
            speed = f"{statistics.median(speeds):.0f} of {', '.join(map(str, sorted(speeds)))}"
            marks = [min(row["scores"][category] for row in rows) for category in GATED]
            times = ", ".join(rows[0]["times"])
            print(f"{name:36}{speed:>20}{marks[0]:>9}{marks[1]:>11}{marks[2]:>5}   {times}", flush=True)
            print("".join(f"    {line}\n" for line in sorted({m for row in rows for m in row["missed"]})), end="")
        server.shutdown()


if __name__ == "__main__":
    main()
