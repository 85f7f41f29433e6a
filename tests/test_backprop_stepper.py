"""The stepper through batch norm's graph: its numbers, its steps, its drawing, and the page."""

import inspect
import itertools
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript import JavaScript
from numerical import assert_close, assert_gradient, properties
from pages import Tab
from stand import stand
from states import states

import normlib
from normlib import BatchNorm, core
from normlib.widgets import BackpropStepper
from normlib.widgets.backprop_stepper import brief, written
from normlib.widgets.batch_norm_graph import batch_norm_graph
from normlib.widgets.batch_norm_steps import FIRST_BACKWARD, STEPS, line_of, reached
from normlib.widgets.graph_drawing import NODES, PHONE, WIDE, drawing
from normlib.widgets.words import plain

GRAPH, WIDGET = "math/batch-norm-graph.mjs", "backprop-stepper.mjs"
X, DY = np.array([0.3, -2.0, 5.0, 1.1]), np.array([0.7, -1.2, 0.4, 2.0])
SOME = {"gamma": 1.7, "beta": -0.4, "eps": 0.1}


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def plan_of(widget):
    return json.loads(bytes(widget.shipped()["plan"]))


# The numbers of the graph


def test_even_numbers_come_out_for_pencil_and_paper():
    g = BackpropStepper().numbers
    assert_close(g["xhat"], [-1.4, -0.2, 0.2, 1.4])
    assert_close([g["mu"], g["v"], g["s"], g["dbeta"], g["dgamma"], g["dv"]], [8, 25, 5, 2, 1.2, -0.048])
    assert_close(g["dx"], [0.368, -0.176, -0.624, 0.432])


@pytest.mark.parametrize("eps", [1e-5, 0.1, 10])
@pytest.mark.parametrize("seed", range(5))
def test_the_graph_is_the_librarys_batch_norm(eps, seed):
    rng = np.random.default_rng(seed)
    x, dy, (gamma, beta) = rng.normal(3, 2, 4), rng.standard_normal(4), rng.standard_normal(2)
    g = batch_norm_graph(x, dy, gamma, beta, eps)
    layer = BatchNorm(1, eps=eps)
    layer.params["gamma"], layer.params["beta"] = [gamma], [beta]
    assert_close(g["y"], layer(x[:, None])[:, 0])
    assert_close(g["dx"], layer.backward(dy[:, None])[:, 0], scale=np.abs(g["direct"]).max())
    assert_close([g["dgamma"], g["dbeta"]], [layer.grads["gamma"][0], layer.grads["beta"][0]])

    x_hat, cache = core.normalize(x, 0, eps)
    assert_close(g["xhat"], x_hat)
    assert_close(g["dx"], core.normalize_backward(g["dxhat"], cache), scale=np.abs(g["direct"]).max())
    direct, dmean, dvar = core.standardize_backward(g["dxhat"], cache)
    assert_close(g["direct"], direct)
    assert_close(g["dv"], dvar[0])
    assert_close(g["dmu"], dmean[0], scale=np.abs(direct).sum())
    assert_close(g["dx"], direct + core.moments_backward(dmean, dvar, x, cache.mean), scale=np.abs(direct).max())


@pytest.mark.parametrize(
    ("node", "gradient", "rest"),
    [
        ("xhat", "dxhat", lambda g, t: t),
        ("r", "dr", lambda g, t: g["d"] * t),
        ("s", "ds", lambda g, t: g["d"] / t),
        ("v", "dv", lambda g, t: g["d"] / np.sqrt(t + SOME["eps"])),
        ("q", "dq", lambda g, t: g["d"] / np.sqrt(t.mean() + SOME["eps"])),
        ("d", "dd", lambda g, t: t / np.sqrt((t**2).mean() + SOME["eps"])),
        ("d", "direct", lambda g, t: t * g["r"]),
        ("mu", "dmu", lambda g, t: (g["x"] - t) / np.sqrt(((g["x"] - t) ** 2).mean() + SOME["eps"])),
        ("x", "dx", lambda g, t: core.normalize(t, 0, SOME["eps"])[0]),
    ],
)
def test_each_gradient_is_the_slope_of_the_loss_in_its_node(node, gradient, rest):
    g = batch_norm_graph(X, DY, **SOME)

    def loss(at):
        return DY @ (SOME["gamma"] * rest(g, at if g[node].ndim else at[0]) + SOME["beta"])

    assert_gradient(np.atleast_1d(g[gradient]), loss, np.atleast_1d(g[node]))


