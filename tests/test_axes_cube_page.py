"""The axes cube in a page: what is drawn there, and what the keyboard, a click and the address do to it."""

import numpy as np
import pytest
from numerical import assert_close
from pages import Tab
from stand import stand
from test_axes_cube import own

from normlib.plot import sheets
from normlib.widgets import AxesCube


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cube")
    stand(folder, [AxesCube(key="cube"), own((1,), key="mine", samples=8)])
    tab = Tab(browser, folder.as_uri() + "/")
    yield tab
    tab.context.close()
    assert tab.complaints == []


@pytest.fixture
def cube(page):
    page.page.goto("about:blank")
    return page.open("index.html").widget("cube")


DRAWN = """(figure) => [...figure.querySelectorAll('.nl-cube > g:not([display=none])')].map((g) => [
  g.getAttribute('transform').slice(10, -1).split(',').map(Number),
  g.querySelector('.nl-lit').getAttribute('d').match(/M[^M]*?h1v1h-1z/g) ?? [],
  g.querySelector('.nl-ring') ? g.lastChild.getAttribute('transform') : null])"""


def check_drawing(widget, twin):
    """The sheets, their lit cells and the ring stand where Python's geometry has them."""
    sheets_drawn = {tuple(np.round(place, 9)): (lit, ring) for place, lit, ring in widget.figure.evaluate(DRAWN)}
    samples, channels = twin.shape[:2]
    assert len(sheets_drawn) == samples * channels
    for n, c in np.ndindex(samples, channels):
        lit, ring = sheets_drawn[tuple(np.round(sheets.sheet_origin(twin.shape, n, c, twin.apart), 9))]
        assert [f"M{w} {h}h1v1h-1z" for h, w in np.argwhere(twin.shares[n, c]).tolist()] == lit
        assert ring == (f"translate({twin.w},{twin.h})" if (n, c) == twin.cell[:2] else None)


def text_of(widget, part):
    return widget.figure.locator(part).inner_text()


def test_the_keyboard_moves_the_cell_the_norm_and_the_batch(cube):
    check_drawing(cube, AxesCube())
    cube.press("c", "ArrowRight", "ArrowRight")
    cube.press("w", "ArrowLeft")
    check_drawing(cube, AxesCube(c=4, w=0))
    cube.control("norm").select_option("GN")
    cube.tab.settle()
    cube.press("groups", "ArrowRight")
    cube.press("samples", "End")
    cube.press("apart", "Home")
    twin = AxesCube(norm="GN", groups=3, samples=8, c=4, w=0, apart=0)
    cube.tab.settle()
    check_drawing(cube, twin)
    assert text_of(cube, ".nl-bench").split() == f"{twin.plan.title} {twin.plan.code} {twin.plan.remark}".split()
    assert "numbers per mean\n18\nmeans in all\n24" in text_of(cube, ".nl-readout")
    cube.tab.await_hash("cube.norm=GN")
    cube.tab.until("(t) => document.querySelector('.nl-spoken').textContent === t", arg=twin.describe())


def test_only_the_controls_that_matter_are_there(cube):
    shown = {None: 7, "GN": 8, "own axes": 11}
    for norm, count in shown.items():
        if norm:
            cube.control("norm").select_option(norm)
            cube.tab.settle()
        assert cube.figure.locator(".nl-row:visible").count() == count


def test_own_axes_can_be_ticked_down_to_none(cube):
    cube.control("norm").select_option("own axes")
    assert text_of(cube, ".nl-bench p") == "This is batch norm."
    for name in ("over_n", "over_h", "over_w"):
        cube.press(name, "Space")
    check_drawing(cube, own(()))
    assert text_of(cube, ".nl-live > .nl-note") == own(()).note
    cube.click("Reset")
    assert cube.figure.locator(".nl-live > .nl-note").is_hidden()
    check_drawing(cube, AxesCube())


def test_an_address_sets_the_cube_and_one_that_does_not_fit_leaves_it_at_its_start(page):
    page.page.goto("about:blank")
    at = page.open("index.html#cube.norm=own%20axes&cube.over_n=false&cube.samples=2&cube.apart=0.35&mine.w=7")
    check_drawing(at.widget("cube"), own((2, 3), samples=2, apart=0.35))
    check_drawing(at.widget("mine"), own((1,), samples=8))
    assert "values that do not fit here (mine.w)" in text_of(at.widget("mine"), ".nl-note[role=status]")


POINT = """(svg, [right, down]) => {
  const box = svg.getBoundingClientRect();
  const point = [Math.round(box.left + right * box.width), Math.round(box.top + down * box.height)];
  const { x, y } = new DOMPoint(...point).matrixTransform(svg.getScreenCTM().inverse());
  const sheet = document.elementFromPoint(...point).closest('.nl-cube > g');
  return [point, [x, y], sheet && sheet.getAttribute('transform').slice(10, -1).split(',').map(Number)];
}"""


@pytest.mark.parametrize("apart", [0.0, 0.4, 1.0])
def test_a_click_touches_the_cell_that_is_seen_there(page, apart):
    page.page.goto("about:blank")
    widget = page.open(f"index.html#cube.apart={apart}&cube.samples=3").widget("cube")
    svg, touched = widget.figure.locator(".nl-cube"), AxesCube(samples=3, apart=apart)
    clicked = 0
    for spot in np.random.default_rng(6).uniform(0.2, 0.8, (30, 2)).tolist():
        point, (x, y), under = svg.evaluate(POINT, spot)
        cell, *around = (sheets.cell_at(touched.shape, x + d, y - d, apart) for d in (0, 0.08, -0.08))
        if around != [cell, cell]:
            continue  # on an edge, where a stroke lies over the neighbour
        page.page.mouse.click(*point)
        if cell is None:
            assert under is None
        else:
            clicked += 1
            assert_close(under, sheets.sheet_origin(touched.shape, *cell[:2], apart), scale=1)
            touched.n, touched.c, touched.h, touched.w = cell
        widget.tab.settle()
        check_drawing(widget, touched)
        assert [int(widget.control(name).input_value()) for name in "nchw"] == list(touched.cell)
    assert clicked > 4


@pytest.mark.parametrize("width", [320, 1280])
def test_words_in_the_picture_can_be_read_and_nothing_sticks_out(page, width):
    page.page.set_viewport_size({"width": width, "height": 900})
    page.page.goto("about:blank")
    page.open("index.html#cube.samples=8")
    sizes = page.page.eval_on_selector_all(
        ".nl-cube text", "(texts) => texts.map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
    )
    assert min(sizes) >= 11
    inside = """(svg) => { const box = svg.getBoundingClientRect(); return [...svg.querySelectorAll('text, path')]
      .filter((node) => node.getBoundingClientRect().width).every((node) => { const b = node.getBoundingClientRect();
      return b.left >= box.left && b.right <= box.right && b.top >= box.top && b.bottom <= box.bottom; }); }"""
    for key in ("cube", "mine"):
        for apart in ("1", "0.5", "0"):
            page.widget(key).control("apart").fill(apart)
            page.settle()
            assert page.widget(key).figure.locator(".nl-cube").evaluate(inside), (key, apart)
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
