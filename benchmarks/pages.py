"""What the pages cost: ``python -m benchmarks.pages`` prints a report. Nothing here passes or fails.

Times are compared within one run: every widget takes turns with a page that has a bare slider and an empty SVG.
"""

import gzip
import platform
import statistics
import tempfile
import threading
from datetime import date
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from benchmarks import widgets
from booksite.live import modules
from booksite.serve import open_server
from tests.browser import ARGUMENTS, find_chromium

SITE = Path("_build/html")
LOADS = 15
BINARY = (".woff2", ".png", ".webp", ".whl")
BARE = (
    "<!doctype html><meta charset=utf-8><title>bare</title><input type=range min=0 max=100 step=1>"
    "<svg viewBox='0 0 720 330' width=720></svg>"
)


def weight(context, address):
    """Bytes that a page asks for at once: text as gzip makes it, fonts and pictures as they are."""
    page, came, sizes = context.new_page(), [], {}
    page.on("response", lambda response: came.append(response))
    page.goto(address, wait_until="networkidle")
    for response in came:
        body, binary = response.body(), response.url.split("?")[0].endswith(BINARY)
        sizes[response.url] = len(body) if binary else len(gzip.compress(body, 9))
    page.close()
    text = next(size for url, size in sizes.items() if url == address)
    fonts = sum(size for url, size in sizes.items() if "katex" in url)
    return sum(sizes.values()), text, fonts


def ready(context, address):
    """Milliseconds from DOMContentLoaded to the last widget's being alive, over several loads."""
    delays = []
    for _ in range(LOADS):
        page = context.new_page()
        widgets.open_live(page, address)
        delays.append(
            page.evaluate(
                "Math.max(...[...document.querySelectorAll('figure.nl-ready')].map((f) => Number(f.dataset.readyAt)))"
                " - performance.getEntriesByType('navigation')[0].domContentLoadedEventStart"
            )
        )
        page.close()
    return delays


def chapters():
    """Names of the pages in the order of the contents."""
    contents = yaml.safe_load(Path("_toc.yml").read_text("utf-8"))
    files = [contents["root"], *(c["file"] for part in contents["parts"] for c in part["chapters"])]
    return [Path(file).name for file in files]


def main():
    server = open_server(SITE, 8400)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/book"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        print(f"{date.today()}, Chromium {chromium.version}, {platform.system()} {platform.machine()}\n")
        print("Page weight, kB (gzip for text; fonts and pictures as they are)")
        print(f"  {'page':24}{'all':>8}{'the page':>10}{'formulas':>10}{'shell':>8}   (formulas: style and fonts)")
        for path in sorted((SITE / "book").glob("*.html")):
            total, text, fonts = weight(context, f"{base}/{path.name}")
            rest = (total, text, fonts, total - text - fonts)
            print(f"  {path.stem:24}{rest[0] / 1e3:8.1f}{rest[1] / 1e3:10.1f}{rest[2] / 1e3:10.1f}{rest[3] / 1e3:8.1f}")
        print("\nWidgets ready, ms after DOMContentLoaded (median, largest of several loads)")
        live = [n for n in chapters() if "data-live-widget" in (SITE / "book" / f"{n}.html").read_text("utf-8")]
        for name in live:
            delays = ready(context, f"{base}/{name}.html")
            print(f"  {name:24}{statistics.median(delays):8.1f}{max(delays):8.1f}")
        bare = Path(folder) / "bare.html"
        bare.write_text(BARE)
        gallery = f"{base}/gallery.html"
        widgets.report_bytes(SITE, modules())
        widgets.report_moves(context, [f"{base}/{name}.html" for name in live], bare.as_uri())
        widgets.report_training(context, gallery)
        widgets.report_memory(context, gallery)
        chromium.close()
    server.shutdown()


if __name__ == "__main__":
    main()
