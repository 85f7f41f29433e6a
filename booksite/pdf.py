"""The whole book as one PDF, from the built site: ``python -m booksite.pdf _build/html dist/book.pdf``.

The pages' articles are put one behind the other, in the order of the contents, into a single page that Chromium prints.
"""

import argparse
import html
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup

FIRST = "book/index.html"
STYLE = Path(__file__).parent / "theme" / "paper.css"
UNPRINTED = ".headerlink, .notebook-links, script, noscript, button, summary, .nl-live"
REFERENCES = ("href", "xlink:href", "aria-labelledby", "aria-describedby")
FOOTER = """<div style="width:100%;font:8pt sans-serif;color:#444;text-align:center">
<span class="pageNumber"></span></div>"""
FIT = """() => {
  for (const formula of document.querySelectorAll(".formula")) {
    const share = formula.clientWidth / formula.scrollWidth;
    if (share < 1) formula.style.fontSize = `${Math.floor(share * 100)}%`;
  }
}"""
FAULTS = """() => {
  const wider = [...document.querySelectorAll("article *:not(.katex *, svg *)")]
    .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((e) => `wider than the paper: ${e.closest("article").id}: ${e.outerHTML.slice(0, 120)}`);
  const lost = [...document.querySelectorAll("article a[href^='#']")]
    .filter((a) => !document.getElementById(decodeURIComponent(a.hash.slice(1))))
    .map((a) => `leads nowhere: ${a.closest("article").id}: ${a.getAttribute("href")}`);
  return [...wider, ...lost];
}"""


def read(path) -> Any:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def contents(first):
    """Names of the pages in the order of the contents, as its sidebar has them, and the captions before some."""
    pages, captions, caption = [FIRST], {}, ""
    for node in first.select("nav.bd-docs-nav p.caption, nav.bd-docs-nav a[href]"):
        if node.name == "p":
            caption = node.get_text(strip=True)
            continue
        name = urljoin(FIRST, urldefrag(node["href"])[0])
        if name not in pages:
            pages.append(name)
            captions[name], caption = caption, ""
    return pages, captions


def words(node):
    """What an element says, once; a formula would be there twice."""
    return " ".join("".join(t for t in node.find_all(string=True) if not t.find_parent(class_="katex-mathml")).split())


class Chapter:
    """A page's article, made ready to stand behind others."""

    def __init__(self, site, name, pages):
        self.name, self.pages = name, pages
        self.key = self._key(name)
        soup = read(site / name)
        canonical = soup.find("link", rel="canonical")
        self.address = canonical["href"] if canonical else ""
        self.styles = [urljoin(name, urlsplit(link["href"]).path) for link in soup.select("link[rel=stylesheet]")]
        self.article = soup.select_one("article.bd-article")
        for node in self.article.select(UNPRINTED):
            node.decompose()
        self.title = words(self.article.h1)
        self.article["id"] = self.key
        for details in self.article.select("details"):
            details.name = "div"  # without its summary it would have a mark of its own
        self._name_formulas()
        self._name_widgets(soup)
        self._rewrite(site)

    def _key(self, name):
        return f"p{self.pages.index(name)}"

    def _name_formulas(self):
        """A formula is a picture that says its TeX: MathML has no way into a PDF."""
        for formula in self.article.select(".katex"):
            formula["role"], formula["aria-label"] = "img", formula.annotation.get_text()
            formula.select_one(".katex-mathml").decompose()
            del formula.select_one(".katex-html")["aria-hidden"]

    def _name_widgets(self, soup):
        """Under each still picture of a widget, where it is alive."""
        for figure in self.article.select("figure.nl-widget"):
            note = soup.new_tag("p", attrs={"class": "paper-live"})
            note.append("A still picture; it can be moved on the site, on the page ")
            place = soup.new_tag("a", attrs={"href": self.address}) if self.address else soup.new_tag("cite")
            place.string = self.title
            note.append(place)
            figure.append(note)

    def _rewrite(self, site):
        """Ids and what refers to them begin with the page's key; files are named from the site's folder on."""
        for node in self.article.find_all(True):
            if node is not self.article and node.has_attr("id"):
                node["id"] = f"{self.key}-{node['id']}"
            for name in REFERENCES:
                if node.has_attr(name):
                    self._refer(node, name)
            if node.has_attr("src") and not urlsplit(node["src"]).scheme:
                node["src"] = (site / urljoin(self.name, node["src"])).resolve().as_uri()
            for name, value in node.attrs.items():
                if isinstance(value, str) and "url(#" in value:
                    node[name] = re.sub(r"url\(#", f"url(#{self.key}-", value)

    def _refer(self, node, name):
        value = node[name]
        if name.startswith("aria"):
            node[name] = " ".join(f"{self.key}-{i}" for i in value.split())
        elif not urlsplit(value).scheme and not (self.address and value == self.address):
            address, fragment = urldefrag(value)
            page = urljoin(self.name, address) if address else self.name
            if page in self.pages:
                exact = fragment and "=" not in fragment
                node[name] = f"#{self._key(page)}-{fragment}" if exact else f"#{self._key(page)}"
            elif self.address:
                node[name] = urljoin(self.address, value)
            else:
                del node[name]  # a file of a site that has no address


