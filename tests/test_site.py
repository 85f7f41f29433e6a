"""Every built page, as it is written and in a real browser."""

import re

import pytest
from bs4 import Comment
from pages import until

from booksite.links import broken_links

LIGHT, DARK = ({"color_scheme": scheme} for scheme in ("light", "dark"))
FORMULAS = "span.math, div.math-block > .formula"
UNFOLD = """() => {
  for (const fold of document.querySelectorAll("summary, button.toggle-button")) fold.click();
}"""
ALL_LAID_OUT = """() => { // as for one who has scrolled to the end
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("section, section > * { content-visibility: visible !important }");
  document.adoptedStyleSheets = [sheet];
}"""
REACHABLE = """() => [...document.querySelectorAll("pre")]
  .every((code) => code.scrollWidth <= code.clientWidth + 1 || code.tabIndex === 0)"""
NAMELESS = """() => [...document.querySelectorAll("img, svg[role=img]")]
  .filter((image) => !(image.getAttribute("alt") ?? image.getAttribute("aria-label") ?? "").trim())
  .map((image) => image.outerHTML.slice(0, 200))"""
REPEATED_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""
# What is drawn of a formula has the text's colours and is hidden from screen readers: axe sees it on one page alone.
DRAWN, WITH_DRAWN = [".katex-html"], "book/notation.html"
VIOLATIONS = """(exclude) => axe.run({ exclude }, { resultTypes: ["violations"],
  rules: { "target-size": { enabled: true } } }).then((found) => found.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`)))"""
# The rules that ask what colour something has: in the other theme all else is the same.
OF_COLOURS = VIOLATIONS.replace("rules: {", 'runOnly: ["color-contrast", "link-in-text-block"], rules: {')
STILL = "document.getAnimations().every((a) => a.playState !== 'running')"  # no colour is between two others
BRIGHTNESS = """(element, property) => {
  for (let node = element; node; node = node.parentElement) {
    const [red, green, blue, alpha = 1] = getComputedStyle(node)[property].match(/[\\d.]+/g).map(Number);
    if (alpha > 0) return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  }
  return 1;
}"""


def brightness(page, selector, property):
    """Luminance, 0 to 1, of a colour that an element has or shows from behind it."""
    return page.locator(selector).first.evaluate(BRIGHTNESS, property)


def test_a_page_asks_nobody_else_and_complains_of_nothing(open_tab, home, page_name):
    tab = open_tab(page_name, home)
    tab.page.evaluate(UNFOLD)
    tab.page.mouse.wheel(0, 100_000)
    tab.page.wait_for_load_state("networkidle")
    assert len(tab.requests) > 4
    assert tab.complaints == []


def test_the_root_leads_to_the_first_page(open_tab, home):
    tab = open_tab("index.html", home)
    tab.page.wait_for_url(home + "book/index.html")
    assert tab.page.locator("h1").is_visible()
    tab.page.wait_for_load_state("networkidle")
    assert tab.complaints == []


def test_every_link_inside_the_site_leads_somewhere(site):
    assert broken_links(site)[0] == []


def test_a_page_says_what_it_is(soups, site, page_name):
    soup = soups[page_name]
    assert soup.html["lang"] == "en"
    assert soup.title.text.strip()
    [heading] = soup("h1")
    assert heading.get_text(" ", strip=True)
    [description] = soup("meta", attrs={"name": "description"})
    assert len(description["content"].split()) > 3
    icon = soup.find("link", rel="icon")["href"]
    assert ((site / page_name).parent / icon).read_text(encoding="utf-8").startswith("<svg")


def test_titles_and_descriptions_tell_pages_apart(soups):
    titles = [soup.title.text for soup in soups.values()]
    descriptions = [soup.find("meta", attrs={"name": "description"})["content"] for soup in soups.values()]
    assert len(set(titles)) == len(set(descriptions)) == len(soups)


def test_every_formula_is_set_for_the_eye_and_for_a_screen_reader(soups, page_name):
    soup = soups[page_name].select_one("article, main")
    formulas = soup.select(FORMULAS)
    bare = [f.text[:80] for f in formulas if not (f.select(".katex-html") and f.select("math annotation"))]
    assert bare == []
    assert soup.select('.katex-html:not([aria-hidden="true"]), .katex [style*="color"]') == []
    assert soup.select(".katex-error, .math.error") == []
    spoken_for = {id(element) for element in soup.select(f"{FORMULAS}, pre, code, script, svg")}
    assert re.findall(r".{0,40}(?:\$|\\\(|\\\[|\\[a-zA-Z]).{0,40}", text_beside(soup, spoken_for)) == []


