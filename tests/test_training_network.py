"""The network that trains in the page: the same numbers and words in both languages, and two copies to play with."""

import itertools
from collections import Counter

import numpy as np
import pytest
from javascript import JavaScript
from numerical import assert_close
from pages import Tab
from stand import stand
from states import states

from normlib.nn import he_init
from normlib.widgets import TrainingNetwork
from normlib.widgets.shuffle import Shuffle, mulberry32
from normlib.widgets.small_network import SEED, Settings, decades, first_network, lean, thinned, train
from normlib.widgets.training_network import CELLS, EDGE, NORMS
from normlib.widgets.two_classes import SETS, two_classes
from normlib.widgets.words import plain

NETWORK, DRIVER = "math/network.mjs", "../../../tests/js/training.mjs"
ACTIVATIONS = ("sigmoid", "tanh", "relu")
TRUE = TrainingNetwork()
GENTLE = Settings("none", 0.1, 1.0, "relu", 32)


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def run(settings, step, layer=1, points="spiral", seed=0):
    widget = TrainingNetwork(seed=seed)
    return train(settings, widget.draws, widget.shipped()[points].tobytes(), step, layer)


def trained(js, settings, step, layer=1, points="spiral", seed=0):
    widget = TrainingNetwork(seed=seed)
    xy = widget.shipped()[points].astype(float).ravel()
    return js(DRIVER, "trained", settings._asdict(), widget.standard_draws, xy, SEED, step, layer)


def assert_same_training(there, here, tolerance=1e-9):
    parameters = [p.ravel() for module in here.model for p in module.params.values()]
    buffers = [module.buffers[n] for module in here.model if module.buffers for n in ("running_mean", "running_var")]
    assert (there["step"], there["diverged"]) == (here.step, False)
    np.testing.assert_allclose(there["losses"], here.losses, rtol=0, atol=tolerance)
    np.testing.assert_allclose(there["vector"], np.concatenate(parameters), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(there["buffers"], np.concatenate([*buffers, []]), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        there["received"][: here.received.size], here.received.ravel(), rtol=1e-7, atol=tolerance
    )
    assert_close(there["loss"], here.loss, 1e-8)
    assert there["accuracy"] == here.accuracy


# The points


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", range(5))
def test_points_come_in_two_classes_in_turn_and_lie_in_the_picture(name, seed):
    x, y = two_classes(name, np.random.default_rng(seed))
    assert (x.shape, x.dtype) == ((256, 2), np.float32)
    np.testing.assert_array_equal(y, [0, 1] * 128)
    assert np.abs(x).max() < EDGE
    design = np.column_stack([x, np.ones(256)]).astype(float)
    line = np.linalg.lstsq(design, 2.0 * y - 1, rcond=None)[0]
    assert ((design @ line > 0) == y).mean() < 0.93  # no straight line tells them apart


def test_an_unknown_set_of_points_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="name = 'disc' came; expected one of 'spiral', 'rings', 'moons'"):
        two_classes("disc", np.random.default_rng(0))


# The order


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31, 2**32 - 1])
def test_both_languages_shuffle_alike_to_the_last_bit(js, seed):
    there, here = js(DRIVER, "shuffled", seed, 256, 5), Shuffle(seed)
    orders = [here.permutation(256).tolist() for _ in range(5)]
    assert there["orders"] == orders
    assert [sorted(order) for order in orders] == [list(range(256))] * 5
    assert len(set(map(tuple, orders))) == 5
    assert there["next"] == next(itertools.islice(mulberry32(seed), 5 * 255, None))


def test_every_order_of_four_comes_equally_often():
    shuffle = Shuffle(7)
    counts = Counter(tuple(shuffle.permutation(4)) for _ in range(12_000))
    assert len(counts) == 24
    assert max(abs(count - 500) for count in counts.values()) < 110  # five standard deviations


# Training, in both languages


