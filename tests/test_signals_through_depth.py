"""Signals through depth: the passes are those of normlib's own layers, and both languages see and say the same."""

import numpy as np
import pytest
from javascript import JavaScript
from numerical import assert_close
from pages import Tab
from states import states

from normlib.nn import ReLU, Sequential, he_init, xavier_init
from normlib.widgets import SignalsThroughDepth
from normlib.widgets.depth import (
    BATCH,
    BINS,
    DEEPEST,
    NORMS,
    STDS,
    deep_network,
    layer_histogram,
    normals,
    through_depth,
)
from normlib.widgets.signals_through_depth import change_on_the_way, percent, rough
from tests.stand import stand

DEPTH, WIDGET = "math/depth.mjs", "signals-through-depth.mjs"
CALM = {"layers": 6, "width": 16, "scale": 1.0, "init": "Xavier", "activation": "tanh", "norm": "none", "draw": 1}


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


# The mathematics


@pytest.mark.parametrize("seed", [1, 9])
def test_the_normal_numbers_are_normal_and_the_same_in_both_languages(js, seed):
    z = normals(seed, 20_000)
    assert_close(js(DEPTH, "normals", seed, 20_000), z, 1e-14)
    assert abs(z.mean()) < 0.03
    assert_close([z.std(), (z**4).mean()], [1.0, 3.0], 0.05)
    assert abs((z[::2] * z[1::2]).mean()) < 0.03
    np.testing.assert_array_equal(normals(seed, 10), z[:10])


def numbers_of(depth):
    return {
        "gradient": depth["gradient"],
        "spread": depth["spread"],
        "y": np.ravel(depth["y"]),
        "a": np.ravel(depth["a"]),
    }


def test_every_layer_agrees_with_normlib_in_random_states(js):
    calm = 0
    for widget in states(SignalsThroughDepth, 25):
        here, there = widget.depth._asdict(), js(DEPTH, "throughDepth", widget.values())
        np.testing.assert_array_equal(there["saturated"], here["saturated"])
        # Large weights make a network chaotic: it multiplies the last digits, in which sums differ, layer by layer.
        moved = numbers_of(through_depth(**widget.values() | {"scale": widget.scale * (1 + 1e-9)})._asdict())
        for name, wanted in numbers_of(here).items():
            size = wanted if name in ("gradient", "spread") else np.abs(wanted).max()
            growth = np.abs((moved[name] - wanted) / size).max() / 1e-9
            calm += growth < 100
            assert np.abs((numbers_of(there)[name] - wanted) / size).max() < 1e-12 * max(1, growth / 100)
    assert calm > 60


@pytest.mark.parametrize("norm", NORMS)
def test_the_python_side_is_a_sequential_of_the_librarys_layers(norm):
    settings = CALM | {"norm": norm}
    model, x, dy = deep_network(**settings)
    assert isinstance(model, Sequential)
    seen = through_depth(**settings)
    assert_close(seen.a[-1], model(x))
    model.backward(dy)
    weights = [layer for layer in model if "weight" in layer.params]
    assert len(weights) == settings["layers"]
    assert_close(seen.gradient, [np.sqrt((layer.grads["weight"] ** 2).sum()) for layer in weights])


def test_the_gradient_is_the_slope_of_the_loss():
    model, x, dy = deep_network(**CALM)
    direction = np.random.default_rng(0).standard_normal((16, 16))
    model(x)
    model.backward(dy)
    along = (model[0].grads["weight"] * direction).sum()
    losses = []
    weight = model[0].params["weight"].copy()
    for step in (1e-6, -1e-6):
        model[0].params["weight"] = weight + step * direction
        losses.append((dy * model(x)).sum())
    assert_close((losses[0] - losses[1]) / 2e-6, along, 1e-7)


@pytest.mark.parametrize(("name", "init"), [("Xavier", xavier_init), ("He", he_init)])
def test_the_first_weights_have_the_variance_of_the_librarys_initializers(name, init):
    wanted = init((32, 32), np.random.default_rng(0)).std()
    assert_close(STDS[name](32), wanted, 0.05)
    model, *_ = deep_network(**CALM | {"width": 32, "init": name, "scale": 2.0})
    assert_close(model[0].params["weight"].std(), 2 * wanted, 0.1)


def test_a_deeper_network_begins_with_the_weights_of_a_shallower_one():
    shallow, deep = (deep_network(**CALM | {"layers": n})[0] for n in (3, DEEPEST))
    for one, other in zip(shallow, deep, strict=False):
        if "weight" in one.params:
            np.testing.assert_array_equal(one.params["weight"], other.params["weight"])


def test_histograms_agree_and_keep_what_lies_beyond_in_the_outermost_bins(js):
    values = np.concatenate([np.random.default_rng(0).normal(0, 3, 500), [-4, 4, 0, 1e300, -np.inf, np.inf, np.nan]])
    counts = layer_histogram(values)
    assert (len(counts), counts.sum()) == (BINS, 506)
    inside = np.histogram(np.clip(values[:500], -3.999, 3.999), BINS, (-4, 4))[0]
    assert_close(counts - inside, [2] + [0] * 11 + [1] + [0] * 11 + [3])
    np.testing.assert_array_equal(js(DEPTH, "layerHistogram", values), counts)


# What the book says


