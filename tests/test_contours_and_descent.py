"""Contours and descent: the views, the loss on them, its contours and walks, and the page that shows them."""

import re

import numpy as np
import pytest
from javascript import JavaScript
from numerical import assert_close, assert_gradient
from pages import Tab
from stand import stand
from states import states

from normlib import nn, optim
from normlib.data import badly_scaled
from normlib.widgets import ContoursAndDescent, descent
from normlib.widgets.contours_and_descent import OWN, box, inside

MODULE, MATH = "contours-and-descent.mjs", "math/descent.mjs"
CASES = [(model, ratio, c) for model in ("linear", "logistic") for ratio in (1, 5, 30) for c in (0.0, 0.6, 0.95)]
WITHIN = [0.01, 0.3, 0.98, 1.02, 2.5]  # shares of the largest stable rate


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def study(model, ratio, correlation, **values):
    """A widget, whether it is logistic, its features as they came, and its targets."""
    widget = ContoursAndDescent(model=model, ratio=ratio, correlation=correlation, **values)
    return widget, model == "logistic", *widget.data


# The views


@pytest.mark.parametrize(("model", "ratio", "correlation"), CASES)
def test_each_view_does_to_the_features_what_its_name_says(model, ratio, correlation):
    _, _, x, _ = study(model, ratio, correlation)
    (raw, standardized, whitened), maps = descent.views(x)
    assert_close(raw, x - x.mean(axis=0))
    assert_close(standardized, raw / raw.std(axis=0))
    assert_close(whitened.T @ whitened / len(x), np.eye(2), 1e-10)
    w = np.array([0.7, -1.9])
    for view, m in zip((raw, standardized, whitened), maps, strict=True):
        assert_close(view @ (m @ w), whitened @ w, 1e-11)


def test_a_scale_changes_the_raw_view_and_no_other():
    one, other = (ContoursAndDescent(ratio=ratio).walks for ratio in (2, 20))
    for k in (1, 2):
        assert_close(one[k].land.features, other[k].land.features)
        assert_close(one[k].path, other[k].path)
    assert other[0].limit < one[0].limit / 50


@pytest.mark.parametrize("seed", [0, 4])
def test_the_samples_are_the_library_s_and_their_draws_are_shipped(seed):
    x, y = badly_scaled(np.random.default_rng(seed), 40, ratio=7, correlation=0.3, noise=1.0)
    widget = ContoursAndDescent(ratio=7, correlation=0.3, seed=seed)
    np.testing.assert_array_equal(widget.data[0], x)
    assert_close(widget.data[1], y - y.mean())
    widget.model = "logistic"
    np.testing.assert_array_equal(widget.data[1], y > 0)
    z0, z1, noise = widget.shipped()["draws"]
    unmixed, y = badly_scaled(np.random.default_rng(seed), 40, ratio=1, noise=1.0)
    assert_close(np.stack([z0, z1], axis=1), unmixed)
    assert_close(z0 - z1 + noise, y)


# The loss


@pytest.mark.parametrize("logistic", [False, True])
def test_the_loss_is_the_library_s_and_its_derivatives_are_right(logistic):
    _, _, x, target = study("logistic" if logistic else "linear", 2, 0.4)
    w = np.array([0.8, -0.3])
    loss, gradient, hessian = descent.local(w, x, target, logistic)
    if logistic:
        logits = np.stack([np.zeros(len(x)), x @ w], axis=1)
        assert_close(loss, nn.SoftmaxCrossEntropy()(logits, target.astype(int)))
    else:
        assert_close(loss, nn.MSE()(x @ w, target) / 2)
    assert_gradient(gradient, lambda v: descent.local(v, x, target, logistic)[0], w)
    for k in range(2):
        assert_gradient(hessian[k], lambda v, k=k: descent.local(v, x, target, logistic)[1][k], w)


