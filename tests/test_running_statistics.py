"""Running statistics: the batches, what batch norm keeps of them, and the page that shows it."""

import re

import numpy as np
import pytest
from javascript import JavaScript
from numerical import assert_close
from pages import Tab, said
from stand import stand
from states import states

from normlib import BatchNorm
from normlib.widgets import RunningStatistics, running_statistics
from normlib.widgets.running_statistics import COUNT, EPS, STEPS, batch_of, history

MODULE, MATH = "running-statistics.mjs", "math/running.mjs"
DRAWS = RunningStatistics().standard_draws
SIZES = [2, 16, 256]


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


# The batches


@pytest.mark.parametrize("size", [1, 16, 256])
def test_each_epoch_holds_every_example_once_and_in_another_order(size):
    count = 3 * COUNT // size + 1
    seen = np.concatenate([batch_of(DRAWS, step, size, 0.0) for step in range(count)])
    epochs = [seen[k * COUNT : (k + 1) * COUNT] for k in range(3)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.sort(3.0 + 2.0 * DRAWS))
    assert (epochs[0] != epochs[1]).mean() > 0.9
    assert (epochs[1] != epochs[2]).mean() > 0.9


def test_a_drift_raises_every_batch_alike():
    rise = batch_of(DRAWS, 150, 8, 2.5) - batch_of(DRAWS, 150, 8, 0.0)
    assert_close(rise, np.full(8, 3.75))