@pytest.mark.parametrize("norm", NORMS)
def test_all_networks_start_from_the_same_draws_by_he_times_a_factor(norm):
    model = first_network(Settings(norm, 0.1, 0.5, "tanh", 32), TRUE.standard_draws)
    weights = [module.params["weight"] for module in model if "weight" in module.params]
    assert [w.shape for w in weights] == [(16, 2), (16, 16), (2, 16)]
    draws = np.split(TRUE.standard_draws, [32, 288])
    for weight, z in zip(weights, draws, strict=True):
        std = (
            he_init(weight.shape, np.random.default_rng(1)).std()
            / np.random.default_rng(1).standard_normal(weight.shape).std()
        )
        assert_close(weight, 0.5 * std * z.reshape(weight.shape))


@pytest.mark.parametrize(("norm", "activation"), list(itertools.product(NORMS, ACTIVATIONS)))
def test_a_hundred_steps_are_those_of_normlib(js, norm, activation):
    settings = Settings(norm, 0.1, 1.0, activation, 32)
    assert_same_training(trained(js, settings, 100), run(settings, 100))


@pytest.mark.parametrize("seed", range(12))
def test_any_settings_and_points_make_the_same_steps(js, seed):
    rng = np.random.default_rng(seed)
    settings = Settings(
        str(rng.choice(list(NORMS))), float(rng.choice([0.01, 0.2, 1])), float(rng.choice([0.1, 1, 5])),
        str(rng.choice(ACTIVATIONS)), int(rng.choice([2, 8, 32, 128])),
    )  # fmt: skip
    points, layer = SETS[seed % 3], 1 + seed % 2
    there = trained(js, settings, 15, layer, points, seed)
    assert_same_training(there, run(settings, 15, layer, points, seed), 1e-8)


def test_the_untrained_network_is_described_too(js):
    there, here = trained(js, GENTLE, 0), run(GENTLE, 0)
    assert (there["losses"], here.losses, here.step) == ([], (), 0)
    assert_same_training(there, here)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_a_loss_that_is_no_finite_number_ends_the_run_in_both(js, activation):
    settings = GENTLE._replace(rate=1e308, activation=activation)
    there, here = trained(js, settings, 50), run(settings, 50)
    assert here.diverged
    assert there["diverged"]
    assert there["step"] == here.step == len(here.losses) - 1 < 50
    assert len(there["losses"]) == len(here.losses)


def test_batch_norm_is_drawn_in_evaluation_mode_and_leaves_its_statistics(js):
    model = run(GENTLE._replace(norm="batch"), 30).model
    before = model[1].buffers["running_mean"].copy()
    lean(model, np.zeros((3, 2)))
    np.testing.assert_array_equal(model[1].buffers["running_mean"], before)
    assert model[1].training


def test_the_ground_of_the_picture_leans_the_same_way(js):
    here = run(GENTLE._replace(norm="batch"), 60)
    grid = np.random.default_rng(3).uniform(-EDGE, EDGE, (CELLS, 2))
    widget = TrainingNetwork()
    xy = widget.shipped()["spiral"].astype(float).ravel()
    there = js(
        DRIVER, "leaning", GENTLE._replace(norm="batch")._asdict(), widget.standard_draws, xy, SEED, 60, grid.ravel()
    )
    np.testing.assert_allclose(there, lean(here.model, grid), atol=1e-9)
    assert np.ptp(there) > 0.5


@pytest.mark.parametrize("count", [0, 1, 2, 159, 160, 161, 320, 321, 2000])
def test_curves_are_means_of_as_many_losses_as_keep_them_short(js, count):
    losses = np.random.default_rng(count).exponential(size=count).tolist()
    there, (xs, ys) = js(NETWORK, "thinned", losses), thinned(losses)
    np.testing.assert_allclose(there["xs"], xs)
    np.testing.assert_allclose(there["ys"], ys)
    assert len(xs) <= 160
    if count in (160, 320):
        assert_close(np.mean(ys), np.mean(losses))
    assert_close(js(NETWORK, "decades", losses), decades(losses))


@pytest.mark.parametrize(
    ("losses", "ends"),
    [([0.7], (0.1, 1)), ([0.02, 3], (0.01, 10)), ([1e-9, 1e9], (1e-4, 100)), ([np.nan, np.inf], (0.1, 1))],
)
def test_the_axis_of_the_losses_ends_at_powers_of_ten(js, losses, ends):
    assert_close(decades(losses), ends)
    assert_close(js(NETWORK, "decades", losses), ends)


