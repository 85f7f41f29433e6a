"""Bad input, for every norm: the error says what came, what was expected and the cure, and nothing has changed."""

import contextlib
import copy
import re

import numpy as np
import pytest
from layers import NORMS, by_name, by_path, draws, options_of, path_of, take, with_history
from numerical import random_batch

from normlib import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, SwitchableNorm
from normlib.core import moments, normalize, standardize

WITH_BATCH = ["BN of a table", "BN of images", "SN of images"]
WITH_CHANNELS = [name for name in NORMS if name[:2] not in ("LN", "RM")]
WITH_LAST_AXES = [name for name in NORMS if name[:2] in ("LN", "RM")]
NOT_FLOATING = [int, bool, complex, object, np.uint8, "datetime64[s]", "U3"]


def state(layer):
    """All that a layer holds, as plain values that can be compared."""
    shape, cache = layer._cache or (None, ())
    kept = [a.copy().tolist() if isinstance(a, np.ndarray) else repr(a) for a in cache]
    arrays = {**layer.params, **{"d" + k: g for k, g in layer.grads.items()}, **layer.buffers}
    apart = ("_cache", "_scratch", "_fits", "params", "grads", "buffers")
    rest = {k: repr(v) for k, v in vars(layer).items() if k not in apart}
    return shape, kept, {k: a.tolist() for k, a in arrays.items()}, rest


@contextlib.contextmanager
def nothing_changes(name, mode="train"):
    """A layer in the middle of its work, which must go on afterwards as if nothing had been tried."""
    shape = NORMS[name].small
    layer, other = (with_history(name, shape, mode) for _ in range(2))
    for same in (layer, other):
        same(random_batch(shape))
        same.backward(draws(shape))
        same(random_batch(shape, seed=2))
    before = copy.deepcopy(state(layer))
    yield layer
    assert state(layer) == before
    np.testing.assert_array_equal(layer.backward(draws(shape)), other.backward(draws(shape)))
    np.testing.assert_array_equal(layer(random_batch(shape)), other(random_batch(shape)))


@contextlib.contextmanager
def refused(kind, *parts):
    """The block raises `kind`, with each of `parts` in its message, in this order."""
    with pytest.raises(kind, match="(?s)" + ".*".join(map(re.escape, parts))):
        yield


# Shapes


@pytest.mark.parametrize("path", ["core", "speed"])
@pytest.mark.parametrize("name", WITH_CHANNELS)
def test_another_number_of_channels(name, path, monkeypatch):
    take(path, monkeypatch)
    n, channels, *rest = NORMS[name].small
    bad = np.ones((n, channels + 1, *rest))
    with (
        nothing_changes(name) as layer,
        refused(
            ValueError, repr(layer), str(bad.shape), f"expected (N, {channels}", "axis 1", "np.moveaxis", "build the"
        ),
    ):
        layer(bad)


@pytest.mark.parametrize("path", ["core", "speed"])
@pytest.mark.parametrize("name", WITH_LAST_AXES)
def test_other_last_axes(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    for bad in (np.ones((*shape[:-1], shape[-1] + 1)), np.ones(()), np.ones(shape).T):
        with (
            nothing_changes(name) as layer,
            refused(ValueError, repr(layer), str(bad.shape), "expected (*samples, ", f"{shape[-1]})", "np.moveaxis"),
        ):
            layer(bad)


@pytest.mark.parametrize("name", WITH_CHANNELS)
def test_too_few_axes(name):
    channels, needs_positions = NORMS[name].small[1], name[:2] in ("IN", "SN")
    shapes = [(), (channels,)] + [(4, channels)] * needs_positions
    for shape in shapes:
        with (
            nothing_changes(name) as layer,
            refused(ValueError, f"shape {shape}", f"expected (N, {channels}", "*spatial)"),
        ):
            layer(np.ones(shape))


@pytest.mark.parametrize("mode", ["train", "eval"])
@by_name
def test_a_batch_without_samples(name, mode):
    bad = np.ones((0, *NORMS[name].small[1:]))
    if name.startswith("BN") and mode == "train":
        parts = f"got 0 value(s) per channel (shape {bad.shape})", "at least 2", "larger batch", "layer.eval()"
    else:
        parts = f"got an empty array of shape {bad.shape}", "at least one sample", "Leave out"
    with nothing_changes(name, mode) as layer, refused(ValueError, type(layer).__name__, *parts):
        layer(bad)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1)])
def test_batch_norm_in_training_with_one_value_for_a_channel(shape):
    layer = BatchNorm(3)
    before = state(layer)
    with refused(
        ValueError, "BatchNorm in training got 1 value(s) per channel", str(shape), "at least 2", "layer.eval()"
    ):
        layer(np.ones(shape))
    assert state(layer) == before
    layer.eval()(np.ones(shape))


@pytest.mark.parametrize(
    ("layer", "shape", "per", "cure"),
    [
        (InstanceNorm(3), (4, 3, 1, 1), "channel of a sample", "an input with more positions"),
        (SwitchableNorm(3), (4, 3, 1), "channel of a sample", "an input with more positions"),
        (GroupNorm(3, 3), (4, 3), "group", "fewer groups"),
        (LayerNorm(1), (4, 1), "sample", "more than one number"),
    ],
    ids=repr,
)
def test_one_value_for_a_mean(layer, shape, per, cure):
    before = state(layer)
    with refused(ValueError, f"{type(layer).__name__} got 1 value(s) per {per}", str(shape), "at least 2", cure):
        layer(np.ones(shape))
    assert state(layer) == before


def test_rms_norm_alone_takes_a_single_number():
    np.testing.assert_allclose(RMSNorm(1, eps=0.0)(np.array([[-3.0]])), [[-1.0]])


# Dtypes


