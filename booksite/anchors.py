"""Addresses inside of pages that others may link to: ``python -m booksite.anchors _build/html`` says which are gone.

With ``--renew`` it writes the list anew, ``anchors.txt`` beside this file.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LIST = Path(__file__).parent / "anchors.txt"
TAGS, CLASSES = {"section", "figure", "dt"}, {"math-block", "exercise"}
CHANGING = re.compile(r"id\d+")  # counted by docutils


class Lasting(HTMLParser):
    """The ids of a page's headings, equations, exercises, figures, listings, and names of the library."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.inside = set(), False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.inside |= tag == "article"
        of = dict(attrs)
        name = of.get("id") or ""
        lasting = tag in TAGS or CLASSES & set((of.get("class") or "").split()) or name.startswith("listing-")
        if self.inside and name and lasting and not CHANGING.fullmatch(name):
            self.ids.add(name)

    def handle_endtag(self, tag):
        self.inside &= tag != "article"


def anchors(site):
    """``page#id`` of every place of the site that others may link to, sorted."""
    return sorted(f"book/{path.name}#{i}" for path in (site / "book").glob("*.html") for i in Lasting(path).ids)


def gone(site, listed):
    """Those of `listed` that the site no longer has."""
    return sorted(set(listed) - set(anchors(site)))


def main(arguments):
    site = Path(arguments[0])
    if not site.is_dir():
        sys.exit(f"{site} is not there; build the site first: make html")
    if "--renew" in arguments:
        LIST.write_text("\n".join(anchors(site)) + "\n", encoding="utf-8")
    listed = LIST.read_text(encoding="utf-8").split()
    if lost := gone(site, listed):
        hint = "Links from elsewhere would lead to the page's top. Keep the old name, as a target `(name)=` above the"
        sys.exit("\n  ".join([f"{hint} place, or say goodbye to it with `make anchors`:", *lost]))
    print(f"All {len(listed)} listed anchors are there.")


if __name__ == "__main__":
    main(sys.argv[1:])