def test_all_numbers_agree_with_javascript_in_random_states(js):
    for widget in states(BackpropStepper, 80):
        here, there = widget.numbers, js(WIDGET, "numbersOf", widget.values())
        assert set(there) == set(here)
        dr, s = np.abs(here["dxhat"] * here["d"]).sum(), here["s"]
        x, direct = np.abs(here["x"]).max(), np.abs(here["direct"]).sum()
        scales = {"mu": x, "d": x, "q": x**2, "dbeta": 100, "dgamma": 400, "dr": dr, "ds": dr / s**2}
        scales |= {"dv": dr / s**3, "dq": dr / s**3, "dd": direct, "dmu": direct, "dx": direct}
        for name in set(here) - {"check", "error", "loss"}:
            assert_close(there[name], here[name], scale=scales.get(name))
        assert_close(there["loss"], here["loss"], scale=np.abs(here["dy"] * here["y"]).sum())
        assert_close(there["check"], here["check"], 1e-7, scale=direct + 1e-4 * abs(here["loss"]) / s)


def test_central_differences_agree_with_the_librarys(js):
    js_widget = BackpropStepper(x=tuple(X), dy=tuple(DY), eps=0.1)
    there = js(WIDGET, "numbersOf", js_widget.values())
    for found in (js_widget.numbers, there):
        assert 0 < found["error"] < 1e-8
        assert_close(found["check"], found["dx"], 1e-8)


def test_the_check_holds_in_random_states_and_where_dx_is_zero():
    errors = [widget.numbers["error"] for widget in states(BackpropStepper, 60)]
    assert max(errors) < 1e-6
    assert BackpropStepper(dy=(1, 1, 1, 1)).numbers["error"] < 1e-6
    assert BackpropStepper(dy=(0, 0, 0, 0)).numbers["error"] == 0


# The steps


@pytest.mark.parametrize("step", STEPS, ids=[step.result for step in STEPS])
def test_each_step_shows_a_line_that_stands_in_the_library(step):
    module, _, name = step.where.partition(".Normalization")
    module, _, name = (module, "", f"Normalization{name}") if name else module.rpartition(".")
    found = getattr(inspect.importlib.import_module(module), name.split(".")[0])
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    assert step.source in [line.strip() for line in inspect.getsource(found).splitlines()]
    assert normlib.__name__ in step.where


def test_a_line_must_be_there_and_be_the_only_one():
    assert line_of(core.moments, "var =") == "var = inner(deviation, deviation, axes) / count"
    for start in ("no such line", "mean"):
        with pytest.raises(ValueError, match=f"moments has . lines that start with '{start}'; expected one"):
            line_of(core.moments, start)


def test_the_steps_find_every_number_once_and_forward_comes_first():
    results = [step.result for step in STEPS]
    assert sorted(results) == sorted([*batch_norm_graph(X, DY, **SOME), "check"])
    assert [step.result for step in STEPS[:FIRST_BACKWARD]] == list(batch_norm_graph(X, DY, **SOME))[:FIRST_BACKWARD]
    assert BackpropStepper.class_traits()["step"].high == len(STEPS) - 1


def value_of(text):
    """What a line of arithmetic comes to: its signs are the ones that a reader writes."""
    for sign, python in (("·", "*"), ("−", "-"), ("²", "**2"), ("√", "np.sqrt")):
        text = text.replace(sign, python)
    return eval(text, {"np": np})


