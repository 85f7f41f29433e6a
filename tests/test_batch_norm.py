import contextlib
import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, assert_gradient, batches, properties, random_batch, seeds

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


def state(layer):
    """All that a layer holds, as plain values that can be compared."""
    arrays = {**layer.params, **layer.grads, **layer.buffers}
    cache = layer._cache and [np.asarray(a).tolist() for a in layer._cache[1][:4]]
    numbers = layer.training, layer.eps, layer.momentum, layer.num_features
    return {name: a.tolist() for name, a in arrays.items()}, cache, numbers


# Gradients


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_backward_is_the_gradient_in_the_input(shape, mode, affine, eps):
    layer = layer_with_history(mode, affine=affine, eps=eps, momentum=0.0)
    x, dy = random_batch(shape), np.random.default_rng(1).standard_normal(shape)
    layer(x)
    assert_gradient(layer.backward(dy), lambda x: np.sum(dy * layer(x)), x)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("param", ["gamma", "beta"])
def test_backward_leaves_the_gradients_in_gamma_and_beta(shape, mode, param):
    layer = layer_with_history(mode, momentum=0.0)
    x, dy = random_batch(shape), np.random.default_rng(1).standard_normal(shape)
    layer(x)
    layer.backward(dy)

    def loss(values):
        layer.params[param] = values
        return np.sum(dy * layer(x))

    assert set(layer.grads) == {"gamma", "beta"}
    assert_gradient(layer.grads[param].copy(), loss, layer.params[param].copy())


def test_gradients_of_two_calls_do_not_pile_up():
    layer, x, dy = layer_with_history("train"), random_batch((6, 3)), random_batch((6, 3), seed=1)
    layer(x)
    layer.backward(dy)
    first = {name: g.copy() for name, g in layer.grads.items()}
    layer(x)
    layer.backward(dy)
    for name, grad in first.items():
        np.testing.assert_array_equal(layer.grads[name], grad)


def test_a_layer_without_gamma_and_beta_has_nothing_to_learn():
    layer = BatchNorm(3, affine=False)
    layer.backward(layer(random_batch((6, 3))))
    assert not layer.params
    assert not layer.grads


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


@properties
@given(x=batches, seed=seeds, scale=st.floats(0.01, 100))
def test_without_eps_the_scale_of_the_input_cancels_and_its_gradient_is_divided_by_it(x, seed, scale):
    layer, dy = layer_with_history("train", eps=0.0), np.random.default_rng(seed).standard_normal(x.shape)
    y, dx = layer(x), layer.backward(dy)
    assert_close(layer(scale * x), y, 1e-10)
    assert_close(scale * layer.backward(dy), dx, 1e-10, scale=10)


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
    before = state(layer)[0]
    running = layer.buffers["running_mean"], layer.buffers["running_var"]
    mean, var, gamma, beta = (a[:, None] for a in (*running, layer.params["gamma"], layer.params["beta"]))
    assert_close(layer(x), gamma * (x - mean) / np.sqrt(var + 0.1) + beta, 1e-13)
    assert state(layer)[0] == before


def test_in_eval_mode_each_example_goes_its_own_way_and_one_alone_is_enough():
    layer, x = layer_with_history("eval"), random_batch((5, 3))
    np.testing.assert_array_equal(layer(x[2:3]), layer(x)[2:3])


@pytest.mark.parametrize(("momentum", "mean"), [(0.0, 0.0), (1.0, 2.0)])
def test_the_ends_of_momentum_keep_the_old_or_take_the_new(momentum, mean):
    layer = BatchNorm(1, momentum=momentum)
    layer(np.array([[1.0], [3.0]]))
    assert layer.buffers["running_mean"] == [mean]


