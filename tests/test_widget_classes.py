"""The Python half of the widgets, without a browser: ranges, sentences, and the HTML that a page revives."""

import base64
import hashlib
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from matplotlib.patches import StepPatch
from numerical import assert_close
from scipy import stats

import normlib
from normlib import BatchNorm
from normlib.core import moments
from normlib.widgets import ActivationHistogram, NormalExplorer, base, bundle
from normlib.widgets.activation_histogram import ACTIVATIONS, FLAT_RANGES
from normlib.widgets.controls import Slider

WIDGETS = [NormalExplorer, ActivationHistogram]


def controls(kind):
    return {spec["name"]: spec for spec in kind()._controls}


SLIDERS = [(kind, *item) for kind in WIDGETS for item in controls(kind).items() if item[1]["kind"] == "slider"]
CHOICES = [(kind, *item) for kind in WIDGETS for item in controls(kind).items() if item[1]["kind"] == "choice"]
NO_NUMBERS = [math.nan, math.inf, -math.inf, "1", None, True, np.True_, [1.0], np.ones(2), np.ones(1), 1j, 10**400]


def elsewhere(spec):
    """A value of a control that no widget starts with."""
    return spec["min"] + spec["step"] if spec["kind"] == "slider" else spec.get("values", [False])[-1]


def refused(widget, control, value, *words):
    """Assigning raises a TraitError with these words, and whatever the widget held is still there."""
    before = widget.values()
    with pytest.raises(traitlets.TraitError) as raised:
        setattr(widget, control, value)
    for word in words:
        assert word in str(raised.value)
    assert widget.values() == before


# Traits


@pytest.mark.parametrize(("kind", "control", "spec"), SLIDERS)
def test_a_slider_refuses_what_lies_outside_and_names_its_range(kind, control, spec):
    whole = "whole number" if spec.get("integer") else "number"
    words = f"{kind.__name__}.{control} takes a {whole} from {spec['min']} to {spec['max']}", spec["label"]
    widget = kind(**{control: elsewhere(spec)})
    for value in (spec["min"] - spec["step"], spec["max"] + 1e-9, *NO_NUMBERS):
        refused(widget, control, value, *words, f"{value!r} came")
        with pytest.raises(traitlets.TraitError, match="came"):
            kind(**{control: value})


@pytest.mark.parametrize(("kind", "control", "spec"), SLIDERS)
def test_a_slider_takes_both_ends_and_numbers_of_any_kind(kind, control, spec):
    widget, wanted = kind(), int if spec.get("integer") else float
    for value in (spec["min"], spec["max"]):
        for cast in (int, float, np.float64) if value == int(value) else (float, np.float64):
            setattr(widget, control, cast(value))
            assert getattr(widget, control) == value
            assert type(getattr(widget, control)) is wanted


@pytest.mark.parametrize(
    ("kind", "control"), [(NormalExplorer, "size"), (NormalExplorer, "bins"), (ActivationHistogram, "size")]
)
def test_counts_must_be_whole_numbers(kind, control):
    refused(kind(), control, 10.5, "takes a whole number", "10.5 came")


@pytest.mark.parametrize(("kind", "control", "spec"), CHOICES)
def test_a_choice_refuses_what_is_none_of_its_values_and_names_them(kind, control, spec):
    widget = kind(**{control: spec["values"][-1]})
    for value in ("Tanh", -1.0, math.nan, None, True, [1], np.ones(2)):
        refused(widget, control, value, f"{kind.__name__}.{control} takes one of", *map(repr, spec["values"]), "came")


@pytest.mark.parametrize("control", ["kde", "compare"])
@pytest.mark.parametrize("value", [2, "true", None])
def test_a_switch_is_on_or_off(control, value):
    refused(NormalExplorer(), control, value, control, "boolean")


@pytest.mark.parametrize("kind", WIDGETS)
def test_an_unknown_argument_is_refused_with_the_known_ones(kind):
    with pytest.raises(
        traitlets.TraitError, match=rf"\['colour'\] came; {kind.__name__} has the controls \['\w+'.*'size'"
    ):
        kind(colour="red")


