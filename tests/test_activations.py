import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, assert_gradient, properties, random_batch

from normlib import (
    ReLU,
    Sigmoid,
    Tanh,
    relu,
    relu_derivative,
    saturated_share,
    sigmoid,
    sigmoid_derivative,
    tanh,
    tanh_derivative,
)

LAYERS = [Sigmoid, Tanh, ReLU]
PAIRS = [(sigmoid, sigmoid_derivative), (tanh, tanh_derivative), (relu, relu_derivative)]


def away_from_the_kink(shape, seed=0):
    z = random_batch(shape, seed, offset=0.3)
    return z + np.sign(z) * 0.1


@pytest.mark.parametrize(("function", "derivative"), PAIRS)
def test_each_derivative_is_the_slope_of_its_function(function, derivative):
    z = away_from_the_kink((40,))
    assert_gradient(derivative(z), lambda z: np.sum(function(z)), z)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("shape", [(9,), (4, 3), (2, 3, 2, 2)])
def test_each_layer_passes_the_gradient_back(layer, shape):
    x, dy = away_from_the_kink(shape), np.random.default_rng(1).standard_normal(shape)
    layer = layer()
    y = layer(x)
    np.testing.assert_array_equal(y, layer.function(x))
    assert_gradient(layer.backward(dy), lambda x: np.sum(dy * layer(x)), x)


@properties
@given(z=st.floats(-700, 700))
def test_sigmoid_agrees_with_the_definition_in_plain_python(z):
    assert math.isclose(float(sigmoid(z)), 1 / (1 + math.exp(-z)), rel_tol=1e-14)
    assert math.isclose(float(tanh(z)), math.tanh(z), rel_tol=1e-14)
    assert float(relu(z)) == max(z, 0.0)


@properties
@given(z=st.floats(allow_nan=False, allow_infinity=True))
def test_no_input_overflows_and_all_outputs_stay_in_their_range(z):
    assert 0 <= sigmoid(z) <= 1
    assert 0 <= sigmoid_derivative(z) <= 0.25
    assert -1 <= tanh(z) <= 1
    assert 0 <= tanh_derivative(z) <= 1
    assert relu_derivative(z) == (z > 0)


@properties
@given(z=st.floats(-30, 30))
def test_sigmoid_is_half_of_a_tanh_at_half_the_input(z):
    assert_close(sigmoid(z), 0.5 + 0.5 * tanh(z / 2), 1e-15, scale=1)
    assert_close(sigmoid(z) + sigmoid(-z), 1.0, 1e-15)


@pytest.mark.parametrize("function", [sigmoid, tanh, relu])
def test_nan_stays_nan(function):
    np.testing.assert_array_equal(np.isnan(function(np.array([0.0, np.nan, 1.0]))), [False, True, False])


def test_relu_is_flat_at_zero():
    np.testing.assert_array_equal(relu_derivative(np.array([-1.0, 0.0, 1e-300])), [0, 0, 1])


@pytest.mark.parametrize(("layer", "steepest"), [(Sigmoid, 0.25), (Tanh, 1.0), (ReLU, 1.0)])
def test_the_steepest_slope_of_a_layer_is_the_largest_that_its_derivative_takes(layer, steepest):
    z = np.linspace(-8, 8, 1601)
    assert layer.steepest == steepest
    assert_close(layer.derivative(z).max(), steepest, 1e-15)


def test_a_unit_is_saturated_below_a_twentieth_of_the_steepest_slope():
    slopes = np.array([0.0, 0.0124999, 0.0125, 0.25])
    assert saturated_share(slopes, steepest=0.25) == 0.5
    assert saturated_share(slopes, steepest=1.0) == 0.75
    assert saturated_share([[1.0, 0.0]], steepest=1.0) == 0.5


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_layers_keep_the_dtype_both_ways(layer, dtype):
    layer, x = layer(), random_batch((4, 3)).astype(dtype)
    assert layer(x).dtype == dtype
    assert layer.backward(np.ones((4, 3), dtype)).dtype == dtype


@pytest.mark.parametrize("layer", LAYERS)
def test_backward_uses_the_input_as_it_was_even_if_the_caller_overwrites_it(layer):
    layer, x = layer(), random_batch((4, 3), offset=-0.5)
    wanted = layer.derivative(x)
    y = layer(x)
    x[:], y[:] = 99, 98
    np.testing.assert_array_equal(layer.backward(np.ones((4, 3))), wanted)


@pytest.mark.parametrize("layer", LAYERS)
def test_read_only_and_strided_inputs_work_and_stay_as_they_are(layer):
    layer, x = layer(), random_batch((6, 4), offset=0.0)[::2, ::-1]
    before = x.copy()
    x.flags.writeable = False
    dy = np.broadcast_to(2.0, x.shape)
    np.testing.assert_array_equal(layer(x), layer.function(before))
    layer.backward(dy)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("layer", LAYERS)
def test_backward_needs_one_forward_pass_each_time(layer):
    layer, name = layer(), layer.__name__
    with pytest.raises(
        RuntimeError, match=f"{name}.backward came before a forward pass; call the layer on a batch first"
    ):
        layer.backward(np.ones((2, 2)))
    layer(np.ones((2, 2)))
    layer.backward(np.ones((2, 2)))
    with pytest.raises(RuntimeError, match=f"{name}.backward came before a forward pass"):
        layer.backward(np.ones((2, 2)))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_gradient_of_another_shape_is_refused_and_the_right_one_still_works(layer):
    layer = layer()
    layer(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"dy has shape \(3,\); expected \(2, 3\), the shape of the output"):
        layer.backward(np.ones(3))
    assert layer.backward(np.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dtype", [int, bool, complex, object])
def test_layers_refuse_what_is_not_floating(layer, dtype):
    with pytest.raises(TypeError, match=r"x has dtype .*; expected a real floating dtype .* x\.astype\("):
        layer()(np.ones(2, dtype=dtype))
