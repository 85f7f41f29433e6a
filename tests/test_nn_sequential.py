"""Layers in a row: how they are reached, how modes and gradients run through them, and whose error it was."""

import copy

import numpy as np
import pytest
from numerical import assert_gradient, random_batch

from normlib import BatchNorm
from normlib.module import Module
from normlib.nn import Dropout, Linear, ReLU, Sequential, Tanh


def rng(seed=0):
    return np.random.default_rng(seed)


def network(hidden=5):
    """A small model with a batch norm; all of its parameters are random."""
    one = rng(3)
    model = Sequential(Linear(4, hidden, bias=False, rng=one), BatchNorm(hidden), Tanh(), Linear(hidden, 2, rng=one))
    for name, values in model[1].params.items():
        model[1].params[name] = one.standard_normal(values.shape)
    return model


def test_the_output_is_each_layers_output_put_into_the_next():
    model, x = network(), random_batch((6, 4))
    wanted = x
    for layer in copy.deepcopy(model):
        wanted = layer(wanted)
    np.testing.assert_array_equal(model(x), wanted)


def test_layers_are_reached_by_index_slice_length_and_iteration():
    layers = Linear(4, 3, rng=rng()), Tanh(), Linear(3, 2, rng=rng())
    model = Sequential(*layers)
    assert model[0] is layers[0]
    assert model[-1] is layers[2]
    assert model[:2] == layers[:2]
    assert len(model) == 3
    assert tuple(model) == layers == tuple(model.children())
    assert list(model.modules()) == [model, *layers]


def test_the_mode_reaches_every_layer():
    model = Sequential(network(), Dropout(0.5, rng=rng()))
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    model.train()
    assert all(module.training for module in model.modules())


def test_gradients_through_a_batch_norm_in_the_middle_are_right():
    model, x, dy = network(), random_batch((6, 4)), rng(1).standard_normal((6, 2))
    model(x)
    assert_gradient(model.backward(dy), lambda x: np.sum(dy * model(x)), x)
    model(x)
    model.backward(dy)
    first, start = model[0], model[0].params["weight"].copy()

    def loss(weight):
        first.params["weight"] = weight
        return np.sum(dy * model(x))

    assert_gradient(first.grads["weight"], loss, start)


def arrays(model):
    return [{n: a.tolist() for n, a in (*m.params.items(), *m.buffers.items())} for m in model.modules()]


def test_an_error_keeps_its_type_and_text_and_says_which_layer_it_came_from():
    model = Sequential(Linear(4, 5, rng=rng()), BatchNorm(5), Sequential(ReLU(), Linear(3, 2, rng=rng())))
    with pytest.raises(ValueError, match=r"Linear\(3, 2\) got an array of shape \(6, 5\); expected \(N, 3\)") as caught:
        model(random_batch((6, 4)))
    assert caught.value.__notes__ == [
        "This came from layer 1 of the Sequential, Linear, on its way forward.",
        "This came from layer 2 of the Sequential, Sequential, on its way forward.",
    ]


def test_after_an_error_on_the_way_no_statistics_have_moved_and_backward_wants_a_new_forward_pass():
    model = Sequential(Linear(4, 5, rng=rng()), BatchNorm(5), Linear(3, 2, rng=rng()))
    before = arrays(model)
    with pytest.raises(ValueError, match=r"Linear\(3, 2\)"):
        model(random_batch((6, 4)))
    assert arrays(model) == before
    with pytest.raises(RuntimeError, match=r"Linear\.backward came before a forward pass") as caught:
        model.backward(np.ones((6, 2)))
    assert caught.value.__notes__ == ["This came from layer 2 of the Sequential, Linear, on its way backward."]
    with pytest.raises(RuntimeError, match="came before a forward pass"):
        model[0].backward(np.ones((6, 5)))


BAD_LAYERS = [
    ((), ValueError, "Sequential got no layer; expected at least one"),
    ((ReLU,), TypeError, r"layer 0 is <class .*ReLU'>; expected a layer, such as ReLU\(\) with its parentheses"),
    (([Tanh(), ReLU()],), TypeError, r"layer 0 is \[.*Sequential\(\*layers\) for a list"),
    ((Tanh(), np.tanh), TypeError, "layer 1 is <ufunc 'tanh'>"),
]


@pytest.mark.parametrize(("layers", "kind", "message"), BAD_LAYERS)
def test_what_is_no_layer_is_refused(layers, kind, message):
    with pytest.raises(kind, match=message):
        Sequential(*layers)


def test_one_layer_in_two_places_is_refused():
    layer = Tanh()
    with pytest.raises(ValueError, match=r"layer 2 \(Tanh\) came before; build a new layer for each place"):
        Sequential(layer, ReLU(), layer)


def test_an_error_that_a_layer_of_ones_own_raises_passes_through_both_ways():
    class Broken(Module):
        def forward(self, x):
            return x.copy()

        def backward(self, dy):
            raise ZeroDivisionError("mine")

    model = Sequential(Broken(), Tanh())
    y = model(np.ones((2, 2)))
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        model.backward(y)
    assert caught.value.__notes__ == ["This came from layer 0 of the Sequential, Broken, on its way backward."]
