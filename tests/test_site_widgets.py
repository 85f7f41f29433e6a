"""Every live widget of the built site, moved by keyboard and mouse as a reader would."""

import pytest
from pages import said

MODES = [{"width": 1280, "height": 900}, {"width": 390, "height": 844}]
INDEX, BELLS, FORWARD = (f"book/{n}.html" for n in ("index", "normal-distribution", "batch-norm-forward"))
SHIFTS = """() => {
  globalThis.shifted = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) globalThis.shifted += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
}"""
CONTROLS = ".nl-live :is(button, select, input[type=range], label:has([type=checkbox]))"
BOXES = "(all) => all.map((e) => [e.textContent, e.getBoundingClientRect().height, e.getBoundingClientRect().width])"
MOVING = """(live) => [live, ...live.querySelectorAll("*")].map((node) => [node, getComputedStyle(node)])
  .filter(([, style]) => style.animationName !== "none" || style.transitionDuration.split(", ").some((t) => t !== "0s"))
  .map(([node]) => node.outerHTML.slice(0, 80))"""


def test_every_slider_switch_and_choice_follows_the_keyboard(open_tab, home, live_name):
    tab = open_tab(live_name, home)
    for widget in tab.widgets():
        for name in widget.names("switch"):
            switch_changes_the_picture(widget, name)
            if not widget.control(name).is_checked():  # what waits for it is tried below
                widget.press(name, "Space")
        for name in widget.names("slider"):
            slider_changes_the_picture(widget, name)
        for name in widget.names("choice"):
            choice_changes_the_picture(widget, name)


def slider_changes_the_picture(widget, name):
    spec, before = widget.specs[name], (widget.control(name).input_value(), widget.drawing())
    at = float(before[0])
    steps = [("ArrowRight", at + spec["step"]), ("ArrowLeft", at), ("End", spec["max"]), ("Home", spec["min"])]
    drawings = []
    for key, expected in steps:
        widget.press(name, key)
        assert float(widget.control(name).input_value()) == pytest.approx(expected), (widget.key, name, key)
        text = said(expected, spec["digits"])
        assert (widget.output(name), widget.control(name).get_attribute("aria-valuetext")) == (text, text)
        drawings.append(widget.drawing())
    right, left, end, home = drawings
    assert left == before[1], (widget.key, name)
    assert right != left != end != home, (widget.key, name)
    assert home != left, (widget.key, name)
    widget.click("Reset")
    for switch in widget.names("switch"):
        if not widget.control(switch).is_checked():
            widget.press(switch, "Space")


def switch_changes_the_picture(widget, name):
    waiting = [n for n, spec in widget.specs.items() if spec.get("when") == name]
    for _ in range(2):
        was, before = widget.control(name).is_checked(), widget.drawing()
        widget.press(name, "Space")
        assert widget.control(name).is_checked() is not was
        assert widget.drawing() != before, (widget.key, name)
        assert [widget.control(n).is_disabled() for n in waiting] == [was] * len(waiting)


def choice_changes_the_picture(widget, name):
    values = [str(v) for v in widget.control(name).locator("option").all_text_contents()]
    widget.press(name, "Home")
    assert widget.control(name).input_value() == values[0]
    first = widget.drawing()
    widget.press(name, "End")
    assert widget.control(name).input_value() == values[-1]
    assert widget.drawing() != first, (widget.key, name)
    widget.press(name, "ArrowUp")
    assert widget.control(name).input_value() == values[-2]


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


def test_reset_restores_the_first_picture_and_clears_the_address(open_tab, home, live_name):
    tab = open_tab(live_name, home)
    for widget in tab.widgets():
        first = widget.picture(), widget.shown()
        for name in widget.specs:
            if widget.control(name).is_enabled():
                widget.press(name, "Space" if name in widget.names("switch") else "Home")
        tab.await_hash(f"{widget.key}.")
        assert widget.picture() != first[0]
        widget.click("Reset")
        assert (widget.picture(), widget.shown()) == first
        tab.await_hash("")


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


@pytest.mark.parametrize(("name", "key", "values"), [
    (BELLS, "bell", {"mu": -2.5, "sigma": 0.7, "size": 25}), (BELLS, "two-bells", {"mu2": -0.3, "kde": False}),
    (INDEX, "idea", {"shift": -1.2, "gamma": 4.5, "beta": 2, "activation": "relu"}),
    (FORWARD, "curve", {"size": 2, "eps": 1, "scale": 0.1, "activation": "tanh"}),
])  # fmt: skip
def test_a_screen_reader_hears_the_sentence_that_python_says(open_tab, name, key, values):
    tab = open_tab(name)
    widget = tab.widget(key)
    spoken = widget.figure.locator(".nl-spoken")
    assert (spoken.text_content(), spoken.get_attribute("aria-live")) == ("", "polite")
    fragment = "&".join(f"{key}.{n}={str(v).lower()}" for n, v in values.items())
    tab.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
    tab.page.wait_for_function(
        "(key) => document.querySelector(`[data-live-key=${key}] .nl-spoken`).textContent", arg=key
    )
    words = widget.twin(**values).describe()
    assert spoken.text_content() == words
    assert widget.figure.locator(".nl-picture").get_attribute("aria-label") == words


def test_every_picture_says_the_sentence_that_python_says_from_the_start(open_tab, live_name):
    for widget in open_tab(live_name).widgets():
        words = widget.twin().describe()
        assert widget.figure.locator("> svg.nl-figure").get_attribute("aria-label") == words
        assert widget.figure.locator(".nl-picture").get_attribute("aria-label") == words


def test_every_control_is_large_enough_for_a_finger(open_tab, live_name):
    tab = open_tab(live_name, viewport=MODES[1])
    boxes = tab.page.locator(CONTROLS).evaluate_all(BOXES)
    assert len(boxes) >= 8 * len(tab.widgets())
    assert [box for box in boxes if min(box[1:]) < 44] == []


def test_without_javascript_the_still_picture_stands_there_with_its_name(open_tab, browser, server, live_name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server + live_name)
    for figure in page.locator("figure[data-live-widget]").all():
        still = figure.get_by_role("img")
        assert still.is_visible()
        assert len(still.get_attribute("aria-label")) > 80
        assert figure.locator("noscript p").is_visible()
        assert figure.bounding_box()["height"] < still.bounding_box()["height"] + 60, "room is kept for no controls"
    assert page.locator(".nl-live").count() == 0
    context.close()


def test_nothing_moves_by_itself_where_less_motion_is_wanted(open_tab, live_name):
    tab = open_tab(live_name, reduced_motion="reduce")
    assert tab.page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")
    for widget in tab.widgets():
        assert widget.figure.locator(".nl-live").evaluate(MOVING) == []
        widget.press(widget.names("slider")[0], "ArrowRight")
        assert widget.figure.evaluate("(figure) => figure.getAnimations({ subtree: true }).length") == 0


@pytest.mark.parametrize("viewport", MODES, ids=["desk", "phone"])
def test_the_page_does_not_jump_when_its_widget_comes_alive(browser, open_tab, server, viewport):
    tab = open_tab("search.html", viewport=viewport)
    tab.context.add_init_script(f"({SHIFTS})()")
    tab.open(INDEX)
    tab.page.wait_for_load_state("networkidle")
    tab.settle()
    assert tab.page.evaluate("shifted") <= 0.02