# What is kept


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("momentum", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("drift", [0.0, 3.0])
def test_the_history_is_the_recursion_of_the_paper(size, momentum, drift):
    h = history(DRAWS, size, drift, momentum)
    x = np.array([batch_of(DRAWS, step, size, drift) for step in range(STEPS)])
    mean, var = x.mean(axis=1), x.var(axis=1, ddof=1)
    assert_close(h.mean, mean)
    assert_close(h.kept_var, var)
    assert_close(h.var, x.var(axis=1))
    for kept, new, first in ((h.running_mean, mean, 0.0), (h.running_var, var, 1.0)):
        weights = momentum * (1 - momentum) ** np.arange(STEPS - 1, -1, -1.0)
        assert_close(kept[-1], first * (1 - momentum) ** STEPS + weights @ new)
        assert kept[0] == first
    assert_close(h.average_mean[1:], np.cumsum(mean) / np.arange(1, STEPS + 1))
    assert_close(h.average_var[1:], np.cumsum(var) / np.arange(1, STEPS + 1))
    assert_close(np.diff(h.true_mean), np.full(STEPS - 1, drift / 100), 1e-9, scale=1)


@pytest.mark.parametrize("size", SIZES)
def test_outputs_are_those_of_a_layer_in_training_and_in_evaluation(size):
    widget = RunningStatistics(size=size, step=7, momentum=0.3, probe=4.5, drift=1)
    layer = BatchNorm(1, eps=EPS, momentum=0.3, affine=False)
    for step in range(7):
        x = batch_of(widget.standard_draws, step, size, 1.0)[:, None]
        y = layer(x)
    s = widget.snapshot
    assert_close(s.running, [*(float(b[0]) for b in list(layer.buffers.values())[:2]), layer.eval()([[4.5]])[0, 0]])
    slope = (y[1, 0] - y[0, 0]) / (x[1, 0] - x[0, 0])
    assert_close(s.batch[2], y[0, 0] + slope * (4.5 - x[0, 0]), 1e-9)
    assert_close(s.kept_var, x.var(ddof=1))
    assert_close(s.start, 0.7**7)


def test_with_many_batches_the_average_finds_the_truth_and_a_drift_leaves_it_behind():
    s = RunningStatistics(step=200, size=64).snapshot
    assert_close(s.average[:2], s.true[:2], 0.02)
    drifting = RunningStatistics(step=200, size=64, drift=4).snapshot
    assert drifting.true[0] - drifting.average[0] > 3.5
    assert 0.2 < drifting.true[0] - drifting.running[0] < 0.6  # drift / momentum per batch, 0.4 behind


def test_a_batch_of_one_is_refused_and_nothing_is_kept():
    with pytest.raises(ValueError, match="expected at least 2"):
        BatchNorm(1)(np.array([[3.0]]))
    widget = RunningStatistics(size=1, step=50)
    s = widget.snapshot
    assert (s.running[:2], s.average[:2], s.start) == ((0.0, 1.0), (0.0, 1.0), 1.0)
    assert np.isnan([*s.batch, s.kept_var]).all()
    assert "nan" not in widget.describe()
    assert "apart" not in widget.describe()


def test_before_the_first_batch_evaluation_hardly_changes_its_input():
    s = RunningStatistics(step=0, probe=5).snapshot
    assert_close(s.running, [0.0, 1.0, 5 / np.sqrt(1 + EPS)])
    assert s.start == 1.0


@pytest.mark.parametrize("size", [0, 3, 1.5, 512])
def test_a_batch_has_a_size_of_the_list(size):
    widget = RunningStatistics()
    with pytest.raises(Exception, match=r"takes one of 1, 2, 4, .*256 \(batch size\)"):
        widget.size = size
    assert widget.size == 16


def test_words_say_both_momentums():
    words = RunningStatistics(momentum=0.25, step=3).describe()
    assert "3 batches of 16 seen, momentum 0.25 in PyTorch, 0.75 in Keras and the papers" in words
    assert "the start weighs 42 %" in words


# The still


@pytest.mark.parametrize(("step", "span"), [(0, 25), (25, 25), (26, 50), (200, 200)])
def test_the_still_draws_what_was_seen_so_far(step, span):
    widget = RunningStatistics(step=step, size=4)
    h = widget.history
    kinds = ((h.mean, h.average_mean, h.running_mean), (h.kept_var, h.average_var, h.running_var))
    for ax, (of_batch, average, running) in zip(widget.still().axes, kinds, strict=True):
        dots, _, dashed, line = ax.lines
        assert_close(dots.get_ydata(), of_batch[:step])
        assert_close(dashed.get_xydata(), np.stack([np.arange(1, step + 1), average[1 : step + 1]], axis=1))
        assert_close(line.get_xydata(), np.stack([np.arange(step + 1), running[: step + 1]], axis=1))
        assert ax.get_xlim() == (0, span)
        assert ax.get_ylim()[1] > of_batch.max()


# The same in JavaScript


def test_every_function_has_its_twin_in_python(js):
    snake = {re.sub(r"([A-Z])", lambda c: "_" + c[1].lower(), name) for name in js.exports(MATH)}
    assert snake == {"keep", "batch_of", "batch_moments", "history", "snapshot"}
    assert all(callable(getattr(running_statistics, name)) for name in snake - {"keep"})


@pytest.mark.parametrize("momentum", [0.1, 1.0, None])
@pytest.mark.parametrize("size", [2, 7])
def test_one_update_is_the_layer_s_own(js, momentum, size):
    layer, state = BatchNorm(1, momentum=momentum), {"mean": 0, "var": 1, "seen": 0}
    for x in np.random.default_rng(1).normal(-2, 3, (5, size)):
        layer(x[:, None])
        state = js(MATH, "keep", state, {"mean": x.mean(), "var": x.var()}, size, momentum)
        assert_close(
            [state["mean"], state["var"], state["seen"]], [float(b) for b in map(np.sum, layer.buffers.values())]
        )


def test_histories_snapshots_and_words_agree(js):
    missing = 0
    for widget in states(RunningStatistics, 40):
        draws, v = widget.standard_draws, widget
        batch = js(MATH, "batchOf", draws, v.step, v.size, v.drift)
        np.testing.assert_array_equal(batch, batch_of(draws, v.step, v.size, v.drift))
        there, here = js(MATH, "history", draws, v.size, v.drift, v.momentum), widget.history
        for name in ("mean", "var", "keptVar", "runningMean", "runningVar", "averageMean", "averageVar", "trueMean"):
            wanted = getattr(here, re.sub(r"([A-Z])", lambda c: "_" + c[1].lower(), name))
            assert_close(there[name], wanted, 1e-12, 4)
        s, t = js(MATH, "snapshot", draws, there, v.step, v.size, v.momentum, v.probe), widget.snapshot
        for name in ("batch", "running", "average", "true"):
            scale = np.abs(np.nan_to_num(getattr(t, name))).max() + 1
            assert_close(s[name], getattr(t, name), 1e-9, scale)
        assert_close([s["keptVar"], s["start"]], [t.kept_var, t.start], 1e-11, 100)
        assert js(MODULE, "describe", widget.values(), s) == widget.describe()
        missing += np.isnan(t.batch[0])
    assert 1 < missing < 20


# In a page


@pytest.fixture(scope="module")
def tab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("running")
    stand(folder, [RunningStatistics(key="r")])
    tab = Tab(browser, folder.as_uri() + "/")
    yield tab
    tab.context.close()
    assert tab.complaints == []


@pytest.fixture
def widget(tab):
    tab.page.goto("about:blank")
    return tab.open("index.html").widget("r")


def points(widget, look):
    """Heights, in pixels, of the points of each drawn curve or set of dots of a look, one list a panel."""
    found = widget.figure.locator(f".nl-chart .{look}").evaluate_all("(ps) => ps.map((p) => p.getAttribute('d') ?? '')")
    return [[float(y) for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", d)] for d in found]


def check_page(widget, **values):
    twin = RunningStatistics(**values)
    s = twin.snapshot
    rows = [row.locator("td").all_inner_texts() for row in widget.figure.locator(".nl-table tbody tr").all()]
    number = lambda value: "–" if np.isnan(value) else said(value, 2)  # noqa: E731
    for row, k in ((0, 0), (1, 1), (3, 2)):
        assert rows[row] == [number(source[k]) for source in (s.batch, s.running, s.average, s.true)]
    assert rows[2] == [number(s.kept_var), "", "", ""]
    readout = widget.figure.locator(".nl-readout").inner_text()
    p = twin.momentum
    assert f"{1 - p:.2f} · running + {p:.2f} · batch" in readout
    assert f"{p:.2f} in PyTorch, {1 - p:.2f} in Keras and the papers" in readout
    h, n = twin.history, twin.step
    kinds = ((h.running_mean, h.average_mean, h.mean), (h.running_var, h.average_var, h.kept_var))
    drawn = zip(*(points(widget, look) for look in ("nl-blue", "nl-orange", "nl-muted")), strict=True)
    for (running, average, of_batch), heights in zip(kinds, drawn, strict=True):
        wanted = np.concatenate([running[: n + 1], average[1 : n + 1], of_batch[:n][np.isfinite(of_batch[:n])]])
        got = np.concatenate(heights)
        assert [len(part) for part in heights[:2]] == [n + 1, n]
        if np.ptp(wanted):
            slope, level = np.polyfit(wanted, got, 1)
            assert slope < 0
            assert_close(got, slope * wanted + level, 1, scale=0.3)


def test_the_keyboard_moves_what_python_says_it_moves(widget):
    check_page(widget)
    widget.press("momentum", "ArrowRight", "ArrowRight")
    widget.press("size", "ArrowLeft")
    widget.press("drift", "End")
    widget.press("probe", "Home")
    twin = {"momentum": 0.12, "size": 8, "drift": 4, "probe": -3}
    check_page(widget, **twin)
    widget.tab.await_hash("probe=-3")  # the last of them
    widget.tab.page.reload()
    check_page(widget.tab.open(f"index.html{widget.tab.hash()}").widget("r"), **twin)


def test_batches_of_one_are_told_in_a_note(widget):
    note = widget.figure.locator(".nl-note").first
    widget.press("size", "Home")
    check_page(widget, size=1)
    told = widget.figure.locator(".nl-note:visible").all_inner_texts()
    assert told == ["One value has no spread: in training BatchNorm refuses batches of 1, so nothing is kept."]
    widget.press("size", "ArrowRight")
    check_page(widget, size=2)
    assert not note.is_visible()


def test_the_player_brings_batch_after_batch(widget):
    widget.click("Restart")
    check_page(widget, step=0)
    for _ in range(3):
        widget.figure.get_by_role("button", name="Step", exact=True).click()
    widget.tab.settle()
    check_page(widget, step=3)
    widget.click("Play")
    widget.tab.until("document.querySelector('[name=step]').value > 5")
    widget.click("Pause")
    check_page(widget, step=int(widget.output("step")))
