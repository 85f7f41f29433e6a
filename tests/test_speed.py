"""The blocks of `speed` against the formulas of `core`, which say what is meant; and what both cost in memory."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers import NORMS, draws, going, path_of, with_history
from numerical import assert_close, properties, seeds

from normlib import BatchNorm, speed
from normlib.core import normalize, normalize_backward, standardize

FAST = [name for name, norm in NORMS.items() if norm.has_speed]
DIGITS = {np.float32: 3e-6, np.float64: 1e-13}

# Layouts: shape (N, G, K, S), the axes, and the shape of gamma and beta.
small = st.integers(1, 6)
LAYOUTS = {
    "a table, by channel": (st.tuples(st.integers(2, 9), st.integers(1, 600), st.just(1), st.just(1)), (0, 2, 3)),
    "images, by channel": (st.tuples(small, st.integers(1, 9), st.just(1), st.integers(16, 40)), (0, 2, 3)),
    "large images, by channel": (st.tuples(small, st.integers(1, 5), st.just(1), st.integers(512, 540)), (0, 2, 3)),
    "rows, by position": (st.tuples(st.integers(1, 40), st.just(1), st.just(1), st.integers(16, 60)), (2, 3)),
    "groups, by channel": (st.tuples(small, small, small, st.integers(16, 40)), (2, 3)),
}
ORDERS = list(itertools.permutations(range(4)))[:12]


def gamma_shape(layout, shape):
    return (1, 1, 1, shape[3]) if layout == "rows, by position" else (1, *shape[1:3], 1)


def strided(a, order):
    """The same numbers, with the axes in memory in another order."""
    return np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))


def by_core(x, dy, axes, gamma, beta, eps, fixed, centered):
    """y, dx, dgamma, dbeta and the cache by `core`, in float64."""
    x, dy, gamma, beta = (None if a is None else a.astype(np.float64) for a in (x, dy, gamma, beta))
    x_hat, cache = normalize(x, axes, eps, centered) if fixed is None else standardize(x, *fixed, eps)
    dx_hat = dy if gamma is None else dy * gamma
    dx = normalize_backward(dx_hat, cache) if fixed is None else dx_hat * cache.inv_std
    if gamma is None:
        return x_hat, dx, None, None, cache
    shared = tuple(i for i, n in enumerate(gamma.shape) if n == 1)
    dgamma, dbeta = (a.sum(axis=shared, keepdims=True) for a in (dy * x_hat, dy))
    return x_hat * gamma + beta, dx, dgamma, dbeta, cache


def assert_equal_passes(x, dy, axes, gamma, beta, eps, fixed, centered, block):
    with going("speed", block):
        y, kept = speed.forward(x, axes, gamma, beta, eps, given=fixed, centered=centered)
        dx, dgamma, dbeta = speed.backward(dy, kept, gamma)
    wanted_y, wanted_dx, wanted_dgamma, wanted_dbeta, cache = by_core(x, dy, axes, gamma, beta, eps, fixed, centered)
    assert y.dtype == dx.dtype == x.dtype
    digits, count = DIGITS[x.dtype.type], x.size // kept.mean.size
    if x.dtype == np.float64:  # then core's mean is a rounded one as well
        digits *= 1 + np.abs(x).max()
    steepness = float(cache.inv_std.max()) * np.abs(dy if gamma is None else dy * gamma).max()
    assert_close(y, wanted_y, digits)
    assert_close(dx, wanted_dx, digits, scale=3 * steepness)
    assert_close(kept.mean, cache.mean.ravel(), digits, scale=float(np.sqrt(cache.var.max())))
    assert_close(kept.var, cache.var.ravel(), digits)
    if gamma is None:
        assert dgamma is dbeta is None
        return
    for got, wanted in ((dgamma, wanted_dgamma), (dbeta, wanted_dbeta)):
        assert got.dtype == np.float64
        assert_close(got, wanted, digits, scale=np.sqrt(count * x.shape[0]) * np.abs(dy).max())


@pytest.mark.parametrize("layout", LAYOUTS)
@properties
@given(data=st.data(), seed=seeds, block=st.integers(1, 600))
def test_forward_and_backward_are_those_of_core(layout, data, seed, block):
    shapes, axes = LAYOUTS[layout]
    shape, dtype = data.draw(shapes), data.draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(seed)
    offset = data.draw(st.sampled_from([0.0, 3.0, 1e4]))
    x, dy = (rng.standard_normal(shape) + offset).astype(dtype), rng.standard_normal(shape).astype(dtype)
    affine, centered = data.draw(st.booleans()), data.draw(st.booleans())
    gamma, beta = (rng.standard_normal(gamma_shape(layout, shape)).astype(dtype) if affine else None for _ in "gb")
    fixed = None
    if 0 in axes:
        centered = True
        if data.draw(st.booleans()):
            each = (1, shape[1], 1, 1)
            fixed = rng.standard_normal(each) + offset, rng.uniform(0.5, 2.0, each)
    x, dy = (strided(a, data.draw(st.sampled_from(ORDERS))) for a in (x, dy))
    eps = data.draw(st.sampled_from([1e-3, 0.1]))
    assert_equal_passes(x, dy, axes, gamma, beta, eps, fixed, centered, block)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_in_memory_does_not_matter(layout, order):
    shape = {"a table, by channel": (5, 600, 1, 1), "rows, by position": (9, 1, 1, 24)}.get(layout, (3, 5, 1, 24))
    x, dy = (strided(draws(shape, seed), order) for seed in (0, 1))
    gamma, beta = (draws(gamma_shape(layout, shape), seed) for seed in (2, 3))
    assert_equal_passes(x, dy, LAYOUTS[layout][1], gamma, beta, 1e-5, None, True, block=50)


def test_a_long_column_is_added_up_in_runs_whose_sums_are_double():
    x = np.full((3 * speed.RUN + 5, 2, 1, 1), 0.1, dtype=np.float32)
    x[::2] += 1e3
    kept = speed.forward(x, (0, 2, 3), None, None, 1e-5)[1]
    assert_close(kept.mean, x.astype(float).mean(axis=(0, 2, 3)), 1e-7)
    assert_close(kept.var, x.astype(float).var(axis=(0, 2, 3)), 1e-6)


# When it is taken


@pytest.mark.parametrize("name", FAST)
def test_large_arrays_go_by_speed_and_small_ones_by_core(name):
    norm = NORMS[name]
    for shape, path in ((norm.small, "core"), (norm.large, "speed")):
        layer = norm.make(shape)
        layer(draws(shape))
        assert path_of(layer) == path


def test_neither_small_arrays_nor_short_rows_nor_other_dtypes_go_by_speed():
    rows, by_batch = speed.SMALLEST // 16, (0, 2, 3)
    assert speed.pays(np.ones((rows, 1, 1, 16)), (2, 3))
    assert not speed.pays(np.ones((rows - 1, 1, 1, 16)), (2, 3))
    assert not speed.pays(np.ones((2 * rows, 1, 1, 15)), (2, 3))
    assert not speed.pays(np.ones((4 * rows, 4, 2, 1)), (2, 3))
    assert speed.pays(np.ones((4 * rows, 4, 1, 1)), by_batch)
    assert not speed.pays(np.ones((4 * rows, 4, 1, 1), np.longdouble), by_batch)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("size", [1e30, 1e-20])
def test_where_squares_leave_the_range_of_float32_core_takes_over(name, size):
    shape = NORMS[name].large
    layer, x = with_history(name, shape, eps=0.0), (draws(shape) * size).astype(np.float32)
    y = layer(x)
    assert path_of(layer) == "core"
    with going("core"):
        np.testing.assert_array_equal(y, with_history(name, shape, eps=0.0)(x))


# What it leaves as it was, and what it costs


@pytest.mark.parametrize("shape", [(4, 16, 4, 8), (4, 16, 20, 20)])  # short runs, and longer than the smallest buffer
def test_numpys_buffer_size_is_as_before_also_after_an_error(shape):
    layer, x = BatchNorm(16), draws(shape)
    with np.errstate():  # which holds the size as well, so that a failing test leaves no trace
        np.setbufsize(4096)
        layer.backward(layer(x))
        assert np.getbufsize() == 4096
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            layer(np.where(x > 2, np.inf, x))
        assert np.getbufsize() == 4096


def test_a_layer_takes_batches_of_either_dtype_in_turn():
    shape = NORMS["BN of images"].large
    layer, fresh, x = BatchNorm(16, momentum=0.0), BatchNorm(16, momentum=0.0), draws(shape)
    layer(x.astype(np.float32))
    np.testing.assert_array_equal(layer(x), fresh(x))
    np.testing.assert_array_equal(layer.backward(x), fresh.backward(x))


def peak_of(call, *arguments):
    tracemalloc.start()
    try:
        call(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LARGE = {2: (2048, 512), 3: (128, 16, 512), 4: (16, 16, 64, 64)}  # a million numbers


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FAST)
def test_the_first_call_allocates_the_output_and_as_much_again_and_no_more(name, dtype, mode):
    shape = LARGE[len(NORMS[name].large)]
    layer, x = with_history(name, shape, mode), draws(shape, dtype=dtype)
    assert peak_of(layer, x) <= 2.2 * x.nbytes
    assert path_of(layer) == "speed"
    assert peak_of(layer.backward, x) <= 2.2 * x.nbytes
    assert peak_of(layer, x) <= 1.3 * x.nbytes  # from now on the deviations have their place
