"""Every live widget of the built site, moved by keyboard and mouse as a reader would."""

import gzip

import pytest
from pages import said

from booksite import live

MODES = [{"width": 1280, "height": 900}, {"width": 390, "height": 844}]
INDEX, FORWARD = (f"book/{n}.html" for n in ("index", "batch-norm-forward"))
SHIFTS = """() => {
  globalThis.shifted = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) globalThis.shifted += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
}"""


def test_every_widget_of_the_site_comes_alive_moves_and_resets(open_tab, home, live_name):
    tab = open_tab(live_name, home)
    for widget in tab.widgets():
        picture = widget.figure.locator(".nl-picture")
        words = widget.figure.locator("> svg.nl-figure").get_attribute("aria-label")
        assert picture.get_attribute("aria-label") == words, "what Python said of the still picture"
        first = widget.content(), widget.shown()
        slider = next(name for name in widget.names("slider") if widget.control(name).is_enabled())
        widget.press(slider, "Home" if widget.state[slider] != widget.specs[slider]["min"] else "End")
        tab.await_hash(f"{widget.key}.{slider}")
        widget.click("Reset")
        assert (widget.content(), widget.shown()) == first
        tab.await_hash("")


def test_all_scripts_of_widgets_together_are_small(site):
    scripts = [site / "_static" / f"{name}.js" for name in ("live", *live.modules())]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) <= 40_000


@pytest.mark.parametrize("options", [{}, {"has_touch": True, "viewport": MODES[1]}], ids=["mouse", "phone"])
def test_a_slider_goes_where_it_is_clicked(open_tab, options):
    tab = open_tab(INDEX, **options)
    widget = tab.widget("idea")
    before, slider = widget.drawing(), widget.control("shift")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    tab.page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
    tab.settle()
    assert -5 < float(slider.input_value()) < -3
    assert widget.drawing() != before


@pytest.mark.parametrize(("name", "key", "values"), [
    (FORWARD, "giveback", {}), (FORWARD, "curve", {"shift": -2.5, "scale": 0.3, "eps": 0.1}),
    (INDEX, "idea", {"size": 7, "activation": "relu"}),
])  # fmt: skip
def test_give_back_the_input_makes_y_the_same_as_z(open_tab, name, key, values):
    fragment = "&".join(f"{key}.{n}={v}" for n, v in values.items())
    tab = open_tab(f"{name}#{fragment}")
    widget = tab.widget(key)
    bars = widget.figure.locator(".nl-bars")

    def shape(station):
        return bars.nth(station).get_attribute("d")

    assert shape(0) != shape(2)
    widget.click("Give back the input")
    tab.settle()
    assert shape(0) == shape(2)
    twin = widget.twin(**values)
    twin.give_back_input()
    assert (widget.output("gamma"), widget.output("beta")) == (said(twin.gamma, 2), said(twin.beta, 1))
    tab.await_hash(f"{key}.gamma=")
    assert open_tab(name + tab.hash()).widget(key).picture() == widget.picture()


def test_without_javascript_the_still_picture_stands_there_with_its_name(open_tab, browser, server, live_name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server + live_name)
    for figure in page.locator("figure[data-live-widget]").all():
        still = figure.get_by_role("img")
        assert still.is_visible()
        assert len(still.get_attribute("aria-label")) > 40
        assert figure.locator("noscript p").is_visible()
        assert figure.bounding_box()["height"] < still.bounding_box()["height"] + 60, "room is kept for no controls"
    assert page.locator(".nl-live").count() == 0
    context.close()


@pytest.mark.parametrize("viewport", MODES, ids=["desk", "phone"])
def test_the_page_does_not_jump_when_its_widget_comes_alive(browser, open_tab, server, viewport):
    tab = open_tab("search.html", viewport=viewport)
    tab.page.wait_for_load_state("networkidle")  # leaving would break off the index's loading
    tab.context.add_init_script(f"({SHIFTS})()")
    tab.open(INDEX)
    tab.page.wait_for_load_state("networkidle")
    tab.settle()
    assert tab.page.evaluate("shifted") <= 0.02