# Digits and dtypes


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_of_the_input_is_kept_both_ways(mode, dtype):
    layer, x = layer_with_history(mode), random_batch((6, 3)).astype(dtype)
    assert layer(x).dtype == dtype
    assert layer.backward(x).dtype == dtype


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("affine", [True, False])
def test_half_precision_is_computed_in_single_precision_and_rounded_once(mode, affine):
    x, dy = (random_batch((6, 3), seed, spread=300.0).astype(np.float16) for seed in (0, 1))  # 300² is beyond float16
    half, single = (layer_with_history(mode, affine=affine) for _ in range(2))
    np.testing.assert_array_equal(half(x), single(x.astype(np.float32)).astype(np.float16))
    np.testing.assert_array_equal(half.backward(dy), single.backward(dy.astype(np.float32)).astype(np.float16))


def test_single_precision_survives_a_mean_of_ten_thousand():
    x = random_batch((512, 1), offset=1e4, spread=1.0).astype(np.float32)
    layer = BatchNorm(1)
    assert_close(layer(x), BatchNorm(1)(x.astype(np.float64)), 1e-3)
    assert_close(layer.buffers["running_var"], 0.9 + 0.1 * x.astype(np.float64).var(axis=0, ddof=1), 1e-4)


# Whose memory


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 2, 2)])
def test_neither_a_later_call_nor_the_caller_can_spoil_a_result(mode, affine, shape):
    def run(meddle):
        layer = layer_with_history(mode, affine=affine)
        x, dy = random_batch(shape), random_batch(shape, seed=1, offset=0.0)
        y = layer(x)
        kept = y.copy()
        if meddle:
            x[:], y[:] = 99, 98
        dx = layer.backward(dy)
        grads = dict(layer.grads)
        results = kept, dx.copy(), *(g.copy() for g in grads.values())
        if meddle:
            dy[:] = 97
            layer(random_batch(shape, seed=2))
            layer.backward(random_batch(shape, seed=3))
        return results, (dx, *grads.values())

    (wanted, _), (results, later) = run(False), run(True)
    for got, want in zip((*results, *later), (*wanted, *wanted[1:]), strict=True):
        np.testing.assert_array_equal(got, want)


def test_the_gradient_of_beta_for_a_single_example_is_not_the_callers_array():
    layer = layer_with_history("eval")
    dy = random_batch((1, 3))
    layer(random_batch((1, 3)))
    layer.backward(dy)
    assert not np.shares_memory(layer.grads["beta"], dy)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "view", [lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray, lambda a: np.moveaxis(a, 0, 2)]
)
def test_read_only_and_strided_inputs_work_and_stay_as_they_are(mode, view):
    x, dy = (view(random_batch((6, 3, 3), seed)) for seed in (0, 1))
    kept = x.copy(order="C"), dy.copy(order="C")
    x.flags.writeable = dy.flags.writeable = False
    layer, other = layer_with_history(mode), layer_with_history(mode)
    assert_close(layer(x), other(kept[0]), 1e-13)
    assert_close(layer.backward(dy), other.backward(kept[1]), 1e-12)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(dy, kept[1])


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


# Errors: what came, what was expected, the cure; and nothing has changed

CHANNELS = r"BatchNorm\(3\) got an array of shape {}; expected \(N, 3\) or \(N, 3, \*spatial\).*np\.moveaxis"
ALONE = r"got {} value\(s\) per channel \(shape {}\); expected at least 2.*larger batch, or layer\.eval\(\)"
DTYPE = r"{} has dtype {}; expected a real floating dtype .*float64\. .*{}\.astype\("
BAD_INPUT = [
    (np.ones((4, 2)), ValueError, CHANNELS.format(r"\(4, 2\)")),
    (np.ones((4, 5, 3)), ValueError, CHANNELS.format(r"\(4, 5, 3\)")),
    (np.ones(3), ValueError, CHANNELS.format(r"\(3,\)")),
    (np.float64(1.0), ValueError, CHANNELS.format(r"\(\)")),
    (np.ones((1, 3)), ValueError, ALONE.format(1, r"\(1, 3\)")),
    (np.ones((1, 3, 1, 1)), ValueError, ALONE.format(1, r"\(1, 3, 1, 1\)")),
    (np.ones((0, 3)), ValueError, ALONE.format(0, r"\(0, 3\)")),
    (np.ones((4, 3), int), TypeError, DTYPE.format("x", "int64", "x")),
    (np.ones((4, 3), bool), TypeError, DTYPE.format("x", "bool", "x")),
    (np.ones((4, 3), complex), TypeError, DTYPE.format("x", "complex128", "x")),
    (np.ones((4, 3), object), TypeError, DTYPE.format("x", "object", "x")),
]
BAD_GRADIENT = [
    (np.ones((6, 3), int), TypeError, DTYPE.format("dy", "int64", "dy")),
    (
        np.ones((3, 6)),
        ValueError,
        r"BatchNorm\.backward: dy has shape \(3, 6\); expected \(6, 3\), the shape of the out",
    ),
    (np.ones((1, 3)), ValueError, r"dy has shape \(1, 3\); expected \(6, 3\)"),
]
BAD_ARRAY = [
    ("params", "weight", np.ones(3), KeyError, r"'weight' came; expected one of 'gamma', 'beta'"),
    ("params", "gamma", np.ones(2), ValueError, r"gamma has shape \(3,\); values of shape \(2,\) came"),
    ("buffers", "mean", np.ones(3), KeyError, r"'mean' came; expected one of 'running_mean', 'running_var'"),
    ("buffers", "running_var", 1.0, ValueError, r"running_var has shape \(3,\); values of shape \(\) came"),
]


