"""Optimizers against loops over plain numbers, and what they refuse."""

import math

import numpy as np
import pytest
from numerical import assert_close, random_batch

from normlib import BatchNorm
from normlib.nn import MSE, RNN, Linear, ReLU, RNNCell, Sequential
from normlib.optim import SGD, Adam, Momentum, Optimizer, RMSprop


def network(seed=0):
    rng = np.random.default_rng(seed)
    model = Sequential(Linear(4, 5, rng=rng), BatchNorm(5), ReLU(), Linear(5, 2, rng=rng))
    for module in model.modules():
        for name, values in module.params.items():
            module.params[name] = rng.standard_normal(values.shape)
    return model


def numbers(model, place="params"):
    """Every parameter (or gradient) as a list of plain numbers, by layer and name."""
    return {(i, n): getattr(m, place)[n].ravel().tolist() for i, m in enumerate(model.modules()) for n in m.params}


def learn(model, x, target):
    loss = MSE()
    value = loss(model(x), target)
    model.backward(loss.backward())
    return value


# Each rule for one number w with gradient g at step t; `s` is what the rule remembers of that number.


def sgd(w, g, t, s):
    return w - 0.05 * g


def momentum(w, g, t, s):
    s["v"] = 0.8 * s.get("v", 0.0) + g
    return w - 0.05 * s["v"]


def rmsprop(w, g, t, s):
    s["s"] = 0.7 * s.get("s", 0.0) + 0.3 * g**2
    return w - 0.05 * g / (math.sqrt(s["s"]) + 1e-3)


def adam(w, g, t, s):
    s["m"] = 0.6 * s.get("m", 0.0) + 0.4 * g
    s["v"] = 0.7 * s.get("v", 0.0) + 0.3 * g**2
    return w - 0.05 * (s["m"] / (1 - 0.6**t)) / (math.sqrt(s["v"] / (1 - 0.7**t)) + 1e-3)


RULES = [
    (sgd, lambda model, **kw: SGD(model, lr=0.05, **kw)),
    (momentum, lambda model, **kw: Momentum(model, lr=0.05, momentum=0.8, **kw)),
    (rmsprop, lambda model, **kw: RMSprop(model, lr=0.05, alpha=0.7, eps=1e-3, **kw)),
    (adam, lambda model, **kw: Adam(model, lr=0.05, betas=(0.6, 0.7), eps=1e-3, **kw)),
]
every_rule = pytest.mark.parametrize(("rule", "build"), RULES, ids=lambda r: getattr(r, "__name__", ""))


@every_rule
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_five_updates_agree_with_a_loop_over_plain_numbers(rule, build, weight_decay):
    model, x, target = network(), random_batch((6, 4)), random_batch((6, 2), seed=1)
    optimizer = build(model, weight_decay=weight_decay)
    wanted = numbers(model)
    memory = {(key, k): {} for key, values in wanted.items() for k in range(len(values))}
    for t in range(1, 6):
        learn(model, x, target)
        for key, gradients in numbers(model, "grads").items():
            decay = weight_decay if key[1] == "weight" else 0.0
            wanted[key] = [
                rule(w, g + decay * w, t, memory[key, k])
                for k, (w, g) in enumerate(zip(wanted[key], gradients, strict=True))
            ]
        optimizer.step()
        for key, values in numbers(model).items():
            assert_close(values, wanted[key], 1e-12)


@pytest.mark.parametrize("optimizer", [SGD, Momentum, RMSprop, Adam])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_optimizer_lowers_the_loss_of_a_network_with_batch_norm(optimizer, dtype):
    model, x, target = network(), random_batch((20, 4)).astype(dtype), random_batch((20, 2), seed=1, offset=0.0)
    optimizer = optimizer(model, lr=0.02)
    losses = []
    for _ in range(60):
        losses.append(learn(model, x, target))
        optimizer.step()
    assert losses[-1] < 0.5 * losses[0]


def test_gamma_and_beta_learn_like_weights():
    model = network()
    optimizer = SGD(model, lr=0.1)
    learn(model, random_batch((6, 4)), random_batch((6, 2), seed=1))
    before, grads = {n: a.copy() for n, a in model[1].params.items()}, model[1].grads
    optimizer.step()
    for name in ("gamma", "beta"):
        assert_close(model[1].params[name], before[name] - 0.1 * grads[name], 1e-14)


def test_defaults_are_the_usual_ones():
    model = network()
    assert (Momentum(model, 0.1).momentum, RMSprop(model, 0.1).alpha, RMSprop(model, 0.1).eps) == (0.9, 0.99, 1e-8)
    adam = Adam(model)
    assert (adam.lr, adam.betas, adam.eps, adam.weight_decay) == (1e-3, (0.9, 0.999), 1e-8, 0.0)


