"""Digits, limits of the number formats, strides, and whose memory it is: for every norm, on both paths."""

import numpy as np
import pytest
from layers import MODES, NORMS, by_path, draws, going, path_of, take, with_history
from numerical import assert_close, random_batch

from normlib import core

ULPS = 16
FAR = 1e4  # a mean at which float32 has ten bits left behind the point
each_size = pytest.mark.parametrize("size", ["small", "large"])


def ulps(got, wanted):
    """Largest difference, in units of the last place of the largest entry, in float32."""
    return np.abs(got - wanted).max() / np.spacing(np.float32(np.abs(wanted).max()))


def far_layer(name, shape, mode):
    layer = with_history(name, shape, mode)
    if layer.buffers:
        layer.buffers["running_mean"] = layer.buffers["running_mean"] + FAR
    return layer


def exactly(name, x, dy, mode):
    """The same in float64, by `core`."""
    with going("core"):
        layer = far_layer(name, x.shape, mode)
        y = layer(x.astype(np.float64))
        return y, layer.backward(dy.astype(np.float64)), layer.grads


# Digits


@each_size
@pytest.mark.parametrize("mode", MODES)
@by_path
def test_float32_far_from_zero_keeps_all_but_its_last_bits(name, path, mode, size, monkeypatch):
    take(path, monkeypatch, block=4096)
    shape = getattr(NORMS[name], size)
    x, dy = random_batch(shape, offset=FAR, spread=1.0).astype(np.float32), draws(shape, dtype=np.float32)
    layer = far_layer(name, shape, mode)
    y = layer(x)
    assert path_of(layer) == path
    dx = layer.backward(dy)
    wanted_y, wanted_dx, grads = exactly(name, x, dy, mode)
    assert ulps(y, wanted_y) <= ULPS
    assert ulps(dx, wanted_dx) <= ULPS
    for param, grad in grads.items():
        assert ulps(layer.grads[param], grad) <= ULPS


@by_path
def test_running_statistics_far_from_zero_are_those_of_double_precision(name, path, monkeypatch):
    take(path, monkeypatch, block=4096)
    shape = NORMS[name].large
    x = random_batch(shape, offset=FAR, spread=1.0).astype(np.float32)
    layer, double = NORMS[name].make(shape), NORMS[name].make(shape)
    layer(x)
    double(x.astype(np.float64))
    for buffer, kept in double.buffers.items():
        assert_close(layer.buffers[buffer], kept, 1e-6)


def test_the_textbooks_formulas_lose_thousands_of_units_there():
    x = random_batch(NORMS["BN of a table"].large, offset=FAR, spread=1.0).astype(np.float32)
    wanted = core.normalize(x.astype(np.float64), 0)[0]
    naive_mean = np.add.accumulate(x, axis=0)[-1] / np.float32(len(x))
    two_passes = (x - naive_mean) / np.sqrt(np.square(x - naive_mean).mean(axis=0) + np.float32(1e-5))
    assert ulps(two_passes, wanted) > 1000
    one_pass = np.abs(np.square(x).mean(axis=0) - np.square(x.mean(axis=0)))
    assert ulps((x - x.mean(axis=0)) / np.sqrt(one_pass + np.float32(1e-5)), wanted) > 1000
    assert ulps(core.normalize(x, 0)[0], wanted) <= ULPS


# Limits of the formats


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("size", [1e30, 1e-16, 1e-21])  # in float32 the squares are infinite, small, and subnormal
@by_path
def test_very_large_and_very_small_numbers_are_normalized_like_any_others(
    name, path, size, dtype, tolerance, monkeypatch
):
    take(path, monkeypatch)
    shape = NORMS[name].small
    x, dy = (draws(shape, seed).astype(dtype) for seed in (3, 4))
    layer, plain = (with_history(name, shape, eps=0.0) for _ in range(2))
    for one in (layer, plain):
        if one.buffers:
            one.buffers["running_mean"], one.buffers["running_var"] = np.zeros((2, shape[1]))
    assert_close(layer(x * dtype(size)), plain(x), tolerance)
    assert_close(layer.backward(dy).astype(np.longdouble) * size, plain.backward(dy), 10 * tolerance)
    for buffer, power in (("running_mean", 1), ("running_var", 2)):
        if buffer in plain.buffers:
            assert_close(layer.buffers[buffer] / size**power, plain.buffers[buffer], tolerance)


