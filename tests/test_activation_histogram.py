"""The activation histogram: its four stations, its still picture, and a reader's own numbers."""

import numpy as np
import pytest
from javascript import JavaScript
from matplotlib.patches import StepPatch
from numerical import assert_close

from normlib import BatchNorm
from normlib.core import moments
from normlib.widgets import ActivationHistogram
from normlib.widgets.activation_histogram import ACTIVATIONS, FLAT_RANGES


def test_the_batch_is_the_first_draws_moved_and_stretched():
    unit = ActivationHistogram(shift=-3, scale=2, size=7)
    np.testing.assert_array_equal(unit.batch, -3 + 2 * unit.standard_draws[:7])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("eps", [0, 1e-5, 1.0])
def test_signals_are_those_of_a_batch_norm_of_one_channel_and_the_layer_after_it(activation, eps):
    widget = ActivationHistogram(shift=3, scale=2, gamma=2.5, beta=-1, eps=eps, size=40, activation=activation)
    norm, layer, s = BatchNorm(1, eps=eps), ACTIVATIONS[activation](), widget.signals
    norm.params["gamma"], norm.params["beta"] = [2.5], [-1.0]
    y = norm(widget.batch[:, None])
    assert_close(s.y, y[:, 0])
    assert_close(s.a, layer(y)[:, 0])
    assert_close(s.slope, layer.backward(np.ones((40, 1))).mean())
    layer(widget.batch)
    assert_close(s.slope_raw, layer.backward(np.ones(40)).mean())


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shift", [-4, -1, 0, 2.5])
def test_saturated_units_are_those_in_the_shaded_ranges(activation, shift):
    s = ActivationHistogram(shift=shift, scale=3, gamma=4, beta=1, size=512, activation=activation).signals
    for share, values in ((s.saturated, s.y), (s.saturated_raw, s.z)):
        flat = [(low <= values) & (values <= high) for low, high in FLAT_RANGES[activation]]
        assert share == np.any(flat, axis=0).mean()
        assert 0 < share < 1


@pytest.mark.parametrize("eps", [0, 1e-5, 1.0])
@pytest.mark.parametrize("size", [2, 3, 128, 512])
def test_giving_back_the_input_makes_y_the_input_again(eps, size):
    widget = ActivationHistogram(shift=3.3, scale=1.7, gamma=0, beta=5, eps=eps, size=size)
    widget.give_back_input()
    assert_close(widget.signals.y, widget.batch, 1e-12)
    mean, var = moments(widget.batch, 0)
    assert_close([widget.gamma, widget.beta], [np.sqrt(var[0] + eps), mean[0]])


def test_the_controls_have_room_to_give_back_the_most_extreme_input():
    traits = ActivationHistogram.class_traits()
    for seed in range(300):
        z = 5 + 3 * np.random.default_rng(seed).standard_normal(512).astype("<f4").astype(float)
        for size in (2, 3, 512):
            assert abs(z[:size].mean()) <= traits["beta"].high == -traits["beta"].low
            assert np.sqrt(z[:size].var() + 1) <= traits["gamma"].high


def bars(ax):
    """Heights and edges of the histogram on a pair of axes."""
    [steps] = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    values, edges, _ = steps.get_data()
    return values, edges


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shift", [-5, 0.5, 5])
@pytest.mark.parametrize("gamma", [0.5, 10])
def test_each_of_the_four_histograms_holds_the_whole_batch(activation, shift, gamma):
    widget = ActivationHistogram(shift=shift, scale=3, gamma=gamma, beta=4, size=300, activation=activation)
    s = widget.signals
    for ax, values in zip(widget.still().axes, (s.z, s.x_hat, s.y, s.a), strict=True):
        shares, edges = bars(ax)
        assert_close(shares, np.histogram(values, edges)[0] / 300)
        assert_close(shares.sum(), 1.0)
        assert ax.get_xlim() == (edges[0], edges[-1])


# A reader's own numbers

OWN = [
    ([], 1e-5, "A batch of 0. No numbers came, so there is nothing to draw."),
    ([2.0], 1e-5, "One number alone has no spread."),
    ([2.0], 0, "One number alone has no spread. With ε = 0 their x̂ is 0/0, no number."),
    ([3, 3, 3], 1e-5, "All 3 numbers are the same: they have no spread."),
    ([3, 3, 3], 0, "All 3 numbers are the same: they have no spread. With ε = 0 their x̂ is 0/0, no number."),
    ([1, np.nan, 2], 1e-5, "1 of 3 numbers is NaN or infinite, and left out."),
    ([np.inf, -np.inf, 1e300], 0, "A batch of 0. 3 of 3 numbers are NaN or infinite, and left out."),
    ([1.0, 2.0, 4.0], 0, "without."),
]


@pytest.mark.parametrize(("data", "eps", "words"), OWN, ids=repr)
def test_odd_numbers_are_drawn_as_far_as_they_can_be_and_spoken_of_in_both_languages(data, eps, words):
    widget = ActivationHistogram(data=data, eps=eps)
    assert widget.describe().endswith(words)
    assert len(widget.still().axes) == 4
    with JavaScript() as js:
        there = js("activation-histogram.mjs", "noteOn", widget.values(), widget.standard_draws)
    assert there == widget.note


def test_own_numbers_stand_in_place_of_the_draws():
    data = np.random.default_rng(1).gamma(2.0, size=600).astype(np.float32)
    widget = ActivationHistogram(data=data, size=512, shift=1, scale=2)
    np.testing.assert_array_equal(widget.batch, 1 + 2 * data[:512].astype(float))
    assert f"mean {widget.batch.mean():z.2f}" in widget.describe()