@pytest.mark.parametrize("values", [{}, {"x": (-1.5, 2, 0.25, -7), "dy": (-2, 1, -0.5, 3), "gamma": -1.5, "eps": 1}])
def test_the_worked_lines_are_true_as_arithmetic(js, values):
    widget = BackpropStepper(**values)
    g = widget.numbers
    for step in plan_of(widget)["steps"]:
        lines = js(WIDGET, "worked", step, {**g, "x": g["x"]})
        assert len(lines) == np.size(g[step["result"]])
        for line, wanted in zip(lines, np.atleast_1d(g[step["result"]]), strict=True):
            sides = re.split("[=≈]", line)
            assert sides[-1].strip() == written(wanted)[0]
            scale = 1 + sum(abs(value_of(n)) for n in re.findall(r"[\d.]+", line))
            for side in sides:
                assert_close(value_of(side.strip()), wanted, 2e-3, scale=scale)


def test_what_is_known_grows_step_by_step_in_both_languages(js):
    plan = plan_of(BackpropStepper())
    for step in range(len(STEPS)):
        values, gradients = reached(step)
        assert js(GRAPH, "reached", plan["steps"], plan["first"], step) == [values, gradients]
        assert len(values) == 2 + min(step + 1, FIRST_BACKWARD)
    assert set(values) == set(gradients) == set(NODES)
    assert gradients["d"] == "dd"
    assert reached(14)[1] == {"y": "dy", "u": "dy", "beta": "dbeta", "gamma": "dgamma", "xhat": "dxhat", "d": "direct"}


# The drawing


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_boxes_stand_apart_and_arrows_touch_only_the_two_that_they_join(size):
    plan = drawing(size)
    boxes = [(x, y, x + w, y + h) for _, x, y, w, h, *_ in plan["boxes"]]
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
    assert min(min(b[:2]) for b in boxes) >= 0
    assert max(b[2] for b in boxes) <= plan["width"]
    assert max(b[3] for b in boxes) <= plan["height"]
    assert len(plan["lines"]) == 26
    for points, *_ in plan["lines"]:
        along = [np.array(points[0]) + t * (np.array(points[1]) - points[0]) for t in np.linspace(0.02, 0.95, 60)]
        inside = [b[0] < x < b[2] and b[1] < y < b[3] for b in boxes for x, y in along]
        assert not any(inside)
        ends = [any(b[0] - 2 <= x <= b[2] + 2 and b[1] - 2 <= y <= b[3] + 2 for b in boxes) for x, y in points[:2]]
        assert ends == [True, True]


@pytest.mark.parametrize("step", [0, 7, 14, 22])
def test_the_still_shows_what_is_known_and_no_more(step):
    widget = BackpropStepper(step=step)
    texts = [text.get_text() for text in widget.still().axes[0].texts]
    g, (values, gradients) = widget.numbers, reached(step)
    wanted = [t for known in (values, gradients) for name in known.values() for t in brief(g[name])]
    assert sorted(texts) == sorted([*wanted, *(title for _, _, title, _ in NODES.values())])


# Words


@properties
@given(value=st.floats(-1e24, 1e24), digits=st.integers(1, 6))
def test_numbers_in_words_are_written_alike(js, value, digits):
    assert plain(value, digits) == js("ui/numbers.mjs", "plain", value, digits)


def test_both_say_the_same_at_every_step(js):
    for widget in states(BackpropStepper, 12):
        plan = plan_of(widget)
        for step in range(len(STEPS)):
            widget.step = step
            there = js(WIDGET, "describe", widget.values(), js(WIDGET, "numbersOf", widget.values()), plan)
            assert there == widget.describe()


def test_the_words_say_what_is_found():
    assert BackpropStepper(step=7).describe() == (
        "Step 7 of 22, forward, the normalized batch: x̂ = d · r = −1.4, −0.2, 0.2, 1.4."
    )
    assert BackpropStepper(step=22).describe().endswith("agree with dx = 0.368, −0.176, −0.624, 0.432.")


@pytest.mark.parametrize("number", [3, 0.1, -7.7])
@pytest.mark.parametrize("step", [0, 4, 6, 7, 21, 22])
def test_a_constant_batch_without_eps_is_said_in_words(js, number, step):
    widget = BackpropStepper(x=(number,) * 4, step=step)
    words = widget.describe()
    assert ("is no number, since the batch is constant and ε is 0" in words) == (step > 5)
    assert js(WIDGET, "describe", widget.values(), js(WIDGET, "numbersOf", widget.values()), plan_of(widget)) == words
    assert widget.still().axes
    widget.eps = 1
    assert "no number" not in widget.describe()


