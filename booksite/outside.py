"""Ask for every page of other hosts that the book links to: ``python -m booksite.outside _build/html``."""

import http.client
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from .links import Page

SECONDS = 30
GONE = {404, 410}  # other answers may only mean that a program asks: they are told and are no failure
HEADERS = {"User-Agent": "Mozilla/5.0 (link check)"}


def outside_links(site):
    """Address without its fragment to the pages that link to it."""
    found: dict[str, list[str]] = {}
    for path in sorted(site.rglob("*.html")):
        for link in Page(path).links:
            if urlsplit(link).scheme in {"http", "https"}:
                found.setdefault(urldefrag(link)[0], []).append(path.relative_to(site).as_posix())
    return found


def answer(address):
    """The status that an address answers with, or what is in the way, as text."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=HEADERS), timeout=SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error)


def main():
    links = outside_links(Path(sys.argv[1]))
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(links, pool.map(answer, links), strict=True))
    for address, said in answers.items():
        if said != 200:
            print(f"{said}: {address}, on {', '.join(sorted(set(links[address])))}")
    lost = [address for address, said in answers.items() if said in GONE or not isinstance(said, int)]
    print(f"{len(links)} addresses of other hosts: {len(lost)} lost.")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