@pytest.mark.parametrize(("model", "ratio", "correlation"), CASES)
def test_each_landscape_is_of_the_same_models(model, ratio, correlation):
    _, logistic, x, target = study(model, ratio, correlation)
    lands = descent.landscapes(x, target, logistic)
    for land in lands:
        lowest, gradient, hessian = descent.local(land.best, land.features, target, logistic)
        assert_close(gradient, np.zeros(2), 1e-12, scale=ratio)
        assert_close([land.smallest, land.largest], np.linalg.eigvalsh(hessian), 1e-10)
        first = descent.local(land.start, land.features, target, logistic)[0]
        assert_close(first, descent.local(lands[0].start, lands[0].features, target, logistic)[0])
        levels = lowest + (first - lowest) * descent.RADII**2
        on_curves = descent.local(land.contours, land.features, target, logistic)[0]
        assert_close(on_curves, np.tile(levels[:, None], descent.RAYS + 1), 1e-5)
    assert_close(lands[1].start, descent.START, 1e-12)
    assert lands[2].largest / lands[2].smallest < (1 + 1e-9 if model == "linear" else 5)


# The walks


@pytest.mark.parametrize("steps", [0, 1, 25])
def test_a_linear_walk_is_the_one_that_the_optimizer_takes(steps):
    widget, _, x, target = study("linear", 3, 0.6, step=steps)
    x = x - x.mean(axis=0)
    layer = nn.Linear(2, 1, bias=False, rng=np.random.default_rng(0))
    layer.params["weight"][...] = widget.walks[0].path[0]
    sgd, loss = optim.SGD(layer, lr=widget.rate), nn.MSE()
    for place in widget.walks[0].path:
        assert_close(np.ravel(layer.params["weight"]), place)
        loss(layer(x), target[:, None])
        layer.backward(loss.backward() / 2)
        sgd.step()
    assert len(widget.walks[0].path) == steps + 1


@pytest.mark.parametrize(("model", "ratio", "correlation"), CASES)
@pytest.mark.parametrize("share", WITHIN)
def test_a_walk_settles_below_the_largest_stable_rate_and_leaves_above_it(model, ratio, correlation, share):
    _, logistic, x, target = study(model, ratio, correlation)
    for land in descent.landscapes(x, target, logistic):
        begin = land.best + 1e-3 * np.linalg.eigh(descent.local(land.best, land.features, target, logistic)[2])[1][:, 1]
        path = descent.descend(begin, land.features, target, logistic, share * 2 / land.largest, 60)
        out, gone = np.linalg.norm(path[[0, -1]] - land.best, axis=1)
        assert (gone > 2 * out) == (share > 1)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"step": 0}, ["has not begun"] * 3),
        ({}, ["zigzags", "creeps", "has arrived"]),
        ({"ratio": 10}, ["runs away", "creeps", "has arrived"]),
        ({"rate": 3.16}, ["runs away"] * 3),
        ({"rates": OWN, "step": 1}, ["zigzags", "zigzags", "has arrived"]),
        ({"model": "logistic", "rate": 5.0}, ["cannot settle", "has arrived", "has arrived"]),
    ],
)
def test_the_words_say_how_each_walk_goes(values, status):
    widget = ContoursAndDescent(**values)
    assert [walk.status for walk in widget.walks] == status
    parts = re.findall(
        r"condition number \S+, largest stable rate \S+; at rate \S+ the path ([^,.]+)", widget.describe()
    )
    assert parts == status
    assert widget.describe().count(", loss") == sum(s not in ("runs away", "cannot settle") for s in status)


def test_each_own_best_rate_whitened_arrives_in_one_step_and_raw_is_slow():
    raw, _, whitened = ContoursAndDescent(rates=OWN, ratio=10, step=1).walks
    assert_close(whitened.path[-1], whitened.land.best, 1e-9)
    assert_close(raw.rate, 2 / (raw.land.smallest + raw.land.largest))
    assert ContoursAndDescent(rates=OWN, ratio=10, step=60).walks[0].loss > 1.05 * whitened.loss