def test_gradients_vanish_through_sigmoids_and_batch_norm_holds_them():
    without, with_norm = (SignalsThroughDepth(layers=20, norm=n).depth.gradient for n in ("none", "BN"))
    assert without[0] < 1e-9 * without[-1]
    assert 0.1 < with_norm[0] / with_norm[-1] < 10


@pytest.mark.parametrize(("activation", "init"), [("tanh", "Xavier"), ("relu", "He")])
def test_the_right_first_weights_hold_the_signal_and_small_ones_lose_it(activation, init):
    right, small = (SignalsThroughDepth(layers=20, activation=activation, init=i).depth.spread for i in (init, "small"))
    assert right[-1] > 0.1 * right[0]
    assert small[-1] < 1e-15 * small[0]


def test_batch_norm_undoes_the_scale_of_the_weights_and_the_gradient_shrinks_by_it():
    one, four = (SignalsThroughDepth(norm="BN", activation="relu", scale=s).depth for s in (1, 4))
    assert_close(four.y[-1], one.y[-1], 1e-3)
    assert_close(4 * four.gradient, one.gradient, 1e-3)


# Words and pictures


def test_both_say_the_same_of_any_state(js):
    for widget in states(SignalsThroughDepth, 25):
        d = widget.depth
        parts = {"gradient": d.gradient, "spread": d.spread, "saturated": d.saturated}
        assert js(WIDGET, "describe", widget.values(), parts) == widget.describe()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.24e-5, "1.2e−5"),
        (0.0123, "0.012"),
        (0.5, "0.50"),
        (9.87, "9.87"),
        (340.2, "340"),
        (3.44e9, "3.4e9"),
    ],
)
def test_numbers_of_any_size_are_short(js, value, text):
    assert rough(value) == js(WIDGET, "rough", value) == text


def test_words_for_gradients_that_shrink_grow_or_stay(js):
    for last, first, words in [
        (1.0, 1e-3, "shrinks by a factor of 1000"),
        (1.0, 2e5, "grows by a factor of 2.0e5"),
        (1.0, 0.5, "keeps its size, up to a factor of 2.00"),
    ]:
        assert words in change_on_the_way(last, first)
        assert js(WIDGET, "changeOnTheWay", last, first) == change_on_the_way(last, first)
    assert [percent(s) for s in (0.125, 0.375, 0)] == js.each(WIDGET, "percent", [[0.125], [0.375], [0]])
    assert percent(0.125) == "13 %"


def test_a_single_layer_is_described_in_the_singular():
    words = SignalsThroughDepth(layers=1).describe()
    assert words.startswith("1 layer of 32 sigmoid units without a norm, Xavier weights times 1:")
    assert "layer 1" not in words


def test_the_still_draws_every_layer():
    widget = SignalsThroughDepth(layers=7, norm="LN", activation="relu")
    entering, leaving, gradients, flat = widget.still().axes
    assert len(entering.patches) == len(leaving.patches) == 7
    top = entering.patches[2].get_data()[0]
    assert_close(3.5 - top, 0.9 * np.minimum(1, 4 * layer_histogram(widget.depth.y[2]) / (BATCH * 32)))
    assert_close(gradients.lines[0].get_ydata(), widget.depth.gradient)
    assert_close(flat.lines[0].get_ydata(), 100 * widget.depth.saturated)


def test_only_so_many_layers_fit():
    model, *_ = deep_network(**CALM | {"layers": DEEPEST, "activation": "relu"})
    assert isinstance(model[-1], ReLU)
    assert len(model) == 2 * DEEPEST


# In a page


@pytest.fixture(scope="module")
def tab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    address = stand(folder, [SignalsThroughDepth(key="depth")])
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 320, "height": 700}).open("index.html")
    yield tab
    assert tab.complaints == []
    tab.context.close()


def shown_spreads(figure):
    return figure.locator(".nl-layer:not(.nl-absent) span").all_text_contents()


def test_the_page_shows_the_numbers_of_python_and_follows_the_keyboard(tab):
    bench = tab.widget("depth")
    for keys, change in [((), {}), (("ArrowLeft", "ArrowLeft"), {"layers": 8})]:
        bench.press("layers", *keys)
        twin = bench.twin(**change)
        assert shown_spreads(bench.figure) == [rough(v) for v in twin.depth.spread]
        numbers = bench.figure.locator(".nl-readout dd").all_text_contents()
        d = twin.depth
        assert numbers == [rough(d.gradient[0]), rough(d.gradient[-1]), percent(d.saturated[-1])]
    bench.control("norm").select_option("BN")
    tab.settle()
    assert set(shown_spreads(bench.figure)) == {"1.00"}
    tab.await_hash("depth.norm=BN")
    bench.click("Reset")
    assert bench.output("layers") == "10"
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_bars_are_as_high_as_the_share_in_their_bin(tab):
    bench = tab.widget("depth")
    bench.click("Reset")
    first = bench.figure.locator(".nl-over path.nl-green").get_attribute("d").split("Z")[0]
    line, *tops = (float(part.split("H")[0]) for part in first.removeprefix("M").split(" ")[1].split("V")[:-1])
    wanted = np.minimum(1, 4 * layer_histogram(bench.twin().depth.y[0]) / (BATCH * 32))
    np.testing.assert_allclose((line - np.array(tops)) / 290, wanted, atol=0.002)