def test_parameters_keep_their_values_and_become_views_of_one_vector():
    model = network()
    before = numbers(model)
    optimizer = SGD(model, lr=0.1)
    assert numbers(model) == before
    arrays = [module.params[name] for module in model.modules() for name in module.params]
    assert all(np.shares_memory(values, optimizer.vector) for values in arrays)
    assert optimizer.vector.tolist() == [v for values in before.values() for v in values]
    model[1].params["gamma"] = [1.0, 2.0, 3.0, 4.0, 5.0]  # assigning goes through to the vector
    assert optimizer.vector[25:30].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_learning_rate_may_be_changed_between_steps():
    model, other = network(), network()
    first, second = Momentum(model, lr=0.1), Momentum(other, lr=0.3)
    for optimizer, same in ((first, model), (second, other)):
        learn(same, random_batch((6, 4)), random_batch((6, 2), seed=1))
        optimizer.lr = 0.2
        optimizer.step()
    assert numbers(model) == numbers(other)


def test_an_update_leaves_the_gradients_alone():
    model = network()
    optimizer = Adam(model, lr=0.1, weight_decay=0.1)
    learn(model, random_batch((6, 4)), random_batch((6, 2), seed=1))
    before = numbers(model, "grads")
    optimizer.step()
    assert numbers(model, "grads") == before


def test_weight_decay_shrinks_both_weights_of_a_recurrent_cell_and_nothing_else():
    cell = RNNCell(3, 4, norm="layer", rng=np.random.default_rng(0))
    optimizer = SGD(RNN(cell), lr=0.5, weight_decay=0.2)
    before = {name: values.copy() for name, values in cell.params.items()}
    cell.grads = {name: np.zeros(values.shape) for name, values in before.items()}
    optimizer.step()
    for name, values in cell.params.items():
        assert_close(values, before[name] * (0.9 if name.startswith("weight") else 1.0), 1e-14)


# What is refused

BAD_ARGUMENTS = [
    *((SGD, {"lr": lr}, f"lr = {lr} came; expected a positive number") for lr in (0.0, -0.1, math.nan, math.inf)),
    (SGD, {"lr": 0.1, "weight_decay": -1.0}, r"weight_decay = -1\.0 came; expected zero or a small positive"),
    (Momentum, {"lr": 0.1, "momentum": 1.0}, r"momentum = 1\.0 came; expected a number from 0 up to but not"),
    (RMSprop, {"lr": 0.1, "alpha": math.nan}, "alpha = nan came"),
    (RMSprop, {"lr": 0.1, "eps": 0.0}, r"eps = 0\.0 came; expected a small positive number"),
    (Adam, {"lr": 0.1, "betas": (0.9, 1.5)}, r"betas\[1\] = 1\.5 came; expected a number from 0"),
    (Adam, {"lr": 0.1, "eps": math.nan}, "eps = nan came"),
]


@pytest.mark.parametrize(("optimizer", "arguments", "message"), BAD_ARGUMENTS)
def test_an_argument_that_makes_no_sense_is_refused(optimizer, arguments, message):
    with pytest.raises(ValueError, match=message):
        optimizer(network(), **arguments)


def test_a_model_without_parameters_is_refused():
    with pytest.raises(ValueError, match="Sequential has no parameters; expected at least one array to learn"):
        SGD(Sequential(ReLU()), lr=0.1)


@pytest.mark.parametrize("optimizer", [SGD, Momentum, RMSprop, Adam])
def test_a_step_before_backward_names_the_parameter_and_changes_nothing(optimizer):
    model, twin = network(), network()
    optimizer, other = (optimizer(same, lr=0.1) for same in (model, twin))
    before = numbers(model)
    with pytest.raises(
        RuntimeError, match=r"weight of module 1 \(Linear\) has no gradient; call model\.backward before"
    ):
        optimizer.step()
    assert numbers(model) == before
    for same, its in ((model, optimizer), (twin, other)):  # goes on as if nothing had been tried
        learn(same, random_batch((6, 4)), random_batch((6, 2), seed=1))
        its.step()
    assert numbers(model) == numbers(twin)


def test_a_single_missing_gradient_is_named():
    model = network()
    optimizer = SGD(model, lr=0.1)
    learn(model, random_batch((6, 4)), random_batch((6, 2), seed=1))
    before = numbers(model)
    del model[1].grads["beta"]
    with pytest.raises(RuntimeError, match=r"beta of module 2 \(BatchNorm\) has no gradient"):
        optimizer.step()
    assert numbers(model) == before


def test_an_optimizer_whose_model_went_to_another_says_so():
    model = network()
    first, second = SGD(model, lr=0.1), Adam(model)
    learn(model, random_batch((6, 4)), random_batch((6, 2), seed=1))
    before = numbers(model)
    with pytest.raises(RuntimeError, match=r"weight of module 1 \(Linear\) has moved to another optimizer"):
        first.step()
    assert numbers(model) == before
    second.step()
    assert numbers(model) != before


def test_the_base_has_no_rule():
    model = network()
    optimizer = Optimizer(model, lr=0.1)
    learn(model, random_batch((6, 4)), random_batch((6, 2), seed=1))
    with pytest.raises(NotImplementedError, match="Optimizer defines no update"):
        optimizer.step()