@contextlib.contextmanager
def nothing_changes():
    """A layer in the middle of its work, which must go on afterwards as if nothing had been tried."""
    layer, other = layer_with_history("train"), layer_with_history("train")
    x, dy = random_batch((6, 3)), random_batch((6, 3), seed=1)
    for same in (layer, other):
        same(x)
        same.backward(dy)
        same(x)
    before = copy.deepcopy(state(layer))
    yield layer
    assert state(layer) == before
    np.testing.assert_array_equal(layer.backward(dy), other.backward(dy))


@pytest.mark.parametrize(("x", "kind", "message"), BAD_INPUT)
def test_input_that_does_not_fit_is_refused_with_the_cure_and_nothing_changes(x, kind, message):
    with nothing_changes() as layer, pytest.raises(kind, match=message):
        layer(x)


@pytest.mark.parametrize(("dy", "kind", "message"), BAD_GRADIENT)
def test_a_gradient_that_does_not_fit_is_refused_and_nothing_changes(dy, kind, message):
    with nothing_changes() as layer, pytest.raises(kind, match=message):
        layer.backward(dy)


@pytest.mark.parametrize(("place", "key", "value", "kind", "message"), BAD_ARRAY)
def test_an_array_that_does_not_fit_is_refused_and_nothing_changes(place, key, value, kind, message):
    with nothing_changes() as layer, pytest.raises(kind, match=message):
        getattr(layer, place)[key] = value


def test_an_eps_spoiled_after_construction_is_refused_before_anything_moves():
    layer = layer_with_history("train")
    layer.eps = -1.0
    before = copy.deepcopy(state(layer))
    with pytest.raises(ValueError, match=r"eps = -1\.0 came"):
        layer(random_batch((6, 3)))
    assert state(layer) == before


def test_backward_needs_one_forward_pass_each_time():
    layer, x = layer_with_history("train"), random_batch((6, 3))
    message = "BatchNorm.backward came before a forward pass; call the layer on a batch first"
    with pytest.raises(RuntimeError, match=message):
        layer.backward(x)
    assert not layer.grads
    layer(x)
    layer.backward(x)
    before = copy.deepcopy(state(layer))
    with pytest.raises(RuntimeError, match=message):
        layer.backward(x)
    assert state(layer) == before


@pytest.mark.parametrize("eps", [-1e-9, -1, np.nan])
def test_eps_that_is_negative_or_nan_is_refused(eps):
    with pytest.raises(ValueError, match=f"eps = {eps} came; expected zero or a small positive number such as 1e-5"):
        BatchNorm(3, eps=eps)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, np.nan, np.inf])
def test_momentum_outside_zero_to_one_is_refused(momentum):
    with pytest.raises(
        ValueError, match=f"momentum = {momentum} came; expected a number from 0 to 1, the weight of the new"
    ):
        BatchNorm(3, momentum=momentum)
