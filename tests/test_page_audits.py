"""What a page weighs and what validators say of it; `make audit` adds Lighthouse's marks for speed."""

import pytest
from audits import GATED, invalid, lighthouse, weights, without_drawings
from pages import page_names

# Bytes on the wire beside the page's own text, pictures and data.
LIMITS = {"shell": 60_000, "formulas": 70_000, "widgets": 40_000}
KINDS = ("book/index.html", "book/batch-norm-forward.html", "book/gallery.html", "book/api.html", "search.html")
WHOLE = ("book/index.html", "search.html")  # small enough to be validated with their formulas and figures


def test_a_page_is_light_and_loads_nothing_that_it_does_not_use(open_tab, server, page_name):
    tab = open_tab(page_name)
    tab.page.wait_for_load_state("networkidle")
    parts = weights(page_name, tab.requests, server)
    assert parts["page"].keys() == {page_name}
    heavy = {part: files for part, files in parts.items() if sum(files.values()) > LIMITS.get(part, 400_000)}
    assert heavy == {}
    has = {
        "katex": tab.page.locator(".katex").count(),
        "widgets.css": tab.page.locator("figure[data-live-widget]").count(),
        "live.js": tab.page.locator("figure[data-live-widget]").count(),
        "searchindex": page_name == "search.html",
    }
    for file, uses in has.items():
        assert any(file in address for address in tab.requests) == bool(uses), file


def test_every_page_is_valid_html(site):
    texts = {name: (site / name).read_text(encoding="utf-8") for name in [*page_names(), "index.html"]}
    assert invalid({n: t if n in WHOLE else without_drawings(t) for n, t in texts.items()}) == []


def test_the_validator_finds_what_is_wrong():
    page = "<!doctype html><html lang=en><title>x</title><p><ul><li>a</ul></p><summary><p>b</summary>"
    rules = {line.split(": ")[1] for line in invalid({"x": page})}
    assert {"close-order", "element-permitted-content"} <= rules


def test_a_page_without_its_drawings_keeps_all_else():
    formula = '<span class="katex"><span>a</span><span><svg><p></svg></span></span>'
    assert without_drawings(f"<p>{formula} and {formula}</p><svg><g></g></svg>.") == "<p> and </p>."
    with pytest.raises(ValueError, match="without an end"):
        without_drawings('<span class="katex"><span>')


def test_lighthouse_finds_nothing_against_a_page_of_each_kind(server):
    for row in lighthouse([server + name for name in KINDS]):
        assert row["missed"] == [], row["address"]
        assert row["scores"] == dict.fromkeys(GATED, 100), row["address"]
