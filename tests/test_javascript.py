"""The JavaScript of the widgets against normlib: the same numbers, the same names, the same sentences."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from javascript import JavaScript, JavaScriptError, node
from numerical import assert_close, batches, properties, random_batch, seeds
from states import states, values_of

from normlib import core, distributions
from normlib.nn import activations
from normlib.widgets import ActivationHistogram, NormalExplorer, activation_histogram, bundle
from normlib.widgets.controls import Numbers, Slider

CORE, DISTRIBUTIONS, ACTIVATIONS = "math/core.mjs", "math/distributions.mjs", "math/activations.mjs"
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def snake(camel):
    return re.sub(r"(?<=[a-z])([A-Z])", lambda capital: "_" + capital[1].lower(), camel)


# The bridge itself


@properties
@given(values=st.lists(st.floats(), min_size=1, max_size=8).map(np.array))
@example(values=np.array([-0.0, np.nan, np.inf, -np.inf, 5e-324, 0.1 + 0.2]))
def test_numbers_cross_the_bridge_exactly(js, values):
    back = js(CORE, "standardizeBackward", values, {"invStd": 1.0, "xHat": values})["dx"]  # values times one
    np.testing.assert_array_equal(back, values)
    numbers = ~np.isnan(values)
    np.testing.assert_array_equal(np.signbit(back[numbers]), np.signbit(values[numbers]))


def test_what_javascript_throws_is_raised_here(js):
    with pytest.raises(JavaScriptError, match="TypeError"):
        js(CORE, "moments", None)


# Names


@pytest.mark.parametrize(
    ("module", "twin", "alone"),
    [(CORE, core, set()), (DISTRIBUTIONS, distributions, {"unbiasedStd"}), (ACTIVATIONS, activations, set())],
)
def test_every_exported_function_has_its_twin_in_python(js, module, twin, alone):
    exported = set(js.exports(module))
    assert len(exported) >= 6
    assert alone <= exported
    assert [name for name in exported - alone if not callable(getattr(twin, snake(name), None))] == []


# The core


def one_feature(m, seed):
    x, dy = random_batch((m,), seed, offset=-4.0), np.random.default_rng([seed, 1]).standard_normal(m)
    return x, dy


@pytest.mark.parametrize("m", [2, 3, 10, 512])
@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_the_core_and_its_backward_passes_agree_with_normlib(js, m, eps, seed):
    x, dy = one_feature(m, seed)
    mean, var = core.moments(x, 0)
    both = js(CORE, "moments", x)
    assert_close(both["mean"], mean[0])
    assert_close(both["var"], var[0])

    assert_close(js(CORE, "momentsBackward", 0.3, -1.7, x, mean[0]), core.moments_backward(0.3, -1.7, x, mean))

    x_hat, cache = core.standardize(x, 0.7, 2.9, eps)
    there = js(CORE, "standardize", x, 0.7, 2.9, eps)
    assert_close(there["xHat"], x_hat)
    assert_close([there["mean"], there["var"], there["invStd"]], [cache.mean, cache.var, cache.inv_std])
    wanted = core.standardize_backward(dy, core.standardize(x, np.full(1, 0.7), np.full(1, 2.9), eps)[1])
    got = js(CORE, "standardizeBackward", dy, there)
    for name, want in zip(("dx", "dmean", "dvar"), wanted, strict=True):
        assert_close(np.ravel(got[name]), want, scale=np.abs(dy).sum())

    x_hat, cache = core.normalize(x, 0, eps)
    there = js(CORE, "normalize", x, eps)
    assert_close(there["xHat"], x_hat)
    assert_close(there["invStd"], cache.inv_std[0])
    assert_close(
        js(CORE, "normalizeBackward", dy, there), core.normalize_backward(dy, cache), scale=float(cache.inv_std[0])
    )


@properties
@given(x=batches, eps=st.sampled_from([0.0, 1e-5, 1.0]), seed=seeds)
def test_normalize_agrees_for_any_batch(js, x, eps, seed):
    x, dy = x[:, 0].copy(), np.random.default_rng(seed).standard_normal(len(x))
    x_hat, cache = core.normalize(x, 0, eps)
    there = js(CORE, "normalize", x, eps)
    assert_close(there["xHat"], x_hat, 1e-11)
    assert_close(
        js(CORE, "normalizeBackward", dy, there), core.normalize_backward(dy, cache), 1e-10, float(cache.inv_std[0])
    )


# Distributions


@properties
@given(low=st.floats(-100, 100), width=st.floats(1e-3, 100), bins=st.integers(1, 80))
def test_bin_edges_are_the_same_bits(js, low, width, bins):
    np.testing.assert_array_equal(
        js(DISTRIBUTIONS, "binEdges", low, low + width, bins), distributions.bin_edges(low, low + width, bins)
    )


@properties
@given(seed=seeds, low=st.floats(-3, 0), width=st.floats(0.1, 6), bins=st.integers(1, 60))
def test_histograms_count_as_numpy_does_on_edges_too(js, seed, low, width, bins):
    edges = distributions.bin_edges(low, low + width, bins)
    x = np.concatenate([np.random.default_rng(seed).standard_normal(200), edges, np.nextafter(edges, -9)])
    density = js(DISTRIBUTIONS, "histogramDensity", x, edges)
    counts = np.rint(density * x.size * np.diff(edges))
    np.testing.assert_array_equal(counts, np.histogram(x, edges)[0])
    np.testing.assert_array_equal(density, distributions.histogram_density(x, edges))


@properties
@given(x=st.floats(-20, 20), mean=st.floats(-5, 5), std=st.floats(0.2, 5))
def test_densities_and_entropies_agree(js, x, mean, std):
    np.testing.assert_allclose(
        js(DISTRIBUTIONS, "normalPdf", x, mean, std), distributions.normal_pdf(x, mean, std), rtol=1e-12
    )
    assert_close(js(DISTRIBUTIONS, "normalEntropy", std), distributions.normal_entropy(std), scale=1)


@pytest.mark.parametrize("size", [2, 5, 100, 1000])
@pytest.mark.parametrize("spread", [0.2, 3.0])
def test_kernel_density_estimates_agree(js, size, spread):
    sample, grid = random_batch((size,), seed=size, spread=spread), distributions.bin_edges(-8.0, 8.0, 320)
    assert_close(js(DISTRIBUTIONS, "unbiasedStd", sample), sample.std(ddof=1))
    bandwidth = js(DISTRIBUTIONS, "kernelBandwidth", sample)
    assert_close(bandwidth, distributions.kernel_bandwidth(sample))
    assert_close(
        js(DISTRIBUTIONS, "kernelDensity", grid, sample, bandwidth),
        distributions.kernel_density(grid, sample, bandwidth),
    )


# Activations and signals


@pytest.mark.parametrize(
    "name_there", ["sigmoid", "sigmoidDerivative", "tanh", "tanhDerivative", "relu", "reluDerivative"]
)
def test_activations_agree(js, name_there):
    z = np.concatenate([np.linspace(-12, 12, 401), [-800.0, 800.0, 0.0, 1e-300]])
    got = np.array(js.each(ACTIVATIONS, name_there, [[v] for v in z.tolist()]), dtype=float)
    assert_close(got, getattr(activations, snake(name_there))(z))


@properties
@given(
    slopes=st.lists(st.sampled_from([0.0, 0.0124, 0.0125, 0.05, 0.25, 1.0]), min_size=1),
    steepest=st.sampled_from([0.25, 1.0]),
)
def test_saturated_shares_agree(js, slopes, steepest):
    assert js(ACTIVATIONS, "saturatedShare", slopes, steepest) == activations.saturated_share(slopes, steepest)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_where_a_function_is_flat_is_the_same_in_both(js, activation):
    np.testing.assert_allclose(
        js("math/signals.mjs", "flatRanges", activation), activation_histogram.FLAT_RANGES[activation], rtol=1e-15
    )


def test_signals_agree_at_all_four_stations(js):
    for widget in states(ActivationHistogram, 100):
        s = widget.signals
        there = js(
            "math/signals.mjs", "signals", widget.batch, widget.gamma, widget.beta, widget.eps, widget.activation
        )
        assert set(map(snake, there)) == set(s._fields)
        for field in there:
            want = getattr(s, snake(field))
            scale = (
                widget.gamma * np.abs(s.x_hat).max() + abs(widget.beta) + 1
                if field == "y"
                else np.abs(want).max() + 1e-3
            )
            assert_close(there[field], want, 1e-12, scale)


def test_the_batch_is_the_same_bits(js):
    for widget in states(ActivationHistogram, 20):
        got = js("activation-histogram.mjs", "batchOf", widget.values(), widget.standard_draws)
        np.testing.assert_array_equal(got, widget.batch)


def test_giving_back_the_input_sets_the_same_gamma_and_beta(js):
    for widget in states(ActivationHistogram, 50):
        there = js("activation-histogram.mjs", "giveBackInput", widget.values(), widget.standard_draws)
        assert set(there) == {"gamma", "beta"}
        if abs(there["beta"]) > 8:
            continue
        widget.give_back_input()
        assert_close([there["gamma"], there["beta"]], [widget.gamma, widget.beta])


# Words

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def words_there(js, widget):
    if isinstance(widget, NormalExplorer):
        return js("normal-explorer.mjs", "describe", widget.values(), widget.sample)
    z = js("activation-histogram.mjs", "batchOf", widget.values(), widget.standard_draws)
    signals = js("math/signals.mjs", "signals", z, widget.gamma, widget.beta, widget.eps, widget.activation)
    return js("activation-histogram.mjs", "describe", widget.values(), signals)


@pytest.mark.parametrize("kind", [NormalExplorer, ActivationHistogram])
def test_both_describe_the_picture_in_the_same_words(js, kind):
    ties = 0
    for widget in states(kind, 300):
        here, there = widget.describe(), words_there(js, widget)
        if here == there:
            continue
        # 12.5 % is halfway: Python rounds it to the even 12, JavaScript up to 13
        ties += 1
        assert NUMBER.sub("#", here) == NUMBER.sub("#", there)
        for one, other in zip(NUMBER.findall(here), NUMBER.findall(there), strict=True):
            unit = Decimal(1).scaleb(Decimal(one).as_tuple().exponent)
            assert Decimal(one).as_tuple().exponent == Decimal(other).as_tuple().exponent
            assert abs(Decimal(one) - Decimal(other)) <= unit
    assert ties <= 15


def rounded(value, digits):
    """What `fixed` promises, from the exact value of the float: halves away from zero, no sign on a zero."""
    text = str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return text.removeprefix("-") if float(text) == 0 else text


@properties
@given(value=st.one_of(st.floats(-1e6, 1e6), st.integers(-4000, 4000).map(lambda k: k / 16)), digits=st.integers(0, 4))
def test_numbers_are_written_rounded_and_a_zero_has_no_sign(js, value, digits):
    wanted = rounded(value, digits)
    assert js("ui/numbers.mjs", "fixed", value, digits) == wanted
    assert js("ui/numbers.mjs", "shown", value, digits) == wanted.replace("-", "−")
    halfway = (Decimal(value).scaleb(digits) % 1).copy_abs() == Decimal("0.5")
    assert halfway or f"{value:z.{digits}f}" == wanted


# Axes


@properties
@given(low=st.floats(-1000, 1000), width=st.floats(1e-3, 1e3), count=st.integers(2, 10))
def test_ticks_are_round_evenly_spaced_and_about_as_many_as_asked_for(js, low, width, count):
    ticks = np.array(js("ui/chart.mjs", "ticks", low, low + width, count))
    step = ticks[1] - ticks[0] if len(ticks) > 1 else width
    assert count / 2.5 - 1 <= len(ticks) <= count + 1
    assert ticks[0] >= low - 1e-6 * width
    assert ticks[-1] <= low + width + 1e-6 * width
    assert_close(np.diff(ticks), np.full(len(ticks) - 1, step), 1e-9, scale=abs(low) + width)
    if len(ticks) > 1:
        assert_close(ticks / step, np.rint(ticks / step), 1e-9, scale=1 + np.abs(ticks / step).max())
        mantissa = step / 10 ** math.floor(math.log10(step * 1.001))
        assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6 * (1 + abs(low) / step)


@pytest.mark.parametrize(
    ("low", "high", "count", "wanted"),
    [
        (-8, 8, 8, [-8, -6, -4, -2, 0, 2, 4, 6, 8]),
        (0, 0.5, 4, [0, 0.2, 0.4]),
        (-4, 4, 4, [-4, -2, 0, 2, 4]),
        (0, 1, 3, [0, 0.5, 1]),
    ],
)
def test_ticks_of_the_widgets_own_axes(js, low, high, count, wanted):
    assert_close(js("ui/chart.mjs", "ticks", low, high, count), wanted)


@properties
@given(value=st.floats(1e-6, 1e6), factor=st.floats(1, 10))
def test_the_top_of_an_axis_is_round_high_enough_and_grows_with_the_value(js, value, factor):
    room, more = js.each("ui/chart.mjs", "roomFor", [[value], [value * factor]])
    assert value * (1 - 1e-5) <= room <= value * 5 / 3 * (1 + 1e-5)
    assert room <= more * (1 + 1e-12)
    mantissa = room / 10 ** math.floor(math.log10(room * 1.001))
    assert min(abs(mantissa - m) for m in (1, 1.5, 2, 3, 5, 7.5)) < 1e-9


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (-2.5, "−2.5"), (0.1 + 0.2, "0.3"), (100.0, "100"), (1 / 3, "0.333333")],
)
def test_ticks_are_written_without_needless_zeros_and_with_a_true_minus(js, value, text):
    assert js("ui/numbers.mjs", "plain", value) == text


# A widget's values in the page's address

FRAGMENT = "page/fragment.mjs"


def read(js, address, widget, key="bell"):
    return js(FRAGMENT, "readFragment", address, key, widget._controls)


@pytest.mark.parametrize("kind", [NormalExplorer, ActivationHistogram])
def test_values_come_back_from_the_address_as_they_went_in(js, kind):
    for widget in states(kind, 100):
        start, values = kind().values(), widget.values()
        address = js(FRAGMENT, "writeFragment", "", "bell", values, start)
        found = read(js, address, widget)
        assert {**start, **found["values"]} == values
        assert found["bad"] == []
        assert set(found["values"]) == {name for name in values if values[name] != start[name]}
        assert re.fullmatch(r"#[\w.=&%+-]*", address)


class Kinds(ActivationHistogram):
    """A control of each of the other kinds."""

    module = "activation-histogram"
    controls = ("rate", "count", "width", "x")

    rate = Slider(0.1, low=1e-3, high=10, step=0.05, log=True, label="rate")
    count = Slider(10, low=1, high=1000, step=0.1, log=True, integer=True, label="count")
    width = Slider(32, values=(8, 32, 128), integer=True, label="width")
    x = Numbers((1, 2.5, -3), length=3, low=-10, high=10, label="x")


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("rate=0.0123&bell.count=77&bell.width=128&bell.x=0.1,-2,1e-3", []),
        ("x=1%2C2%2C3", []),
        ("rate=0", ["rate"]),
        ("rate=10.1", ["rate"]),
        ("count=2.5", ["count"]),
        ("width=16", ["width"]),
        ("width=", ["width"]),
        ("x=1,2", ["x"]),
        ("x=1,2,3,4", ["x"]),
        ("x=1,,3", ["x"]),
        ("x=1,2,11", ["x"]),
        ("x=1,2,NaN", ["x"]),
    ],
)
def test_every_kind_of_control_reads_the_address_and_tells_what_does_not_fit(js, text, bad):
    found = read(js, f"#bell.{text}", Kinds())
    assert [name.removeprefix("bell.") for name in found["bad"]] == bad
    if bad:
        assert found["values"] == {}
        return
    values = Kinds().values() | found["values"]
    again = read(js, js(FRAGMENT, "writeFragment", "", "bell", values, Kinds().values()), Kinds())
    assert again == found
    assert Kinds(**found["values"]).values() == {**values, "x": tuple(values["x"])}


def test_numbers_stand_in_the_address_with_commas_between(js):
    start = Kinds().values()
    address = js(FRAGMENT, "writeFragment", "", "bell", {**start, "x": [1, 2.5, -4]}, start)
    assert address == "#bell.x=1,2.5,-4"


def test_a_slider_of_ratios_or_values_goes_to_its_places_and_back(js):
    for spec in Kinds()._controls[:3]:
        places = values_of(spec)
        numbers = "ui/numbers.mjs"
        assert js(numbers, "positions", spec) == len(places) - 1
        assert js.each(numbers, "valueAt", [[spec, k] for k in range(len(places))]) == places
        for k, value in enumerate(places):
            at = js(numbers, "positionOf", spec, value)
            assert at == k or js(numbers, "valueAt", spec, at) == value  # small whole numbers have more than one place
    assert js("ui/numbers.mjs", "positionOf", Kinds()._controls[0], 0.099) == 40


def test_the_start_leaves_no_trace_in_the_address(js):
    start = NormalExplorer().values()
    assert js(FRAGMENT, "writeFragment", "#bell.mu=2", "bell", start, start) == ""


BAD = {
    "number": [
        "mu=4.1",
        "mu=-5",
        "mu=",
        "mu=%20",
        "mu=NaN",
        "mu=Infinity",
        "mu=1,5",
        "mu=two",
        "mu=%",
        "mu=%E0%A4%A",
        "mu",
    ],
    "whole number": ["size=10.5", "size=4", "size=1001"],
    "switch": ["kde=1", "kde=", "kde=True", "kde=constructor", "kde=toString", "kde=__proto__"],
    "name": ["nothing=1", "=1", "constructor=1", "mu.x=1"],
}


@pytest.mark.parametrize("text", [text for texts in BAD.values() for text in texts])
def test_what_does_not_fit_is_reported_and_the_rest_still_read(js, text):
    found = read(js, f"#bell.sigma=2&bell.{text}", NormalExplorer())
    assert found == {"values": {"sigma": 2}, "mine": True, "bad": [f"bell.{text.partition('=')[0]}"]}


@pytest.mark.parametrize(
    "text", ["activation=Sigmoid", "activation=", "activation=softmax", "eps=0.2", "eps=", "eps=toString"]
)
def test_a_choice_takes_only_its_own_values(js, text):
    found = read(js, f"#bell.{text}", ActivationHistogram())
    assert found == {"values": {}, "mine": True, "bad": [f"bell.{text.partition('=')[0]}"]}


@pytest.mark.parametrize("text", ["0.00001", "1e-5", "1e-05", "+1E-5"])
def test_a_number_of_a_choice_may_be_written_in_any_way(js, text):
    assert read(js, f"#bell.eps={text}", ActivationHistogram())["values"] == {"eps": 1e-5}


def test_ends_of_a_range_belong_to_it(js):
    found = read(js, "#bell.mu=-4&bell.mu2=4&bell.size=5&bell.kde=false&bell.standardized=true", NormalExplorer())
    assert found["values"] == {"mu": -4, "mu2": 4, "size": 5, "kde": False, "standardized": True}
    assert found["bad"] == []


@pytest.mark.parametrize(
    "address", ["", "#", "#exercise-3", "#bell", "#other.mu=2", "#bell2.mu=2", "#a.bell.mu=2", "#bell-2.mu=3"]
)
def test_plain_anchors_and_other_widgets_are_not_mine(js, address):
    assert read(js, address, NormalExplorer()) == {"values": {}, "mine": False, "bad": []}


def test_the_entries_of_other_widgets_stay_as_they_were(js):
    start = NormalExplorer().values()
    before = "#other.mu=2&bell.mu=1&bell2.label=a%20b&x=y=z"
    after = js(FRAGMENT, "writeFragment", before, "bell", {**start, "sigma": 2.5}, start)
    assert after == "#other.mu=2&bell2.label=a%20b&x=y=z&bell.sigma=2.5"


def test_an_anchor_beside_the_entries_stays_as_it_was(js):
    start = NormalExplorer().values()
    assert (
        js(FRAGMENT, "writeFragment", "#exercise-3&bell.mu=1", "bell", {**start, "mu": 2}, start)
        == "#exercise-3&bell.mu=2"
    )
    assert js(FRAGMENT, "writeFragment", "#exercise-3&other.mu=1", "bell", start, start) == "#exercise-3&other.mu=1"


# Tests that run in Node


@pytest.mark.parametrize("file", sorted((Path(__file__).parent / "js").glob("*.test.mjs")), ids=lambda f: f.name)
def test_nodes_own_tests_pass(file):
    done = node(file, bundle.JS)
    assert done.returncode == 0, done.stdout
    assert re.search(r"pass [1-9]", done.stdout)
