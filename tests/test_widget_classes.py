"""The Python half of every widget, without a browser: ranges, sentences, and the HTML that a page revives."""

import base64
import functools
import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from numerical import assert_close
from states import KINDS, made, random_values, values_of

import normlib
from normlib.widgets import NormalExplorer, base, bundle
from normlib.widgets.base import LiveWidget
from normlib.widgets.controls import Slider


def controls(kind):
    return {spec["name"]: spec for spec in made(kind)._controls}


def of_kind(*wanted):
    """``(class, name, spec)`` of every control of these kinds."""
    return [(kind, *item) for kind in KINDS for item in controls(kind).items() if item[1]["kind"] in wanted]


def named(value):
    return value.__name__ if isinstance(value, type) else value if isinstance(value, str) else ""


each_kind = pytest.mark.parametrize("kind", KINDS, ids=named)
NO_NUMBERS = [math.nan, math.inf, -math.inf, "1", None, True, np.True_, [1.0], np.ones(2), np.ones(1), 1j, 10**400]


def elsewhere(widget, spec):
    """A value of a control that the widget does not start with."""
    now = widget.values()[spec["name"]]
    return next(v for v in values_of(spec) if (tuple(v) if isinstance(v, list) else v) != now)


def refused(widget, control, value, *words):
    """Assigning raises a TraitError with these words, and whatever the widget held is still there."""
    before = widget.values()
    with pytest.raises(traitlets.TraitError) as raised:
        setattr(widget, control, value)
    for word in words:
        assert word in str(raised.value)
    assert widget.values() == before


# Traits


@pytest.mark.parametrize(("kind", "control", "spec"), of_kind("slider"), ids=named)
def test_a_slider_refuses_what_lies_outside_and_names_its_range(kind, control, spec):
    whole = "whole number" if spec.get("integer") else "number"
    listed = ", ".join(map(str, spec.get("values", [])))
    range_ = f"one of {listed}" if listed else f"a {whole} from {spec['min']} to {spec['max']}"
    words = f"{kind.__name__}.{control} takes {range_}", spec["label"]
    widget = made(kind)
    setattr(widget, control, elsewhere(widget, spec))
    for value in (spec["min"] - spec["step"], spec["max"] * (1 + 1e-9) + 1e-9, *NO_NUMBERS):
        refused(widget, control, value, *words, f"{value!r} came")
    with pytest.raises(traitlets.TraitError, match="came"):
        made(kind, **{control: spec["max"] + 1})


@pytest.mark.parametrize(("kind", "control", "spec"), of_kind("slider"), ids=named)
def test_a_slider_takes_both_ends_and_numbers_of_any_kind(kind, control, spec):
    widget, wanted = made(kind), int if spec.get("integer") else float
    for value in (spec["min"], spec["max"]):
        for cast in (int, float, np.float64) if value == int(value) else (float, np.float64):
            setattr(widget, control, cast(value))
            assert getattr(widget, control) == value
            assert type(getattr(widget, control)) is wanted


@pytest.mark.parametrize(
    ("kind", "control", "spec"), [case for case in of_kind("slider") if case[2].get("integer")], ids=named
)
def test_counts_must_be_whole_numbers(kind, control, spec):
    refused(made(kind), control, spec["min"] + 0.5, f"{spec['min'] + 0.5} came")


@pytest.mark.parametrize(("kind", "control", "spec"), of_kind("choice"), ids=named)
def test_a_choice_refuses_what_is_none_of_its_values_and_names_them(kind, control, spec):
    widget = made(kind, **{control: spec["values"][-1]})
    for value in ("nothing", -1.25, math.nan, None, True, [1], np.ones(2)):
        refused(widget, control, value, f"{kind.__name__}.{control} takes one of", *map(repr, spec["values"]), "came")


@pytest.mark.parametrize(("kind", "control", "spec"), of_kind("switch"), ids=named)
def test_a_switch_is_on_or_off(kind, control, spec):
    for value in (2, "true", None):
        refused(made(kind), control, value, control, "boolean")


@pytest.mark.parametrize(("kind", "control", "spec"), of_kind("numbers"), ids=named)
def test_number_fields_refuse_any_other_count_and_what_lies_outside_and_name_both(kind, control, spec):
    words = f"{kind.__name__}.{control} takes {spec['length']} numbers from {spec['min']} to {spec['max']}"
    good = [spec["max"]] * spec["length"]
    widget = made(kind, **{control: good})
    assert getattr(widget, control) == tuple(map(float, good))
    bad = [[*good[1:], value] for value in (spec["max"] + 1e-9, spec["min"] - 1, math.nan, "1", None, True)]
    for value in (*bad, good[1:], [*good, 0.0], 3.0, "123", None, np.ones((spec["length"], 1))):
        refused(widget, control, value, words, spec["label"], "came")
    setattr(widget, control, np.full(spec["length"], spec["min"]))
    assert getattr(widget, control) == (float(spec["min"]),) * spec["length"]