@pytest.mark.parametrize("key", ["a b", "a.b", "a_b", "a=b", "a&b", "#a", "-", "é", "²", "<b>", "a/b", "a\n"])
def test_a_key_that_an_address_could_not_hold_is_refused(key):
    with pytest.raises(traitlets.TraitError, match="expected letters, digits and hyphens, such as 'bell'"):
        NormalExplorer(key=key)
    widget = NormalExplorer(key="bell-2")
    with pytest.raises(traitlets.TraitError):
        widget.key = key
    assert widget.key == "bell-2"


# State


@pytest.mark.parametrize("kind", WIDGETS)
def test_values_hold_every_control_and_start_stays_what_it_was(kind):
    name, spec = next(iter(controls(kind).items()))
    widget = kind(**{name: spec["max"]})
    start = widget.values()
    assert list(start) == list(kind.controls)
    assert start[name] == spec["max"]
    setattr(widget, name, spec["min"])
    assert widget.values() == {**start, name: spec["min"]}
    assert widget._start == start


@pytest.mark.parametrize("kind", WIDGETS)
def test_what_javascript_hears_of_each_control_is_what_python_enforces(kind):
    widget = kind()
    assert [spec["name"] for spec in widget._controls] == list(kind.controls)
    for name, spec in controls(kind).items():
        trait = kind.class_traits()[name]
        assert spec["label"]
        assert trait.metadata["sync"]
        if spec["kind"] == "slider":
            assert (spec["min"], spec["max"], spec.get("integer", False)) == (trait.low, trait.high, trait.integer)
            steps = (widget.values()[name] - spec["min"]) / spec["step"]
            assert_close(steps, round(steps), 1e-9, scale=1)  # the start is a place where the slider can stand
            assert_close(spec["step"] * 10 ** spec["digits"], round(spec["step"] * 10 ** spec["digits"]), 1e-9)
        if spec["kind"] == "choice":
            assert spec["values"] == list(trait.values)
        assert "when" not in spec or controls(kind)[spec["when"]]["kind"] == "switch"


@pytest.mark.parametrize("kind", WIDGETS)
@pytest.mark.parametrize("seed", [0, 3])
def test_standard_draws_are_exactly_the_float32_that_are_shipped(kind, seed):
    draws = kind(seed=seed).standard_draws
    wanted = np.random.default_rng(seed).standard_normal(kind.draws_count).astype(np.float32)
    assert draws.dtype == np.float64
    np.testing.assert_array_equal(draws, wanted)
    assert kind.draws_count >= controls(kind)["size"]["max"]


def test_the_sample_and_the_batch_are_the_first_draws_moved_and_stretched():
    bell = NormalExplorer(mu=2, sigma=0.5, size=25)
    np.testing.assert_array_equal(bell.sample, 2 + 0.5 * bell.standard_draws[:25])
    unit = ActivationHistogram(shift=-3, scale=2, size=7)
    np.testing.assert_array_equal(unit.batch, -3 + 2 * unit.standard_draws[:7])


# The mathematics of the activation histogram


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


# The still picture and the state beside it


def parsed(widget):
    figure = BeautifulSoup(widget.to_html(), "html.parser").figure
    return figure, json.loads(figure.select_one("script[type='application/json']").string)


@pytest.mark.parametrize("kind", WIDGETS)
def test_the_state_in_the_page_is_the_whole_state(kind):
    widget = kind(key="bell", seed=2, **{n: elsewhere(s) for n, s in controls(kind).items()})
    figure, state = parsed(widget)
    draws = base64.b64decode(state.pop("draws")["base64"])
    assert draws == widget.draws
    assert state == {**widget.values(), "key": "bell", "_controls": widget._controls, "_start": widget._start}
    assert (figure["data-live-widget"], figure["data-live-key"]) == (kind.module, "bell")
    again = kind(key=state["key"], seed=2, **{name: state[name] for name in kind.controls})
    assert again.to_html() == widget.to_html()


def test_changing_a_control_changes_the_state_and_the_picture_but_not_the_start():
    widget = NormalExplorer(key="bell")
    before, state = parsed(widget)
    widget.mu = 2.5
    after, moved = parsed(widget)
    assert (state["mu"], moved["mu"], moved["_start"]) == (0.0, 2.5, state["_start"])
    assert str(before.svg) != str(after.svg)


