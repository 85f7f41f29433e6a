"""Addresses inside of pages that others may link to: ``python -m booksite.anchors _build/html`` says which are gone.

With ``--renew`` it writes the list anew, ``anchors.txt`` beside this file.
"""

import re
import sys
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

LIST = Path(__file__).parent / "anchors.txt"
LASTING = "section[id], dt.sig[id], div.math-block[id], div.exercise[id], figure[id], div[id^=listing-]"
CHANGING = re.compile(r"id\d+")  # counted by docutils


def anchors(site):
    """``page#id`` of every heading, equation, exercise, figure, listing and name of the library, sorted."""
    found = []
    for path in sorted((site / "book").glob("*.html")):
        soup: Any = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        ids = {node["id"] for node in soup.select_one("article").select(LASTING)}
        found += [f"book/{path.name}#{i}" for i in ids if not CHANGING.fullmatch(i)]
    return sorted(found)


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
