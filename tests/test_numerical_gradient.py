import numpy as np
import pytest
from hypothesis import given
from numerical import assert_close, central_differences, properties, random_batch, seeds
from scipy.special import logsumexp, softmax

from normlib import BatchNorm
from normlib.check import numerical_gradient


@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0, 1e2])
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_logsumexp_is_softmax_whatever_the_scale(seed, scale):
    x = np.random.default_rng(seed).standard_normal(5)
    got = numerical_gradient(lambda v: logsumexp(v / scale), x * scale)
    assert_close(got * scale, softmax(x), 1e-8)


@properties
@given(seed=seeds)
def test_with_dy_it_is_the_gradient_of_the_weighted_sum(seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((3, 4)), rng.standard_normal((2, 4))
    a = rng.standard_normal((2, 3))
    assert_close(numerical_gradient(lambda v: a @ np.exp(v), x, dy), (a.T @ dy) * np.exp(x), 1e-8)


def test_it_agrees_with_differences_of_fourth_order():
    x, dy, layer = random_batch((6, 3)), random_batch((6, 3), seed=1), BatchNorm(3)
    wanted = central_differences(lambda v: np.sum(dy * layer(v)), x)
    assert_close(numerical_gradient(layer, x, dy), wanted, 1e-8)


def test_a_given_step_is_used_alone_and_a_coarse_one_pays_for_the_curvature():
    calls = []
    cube = numerical_gradient(lambda v: calls.append(v.copy()) or float(np.sum(v**3)), np.array([2.0]), step=0.1)
    assert_close(cube, [12.0 + 0.1**2], 1e-12)
    np.testing.assert_allclose(np.ravel(calls[1:]), [2.1, 1.9])


def test_a_kink_nearby_does_no_harm():
    x = np.array([1e-5, -1e-4, 0.5, -2.0])
    assert_close(numerical_gradient(lambda v: np.maximum(v, 0).sum(), x), [1.0, 0.0, 1.0, 0.0], 1e-9)


def test_steps_that_leave_the_domain_of_the_function_do_not_count():
    x = np.array([1e-4, 3.0])
    assert_close(numerical_gradient(lambda v: np.log(v).sum(), x), 1 / x, 1e-8)


def test_a_mean_far_above_the_spread_costs_few_digits():
    x, dy = random_batch((8, 3), offset=1e5), random_batch((8, 3), seed=1, offset=0.0)
    layer = BatchNorm(3)
    layer(x)
    assert_close(numerical_gradient(layer, x, dy), layer.backward(dy), 1e-6)


@pytest.mark.parametrize(
    "x", [np.array(3.0), np.zeros((2, 2)), np.full(3, 7.0), np.asfortranarray(random_batch((3, 2)))]
)
def test_shape_zeros_constants_and_memory_order_make_no_difference(x):
    x.flags.writeable = False
    got = numerical_gradient(lambda v: np.sum(v**2 + 3 * v), x)
    assert_close(got, 2 * x + 3, 1e-9)


def test_float32_is_measured_in_float64_and_no_input_is_modified():
    x = random_batch((4,)).astype(np.float32)
    kept = x.copy()

    def spoil(v):
        assert v.dtype == np.float64
        total = np.sum(np.sin(v))
        v[:] = 0
        return total

    assert_close(numerical_gradient(spoil, x), np.cos(x.astype(float)), 1e-9)
    np.testing.assert_array_equal(x, kept)


def test_a_function_that_returns_one_array_again_and_again_is_followed():
    out = np.empty(3)
    assert_close(numerical_gradient(lambda v: np.square(v, out=out), np.arange(1.0, 4.0), np.ones(3)), [2, 4, 6], 1e-9)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.sum, np.ones(2, int)), TypeError, "x has dtype int64"),
        ((np.square, np.ones(2)), ValueError, r"f\(x\) has shape \(2,\); expected \(\), a number\. Give dy"),
        ((np.square, np.ones(2), np.ones(3)), ValueError, r"shape \(2,\); expected \(3,\), the shape of dy"),
        ((np.square, np.ones(2), np.ones(2, int)), TypeError, "dy has dtype int64"),
        ((np.sum, np.ones(2), None, 0), ValueError, "step = 0 came; expected a positive number"),
        ((np.sum, np.ones(2), None, np.nan), ValueError, "step = nan came"),
    ],
)
def test_what_cannot_be_differentiated_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        numerical_gradient(*arguments)