def text_beside(element, left_out):
    """An element's text without that of some elements in it."""
    if id(element) in left_out:
        return ""
    parts = (child if isinstance(child, str) else text_beside(child, left_out) for child in element.children)
    return "".join(part for part in parts if not isinstance(part, Comment))


@pytest.mark.parametrize(("tag", "parts"), [("msub", 2), ("msup", 2), ("msubsup", 3), ("mfrac", 2), ("mover", 2)])
def test_every_script_and_fraction_of_a_formula_has_its_parts(soups, tag, parts):
    """KaTeX hides an operator in an index from the eye alone: a screen reader would get a formula with an error."""
    found = {
        name: [str(e) for e in soup.find_all(tag) if len(e.find_all(recursive=False)) != parts]
        for name, soup in soups.items()
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_book_has_formulas_at_all(soups):
    assert sum(len(soup.select(FORMULAS)) for soup in soups.values()) > 300


def test_axe_finds_nothing_against_a_page_in_light_and_in_dark(open_tab, axe, page_name):
    tab = open_tab(page_name, viewport={"width": 1280, "height": 900}, **LIGHT)
    exclude = [] if page_name == WITH_DRAWN else DRAWN
    tab.page.evaluate(ALL_LAID_OUT)
    tab.page.evaluate(UNFOLD)
    tab.until(REACHABLE)
    tab.page.evaluate(f"{axe}\n;0")
    for scheme, rules in (("light", VIOLATIONS), ("dark", OF_COLOURS)):
        tab.page.emulate_media(color_scheme=scheme)
        tab.until("(scheme) => document.documentElement.dataset.theme === scheme", arg=scheme)
        tab.settle()
        tab.until(STILL)
        assert tab.page.evaluate(rules, exclude) == []
        assert tab.page.evaluate(NAMELESS) == []
        assert tab.page.evaluate(REPEATED_IDS) == []


@pytest.mark.parametrize("name", ["book/normal-distribution.html"])
def test_the_theme_button_changes_paper_ink_and_figures(open_tab, name):
    page = open_tab(name, **LIGHT).page
    shown = {}
    for _ in range(3):
        page.get_by_role("button", name="color mode").first.click()
        theme = page.evaluate("document.documentElement.dataset.theme")
        of = {
            "paper": brightness(page, "body", "backgroundColor"),
            "ink": brightness(page, "article p", "color"),
            "figure": brightness(page, "figure > svg.nl-figure path[style*=paper]", "fill"),
            "bars": brightness(page, ".nl-bars", "fill"),
            "axis": brightness(page, ".nl-chart text", "fill"),
        }
        shown[theme] = of
    assert shown.keys() == {"light", "dark"}
    for part in ("paper", "figure", "bars"):
        assert shown["dark"][part] < 0.35 < 0.7 < shown["light"][part], part
    for part in ("ink", "axis"):
        assert shown["light"][part] < 0.35 < 0.7 < shown["dark"][part], part


@pytest.mark.parametrize("name", ["book/index.html", "book/normal-distribution.html"])
def test_paper_gets_still_pictures_in_light_colours(open_tab, name):
    page = open_tab(name, **DARK).page
    still, live = page.locator("figure.nl-widget > svg.nl-figure").first, page.locator(".nl-live").first
    assert (still.is_visible(), live.is_visible()) == (False, True)
    page.emulate_media(media="print")
    until(page, "document.documentElement.dataset.theme === 'light'")
    assert (still.is_visible(), live.is_visible()) == (True, False)
    assert page.locator("h1").first.is_visible()
    assert brightness(page, "figure.nl-widget > svg.nl-figure path[style*=paper]", "fill") > 0.9
    assert brightness(page, "figure.nl-widget > svg.nl-figure text", "fill") < 0.3
    assert brightness(page, "body", "backgroundColor") > 0.9
    assert page.locator("details.hide > :not(summary)").filter(visible=False).count() == 0, "folded code is lost"
    for selector in ("article p", "article h1", "article a.reference"):
        assert brightness(page, selector, "color") < 0.5, selector
    page.emulate_media(media="screen")
    until(page, "document.documentElement.dataset.theme === 'dark'")
    assert page.locator("details.hide[open]").count() == 0
    assert (still.is_visible(), live.is_visible()) == (False, True)


def test_the_search_page_finds_what_a_chapter_is_about(open_tab):
    page = open_tab("search.html?q=eps+standardize").page
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("(links) => links.map((a) => a.pathname)")
    assert any(path.endswith("/book/batch-norm-forward.html") for path in found)
