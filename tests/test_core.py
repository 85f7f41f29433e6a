import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, assert_gradient, batches, properties, random_batch, seeds

from normlib import moments, moments_backward, normalize, normalize_backward, standardize, standardize_backward

CASES = [((7,), 0), ((6, 4), 0), ((5, 4), 1), ((3, 2, 4), (0, 2)), ((2, 3, 3, 2), (0, 2, 3)), ((2, 3, 2, 2), (1, 2, 3))]
eps_values = st.sampled_from([1e-8, 1e-5, 1e-3, 0.1, 1.0])


def draws(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape)


# Backward passes against central differences


@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_moments_backward_is_the_gradient_of_both_moments(shape, axes):
    x = random_batch(shape)
    mean, var = moments(x, axes)
    dmean, dvar = draws(mean.shape, 1), draws(mean.shape, 2)

    def loss(x):
        mean, var = moments(x, axes)
        return np.sum(dmean * mean) + np.sum(dvar * var)

    assert var.shape == mean.shape
    assert_gradient(moments_backward(dmean, dvar, x, mean), loss, x)


@pytest.mark.parametrize(("shape", "axes"), CASES)
@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.5])
def test_standardize_backward_is_the_gradient_in_x_mean_and_var(shape, axes, eps):
    x, dy = random_batch(shape), draws(shape, 1)
    mean, var = moments(random_batch(shape, seed=2, offset=1.0), axes)
    dx, dmean, dvar = standardize_backward(dy, standardize(x, mean, var, eps)[1])

    def loss(x, mean, var):
        return np.sum(dy * standardize(x, mean, var, eps)[0])

    assert_gradient(dx, lambda x: loss(x, mean, var), x)
    assert_gradient(dmean, lambda mean: loss(x, mean, var), mean)
    assert_gradient(dvar, lambda var: loss(x, mean, var), var)


@pytest.mark.parametrize(("shape", "axes"), CASES)
@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.5])
def test_normalize_backward_is_the_gradient_in_x(shape, axes, eps):
    x, dy = random_batch(shape), draws(shape, 1)
    dx = normalize_backward(dy, normalize(x, axes, eps)[1])
    assert_gradient(dx, lambda x: np.sum(dy * normalize(x, axes, eps)[0]), x)


@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_the_joined_backward_is_the_sum_of_the_three_paths(shape, axes):
    x, dy = random_batch(shape), draws(shape, 1)
    _, cache = normalize(x, axes, 1e-3)
    direct, dmean, dvar = standardize_backward(dy, cache)
    assert_close(normalize_backward(dy, cache), direct + moments_backward(dmean, dvar, x, cache.mean), 1e-12)


# Another source of the same numbers: sums in plain Python


def by_loops(x, dy, eps):
    """One feature by hand: x_hat, and dx along the three paths of Ioffe and Szegedy (2015), section 3."""
    m = len(x)
    mean = math.fsum(x) / m
    var = math.fsum((v - mean) ** 2 for v in x) / m
    sigma = math.sqrt(var + eps)
    x_hat = [(v - mean) / sigma for v in x]
    dvar = math.fsum(d * (v - mean) for d, v in zip(dy, x, strict=True)) * -0.5 * (var + eps) ** -1.5
    dmean = -math.fsum(dy) / sigma + dvar * math.fsum(-2 * (v - mean) for v in x) / m
    return x_hat, [d / sigma + dvar * 2 * (v - mean) / m + dmean / m for d, v in zip(dy, x, strict=True)]


@properties
@given(x=batches, seed=seeds, eps=eps_values)
def test_normalize_and_its_backward_agree_with_loops_over_plain_numbers(x, seed, eps):
    dy = draws(x.shape, seed)
    x_hat, cache = normalize(x, 0, eps)
    dx = normalize_backward(dy, cache)
    for c in range(x.shape[1]):
        wanted, wanted_dx = by_loops(x[:, c].tolist(), dy[:, c].tolist(), eps)
        assert_close(x_hat[:, c], wanted, 1e-11)
        assert_close(dx[:, c], wanted_dx, 1e-9, scale=float(cache.inv_std[0, c]))


# Properties


@properties
@given(x=batches)
def test_without_eps_the_mean_is_zero_and_the_variance_one(x):
    x_hat, _ = normalize(x, 0, 0.0)
    assert_close(x_hat.mean(axis=0), np.zeros(3), 1e-10, scale=1)
    assert_close(x_hat.var(axis=0), np.ones(3), 1e-10)


@properties
@given(x=batches, seed=seeds)
def test_without_eps_the_gradient_is_orthogonal_to_one_and_to_x_hat(x, seed):
    dy = draws(x.shape, seed)
    x_hat, cache = normalize(x, 0, 0.0)
    dx = normalize_backward(dy, cache) / cache.inv_std
    assert_close(dx.sum(axis=0), np.zeros(3), 1e-9, scale=1)
    assert_close((dx * x_hat).sum(axis=0), np.zeros(3), 1e-9, scale=1)


@properties
@given(x=batches, eps=eps_values)
def test_with_eps_the_variance_is_v_over_v_plus_eps(x, eps):
    x_hat, cache = normalize(x, 0, eps)
    var = x.var(axis=0)
    assert_close(x_hat.var(axis=0), var / (var + eps), 1e-10)
    assert_close(cache.inv_std[0], 1 / np.sqrt(var + eps), 1e-12)