# Words and the still picture


def reports(js, widget):
    xy = widget.shipped()[widget.points].astype(float).ravel()
    rows = [[widget.settings(c)._asdict(), widget.standard_draws, xy, SEED, widget.step, widget.layer] for c in "ab"]
    return js.each(DRIVER, "reported", rows)


def test_both_describe_the_copies_in_the_same_words(js):
    for widget in states(TrainingNetwork, 40):
        runs = [widget.run(copy) for copy in "ab"]
        fields = [{name: getattr(r, name) for name in ("step", "diverged", "loss", "accuracy")} for r in runs]
        moments = [{"mean": float(r.received.mean()), "deviation": float(r.received.std())} for r in runs]
        numbers = [f | {"diverged": bool(f["diverged"])} | m for f, m in zip(fields, moments, strict=True)]
        assert js("training-network.mjs", "describe", widget.values(), numbers) == widget.describe()


def test_the_page_says_the_same_of_what_it_has_trained_itself(js):
    for copies in ({"norm_a": "rms", "norm_b": "layer"}, {"activation_a": "tanh", "points": "moons", "layer": 2}):
        widget = TrainingNetwork(step=60, **copies)
        assert js("training-network.mjs", "describe", widget.values(), reports(js, widget)) == widget.describe()


def test_a_copy_that_diverged_is_said_to_be_in_the_same_words(js, monkeypatch):
    widget = TrainingNetwork(step=30)
    broken = widget.settings("a")._replace(rate=1e200, activation="tanh")
    whole = TrainingNetwork.settings
    monkeypatch.setattr(TrainingNetwork, "settings", lambda self, c: broken if c == "a" else whole(self, c))
    here = widget.describe()
    assert f"diverged at step {widget.run('a').step}: its numbers are no longer finite, and it has stopped." in here
    assert "% of the points right" in here.partition("B (")[2]  # the other goes on
    values = widget.values() | {"rate_a": 1e200, "activation_a": "tanh"}
    said = js("training-network.mjs", "describe", values, reports(js, widget))
    assert said == here
    texts = [t.get_text() for ax in widget.still().axes for t in ax.texts]
    assert texts == [f"diverged at step {widget.run('a').step}"]


def test_the_still_shows_both_copies_their_points_histograms_and_losses():
    widget = TrainingNetwork(step=120, layer=2)
    axes = widget.still().axes
    by_title = {ax.get_title(): ax for ax in axes if ax.get_title()}
    assert set(by_title) == {"A: no norm", "B: batch norm"}
    for ax in by_title.values():
        assert [len(c.get_offsets()) for c in ax.collections] == [128, 128]
        assert ax.images[0].get_array().shape == (CELLS, CELLS, 4)
    [losses] = [ax for ax in axes if ax.get_ylabel().startswith("loss")]
    for line, copy in zip(losses.lines, "ab", strict=True):
        np.testing.assert_allclose(line.get_xydata().T, thinned(widget.run(copy).losses))
    histograms = [ax for ax in axes if ax.get_xlabel() == "what activation 2 receives"]
    for ax, copy in zip(histograms, "ab", strict=True):
        shares, edges, _ = ax.patches[-1].get_data()
        np.testing.assert_allclose(shares, np.histogram(widget.run(copy).received, edges)[0] / 4096)
        assert_close(shares.sum(), 1)


def test_the_copy_with_the_norm_has_learned_where_the_other_has_not():
    a, b = (TRUE.run(copy) for copy in "ab")
    assert (a.accuracy < 0.65, b.accuracy > 0.98) == (True, True)


# In the page

