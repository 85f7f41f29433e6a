"""What is batch norm's alone; what holds for every norm is in the tests of all norms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, batches, properties, random_batch, seeds

from normlib import BatchNorm

SHAPES = [(6, 3), (4, 3, 5), (3, 3, 2, 4)]
MODES = ["train", "eval"]
RUNNING = ["running_mean", "running_var"]


def layer_with_history(mode, **kwargs):
    """Three channels with random gamma and beta, and running statistics that are nobody's moments."""
    layer, rng = BatchNorm(3, **kwargs), np.random.default_rng(7)
    for name in layer.params:
        layer.params[name] = rng.standard_normal(3)
    layer.buffers["running_mean"] = rng.standard_normal(3)
    layer.buffers["running_var"] = rng.uniform(0.5, 2.0, 3)
    return layer.train(mode == "train")


def arrays(layer):
    """All that a layer keeps, as plain values that can be compared."""
    return {name: a.tolist() for name, a in {**layer.params, **layer.buffers}.items()}


# Another source of the same numbers: loops over plain numbers


def by_loops(x, gamma, beta, eps):
    """Algorithm 1 of Ioffe and Szegedy (2015), one number after the other."""
    n, channels, width = len(x), len(x[0]), len(x[0][0])
    y = [[[0.0] * width for _ in range(channels)] for _ in range(n)]
    for c in range(channels):
        values = [x[i][c][j] for i in range(n) for j in range(width)]
        mean = math.fsum(values) / len(values)
        var = math.fsum((v - mean) ** 2 for v in values) / len(values)
        for i in range(n):
            for j in range(width):
                y[i][c][j] = gamma[c] * (x[i][c][j] - mean) / math.sqrt(var + eps) + beta[c]
    return y


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.3])
def test_training_agrees_with_loops_over_plain_numbers(eps):
    layer, x = layer_with_history("train", eps=eps), random_batch((4, 3, 5))
    wanted = by_loops(x.tolist(), layer.params["gamma"].tolist(), layer.params["beta"].tolist(), eps)
    assert_close(layer(x), wanted, 1e-13)


def test_a_picture_is_normalized_like_the_table_of_its_pixels():
    x = random_batch((3, 3, 2, 4))
    table = np.moveaxis(x, 1, -1).reshape(-1, 3)
    wanted = layer_with_history("train")(table).reshape(3, 2, 4, 3)
    assert_close(np.moveaxis(layer_with_history("train")(x), 1, -1), wanted, 1e-13)


# Identities


@properties
@given(x=batches, eps=st.sampled_from([0.0, 1e-5, 0.1]))
def test_gamma_and_beta_can_give_the_input_back(x, eps):
    layer = BatchNorm(3, eps=eps)
    layer.params["gamma"] = np.sqrt(x.var(axis=0) + eps)
    layer.params["beta"] = x.mean(axis=0)
    assert_close(layer(x), x, 1e-11)


@properties
@given(x=batches, seed=seeds)
def test_any_constant_added_before_the_layer_cancels_and_gets_no_gradient(x, seed):
    rng = np.random.default_rng(seed)
    bias, dy = rng.integers(-100, 100, 3) / 8, rng.standard_normal(x.shape)
    layer = layer_with_history("train")
    assert_close(layer(x + bias), layer_with_history("train")(x), 1e-11)
    assert_close(layer.backward(dy).sum(axis=0), np.zeros(3), 1e-9, scale=10)


@pytest.mark.parametrize("shape", SHAPES)
def test_evaluation_with_the_statistics_of_a_batch_repeats_its_training_output(shape):
    layer, x = layer_with_history("train", momentum=1.0), random_batch(shape)
    y, count = layer(x), x.size // 3
    layer.buffers["running_var"] = layer.buffers["running_var"] * (count - 1) / count
    assert_close(layer.eval()(x), y, 1e-13)


# Running statistics