@properties
@given(x=batches, seed=seeds, eps=eps_values)
def test_with_eps_what_is_left_along_x_hat_is_the_share_of_eps(x, seed, eps):
    g = draws(x.shape, seed)
    x_hat, cache = normalize(x, 0, eps)
    var = x.var(axis=0)
    left = (normalize_backward(g, cache) * x_hat).sum(axis=0)
    wanted = eps / (var + eps) * (g * x_hat).sum(axis=0) / np.sqrt(var + eps)
    assert_close(left, wanted, 1e-10, scale=float(cache.inv_std.max()))


@properties
@given(x=batches, seed=seeds, scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_scale_and_shift_of_the_input_cancel_and_the_gradient_goes_with_one_over_scale(x, seed, scale, shift):
    dy = draws(x.shape, seed)
    x_hat, cache = normalize(x, 0, 0.0)
    moved, moved_cache = normalize(scale * x + shift, 0, 0.0)
    loss_of_digits = 1 + np.abs(scale * x + shift).max() / scale
    assert_close(moved, x_hat, 1e-12 * loss_of_digits)
    dx, moved_dx = normalize_backward(dy, cache), normalize_backward(dy, moved_cache)
    assert_close(moved_dx * scale, dx, 1e-11 * loss_of_digits, scale=float(cache.inv_std.max()))


# Digits, dtypes, memory


def test_two_passes_keep_the_variance_that_one_pass_loses():
    x = random_batch((4096,), offset=1e4, spread=1.0).astype(np.float32)
    exact = x.astype(np.float64).var()
    one_pass = np.mean(x * x) - np.mean(x) ** 2
    assert abs(one_pass - exact) > 1
    assert_close(moments(x, 0)[1][0], exact, 1e-4)
    assert_close(normalize(x, 0)[0].var(), 1.0, 1e-4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_keep_the_dtype_of_x_and_statistics_are_double(dtype):
    x = random_batch((5, 3)).astype(dtype)
    wide = np.float32 if dtype is np.float16 else dtype
    x_hat, cache = normalize(x, 0)
    assert {a.dtype for a in (*moments(x, 0), cache.mean, cache.var, cache.inv_std)} == {np.dtype(np.float64)}
    assert x_hat.dtype == wide
    assert normalize_backward(x_hat, cache).dtype == wide
    np.testing.assert_array_equal(x_hat, normalize(x.astype(wide), 0)[0])


def test_half_precision_does_not_overflow_in_the_squares():
    x = np.array([[-1000.0], [1000.0]], dtype=np.float16)  # 1000² is beyond float16
    np.testing.assert_array_equal(normalize(x, 0, 0.0)[0], [[-1.0], [1.0]])


@pytest.mark.parametrize(
    "view", [lambda a: a[::2], lambda a: a[::-1], lambda a: a.T, lambda a: np.asfortranarray(a), lambda a: a[:, 1:3]]
)
def test_read_only_and_strided_inputs_give_what_their_copies_give(view):
    x, dy = view(random_batch((8, 6))), view(draws((8, 6), 1))
    copies = x.copy(order="C"), dy.copy(order="C")
    x.flags.writeable = dy.flags.writeable = False
    x_hat, cache = normalize(x, 0)
    wanted, wanted_cache = normalize(copies[0], 0)
    assert_close(x_hat, wanted, 1e-13)
    assert_close(normalize_backward(dy, cache), normalize_backward(copies[1], wanted_cache), 1e-13)
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(dy, copies[1])


def test_results_share_no_memory_with_the_input():
    x = random_batch((6, 3))
    x_hat, cache = normalize(x, 0)
    dx = normalize_backward(x_hat, cache)
    for result in (x_hat, cache.mean, cache.var, cache.inv_std, dx, *standardize_backward(x, cache)):
        assert not np.shares_memory(result, x)
    assert not np.shares_memory(dx, x_hat)


# Constants, NaN, bad input


def test_a_constant_feature_gives_zero_with_eps_and_nan_without():
    x = np.full((4, 1), 7.0)
    np.testing.assert_array_equal(normalize(x, 0, 1e-5)[0], np.zeros((4, 1)))
    with np.errstate(all="ignore"):
        assert np.isnan(normalize(x, 0, 0.0)[0]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_stay_with_what_shares_their_moments(bad):
    x = random_batch((5, 3))
    x[2, 1] = bad
    with np.errstate(invalid="ignore"):
        x_hat, _ = normalize(x, 0)
    assert np.isnan(x_hat[2, 1])
    np.testing.assert_array_equal(np.isfinite(x_hat).all(axis=0), [True, False, True])
    np.testing.assert_array_equal(x_hat[:, [0, 2]], normalize(x[:, [0, 2]], 0)[0])


@pytest.mark.parametrize("eps", [-1e-12, -1.0, np.nan])
def test_eps_that_is_negative_or_nan_is_refused(eps):
    with pytest.raises(ValueError, match=rf"eps = {eps} came; expected zero or a small positive number such as 1e-5"):
        normalize(np.ones((2, 1)), 0, eps)


@pytest.mark.parametrize("dtype", [int, bool, complex, object])
@pytest.mark.parametrize(
    "function", [lambda x: moments(x, 0), lambda x: normalize(x, 0), lambda x: standardize(x, 0, 1, 0)]
)
def test_what_is_not_floating_is_refused_with_the_cure(function, dtype):
    x = np.ones((3, 2), dtype=dtype)
    with pytest.raises(TypeError, match=rf"x has dtype {x.dtype}; expected .*float64\. .* x\.astype\("):
        function(x)