@pytest.mark.parametrize("dtype", NOT_FLOATING)
@by_name
def test_input_that_is_not_floating(name, dtype):
    shape = NORMS[name].small
    bad = np.ones(shape, int).astype(dtype)
    with (
        nothing_changes(name) as layer,
        refused(TypeError, f"x has dtype {bad.dtype}", "expected a real floating", "float64", "x.astype(float)"),
    ):
        layer(bad)
    with (
        nothing_changes(name) as layer,
        refused(TypeError, f"dy has dtype {bad.dtype}", "expected a real floating", "dy.astype(float)"),
    ):
        layer.backward(bad)


def test_a_list_of_floats_is_as_good_as_an_array():
    x = [[1.0, 2.0], [3.0, 5.0]]
    np.testing.assert_array_equal(LayerNorm(2)(x), LayerNorm(2)(np.array(x)))


# Backward


@by_path
def test_backward_before_forward_and_twice(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer = NORMS[name].make(shape)
    message = f"{type(layer).__name__}.backward came before a forward pass; call the layer on a batch first"
    before = state(layer)
    with refused(RuntimeError, message):
        layer.backward(draws(shape))
    assert state(layer) == before
    layer(random_batch(shape))
    assert path_of(layer) == path
    layer.backward(draws(shape))
    before = copy.deepcopy(state(layer))
    with refused(RuntimeError, message):
        layer.backward(draws(shape))
    assert state(layer) == before


@pytest.mark.parametrize("mode", ["train", "eval"])
@by_path
def test_a_gradient_of_another_shape(name, path, mode, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    for bad in (shape[::-1], shape[:-1], (1, *shape[1:]), (), (*shape, 1)):
        if bad != shape:
            with (
                nothing_changes(name, mode) as layer,
                refused(ValueError, f"{type(layer).__name__}.backward: dy has shape {bad}; expected {shape}"),
            ):
                layer.backward(np.ones(bad))


# Numbers that a layer is built with


@pytest.mark.parametrize("eps", [-1e-9, -1, np.nan, -np.inf])
@by_name
def test_an_eps_that_is_negative_or_nan(name, eps):
    with refused(ValueError, f"eps = {eps} came", "expected zero or a small positive number such as 1e-5"):
        NORMS[name].make(NORMS[name].small, eps=eps)


@by_name
def test_an_eps_of_zero_is_allowed(name):
    layer = NORMS[name].make(NORMS[name].small, eps=0)
    assert np.isfinite(layer(random_batch(NORMS[name].small))).all()


@pytest.mark.parametrize("mode", ["train", "eval"])
@by_path
def test_an_eps_spoiled_later(name, path, mode, monkeypatch):
    take(path, monkeypatch)
    with nothing_changes(name, mode) as layer:
        good, layer.eps = layer.eps, -1.0
        with refused(ValueError, "eps = -1.0 came"):
            layer(random_batch(NORMS[name].small))
        layer.eps = good


@pytest.mark.parametrize("momentum", [-0.1, 1.1, np.nan, np.inf])
@pytest.mark.parametrize("name", WITH_BATCH)
def test_a_momentum_outside_zero_to_one(name, momentum):
    with refused(ValueError, f"momentum = {momentum} came", "expected a number from 0 to 1", "or None"):
        NORMS[name].make(NORMS[name].small, **options_of(name, momentum=momentum))


@pytest.mark.parametrize(("groups", "channels"), [(4, 6), (7, 6), (0, 6), (-2, 6)])
def test_groups_that_do_not_divide_the_channels(groups, channels):
    with refused(
        ValueError, f"num_groups = {groups} came for {channels} channels", f"a divisor of {channels}", "nearest divisor"
    ):
        GroupNorm(groups, channels)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
@pytest.mark.parametrize("shape", [(), 0, (3, 0), -1])
def test_a_normalized_shape_without_numbers(kind, shape):
    with refused(ValueError, f"normalized_shape = {shape} came", "one or more last axes", "such as D or (C, H, W)"):
        kind(shape)


def test_a_normalized_shape_that_is_no_whole_number():
    with pytest.raises(TypeError):
        LayerNorm(2.5)


@by_name
def test_an_array_that_does_not_fit_a_parameter_or_a_buffer(name):
    with nothing_changes(name) as layer:
        for place in (layer.params, layer.buffers):
            for key, own in place.items():
                with refused(ValueError, f"{key} has shape {own.shape}", "values of shape (2, 9, 9) came"):
                    place[key] = np.ones((2, 9, 9))
        with refused(KeyError, "'weight' came; expected one of 'gamma'"):
            layer.params["weight"] = 1.0


# The functions of the core


@pytest.mark.parametrize("function", [moments, normalize])
@pytest.mark.parametrize("axes", [(), (0, 0), (0, -2), 2, (0, 5), -3])
def test_axes_that_are_none_twice_there_or_outside(function, axes):
    shown = axes if isinstance(axes, tuple) else (axes,)
    with refused(ValueError, f"axes {shown} came for an array with 2 axes", "at least one", "between -2 and 1"):
        function(np.ones((3, 2)), axes)


@pytest.mark.parametrize("function", [moments, normalize])
def test_a_mean_of_nothing(function):
    with refused(ValueError, "x of shape (0, 2) came with axes (0,)", "expected at least one number"):
        function(np.ones((0, 2)), 0)
    function(np.ones((0, 2)), 1)  # no mean is taken, and none is missing


@pytest.mark.parametrize("eps", [-1e-9, np.nan])
def test_a_negative_eps_in_the_core(eps):
    for call in (lambda: normalize(np.ones((2, 2)), 0, eps), lambda: standardize(np.ones((2, 2)), 0.0, 1.0, eps)):
        with refused(ValueError, f"eps = {eps} came"):
            call()