class Hostile(NormalExplorer):
    module = "normal-explorer"
    label = "</script><script>alert(1)</script><!--"
    mu = Slider(0.0, low=-4, high=4, step=0.1, label=label)


def test_nothing_in_the_state_can_end_its_script():
    text = Hostile().to_html()
    assert text.count("<script") == text.count("</script") == 1
    assert "<!--" not in text
    assert parsed(Hostile())[1]["_controls"][0]["label"] == Hostile.label


@pytest.mark.parametrize("kind", WIDGETS)
def test_the_picture_says_in_words_what_it_shows_and_that_it_could_move(kind):
    figure, _ = parsed(kind())
    assert figure.svg["aria-label"] == kind().describe()
    assert figure.noscript.get_text() == base.NOTE
    assert figure.style is None


@pytest.mark.parametrize("kind", WIDGETS)
def test_two_widgets_of_a_page_have_no_id_in_common(kind):
    one, two = ({tag["id"] for tag in parsed(kind(key=key))[0].find_all(id=True)} for key in ("one", "two"))
    assert one
    assert not one & two


DIGESTS = """
import hashlib
from normlib.widgets import ActivationHistogram, NormalExplorer
for kind in (NormalExplorer, ActivationHistogram):
    print(hashlib.sha256(kind(key="bell").to_html().encode()).hexdigest())
"""


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_widget_is_the_same_bytes_in_every_process(hash_seed):
    root = Path(normlib.__file__).parents[1]
    command, environment = [sys.executable, "-c", DIGESTS], {"PYTHONHASHSEED": hash_seed, "PATH": ""}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    here = [kind(key="bell").to_html() for kind in WIDGETS]
    assert here == [kind(key="bell").to_html() for kind in WIDGETS]
    assert done.stdout.split() == [hashlib.sha256(text.encode()).hexdigest() for text in here]


@pytest.mark.parametrize("kind", WIDGETS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_extreme_of_the_controls_can_be_drawn_and_described(kind, activation):
    for end in ("min", "max"):
        widget = kind()
        for name, spec in controls(kind).items():
            setattr(widget, name, spec[end] if spec["kind"] == "slider" else spec.get("values", [True])[0])
        if kind is ActivationHistogram:
            widget.activation = activation
        assert "nan" not in widget.describe()
        assert widget.still().axes


def bars(ax):
    """Heights and edges of the histogram on a pair of axes."""
    [steps] = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    values, edges, _ = steps.get_data()
    return values, edges


def test_the_still_bell_draws_the_sample_its_kernel_estimate_and_both_densities():
    widget = NormalExplorer(mu=1.5, sigma=0.5, size=100, bins=10, kde=True, compare=True, mu2=-2, sigma2=0.75)
    [ax] = widget.still().axes
    heights, edges = bars(ax)
    assert (edges[0], edges[-1], len(heights)) == (-0.5, 3.5, 10)
    assert_close(heights, np.histogram(widget.sample, edges, density=True)[0])
    wanted = [stats.norm(1.5, 0.5).pdf, stats.gaussian_kde(widget.sample), stats.norm(-2, 0.75).pdf]
    for line, density in zip(ax.lines, wanted, strict=True):
        assert_close(line.get_ydata(), density(line.get_xdata()), 1e-9)
    widget.kde = widget.compare = False
    assert len(widget.still().axes[0].lines) == 1


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


# Under a kernel


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_notebook_gets_words_a_still_picture_and_a_live_view(kind):
    widget = kind(key="bell")
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == f"{kind.__name__}: {widget.describe()}"
    assert data["text/html"] == widget.to_html()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_kernel_is_sent_the_module_the_style_and_all_that_they_read(kind):
    sent = kind().get_state()
    assert sent["_esm"] == bundle.esm(kind.module)
    assert sent["_css"] == base.stylesheet()
    assert {"key", "draws", "_controls", "_start", *kind.controls} <= set(sent)


def test_words_follow_the_controls():
    widget = NormalExplorer(mu=-1.25, size=10)
    assert re.match(r"Normal curve with mean -1\.2 and .* A sample of 10: mean", widget.describe())
    assert "Second curve" not in widget.describe()
    widget.compare = True
    assert "Second curve: mean 2.0, standard deviation 1.50." in widget.describe()