# The page


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return stand(tmp_path_factory.mktemp("stepper"), [BackpropStepper(key="step")])


@pytest.fixture
def tab(browser, address):
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 1000, "height": 900})
    yield tab.open("index.html")
    assert tab.complaints == []
    tab.context.close()


def texts(widget, selector):
    return [t for t in widget.figure.locator(selector).all_text_contents() if t]


def test_the_page_steps_by_key_and_button_and_shows_the_numbers_of_python(tab):
    live = tab.widget("step")
    live.press("step", *["ArrowRight"] * 13)
    for _ in range(2):
        live.figure.get_by_role("button", name="Step", exact=True).click()
    tab.settle()
    twin = live.twin(step=15)
    values, gradients = reached(15)
    assert sorted(texts(live, ".nl-graph .nl-blue")) == sorted(
        t for name in values.values() for t in brief(twin.numbers[name])
    )
    shown = texts(live, ".nl-graph text.nl-orange")
    assert sorted(shown) == sorted(t for name in gradients.values() for t in brief(twin.numbers[name]))
    assert live.figure.locator("g.nl-lit").text_content().startswith("r = 1 / s")
    assert texts(live, "code") == [STEPS[15].source]
    assert texts(live, ".nl-worked") == ["2 · (−7) + 0 · (−1) + (−2) · 1 + 4 · 7 = 12"]
    live.click("Restart")
    assert texts(live, ".nl-graph text.nl-orange") == []


def test_numbers_that_are_typed_are_walked_through_and_kept_in_the_address(tab):
    live = tab.widget("step")
    field = live.figure.locator("[name=x], .nl-fields input").first
    field.fill("-3")
    field.press("Tab")
    live.press("step", "End")
    twin = live.twin(step=22, x=(-3, 7, 9, 15))
    assert texts(live, ".nl-worked")[0].split("\n")[0].split(" ≈ ")[0] == written(twin.numbers["dx"])[0]
    values, gradients = reached(22)
    wanted = [t for names in (values, gradients) for name in names.values() for t in brief(twin.numbers[name])]
    assert sorted(texts(live, ".nl-graph text:is(.nl-blue,.nl-orange)")) == sorted(wanted)
    assert max(len(t) for name in gradients.values() for t in written(twin.numbers[name])) > 7 >= max(map(len, wanted))
    tab.await_hash("step.step=22")
    tab.page.reload()
    tab.page.wait_for_selector(".nl-ready")
    assert tab.page.locator(".nl-formula").text_content() == STEPS[22].formula
    assert tab.page.locator(".nl-picture").get_attribute("aria-label") == twin.describe()


def test_a_constant_batch_leaves_a_note_and_no_error(tab):
    tab.page.goto(f"{tab.home}index.html#step.x=3,3,3,3&step.step=21")
    tab.page.reload()
    tab.page.wait_for_selector(".nl-ready")
    note = tab.page.locator(".nl-live .nl-note")
    assert "choose ε above 0" in note.text_content()
    assert note.is_visible()


def test_a_phone_shows_the_graph_without_numbers_and_the_step_below_it(browser, address):
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 320, "height": 700})
    tab.open("index.html#step.step=7")
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 320
    assert sorted(tab.page.locator(".nl-graph text").all_text_contents()) == sorted(
        title.split()[0] for _, _, title, _ in NODES.values()
    )
    sizes = "(texts) => texts.map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
    assert min(tab.page.locator(".nl-graph text").evaluate_all(sizes)) >= 11
    assert "−7 · 0.2 = −1.4" in tab.page.locator(".nl-worked").text_content()
    for step in range(len(STEPS)):  # lines of code, and where they stand, are long
        tab.page.locator("[name=step]").fill(str(step))
        tab.settle()
        assert tab.page.evaluate("document.documentElement.scrollWidth") == 320
    assert tab.page.locator(".nl-formula").text_content() == STEPS[-1].formula
    assert tab.complaints == []
    tab.context.close()