@each_kind
def test_an_unknown_argument_is_refused_with_the_known_ones(kind):
    known = rf"\['colour'\] came; {kind.__name__} has the controls \['{kind.controls[0]}'"
    with pytest.raises(traitlets.TraitError, match=known):
        made(kind, colour="red")


@pytest.mark.parametrize("key", ["a b", "a.b", "a_b", "a=b", "a&b", "#a", "-", "é", "²", "<b>", "a/b", "a\n"])
def test_a_key_that_an_address_could_not_hold_is_refused(key):
    with pytest.raises(traitlets.TraitError, match="expected letters, digits and hyphens, such as 'bell'"):
        NormalExplorer(key=key)
    widget = NormalExplorer(key="bell-2")
    with pytest.raises(traitlets.TraitError):
        widget.key = key
    assert widget.key == "bell-2"


def test_a_slider_of_equal_ratios_begins_above_zero():
    with pytest.raises(ValueError, match="low = 0 came; a slider of equal ratios needs a positive one"):
        Slider(1.0, low=0, high=10, log=True, label="rate")


# State


@each_kind
def test_values_hold_every_control_and_start_stays_what_it_was(kind):
    widget = made(kind)
    start = widget.values()
    assert list(start) == list(kind.controls)
    name, spec = next(iter(controls(kind).items()))
    value = elsewhere(widget, spec)
    setattr(widget, name, value)
    assert widget.values() == {**start, name: value}
    assert widget._start == start


@each_kind
def test_what_javascript_hears_of_each_control_is_what_python_enforces(kind):
    widget = made(kind)
    assert [spec["name"] for spec in widget._controls] == list(kind.controls)
    for name, spec in controls(kind).items():
        trait, start = widget.traits()[name], widget.values()[name]
        assert spec["label"]
        assert trait.metadata["sync"]
        if spec["kind"] in ("slider", "numbers"):
            assert (spec["min"], spec["max"]) == (trait.low, trait.high)
        if spec["kind"] == "slider":
            assert spec.get("integer", False) == trait.integer
            places = np.array(values_of(spec))
            assert_close(start, places[np.abs(places - start).argmin()], 1e-9, scale=1)  # it stands where it can
        if spec["kind"] == "choice":
            assert spec["values"] == list(trait.values)
        if "when" in spec:
            waits_for_what_is_there(controls(kind), spec["when"])


def waits_for_what_is_there(specs, when):
    name, *values = [when] if isinstance(when, str) else when
    assert specs[name]["kind"] == ("choice" if values else "switch")
    assert set(values) <= set(specs[name].get("values", []))


@each_kind
@pytest.mark.parametrize("seed", [0, 3])
def test_standard_draws_are_exactly_the_float32_that_are_shipped(kind, seed):
    draws = made(kind, seed=seed).standard_draws
    wanted = np.random.default_rng(seed).standard_normal(kind.draws_count).astype(np.float32)
    assert draws.dtype == np.float64
    np.testing.assert_array_equal(draws, wanted)


class Shipping(LiveWidget):
    """Ships one array, whatever it is."""

    array = np.arange(6.0).reshape(2, 3)

    def shipped(self):
        return {"all": self.array}

    def describe(self):
        return "Six numbers."

    def still(self):
        return NormalExplorer().still()


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "uint8"])
def test_arrays_are_shipped_flat_as_they_are(dtype, monkeypatch):
    monkeypatch.setattr(Shipping, "array", Shipping.array.astype(dtype))
    _, state = parsed(Shipping())
    packed = state["_shipped"]["all"]
    assert packed["kind"].lower().removesuffix("array") == dtype
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(packed["bytes"]["base64"]), dtype), range(6))


@pytest.mark.parametrize("dtype", ["int64", "float16", "complex128", "bool"])
def test_other_arrays_are_not_shipped(dtype, monkeypatch):
    monkeypatch.setattr(Shipping, "array", Shipping.array.astype(dtype))
    with pytest.raises(TypeError, match=rf"shipped\(\)\['all'\] has dtype {dtype}; expected one of float64, float32"):
        Shipping()