@by_path
def test_a_subnormal_variance_gives_what_digits_it_has_left(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    x = draws(shape, seed=3)
    layer, plain = (NORMS[name].make(shape, eps=0.0) for _ in range(2))
    assert_close(layer(x * 1e-156), plain(x), 1e-8)  # variance about 1e-312, of which double holds some 12 digits
    if NORMS[name].axes:  # the gradient in a mixed variance, about 1e312, is beyond double
        assert np.isfinite(layer.backward(draws(shape))).all()


def constant_by_hand(layer, x):
    return np.zeros(x.shape) if layer.centered else x / np.sqrt(x * x + layer.eps)


@by_path
def test_a_constant_input_gives_beta_with_eps_and_nan_without(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    x = np.full(shape, 7.0)
    layer = NORMS[name].make(shape)
    y = layer(x)
    assert np.isfinite(layer.backward(draws(shape))).all()
    if NORMS[name].axes:
        assert_close(y, constant_by_hand(layer, x), 1e-15)
    else:
        assert_close(y, np.zeros(shape), 1e-11, scale=1)  # the weights of a mixture sum to one but for rounding
    with np.errstate(all="ignore"):
        bare = NORMS[name].make(shape, eps=0.0)
        assert not np.isfinite(bare(x if bare.centered else 0 * x)).any()
        assert np.isnan(bare(0 * x)).all()


@each_size
@by_path
def test_a_constant_far_from_zero_is_seen_as_constant_in_float32(name, path, size, monkeypatch):
    take(path, monkeypatch, block=4096)
    shape = getattr(NORMS[name], size)
    x = np.full(shape, FAR / 3, dtype=np.float32)
    layer = NORMS[name].make(shape)
    if layer.centered:
        assert np.abs(layer(x)).max() < 1e-6
        with np.errstate(all="ignore"):
            assert not (np.abs(NORMS[name].make(shape, eps=0.0)(x)) < 100).any()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@by_path
def test_nan_and_infinity_stay_with_what_shares_a_mean_with_them(name, path, bad, dtype, affine, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    x, dy = random_batch(shape).astype(dtype), draws(shape, dtype=dtype)
    layer, clean = (NORMS[name].make(shape, affine=affine) for _ in range(2))
    wanted = clean(x), clean.backward(dy)
    x[(1,) * len(shape)] = bad
    with np.errstate(invalid="ignore"):
        y, dx = layer(x), layer.backward(dy)
    shares = shares_with_one(name, shape)
    assert not shares.all()
    assert np.isnan(y[(1,) * len(shape)])
    assert_close(y[~shares], wanted[0][~shares], 1e-6 if dtype is np.float32 else 1e-12)
    assert not (np.isfinite(dx) & shares).any()
    if NORMS[name].axes:  # through the mixture the gradients of all samples and channels meet
        assert_close(dx[~shares], wanted[1][~shares], 1e-5 if dtype is np.float32 else 1e-12)
    if not np.isinf(bad) or layer.centered:
        assert np.isnan(y[shares]).all()


def shares_with_one(name, shape):
    """Where in an array of `shape` an entry shares a mean with the entry (1, 1, ...)."""
    index = np.indices(shape)
    if name.startswith("SN"):  # layer norm's share spreads it in its sample, batch norm's in its channel
        return (index[0] == 1) | (index[1] == 1)
    if name.startswith("GN"):
        return (index[0] == 1) & (index[1] < shape[1] // 2)
    kept = [i for i in range(len(shape)) if i not in NORMS[name].axes]
    return np.all([index[i] == 1 for i in kept], axis=0)


def test_running_statistics_say_which_channel_met_nan():
    for name in ("BN of images", "SN of images"):
        layer, x = NORMS[name].make(NORMS[name].small), random_batch(NORMS[name].small)
        x[0, 1, 0, 0] = np.nan
        layer(x)
        for buffer in ("running_mean", "running_var"):
            np.testing.assert_array_equal(np.isnan(layer.buffers[buffer]), np.arange(x.shape[1]) == 1)


@pytest.mark.parametrize("mode", MODES)
@by_path
def test_longdouble_is_computed_in_longdouble(name, path, mode, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, double = (with_history(name, shape, mode) for _ in range(2))
    x, dy = random_batch(shape).astype(np.longdouble), draws(shape).astype(np.longdouble)
    y, dx = layer(x), layer.backward(dy)
    assert y.dtype == dx.dtype == np.longdouble
    assert_close(y, double(x.astype(float)), 1e-14)
    assert_close(dx, double.backward(dy.astype(float)), 1e-12)
    if NORMS[name].axes and mode == "train" and np.finfo(np.longdouble).eps < 1e-18:
        bare = NORMS[name].make(shape, eps=0.0, affine=False)
        square = np.square(NORMS[name].view(bare(x))).mean(axis=NORMS[name].axes)
        assert np.abs(square - 1).max() < 1e-17


# Strides and memory


VIEWS = {
    "every second": lambda a: a.repeat(2, axis=0)[::2],
    "reversed": lambda a: np.flip(a.copy()),
    "Fortran": np.asfortranarray,
    "transposed": lambda a: np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1),
    "a part": lambda a: np.pad(a, 1)[(slice(1, -1),) * a.ndim],
    "read-only": lambda a: a.copy(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("mode", MODES)
@by_path
def test_strided_and_read_only_inputs_give_what_their_copies_give_and_stay_as_they_are(
    name, path, mode, view, monkeypatch
):
    take(path, monkeypatch)
    shape = NORMS[name].small
    x, dy = (VIEWS[view](random_batch(shape, seed)) for seed in (0, 1))
    kept = x.copy(order="C"), dy.copy(order="C")
    x.flags.writeable = dy.flags.writeable = False
    layer, other = (with_history(name, shape, mode) for _ in range(2))
    assert_close(layer(x), other(kept[0]), 1e-13)
    assert_close(layer.backward(dy), other.backward(kept[1]), 1e-12)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(dy, kept[1])


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("mode", MODES)
@by_path
def test_neither_a_later_call_nor_the_caller_can_spoil_a_result(name, path, mode, dtype, affine, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small

    def run(meddle):
        layer = with_history(name, shape, mode, affine=affine)
        x, dy = random_batch(shape).astype(dtype), draws(shape, dtype=dtype)
        y = layer(x)
        first_y = y.copy()
        if meddle:
            x[...], y[...] = 99, 98
        dx = layer.backward(dy)
        grads = dict(layer.grads)
        at_once = [first_y, dx.copy(), *(g.copy() for g in grads.values())]
        second = layer(random_batch(shape, seed=2).astype(dtype))
        second_copy = second.copy()
        if meddle:
            dy[...] = 97
            layer.backward(random_batch(shape, seed=3).astype(dtype))
            layer(random_batch(shape, seed=4).astype(dtype))
            for own in (*layer.params.values(), *layer.buffers.values()):
                own[...] = 5.0
        return at_once, [dx, *grads.values()], (second, second_copy)

    (wanted, _, _), (at_once, later, (second, second_copy)) = run(False), run(True)
    for got, want in zip((*at_once, *later), (*wanted, *wanted[1:]), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(second, second_copy)


@pytest.mark.parametrize("mode", MODES)
@by_path
def test_results_share_memory_with_nothing_of_the_layer_and_nothing_of_the_caller(name, path, mode, monkeypatch):
    take(path, monkeypatch)
    shape = (1, *NORMS[name].small[1:]) if mode == "eval" else NORMS[name].small
    layer, x, dy = with_history(name, shape, mode), random_batch(shape), draws(shape)
    y = layer(x)
    _, cache = layer._cache
    kept = [a for a in cache if isinstance(a, np.ndarray)]
    dx = layer.backward(dy)
    inside = [*kept, *layer.params.values(), *layer.buffers.values(), layer._scratch]
    results = [y, dx, *layer.grads.values()]
    for result in results:
        assert result.flags.writeable
        for other in (x, dy, *inside, *(r for r in results if r is not result)):
            assert not np.shares_memory(result, other)
