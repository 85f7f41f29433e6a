"""Readers with other eyes, hands and machines: what axe cannot see, on every page."""

import re

import pytest
from pages import until
from test_site import ALL_LAID_OUT, UNFOLD, brightness

SAMPLE = ("book/index.html", "book/norm-family.html", "book/api.html")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`section, section > * { content-visibility: visible !important }
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
# Words that a box of fixed size cuts off; what scrolls, and what only a screen reader is to find, is not meant.
CUT = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && e.innerText?.trim() && !e.closest(".katex, svg, .toggle-hidden")
    && !e.querySelector(".katex"))
  .filter((e) => ["hidden", "clip"].includes(getComputedStyle(e).overflowY) && e.clientHeight > 8)
  .filter((e) => e.scrollHeight > e.clientHeight + 4).map((e) => e.outerHTML.slice(0, 150))"""
# Stops of the Tab key on which nothing is to be seen when they are reached: neither an outline nor a ring.
STOPS = "a[href], button, input, select, textarea, summary, [tabindex]"
UNSEEN = """([stops, ring]) => [...document.querySelectorAll(stops)]
  .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))
  .filter((e) => {
    e.focus({ preventScroll: true, focusVisible: true });
    const seen = [e, e.closest("form"), e.closest(".admonition-title"), e.parentElement].some((box) => {
      if (!box) return false;
      return [getComputedStyle(box), getComputedStyle(box, "::before")].some((style) =>
        (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || (ring && style.boxShadow !== "none"));
    });
    return document.activeElement === e && !seen;
  }).map((e) => e.outerHTML.slice(0, 150))"""
ORDERED = '() => document.querySelectorAll(\'[tabindex]:not([tabindex="0"], [tabindex="-1"])\').length === 0'
HEADLESS = """() => [...document.querySelectorAll("article table")]
  .filter((table) => table.rows.length > 1 && !table.querySelector("th")).map((t) => t.outerHTML.slice(0, 150))"""
MOVING = """() => document.getAnimations().filter((a) => a.playState === "running" && a.effect.getTiming().duration > 1)
  .map((a) => a.animationName ?? a.transitionProperty)"""
KEPT = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean)"


def test_the_keyboard_finds_the_text_first_and_every_stop_can_be_seen(open_tab, page_name):
    page = open_tab(page_name, viewport=WIDE).page
    if page_name != "search.html":  # there the keyboard starts where one types
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
        until(page, "document.activeElement.getBoundingClientRect().top >= 0")
        page.keyboard.press("Enter")
        until(page, "location.hash === '#main-content'")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
    assert page.evaluate(ORDERED)
    assert page.evaluate(UNSEEN, [STOPS, True]) == []
    page.emulate_media(forced_colors="active")  # Windows' high contrast draws no shadows
    assert page.evaluate(UNSEEN, [STOPS, False]) == []


def test_a_phone_shows_a_page_whole_with_wider_spaced_text_too_and_keeps_the_choice_of_colours_alone(
    open_tab, page_name
):
    page = open_tab(page_name, viewport=PHONE).page
    assert page.evaluate(HEADLESS) == []
    assert page.evaluate(KEPT) == []
    page.get_by_role("button", name="color mode").click()
    assert page.evaluate(KEPT) == ["mode"]
    page.evaluate(ALL_LAID_OUT)  # what is not laid out by the page is cut off, and seems to fit
    page.evaluate(UNFOLD)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"] + 1
    before = page.evaluate(CUT)
    page.evaluate(SPACED)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"] + 1
    assert [cut for cut in page.evaluate(CUT) if cut not in before] == []


def test_without_scripts_everything_can_be_read_and_reached(browser, server, page_name):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(server + page_name)
    assert page.locator("h1").is_visible()
    assert page.get_by_role("navigation", name="Main").get_by_role("link").first.is_visible()
    assert page.locator("article .admonition-title ~ :not(.admonition-title)").filter(visible=False).count() == 0, (
        "a fold that cannot open"
    )
    assert page.locator("main button:visible").count() == 0, "a button that does nothing"
    context.close()


@pytest.mark.parametrize("name", SAMPLE)
def test_nothing_moves_for_those_who_asked_for_that(open_tab, name):
    tab = open_tab(name, reduced_motion="reduce")
    tab.page.mouse.wheel(0, 3000)
    assert tab.page.evaluate(MOVING) == []
    assert tab.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize("name", SAMPLE)
def test_without_fonts_the_words_stay_and_every_button_has_a_name(browser, server, name):
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.route("**/*.woff2", lambda route: route.abort())
    page.goto(server + name)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[...document.fonts].every((font) => font.status !== 'loaded')")
    assert page.locator("h1").is_visible()
    named = "(all) => all.map((b) => b.ariaLabel || b.title || b.textContent.trim())"
    assert all(page.locator("button").evaluate_all(named))
    context.close()


@pytest.mark.parametrize("name", SAMPLE[1:])
def test_the_choice_of_colours_holds_on_the_next_page(open_tab, name):
    page = open_tab(name, color_scheme="light").page
    page.get_by_role("button", name="color mode").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_who_lands_in_the_middle_sees_where_this_is_and_how_to_go_on(open_tab, site, page_name):
    inner = re.findall(r'<section\b[^>]*\bid="([^"]+)"', (site / page_name).read_text(encoding="utf-8"))[1:]
    if page_name == "search.html" or not inner:
        return
    name = inner[-1]
    page = open_tab(f"{page_name}#{name}", viewport=WIDE).page
    heading, header = page.locator(f"#{name}").locator("h2, h3, h4").first, page.locator(".bd-header-article")
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)  # ten frames, in which the blocks above get their heights
    assert header.bounding_box()["height"] - 1 <= heading.bounding_box()["y"] < 900, "in sight, below the bar"
    if page_name != "book/index.html":
        assert page.locator("#pst-primary-sidebar .current.active > a").first.is_visible()
    assert page.locator("#pst-page-toc-nav a").first.is_visible()
    assert page.locator(".prev-next-area a").count()
    assert "Normalization, by Hand" in page.title()


def test_a_place_in_the_middle_is_reached_by_link_and_marked_in_the_contents_and_back_leads_back(open_tab):
    page = open_tab("book/normal-distribution.html", viewport=WIDE).page
    link = page.locator("#pst-page-toc-nav a").nth(12)
    name = link.get_attribute("href")[1:]
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(400)
    before = page.evaluate("scrollY")
    link.click()
    page.wait_for_timeout(600)
    top = page.locator(f"[id='{name}']").locator("h2, h3, h4").first.bounding_box()["y"]
    assert page.locator(".bd-header-article").bounding_box()["height"] - 1 <= top < 130
    assert page.locator("#pst-page-toc-nav a[aria-current]").get_attribute("href") == f"#{name}"
    page.go_back()
    page.wait_for_timeout(400)
    assert abs(page.evaluate("scrollY") - before) < 60


def test_on_a_phone_both_tables_of_contents_have_a_name_and_a_button_that_closes_them(open_tab):
    page = open_tab("book/index.html", viewport=PHONE, color_scheme="dark").page
    for part, name in (("primary", "Contents of the book"), ("secondary", "Contents of this page")):
        page.locator(f".{part}-toggle").click()
        dialog = page.get_by_role("dialog", name=name)
        assert dialog.get_by_role("link").first.is_visible()
        assert brightness(page, "dialog[open] .close-dialog", "color") > 0.5, "dark letters on a dark page"
        dialog.get_by_role("button", name="Close").click()
        assert not dialog.is_visible()


def test_where_the_contents_stand_beside_the_text_their_button_hides_them_and_the_place_stays(open_tab):
    page = open_tab("book/norm-family.html", viewport={"width": 960, "height": 900}).page
    page.evaluate("scrollTo({ top: 3000, behavior: 'instant' })")
    button, sidebar = page.locator(".primary-toggle"), page.locator("#pst-primary-sidebar")
    assert (button.get_attribute("aria-expanded"), sidebar.is_visible()) == ("true", True)
    button.click()
    assert button.get_attribute("aria-expanded") == "false"
    until(page, "!document.getElementById('pst-primary-sidebar').checkVisibility({ visibilityProperty: true })")
    assert page.evaluate("scrollY") > 1000


def test_copying_is_said_to_those_who_do_not_see_the_sign(open_tab):
    page = open_tab("book/norm-family.html", viewport=WIDE).page
    button = page.locator(".copybtn").first
    button.scroll_into_view_if_needed()
    button.focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('[role=status].copy-status').textContent === 'Copied!'")
    until(page, "document.querySelector('[role=status].copy-status').textContent === ''")