@pytest.mark.parametrize("shape", SHAPES)
def test_running_statistics_move_by_the_momentum_towards_mean_and_unbiased_variance(shape):
    layer = layer_with_history("train", momentum=0.3)
    mean, var = layer.buffers["running_mean"].copy(), layer.buffers["running_var"].copy()
    x = random_batch(shape)
    y, rest = layer(x), tuple(i for i in range(x.ndim) if i != 1)
    assert_close(layer.buffers["running_mean"], 0.7 * mean + 0.3 * x.mean(axis=rest), 1e-13)
    assert_close(layer.buffers["running_var"], 0.7 * var + 0.3 * x.var(axis=rest, ddof=1), 1e-13)
    wide = layer.params["gamma"] ** 2 * x.var(axis=rest) / (x.var(axis=rest) + layer.eps)
    assert_close(y.var(axis=rest), wide, 1e-12)  # the normalizer itself is the biased one


def test_a_new_layer_starts_from_mean_zero_and_variance_one():
    layer = BatchNorm(2)
    np.testing.assert_array_equal(layer.buffers["running_mean"], [0, 0])
    np.testing.assert_array_equal(layer.buffers["running_var"], [1, 1])
    np.testing.assert_array_equal(layer.params["gamma"], [1, 1])
    np.testing.assert_array_equal(layer.params["beta"], [0, 0])
    assert (layer.eps, layer.momentum) == (1e-5, 0.1)


def test_eval_mode_uses_running_statistics_and_leaves_them_alone():
    layer, x = layer_with_history("eval", eps=0.1), random_batch((5, 3, 2))
    before = arrays(layer)
    running = layer.buffers["running_mean"], layer.buffers["running_var"]
    mean, var, gamma, beta = (a[:, None] for a in (*running, layer.params["gamma"], layer.params["beta"]))
    assert_close(layer(x), gamma * (x - mean) / np.sqrt(var + 0.1) + beta, 1e-13)
    assert arrays(layer) == before


def test_in_eval_mode_each_example_goes_its_own_way_and_one_alone_is_enough():
    layer, x = layer_with_history("eval"), random_batch((5, 3))
    np.testing.assert_array_equal(layer(x[2:3]), layer(x)[2:3])


@pytest.mark.parametrize(("momentum", "mean"), [(0.0, 0.0), (1.0, 2.0)])
def test_the_ends_of_momentum_keep_the_old_or_take_the_new(momentum, mean):
    layer = BatchNorm(1, momentum=momentum)
    layer(np.array([[1.0], [3.0]]))
    assert layer.buffers["running_mean"] == [mean]


# Constants and NaN


def test_a_constant_channel_gives_beta():
    layer, x = layer_with_history("train"), random_batch((5, 3))
    x[:, 1] = 7.0
    np.testing.assert_array_equal(layer(x)[:, 1], np.full(5, layer.params["beta"][1]))


def test_a_constant_channel_without_eps_gives_nan_in_that_channel_alone():
    layer, x = layer_with_history("train", eps=0.0), random_batch((5, 3))
    x[:, 1] = 7.0
    with np.errstate(all="ignore"):
        y = layer(x)
    np.testing.assert_array_equal(np.isnan(y), np.broadcast_to([False, True, False], (5, 3)))


@pytest.mark.parametrize("mode", MODES)
def test_nan_stays_in_its_channel_both_ways(mode):
    layer, clean, x = layer_with_history(mode), layer_with_history(mode), random_batch((5, 3, 2))
    wanted = clean(x)[:, [0, 2]], clean.backward(x)[:, [0, 2]], [clean.buffers[n][[0, 2]] for n in RUNNING]
    dy = x.copy()
    x[3, 1, 0] = np.nan
    y, dx = layer(x), layer.backward(dy)
    np.testing.assert_array_equal(y[:, [0, 2]], wanted[0])
    np.testing.assert_array_equal(dx[:, [0, 2]], wanted[1])
    np.testing.assert_array_equal([layer.buffers[n][[0, 2]] for n in RUNNING], wanted[2])
    assert np.isnan(y[3, 1, 0])
    assert np.isnan(y[:, 1]).all() == (mode == "train")
    assert np.isnan(layer.buffers["running_mean"][1]) == (mode == "train")
