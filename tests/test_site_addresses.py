"""A page's address holds what the reader has set: it can be sent to others, and a wrong one does no harm."""

import re

import pytest

INDEX, BELLS, FORWARD = (f"book/{n}.html" for n in ("index", "normal-distribution", "batch-norm-forward"))


def move(widget, name):
    """Set a control to another value, by its keys."""
    before = widget.shown()
    for key in ("Space",) if name in widget.names("switch") else ("End", "Home"):
        widget.press(name, key)
        if widget.shown() != before:
            return


def test_the_address_after_a_change_shows_the_same_picture_to_others(open_tab, live_name):
    tab = open_tab(live_name)
    for widget in tab.widgets():
        for kind in ("slider", "choice", "switch"):
            for name in [n for n in widget.names(kind) if widget.control(n).is_enabled()][:1]:
                move(widget, name)
                tab.await_hash(f"{widget.key}.{name}=")
    others_see_the_same(tab, open_tab(live_name + tab.hash()))


def others_see_the_same(tab, other):
    assert other.hash() == tab.hash() != ""
    for mine, theirs in zip(tab.widgets(), other.widgets(), strict=True):
        assert (theirs.content(), theirs.shown()) == (mine.content(), mine.shown())
        assert theirs.figure.locator("> .nl-note").is_hidden()


def test_the_address_holds_a_step_of_a_slider_from_a_folder_too(open_tab, home):
    tab = open_tab(INDEX, home)
    tab.widget("idea").press("shift", "End", "ArrowLeft")
    spec = tab.widget("idea").specs["shift"]
    tab.await_hash(f"idea.shift={spec['max'] - spec['step']:g}")
    others_see_the_same(tab, open_tab(INDEX + tab.hash(), home))


@pytest.mark.parametrize("values", [
    "gamma=13", "gamma=abc", "gamma=", "gamma=NaN", "size=3.5", "activation=selu", "eps=2", "nothing=1",
    "gamma=%E0%A4%A", "beta=2&idea.gamma=-1", "__proto__=1", "shift=1e999",
])  # fmt: skip
def test_an_address_that_does_not_fit_starts_from_the_first_picture_and_says_so(open_tab, values):
    first = open_tab(INDEX).widget("idea")
    widget = open_tab(f"{INDEX}#idea.{values}").widget("idea")
    assert (widget.picture(), widget.shown()) == (first.picture(), first.shown())
    note = widget.figure.locator("> .nl-note")
    assert note.is_visible()
    assert re.search(r"idea\.(?!gamma=2)[\w]+", note.text_content())[0] in f"idea.{values}"


def test_two_widgets_keep_separate_values_in_one_address(open_tab):
    tab = open_tab(BELLS)
    one, two = tab.widgets()
    untouched = two.picture()
    one.press("mu", "End")
    tab.await_hash(f"{one.key}.mu=4")
    assert two.picture() == untouched
    two.press("sigma", "Home")
    tab.await_hash(f"{two.key}.sigma=0.2")
    assert sorted(tab.hash()[1:].split("&")) == sorted([f"{one.key}.mu=4", f"{two.key}.sigma=0.2"])
    one.click("Reset")
    tab.until("(hash) => location.hash === hash", arg=f"#{two.key}.sigma=0.2")


def test_an_address_with_values_brings_its_figure_into_view(open_tab):
    tab = open_tab(f"{FORWARD}#curve.gamma=3")
    tab.until("scrollY > 0")
    box = tab.widget("curve").figure.bounding_box()
    assert 0 <= box["y"] + box["height"] / 2 <= tab.page.viewport_size["height"]


def test_a_plain_anchor_still_leads_to_its_section_and_changes_no_widget(open_tab, home):
    untouched = [(w.picture(), w.shown()) for w in open_tab(FORWARD, home).widgets()]
    tab = open_tab(f"{FORWARD}#what-eps-does", home)
    tab.until("scrollY > 0")
    assert 0 <= tab.page.locator("#what-eps-does h2").bounding_box()["y"] < 300
    assert [(w.picture(), w.shown()) for w in tab.widgets()] == untouched
    assert tab.hash() == "#what-eps-does"
    assert tab.page.locator(".nl-note:visible").count() == 0


def test_another_address_in_the_same_tab_moves_the_widget(open_tab):
    tab = open_tab(INDEX)
    widget = tab.widget("idea")
    first, note = widget.picture(), widget.figure.locator("> .nl-note")

    def paste(fragment):
        tab.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)

    paste("idea.gamma=3&idea.activation=tanh")
    tab.until("document.querySelector('[name=gamma]').value === '3'")
    tab.settle()
    assert widget.control("activation").input_value() == "tanh"
    moved = widget.picture()
    assert moved != first
    assert note.is_hidden()
    paste("idea.gamma=99")
    note.wait_for(state="visible")
    tab.settle()
    assert widget.picture() == first
    paste("idea.gamma=3&idea.activation=tanh")
    note.wait_for(state="hidden")
    tab.settle()
    assert widget.picture() == moved