@pytest.mark.parametrize("values", [{}, {"ratio": 30, "rate": 10.0, "step": 60}])
def test_the_still_draws_the_contours_the_path_and_the_lowest_loss(values):
    widget = ContoursAndDescent(**values)
    for ax, walk in zip(widget.still().axes, widget.walks, strict=True):
        *curves, path, best = ax.lines
        for line, curve in zip(curves, walk.land.contours, strict=True):
            assert_close(line.get_xydata(), curve)
        drawn = path.get_xydata()
        assert_close(drawn, walk.path[: len(drawn)])
        assert len(drawn) == len(walk.path) or not np.all(np.abs(drawn[-1]) < 3)
        assert_close(best.get_xydata()[0], walk.land.best)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert np.all((walk.land.contours > [left, bottom]) & (walk.land.contours < [right, top]))
        assert_close(
            [right - left, top - bottom], [(box(walk.land.contours)[1] - box(walk.land.contours)[0]).max()] * 2
        )


def test_a_path_ends_with_its_first_point_far_outside():
    curves = np.array([[[-1.0, -1.0], [1.0, 1.0]]])
    path = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, -4.0], [0.0, 0.0]])
    assert inside(path, curves).tolist() == path[:3].tolist()
    assert inside(path[:2], curves).tolist() == path[:2].tolist()


# The same in JavaScript


def columns(x):
    return [np.ascontiguousarray(column) for column in x.T]


def test_every_function_has_its_twin_in_python(js):
    snake = {re.sub(r"([A-Z])", lambda c: "_" + c[1].lower(), name) for name in js.exports(MATH)}
    assert snake - {"badly_scaled"} == {
        n for n, f in vars(descent).items() if getattr(f, "__module__", "") == descent.__name__
    } - {"Landscape"}


def test_landscapes_walks_and_words_agree(js):
    for widget in states(ContoursAndDescent, 40):
        logistic, (x, target) = widget.model == "logistic", widget.data
        there = js(MODULE, "dataOf", widget.values(), np.ravel(widget.shipped()["draws"]))
        assert_close(np.transpose(there["x"]), x)
        assert_close(there["target"], target, 1e-12, 1)
        lands = js(MATH, "landscapes", columns(x), target, logistic)
        walks = js(MODULE, "walk", widget.values(), lands, target)
        assert js(MODULE, "describe", widget.values(), walks) == widget.describe()
        for here, land, walk in zip(widget.walks, lands, walks, strict=True):
            assert_close(np.transpose(land["features"]), here.land.features)
            for name in ("start", "best", "contours"):
                assert_close(land[name], getattr(here.land, name), 1e-11)
            assert_close([land["smallest"]], [here.land.smallest], 1e-10)
            assert_close(
                [land["largest"], walk["limit"], walk["rate"]], [here.land.largest, here.limit, here.rate], 1e-10
            )
            if here.rate < here.limit:
                assert_close(walk["path"], here.path, 1e-9)
                assert_close(walk["loss"], here.loss, 1e-9)


@pytest.mark.parametrize("logistic", [False, True])
def test_the_loss_and_one_step_agree_to_the_last_digits(js, logistic):
    rng = np.random.default_rng(2)
    for _ in range(20):
        x, target, w = rng.normal(0, 3, (11, 2)), rng.integers(0, 2, 11) * 1.0, rng.normal(0, 2, 2)
        loss, gradient, hessian = descent.local(w, x, target, logistic)
        there = js(MATH, "local", w.tolist(), columns(x), target, logistic)
        assert_close(there[0], loss)
        assert_close(there[1:3], gradient, 1e-12, np.abs(x).max())
        assert_close(there[3:], hessian[[0, 0, 1], [0, 1, 1]], 1e-12)
        path = descent.descend(w, x, target, logistic, 0.1, 3)
        assert_close(js(MATH, "descend", w.tolist(), columns(x), target, logistic, 0.1, 3), path)


# In a page


@pytest.fixture(scope="module")
def tab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("contours")
    stand(folder, [ContoursAndDescent(key="c")])
    tab = Tab(browser, folder.as_uri() + "/")
    yield tab
    tab.context.close()
    assert tab.complaints == []