COUNTS_NETWORKS = """() => {
  globalThis.made = 0;
  const from = Float64Array.from.bind(Float64Array);
  Float64Array.from = (...given) => {
    made += given[0].length in { 32: 1, 256: 1 };
    return from(...given);
  };
}"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    tab = Tab(
        browser, stand(tmp_path_factory.mktemp("net"), [TrainingNetwork(key="net", step=40)]).removesuffix("index.html")
    )
    tab.page.set_default_timeout(20_000)
    yield tab.open("index.html").widget("net")
    complaints = tab.complaints
    tab.context.close()
    assert complaints == []


@pytest.fixture(autouse=True)
def fresh(request):
    if "page" in request.fixturenames:
        request.getfixturevalue("page").click("Reset")


def curves(widget):
    return widget.figure.locator(".nl-network .nl-curve").evaluate_all("(all) => all.map((p) => p.getAttribute('d'))")


def readout(widget):
    return widget.figure.locator(".nl-readout dd").all_text_contents()


def test_the_readout_has_the_numbers_of_normlib(page):
    widget = TrainingNetwork(step=40)
    for text, copy in zip(readout(page), "ab", strict=True):
        numbers = widget.run(copy)
        assert text == f"step 40, loss {plain(numbers.loss, 3)}, {100 * numbers.accuracy:.0f} % right"


def test_play_trains_until_it_is_paused_and_restart_makes_the_same_curves_again(page):
    first = curves(page)
    page.figure.locator("[name=speed]").select_option("500")
    page.click("Restart")
    assert all(text.startswith("step 0,") for text in readout(page))
    page.figure.get_by_role("button", name="Play").click()
    page.tab.until("Number(document.querySelector('[name=step]').value) > 60")
    page.figure.get_by_role("button", name="Pause").click()
    page.tab.settle()
    reached = page.control("step").input_value()
    assert all(text.startswith(f"step {reached},") for text in readout(page))
    page.tab.page.wait_for_timeout(100)
    assert page.control("step").input_value() == reached
    page.click("Reset")
    assert curves(page) == first


def test_step_and_step_back_go_one_mini_batch(page):
    before = page.content()
    page.click("Step back")
    assert [text.split(",")[0] for text in readout(page)] == ["step 39"] * 2
    page.figure.get_by_role("button", name="Step", exact=True).click()
    page.tab.settle()
    assert page.content() == before


def test_a_control_of_one_copy_trains_that_one_anew_and_leaves_the_other(page):
    a, b = curves(page)
    page.press("rate_a", "ArrowRight")
    moved = curves(page)
    assert moved[0] != a
    assert moved[1] == b
    twin = TrainingNetwork(step=40, rate_a=0.2)
    assert (
        readout(page)[0] == f"step 40, loss {plain(twin.run('a').loss, 3)}, {100 * twin.run('a').accuracy:.0f} % right"
    )


def test_speed_and_layer_train_nothing_anew(page):
    before = curves(page), readout(page)
    page.tab.page.evaluate(COUNTS_NETWORKS)
    page.figure.locator("[name=layer]").select_option("2")
    page.figure.locator("[name=speed]").select_option("20")
    page.tab.settle()
    assert (curves(page), readout(page), page.tab.page.evaluate("made")) == (*before, 0)
    page.press("init_b", "ArrowRight")
    assert page.tab.page.evaluate("made") == 3  # weights of three layers


def test_the_ground_is_blue_where_the_first_class_is_seen_and_clear_where_neither_is(page):
    pixels = page.figure.locator("canvas").evaluate_all(
        "(all) => all.map((c) => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data])"
    )
    middle = np.linspace(-EDGE, EDGE, CELLS, endpoint=False) + EDGE / CELLS
    grid = np.stack(np.meshgrid(middle, middle[::-1]), axis=-1).reshape(-1, 2)
    for rgba, copy in zip(pixels, "ab", strict=True):
        belief = lean(TrainingNetwork(step=40).run(copy).model, grid)
        alpha = np.reshape(rgba, (-1, 4))
        np.testing.assert_allclose(alpha[:, 3], 130 * np.abs(belief), atol=1)
        sure = np.abs(belief) > 0.1
        np.testing.assert_array_equal((alpha[:, 0] > alpha[:, 2])[sure], (belief > 0)[sure])


def test_training_stops_when_the_page_is_hidden(page):
    page.figure.get_by_role("button", name="Play").click()
    page.tab.page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); delete document.hidden; }"
    )
    assert page.figure.get_by_role("button", name="Play").is_visible()
