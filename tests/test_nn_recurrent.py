"""The recurrent layer: its equations by loops, its gradients through time, and layer norm inside each step."""

import math

import numpy as np
import pytest
from numerical import assert_close, assert_gradient, random_batch

from normlib.nn import RNN, LastStep, Linear, RNNCell, Sequential

NORMS = [None, "layer"]


def recurrent(norm, eps=1e-5):
    """A layer from 3 features to 5 hidden units; all of its parameters are random."""
    rng = np.random.default_rng(4)
    layer = RNN(RNNCell(3, 5, norm=norm, eps=eps, rng=rng))
    for name, values in layer.cell.params.items():
        layer.cell.params[name] = 0.5 * rng.standard_normal(values.shape)
    return layer


def by_loops(cell, sequence, eps):
    """Equation 4 of Ba, Kiros and Hinton (2016) for one sequence, one number after the other."""
    p = {name: values.tolist() for name, values in cell.params.items()}
    units, h, hidden = range(cell.hidden_size), [0.0] * cell.hidden_size, []
    for x in sequence:
        a = [math.fsum(w * v for w, v in zip(p["weight_ih"][i] + p["weight_hh"][i], x + h, strict=True)) for i in units]
        if cell.norm:
            mean = math.fsum(a) / len(a)
            sigma = math.sqrt(math.fsum((v - mean) ** 2 for v in a) / len(a) + eps)
            h = [math.tanh(p["gamma"][i] / sigma * (a[i] - mean) + p["beta"][i]) for i in units]
        else:
            h = [math.tanh(a[i] + p["bias"][i]) for i in units]
        hidden.append(h)
    return hidden


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_hidden_states_agree_with_the_equations_by_loops(norm, eps):
    layer, x = recurrent(norm, eps), random_batch((2, 6, 3), offset=0.5)
    assert_close(layer(x), [by_loops(layer.cell, sequence, eps) for sequence in x.tolist()], 1e-12)


@pytest.mark.parametrize(
    ("norm", "name"),
    [
        *((norm, name) for norm in NORMS for name in ("weight_ih", "weight_hh")),
        (None, "bias"),
        ("layer", "gamma"),
        ("layer", "beta"),
    ],
)
def test_the_gradient_of_a_loss_at_the_last_of_four_steps_goes_back_through_all_of_them(norm, name):
    layer, x = recurrent(norm), random_batch((2, 4, 3), offset=0.5, spread=0.5)
    dy = np.zeros((2, 4, 5))
    dy[:, -1] = np.random.default_rng(1).standard_normal((2, 5))
    layer(x)
    dx = layer.backward(dy)
    start = layer.cell.params[name].copy()

    def loss(values):
        layer.cell.params[name] = values
        return np.sum(dy * layer(x))

    assert_gradient(layer.cell.grads[name], loss, start)
    layer.cell.params[name] = start
    assert_gradient(dx, lambda x: np.sum(dy * layer(x)), x)
    assert np.abs(dx[:, 0]).max() > 1e-6


@pytest.mark.parametrize("norm", NORMS)
def test_the_gradients_of_one_step_are_right(norm):
    cell = recurrent(norm).cell
    x, h, dh = (random_batch(shape, seed, offset=0.2) for seed, shape in enumerate([(4, 3), (4, 5), (4, 5)]))
    _, cache = cell.step(x, h)
    dx, dh_before, grads = cell.step_backward(dh, cache)
    assert_gradient(dx, lambda x: np.sum(dh * cell.step(x, h)[0]), x)
    assert_gradient(dh_before, lambda h: np.sum(dh * cell.step(x, h)[0]), h)
    assert set(grads) == set(cell.params)
    assert not cell.grads


def test_the_next_hidden_state_is_the_callers_to_change():
    cell, (x, h, dh) = recurrent("layer").cell, (random_batch((4, size), offset=0.2) for size in (3, 5, 5))
    wanted = cell.step_backward(dh, cell.step(x, h)[1])[0]
    h_next, cache = cell.step(x, h)
    h_next[:] = 99
    np.testing.assert_array_equal(cell.step_backward(dh, cache)[0], wanted)


def test_layer_norm_makes_the_step_blind_to_the_scale_of_all_summed_inputs():
    layer, x = recurrent("layer", eps=0.0), random_batch((2, 4, 3))
    wanted = layer(x)
    for name in ("weight_ih", "weight_hh"):
        layer.cell.params[name] = 7.0 * layer.cell.params[name]
    assert_close(layer(x), wanted, 1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_a_sequence_does_not_see_its_neighbours_in_the_batch_nor_its_own_future(norm):
    layer, x = recurrent(norm), random_batch((3, 5, 3))
    y = layer(x)
    assert_close(layer(x[1:2]), y[1:2], 1e-13)
    assert_close(layer(x[:, :3]), y[:, :3], 1e-13)


def test_gamma_starts_at_one_and_beta_at_zero_and_they_take_the_place_of_the_bias():
    cell = RNNCell(3, 5, norm="layer", rng=np.random.default_rng(0))
    assert set(cell.params) == {"weight_ih", "weight_hh", "gamma", "beta"}
    np.testing.assert_array_equal(cell.params["gamma"], np.ones(5))
    np.testing.assert_array_equal(cell.params["beta"], np.zeros(5))
    assert set(RNNCell(3, 5, rng=np.random.default_rng(0)).params) == {"weight_ih", "weight_hh", "bias"}


def test_the_cell_is_reached_through_the_model_that_holds_it():
    rng = np.random.default_rng(0)
    model = Sequential(RNN(RNNCell(3, 5, rng=rng)), LastStep(), Linear(5, 2, rng=rng))
    assert model[0].cell in set(model.modules())
    y = model(random_batch((4, 6, 3)))
    assert y.shape == (4, 2)
    model.backward(y)
    assert set(model[0].cell.grads) == set(model[0].cell.params)