# A reader's own numbers

OWN = [kind for kind in KINDS if kind.takes_data]


@pytest.mark.parametrize("kind", OWN, ids=named)
@pytest.mark.parametrize("data", [["a"], [1j], [None], np.array([True, False])], ids=repr)
def test_what_is_no_real_number_is_refused(kind, data):
    with pytest.raises(TypeError, match="expected real numbers"):
        kind(data=data)


@pytest.mark.parametrize("kind", OWN, ids=named)
@pytest.mark.parametrize("shape", [(), (3, 1), (2, 2)], ids=str)
def test_what_is_not_one_row_is_refused_with_its_shape(kind, shape):
    with pytest.raises(ValueError, match=r"data of shape \(.*\) came; expected one row of numbers"):
        kind(data=np.ones(shape))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.takes_data], ids=named)
def test_a_widget_without_a_sample_takes_no_data(kind):
    with pytest.raises(TypeError, match=f"data came; {kind.__name__} draws no sample"):
        made(kind, data=[1.0])


# The still picture and the state beside it


@functools.cache
def page_of(kind, key="bell"):
    """The widget as it comes, as HTML."""
    return made(kind, key=key).to_html()


def parsed(widget):
    figure = BeautifulSoup(widget if isinstance(widget, str) else widget.to_html(), "html.parser").figure
    return figure, json.loads(figure.select_one("script[type='application/json']").string)


@each_kind
def test_the_state_in_the_page_is_the_whole_state(kind):
    widget = made(kind, key="bell", seed=2)
    for name, spec in controls(kind).items():
        setattr(widget, name, elsewhere(widget, spec))
    figure, state = parsed(widget)
    draws, shipped = base64.b64decode(state.pop("draws")["base64"]), state.pop("_shipped", {})
    assert draws == widget.draws
    assert {name: base64.b64decode(packed["bytes"]["base64"]) for name, packed in shipped.items()} == {
        name: packed["bytes"] for name, packed in widget._shipped.items()
    }
    whole = {**widget.values(), "key": "bell", "_controls": widget._controls, "_start": widget._start}
    assert state == json.loads(json.dumps(whole))
    assert (figure["data-live-widget"], figure["data-live-key"]) == (kind.module, "bell")
    again = made(kind, key=state["key"], seed=2, **{name: state[name] for name in kind.controls})
    assert again.values() == widget.values()
    assert again.describe() == widget.describe()


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


@each_kind
def test_the_picture_says_in_words_what_it_shows_and_that_it_could_move(kind):
    figure, _ = parsed(page_of(kind))
    assert figure.svg["aria-label"] == made(kind).describe()
    assert len(made(kind).describe()) > 40
    assert figure.noscript.get_text() == base.NOTE
    assert figure.style is None
    for tag in figure.find_all(id=True):
        assert tag["id"].startswith(f"nl-{kind.module}-bell-"), "two widgets of a page have no id in common"


DIGESTS = """
import hashlib
from states import KINDS, made
for kind in KINDS:
    print(hashlib.sha256(made(kind, key="bell").to_html().encode()).hexdigest())
"""


def test_the_same_widget_is_the_same_bytes_in_every_process():
    folders = [str(Path(normlib.__file__).parents[1]), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run([sys.executable, "-c", DIGESTS], env=environment, capture_output=True, text=True, check=True)
    here = [hashlib.sha256(page_of(kind).encode()).hexdigest() for kind in KINDS]
    assert done.stdout.split() == here


@each_kind
def test_any_state_and_every_extreme_can_be_drawn_and_described(kind):
    rng = np.random.default_rng(3)
    specs = controls(kind)
    ends = [{name: values_of(spec)[end] for name, spec in specs.items()} for end in (0, -1)]
    for values in (*ends, *(random_values(made(kind), rng) for _ in range(2))):
        widget = made(kind, **values)
        assert "nan" not in widget.describe()
        assert widget.still().axes


# Under a kernel


@each_kind
def test_a_notebook_gets_words_a_still_picture_and_a_live_view(kind):
    widget = made(kind, key="bell")
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == f"{kind.__name__}: {widget.describe()}"
    assert data["text/html"] == page_of(kind)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


@each_kind
def test_a_kernel_is_sent_the_module_the_style_and_all_that_they_read(kind):
    sent = made(kind).get_state()
    assert sent["_esm"] == bundle.esm(kind.module)
    assert sent["_css"] == base.stylesheet()
    assert {"key", "draws", "_shipped", "_controls", "_start", *kind.controls} <= set(sent)