def title_page(first, address):
    """The book's name, and what stands at the foot of its first page."""
    lines = [" ".join(line.get_text().split()) for line in first.select("p.component-author, p.copyright, p.version")]
    if address:
        lines.append(f'<a href="{address}">{address}</a>')
    name = first.select_one("p.logo__title").get_text()
    return (
        f'<header class="paper-title"><p class="paper-name">{name}</p>{"".join(f"<p>{x}</p>" for x in lines)}</header>'
    )


def contents_page(chapters, captions):
    """A link to each page of the book."""
    items = ""
    for chapter in chapters:
        if caption := captions.get(chapter.name):
            items += f'<p class="paper-part">{caption}</p>\n'
        items += f'<p><a href="#{chapter.key}">{html.escape(chapter.title)}</a></p>\n'
    return f'<nav class="paper-contents" aria-label="Contents"><p class="paper-name">Contents</p>{items}</nav>'


def assemble(site):
    """The book as one HTML page, which needs the site's style sheets and runs no script; and its headings, in order."""
    first = read(site / FIRST)
    pages, captions = contents(first)
    chapters = [Chapter(site, name, pages) for name in pages]
    sheets = dict.fromkeys((site / style).resolve() for chapter in chapters for style in chapter.styles)
    links = "".join(f'<link rel="stylesheet" href="{sheet.as_uri()}">\n' for sheet in [*sheets, STYLE.resolve()])
    headings = [words(h) for chapter in chapters for h in chapter.article.find_all(re.compile("^h[1-6]$"))]
    parts = [title_page(first, chapters[0].address), contents_page(chapters, captions)]
    articles = "\n".join(str(chapter.article) for chapter in chapters)
    parts.append(f'<main class="bd-main"><div class="bd-content">{articles}</div></main>')
    head = f'<meta charset="utf-8"><title>{first.select_one("p.logo__title").get_text()}</title>\n{links}'
    body = "\n".join(parts)
    page = f'<html lang="en" data-theme="light"><head>{head}</head>\n<body class="paper">{body}</body></html>\n'
    return f"<!DOCTYPE html>\n{page}", headings


def print_pdf(source, target, chromium, arguments):
    """Print an HTML file.

    Returns
    -------
    list of str
        What is wrong: elements that reach beyond the paper's edge, links that lead nowhere in the book.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(arguments))
        page = browser.new_page(viewport={"width": 658, "height": 1000})  # A4 without its margins
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(source.resolve().as_uri())
        page.evaluate("document.fonts.ready.then(() => true)")
        page.evaluate(FIT)
        faults = page.evaluate(FAULTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        page.pdf(
            path=str(target), tagged=True, outline=True, prefer_css_page_size=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
        )  # fmt: skip
        browser.close()
    return faults


def finish(path, headings):
    """Name the outline's entries as the headings are: Chromium says one twice that moved to the next sheet. Pack it.

    Raises
    ------
    ValueError
        If there are other entries than headings.
    """
    import pikepdf

    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        entries = []
        with pdf.open_outline() as outline:
            waiting = list(outline.root)
            while waiting:
                entry = waiting.pop(0)
                entries.append(entry)
                waiting = [*entry.children, *waiting]
            if len(entries) != len(headings):
                raise ValueError(f"{len(entries)} entries in the outline of {path} for {len(headings)} headings")
            for entry, heading in zip(entries, headings, strict=True):
                entry.title = heading
        for date in ("/CreationDate", "/ModDate"):
            del pdf.docinfo[date]  # the same book, the same bytes
        pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def main():
    from tests.browser import ARGUMENTS, find_chromium

    parser = argparse.ArgumentParser(prog="python -m booksite.pdf", description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    source = given.site.parent / "paper" / "book.html"
    source.parent.mkdir(parents=True, exist_ok=True)
    text, headings = assemble(given.site)
    source.write_text(text, encoding="utf-8")
    if faults := print_pdf(source, given.target, find_chromium(), ARGUMENTS):
        raise SystemExit("\n".join(["The book on paper:", *faults]))
    finish(given.target, headings)
    print(f"The book is in {given.target}, {os.path.getsize(given.target) / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