@pytest.fixture
def widget(tab):
    tab.page.goto("about:blank")
    return tab.open("index.html").widget("c")


def cells(widget):
    rows = widget.figure.locator(".nl-table tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def paths(widget, look):
    """Corners of the drawn curves of a look, in pixels, one array a panel."""
    found = widget.figure.locator(f".nl-curve.{look}").evaluate_all("(ps) => ps.map((p) => p.getAttribute('d'))")
    return [np.array([[float(v) for v in pair.split()] for pair in re.findall(r"[-\d.]+ [-\d.]+", d)]) for d in found]


def check_page(widget, **values):
    """The table says Python's numbers, and paths and contours are Python's, in pixels."""
    walks, rows = ContoursAndDescent(**values).walks, cells(widget)
    assert rows[4] == [walk.status for walk in walks]
    for k, walk in enumerate(walks):
        wanted = [walk.land.largest / walk.land.smallest, walk.limit, walk.rate]
        wanted += [walk.loss] if walk.rate < walk.limit else []
        for row, number in zip(rows, wanted, strict=False):
            assert_close(float(row[k]), number, 0.006)
    contours = paths(widget, "nl-level")
    for walk, look, curves in zip(walks, ("nl-orange", "nl-blue", "nl-green"), contours, strict=True):
        [path] = paths(widget, look)
        plane = walk.land.contours.reshape(-1, 2)
        assert len(curves) == len(plane)
        assert len(path) == len(walk.path)
        scale = (curves[:49, 0].max() - curves[:49, 0].min()) / (plane[:49, 0].max() - plane[:49, 0].min())
        assert_close(curves - curves[0], (plane - plane[0]) * scale * [1, -1], 1, scale=2)
        near = np.abs(walk.path - walk.land.best).max(axis=1) < 50
        assert_close(path[near] - curves[0], (walk.path[near] - plane[0]) * scale * [1, -1], 0.02, scale=100 * scale)


def test_the_keyboard_moves_what_python_says_it_moves(widget):
    check_page(widget)
    widget.press("ratio", "ArrowRight")
    check_page(widget, ratio=5)
    widget.control("model").select_option("logistic")
    widget.press("step", "ArrowLeft")
    check_page(widget, ratio=5, model="logistic", step=19)
    widget.control("rates").select_option(OWN)
    widget.tab.settle()
    assert widget.control("rate").is_disabled()
    twin = {"ratio": 5, "model": "logistic", "step": 19, "rates": OWN}
    check_page(widget, **twin)
    widget.tab.await_hash("c.rates=")
    widget.tab.page.reload()
    check_page(widget.tab.open(f"index.html{widget.tab.hash()}").widget("c"), **twin)


def test_a_walk_that_runs_away_is_drawn_and_said_in_finite_numbers(widget):
    widget.press("ratio", "End")
    widget.press("rate", "End")
    widget.press("step", "End")
    assert cells(widget)[3:] == [["over 10⁶"] * 3, ["runs away"] * 3]
    assert not re.search(r"NaN|Inf|e[+\d]", "".join(filter(None, widget.drawing())))
    assert all(
        np.abs(path).max() > 1000 for look in ("nl-orange", "nl-blue", "nl-green") for path in paths(widget, look)
    )


def test_the_player_takes_steps_and_leaves_the_contours_alone(widget):
    widget.figure.evaluate(
        "(f) => f.querySelectorAll('.nl-level').forEach((p) => { p.dataset.old = p.getAttribute('d'); })"
    )
    widget.click("Restart")
    assert [len(path) for path in paths(widget, "nl-blue")] == [1]
    assert cells(widget)[4] == ["has not begun"] * 3
    widget.figure.get_by_role("button", name="Step", exact=True).click()
    widget.tab.settle()
    check_page(widget, step=1)
    assert widget.figure.evaluate(
        "(f) => [...f.querySelectorAll('.nl-curve.nl-level')].every((p) => p.dataset.old === p.getAttribute('d'))"
    )
