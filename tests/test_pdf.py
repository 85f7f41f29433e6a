"""The book on paper: a small site printed whole, and the parts that make the one page that is printed."""

from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest
from browser import ARGUMENTS, find_chromium
from bs4 import BeautifulSoup

from booksite import pdf

NAV = """<nav class="bd-docs-nav"><p class="caption">Chapters</p><a href="one.html">1. One</a>
<p class="caption">Reference</p><a href="two.html">Two</a></nav>"""
KATEX = """<span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi><annotation>\\hat{x}</annotation>
</semantics></math></span><span class="katex-html" aria-hidden="true">x</span></span>"""
PAGES = {
    "index": '<h1>The book<a class="headerlink" href="#top">#</a></h1><p>See <a href="one.html#place">a place</a>.</p>',
    "one": f"""<section id="place"><h1>1. One</h1><p>Back to <a href="index.html">the start</a>, a
        <a href="../wheels/x.whl">file</a>, <a href="two.html#w.mu=2">a state</a>,
        <a href="https://example.org/">elsewhere</a>.</p><h2>1.1. Of {KATEX}</h2>
        <details class="hide"><summary>Show</summary><pre>hidden = 1</pre></details>
        <div class="formula scrolls"><span style="white-space:nowrap">{"wide " * 60}</span></div>
        <svg aria-labelledby="t"><title id="t">t</title><g clip-path="url(#c)"></g></svg></section>""",
    "two": """<h1>Two</h1><figure class="nl-widget" data-live-widget="x"><svg class="nl-figure" width="9"></svg>
        <script type="application/json">{}</script><noscript><p>Off</p></noscript></figure>""",
}
PAGE = """<!DOCTYPE html><html lang="en"><head>{head}<link rel="stylesheet" href="../_static/site.css?v=1"></head><body>
<p class="logo__title">The book</p>{nav}<article class="bd-article">{body}</article>
<footer><p class="version">Version 1.2</p></footer></body></html>"""


def site_of(folder, base="", **pages):
    for name in ("book", "_static"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "_static" / "site.css").write_text("")
    for name, body in (PAGES | pages).items():
        head = f'<link rel="canonical" href="{base}book/{name}.html">' if base else ""
        (folder / "book" / f"{name}.html").write_text(PAGE.format(head=head, nav=NAV, body=body))
    return folder


def assembled(folder):
    text, headings = pdf.assemble(folder)
    return BeautifulSoup(text, "html.parser"), headings


def links(soup):
    return {a.get_text(): a.get("href") for a in soup.select("article a")}


def test_pages_stand_in_the_order_of_the_contents(tmp_path):
    soup, headings = assembled(site_of(tmp_path))
    assert [a["id"] for a in soup.select("article")] == ["p0", "p1", "p2"]
    assert [p.get_text() for p in soup.select(".paper-contents p")] == [
        "Contents", "The book", "Chapters", "1. One", "Reference", "Two",
    ]  # fmt: skip
    assert headings == ["The book", "1. One", "1.1. Of x", "Two"]
    assert "Version 1.2" in soup.select_one(".paper-title").get_text()


def test_links_between_pages_lead_to_places_in_the_book(tmp_path):
    soup, _ = assembled(site_of(tmp_path))
    assert links(soup) == {
        "a place": "#p1-place", "the start": "#p0", "a state": "#p2", "file": None, "elsewhere": "https://example.org/",
    }  # fmt: skip
    ids = {node["id"] for node in soup.select("[id]")}
    assert {link[1:] for link in links(soup).values() if link and link.startswith("#")} <= ids
    svg = soup.select_one("#p1 svg")
    assert (svg["aria-labelledby"], svg.title["id"], svg.g["clip-path"]) == ("p1-t", "p1-t", "url(#p1-c)")


def test_a_widget_names_the_live_page_and_links_to_it_when_it_has_an_address(tmp_path):
    note = assembled(site_of(tmp_path))[0].select_one("figure.nl-widget .paper-live")
    assert "on the page Two" in note.get_text()
    assert note.a is None
    soup, _ = assembled(site_of(tmp_path, "https://book.example.org/"))
    assert soup.select_one("figure.nl-widget .paper-live a")["href"] == "https://book.example.org/book/two.html"
    assert links(soup)["file"] == "https://book.example.org/wheels/x.whl"
    assert links(soup)["a place"] == "#p1-place"


def test_what_only_a_screen_can_do_is_left_out_and_what_it_hides_is_shown(tmp_path):
    soup, _ = assembled(site_of(tmp_path))
    assert soup.select("script, noscript, button, summary, details, .headerlink, .katex-mathml") == []
    assert "hidden = 1" in soup.get_text()
    formula = soup.select_one(".katex")
    assert (formula["role"], formula["aria-label"]) == ("img", "\\hat{x}")


def test_a_link_that_leads_nowhere_in_the_book_is_named(tmp_path):
    lost = PAGES["index"].replace("#place", "#nowhere")
    assert print_site(site_of(tmp_path, index=lost), tmp_path / "book.pdf") == ["leads nowhere: p0: #p1-nowhere"]


def print_site(folder, target):
    source = folder / "book.html"
    text, headings = pdf.assemble(folder)
    source.write_text(text, encoding="utf-8")
    with ThreadPoolExecutor(1) as apart:  # this thread may already have a browser, another test's
        wider = apart.submit(pdf.print_pdf, source, target, find_chromium(), ARGUMENTS).result()
    pdf.finish(target, headings)
    return wider


def test_the_pdf_is_tagged_has_an_outline_and_is_the_same_twice(tmp_path):
    target, again = tmp_path / "out" / "book.pdf", tmp_path / "again.pdf"
    assert print_site(site_of(tmp_path), target) == []
    with pikepdf.open(target) as printed:
        assert printed.Root.MarkInfo.Marked
        assert str(printed.Root.Lang) == "en"
        assert str(printed.docinfo.Title) == "The book"
        assert len(printed.pages) == 5  # title, contents, three pages
        spoken = [str(o.Alt) for o in printed.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]
        assert "\\hat{x}" in spoken
        with printed.open_outline() as outline:
            assert [entry.title for entry in outline.root] == ["The book", "1. One", "Two"]
            assert [entry.title for entry in outline.root[1].children] == ["1.1. Of x"]
    print_site(tmp_path, again)
    assert again.read_bytes() == target.read_bytes()


def test_what_is_wider_than_the_paper_is_named(tmp_path):
    wide = '<h1>Two</h1><div style="width:900px">wide</div>'
    [line] = print_site(site_of(tmp_path, two=wide), tmp_path / "book.pdf")
    assert line.startswith('wider than the paper: p2: <div style="width:900px"')


def test_an_outline_that_is_not_the_headings_is_an_error(tmp_path):
    print_site(site_of(tmp_path), tmp_path / "book.pdf")
    with pytest.raises(ValueError, match=r"4 entries in the outline .* for 1 headings"):
        pdf.finish(tmp_path / "book.pdf", ["One"])
