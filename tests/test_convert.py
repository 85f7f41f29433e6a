import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, properties, random_batch, seeds

from normlib import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, SwitchableNorm
from normlib.convert import (
    FRAMEWORKS,
    convert_momentum,
    fold_batch_norm,
    from_framework,
    merge_moments,
    to_framework,
)
from normlib.nn.linear import Linear

NAMES = list(FRAMEWORKS)


def trained(channels=3, seed=0, **kwargs):
    """A layer with random gamma, beta and running statistics."""
    layer, rng = BatchNorm(channels, **kwargs), np.random.default_rng(seed)
    for name in layer.params:
        layer.params[name] = rng.standard_normal(channels)
    layer.buffers["running_mean"] = rng.standard_normal(channels)
    layer.buffers["running_var"] = rng.uniform(0.5, 2.0, channels)
    return layer


# Merging moments


def shard_moments(shards):
    counts = [len(s) for s in shards]
    return counts, np.array([s.mean(axis=0) for s in shards]), np.array([s.var(axis=0) for s in shards])


@properties
@given(counts=st.lists(st.integers(1, 20), min_size=1, max_size=6), seed=seeds, offset=st.floats(-1e3, 1e3))
def test_merged_moments_are_those_of_all_values_together(counts, seed, offset):
    rng = np.random.default_rng(seed)
    shards = [offset + rng.uniform(-5, 5) + rng.standard_normal((n, 3)) for n in counts]
    count, mean, variance = merge_moments(*shard_moments(shards))
    whole = np.concatenate(shards)
    assert count == sum(counts)
    assert isinstance(count, int)
    assert_close(mean, whole.mean(axis=0), 1e-12)
    assert_close(variance, whole.var(axis=0), 1e-9, scale=1)


def test_merging_agrees_with_exact_sums_over_plain_numbers_at_a_mean_of_a_hundred_million():
    shards = [1e8 + random_batch((n, 1), seed=n, offset=n) for n in (5, 1, 12)]
    values = [v for s in shards for v in s[:, 0].tolist()]
    mean = math.fsum(values) / len(values)
    variance = math.fsum((v - mean) ** 2 for v in values) / len(values)
    _, got_mean, got_variance = merge_moments(*shard_moments(shards))
    assert_close(got_mean, [mean], 1e-15)
    assert_close(got_variance, [variance], 1e-7)


def test_merging_in_steps_and_in_any_order_gives_the_same():
    counts, means, variances = shard_moments([random_batch((n, 2), seed=n, offset=n) for n in (3, 8, 5)])
    n, mean, variance = merge_moments(counts[:2], means[:2], variances[:2])
    steps = merge_moments([counts[2], n], [means[2], mean], [variances[2], variance])
    for got, wanted in zip(steps, merge_moments(counts, means, variances), strict=True):
        assert_close(got, wanted, 1e-13)


def test_the_spread_between_shards_counts():
    assert merge_moments([1, 1], [[0.0], [2.0]], [[0.0], [0.0]]) == (2, [1.0], [1.0])


def test_a_shard_without_values_is_left_out_even_if_its_moments_are_nan():
    counts, means, variances = [2, 0, 1], [[2.0], [np.nan], [8.0]], [[1.0], [np.nan], [0.0]]
    count, mean, variance = merge_moments(counts, means, variances)
    assert (count, mean) == (3, 4.0)
    assert_close(variance, [26 / 3], 1e-15)


def test_merging_returns_float64_of_its_own_and_modifies_nothing():
    arrays = np.array([4]), np.ones((1, 2), np.float32), np.ones((1, 2), np.float32)
    for a in arrays:
        a.flags.writeable = False
    _, mean, variance = merge_moments(*arrays)
    assert mean.dtype == variance.dtype == np.float64
    mean += 1
    variance += 1


def test_moments_in_float32_are_merged_in_float64():
    counts, (means, variances) = [3, 4, 5], np.random.default_rng(0).uniform(0, 1, (2, 3, 9)).astype(np.float32)
    wanted = merge_moments(counts, means.astype(float), variances.astype(float))
    for got, want in zip(merge_moments(counts, means, variances), wanted, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("counts", "means", "variances", "message"),
    [
        ([1, 2], np.ones((3, 2)), np.ones((3, 2)), r"shapes \(2,\), \(3, 2\) and \(3, 2\); expected \(K,\), \(K, D\)"),
        ([1, 2], np.ones((2, 2)), np.ones((2, 1)), r"shapes \(2,\), \(2, 2\) and \(2, 1\)"),
        ([1, 2], np.ones(2), np.ones(2), r"shapes \(2,\), \(2,\) and \(2,\)"),
        ([[1]], np.ones((1, 2)), np.ones((1, 2)), r"shapes \(1, 1\)"),
        ([0, 0], np.ones((2, 1)), np.ones((2, 1)), r"counts = \[0, 0\] came; .* not all of them zero"),
        ([3, -1], np.ones((2, 1)), np.ones((2, 1)), r"counts = \[3, -1\] came; expected whole numbers from zero up"),
        ([1.5, 1], np.ones((2, 1)), np.ones((2, 1)), r"counts = \[1\.5, 1\.0\] came"),
        ([1, 1], np.ones((2, 1)), [[1.0], [-0.5]], r"a variance of -0\.5 came; expected none below zero"),
    ],
)
def test_moments_that_cannot_be_merged_are_refused(counts, means, variances, message):
    with pytest.raises(ValueError, match=message):
        merge_moments(counts, means, variances)


# Folding


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("with_bias", [True, False])
@properties
@given(seed=seeds, eps=st.sampled_from([1e-5, 0.3]))
def test_a_folded_linear_layer_does_what_it_and_batch_norm_do_in_evaluation(affine, with_bias, seed, eps):
    rng = np.random.default_rng(seed)
    bn = trained(seed=seed, affine=affine, eps=eps).eval()
    weight, bias, x = rng.standard_normal((3, 4)), rng.standard_normal(3), rng.standard_normal((5, 4))
    folded_weight, folded_bias = fold_batch_norm(weight, bias if with_bias else None, bn)
    assert_close(x @ folded_weight.T + folded_bias, bn(x @ weight.T + (bias if with_bias else 0.0)), 1e-12)


def convolved(x, weight, bias):
    """Convolution without padding, one output number after the other."""
    n, (out, _, kh, kw) = len(x), weight.shape
    y = np.empty((n, out, x.shape[2] - kh + 1, x.shape[3] - kw + 1))
    for i, o, r, c in np.ndindex(y.shape):
        y[i, o, r, c] = np.sum(x[i, :, r : r + kh, c : c + kw] * weight[o]) + bias[o]
    return y


def test_a_folded_convolution_does_what_it_and_batch_norm_do_in_evaluation():
    rng, bn = np.random.default_rng(0), trained().eval()
    x, weight, bias = rng.standard_normal((2, 4, 5, 4)), rng.standard_normal((3, 4, 3, 2)), rng.standard_normal(3)
    assert_close(convolved(x, *fold_batch_norm(weight, bias, bn)), bn(convolved(x, weight, bias)), 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folding_keeps_the_dtype_and_its_inputs_and_does_not_ask_for_the_mode(dtype):
    bn, weight, bias = trained(), np.ones((3, 4), dtype), np.ones(3, dtype)
    weight.flags.writeable = bias.flags.writeable = False
    in_training = fold_batch_norm(weight, bias, bn)
    assert bn.training
    for got, wanted in zip(in_training, fold_batch_norm(weight, bias, bn.eval()), strict=True):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("weight", "bias", "error", "message"),
    [
        (np.ones((4, 3)), None, ValueError, r"shapes \(4, 3\) and \(4,\); .* out = 3, .* transposed"),
        (np.ones((3, 4)), np.ones(4), ValueError, r"shapes \(3, 4\) and \(4,\)"),
        (np.ones((3, 4)), np.ones((3, 1)), ValueError, r"shapes \(3, 4\) and \(3, 1\)"),
        (np.ones(3), None, ValueError, r"shapes \(3,\) and \(3,\); expected \(out, in, \.\.\.\)"),
        (np.float64(3), None, ValueError, r"shapes \(\) and \(\)"),
        (np.ones((3, 4), int), None, TypeError, "weight has dtype int64"),
        (np.ones((3, 4)), np.ones(3, int), TypeError, "bias has dtype int64"),
    ],
)
def test_weights_that_do_not_fit_the_batch_norm_are_refused(weight, bias, error, message):
    with pytest.raises(error, match=message):
        fold_batch_norm(weight, bias, trained())


def test_only_batch_norm_can_be_folded():
    with pytest.raises(
        TypeError, match="a LayerNorm came; expected a BatchNorm, the one norm whose statistics are fixed"
    ):
        fold_batch_norm(np.ones((3, 4)), None, LayerNorm(3))


# Other frameworks

THEIR_NAMES = {
    "pytorch": {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"},
    "keras": {"gamma", "beta", "moving_mean", "moving_variance"},
    "paper": {"gamma", "beta", "E[x]", "Var[x]"},
}


@pytest.mark.parametrize("name", THEIR_NAMES)
def test_each_framework_gets_the_names_that_it_uses(name):
    layer = trained()
    state = to_framework(layer, name, m=8)
    assert set(state) == THEIR_NAMES[name]
    named = {ours: state[theirs] for ours, theirs in FRAMEWORKS[name].names.items()}
    for ours in ("gamma", "beta"):
        np.testing.assert_array_equal(named[ours], layer.params[ours])
    np.testing.assert_array_equal(named["running_mean"], layer.buffers["running_mean"])


def test_flax_keeps_parameters_and_statistics_in_two_dicts():
    layer = trained()
    state = to_framework(layer, "flax", m=8)
    assert {key: set(value) for key, value in state.items()} == {
        "params": {"scale", "bias"},
        "batch_stats": {"mean", "var"},
    }
    np.testing.assert_array_equal(state["params"]["scale"], layer.params["gamma"])
    np.testing.assert_array_equal(state["params"]["bias"], layer.params["beta"])
    np.testing.assert_array_equal(state["batch_stats"]["mean"], layer.buffers["running_mean"])


@pytest.mark.parametrize(
    ("name", "variance", "ddof"),
    [("pytorch", "running_var", 1), ("paper", "Var[x]", 1), ("keras", "moving_variance", 0), ("flax", "var", 0)],
)
@pytest.mark.parametrize("unbiased", [True, False])
def test_the_running_variance_is_the_one_that_the_framework_would_have_kept(name, variance, ddof, unbiased):
    x = random_batch((4, 3, 5))
    layer = BatchNorm(3, momentum=1.0, unbiased=unbiased)
    layer(x)
    state = to_framework(layer, name, m=20)
    state = state["batch_stats"] if name == "flax" else state
    assert_close(state[variance], x.var(axis=(0, 2), ddof=ddof), 1e-13)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_there_and_back_gives_the_same_arrays(name, unbiased, affine):
    layer = trained(unbiased=unbiased, affine=affine)
    layer.buffers["num_batches_tracked"] = 7.0
    back = from_framework(to_framework(layer, name, m=8), name, unbiased=unbiased, m=8)
    wanted = {**layer.params, **layer.buffers}
    if name != "pytorch":
        del wanted["num_batches_tracked"]
    assert set(back) == set(wanted)
    for key, array in wanted.items():
        assert isinstance(back[key], np.ndarray)
        assert back[key].dtype == np.float64
        assert_close(back[key], array, 1e-15)


def test_the_number_of_batches_is_an_int_for_pytorch_and_nothing_for_the_others():
    layer = trained()
    layer(random_batch((4, 3)))
    count = to_framework(layer, "pytorch")["num_batches_tracked"]
    assert (count, count.dtype, count.shape) == (1, np.int64, ())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", [LayerNorm((2, 3)), GroupNorm(3, 6), InstanceNorm(6, affine=True)], ids=repr)
def test_a_layer_without_statistics_needs_no_m(name, layer):
    layer.params["gamma"] = random_batch(layer.params["gamma"].shape)
    back = from_framework(to_framework(layer, name), name)
    assert set(back) == {"gamma", "beta"}
    for key, array in layer.params.items():
        np.testing.assert_array_equal(back[key], array)


@pytest.mark.parametrize("name", NAMES)
def test_converted_arrays_are_copies_both_ways(name):
    layer = trained()
    before = {k: a.copy() for k, a in {**layer.params, **layer.buffers}.items()}
    state = to_framework(layer, name, m=8)
    back = from_framework(state, name, m=8)
    for array in back.values():
        array[...] = 99
    leaves = [a for v in state.values() for a in (v.values() if isinstance(v, dict) else [v])]
    assert all((array != 99).all() for array in leaves)
    for array in leaves:
        array[...] = 98
    for key, array in {**layer.params, **layer.buffers}.items():
        np.testing.assert_array_equal(array, before[key])


@pytest.mark.parametrize("m", [None, 1, 0])
@pytest.mark.parametrize("name", ["keras", "flax"])
def test_m_is_asked_for_where_the_two_variances_differ(name, m):
    message = f"m = {m} came; expected the number of values per channel and batch, at least 2"
    with pytest.raises(ValueError, match=message):
        to_framework(trained(), name, m=m)
    state = to_framework(trained(unbiased=False), name, m=m)
    with pytest.raises(ValueError, match=message):
        from_framework(state, name, m=m)
    assert set(from_framework(state, name, unbiased=False)) == {"gamma", "beta", "running_mean", "running_var"}


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(KeyError, match="'caffe' came; expected one of 'pytorch', 'keras', 'flax', 'paper'"):
        to_framework(trained(), "caffe")
    with pytest.raises(KeyError, match="'caffe' came"):
        from_framework({}, "caffe")
    with pytest.raises(KeyError, match="'gamma' came; the arrays of pytorch are 'weight', 'bias', 'running_mean'"):
        from_framework({"gamma": np.ones(3)}, "pytorch")
    with pytest.raises(KeyError, match="'params/gamma' came; the arrays of flax are 'params/scale'"):
        from_framework({"params": {"gamma": np.ones(3)}}, "flax")


@pytest.mark.parametrize(
    ("layer", "params"),
    [
        (RMSNorm(3), "gamma"),
        (SwitchableNorm(3), "gamma, beta, .*"),
        (Linear(2, 3, rng=np.random.default_rng(0)), "wei.*"),
    ],
)
def test_a_layer_with_other_parameters_is_refused(layer, params):
    with pytest.raises(ValueError, match=f"{type(layer).__name__} has {params}; expected gamma and beta, or nothing"):
        to_framework(layer, "keras", m=8)


# Momentum and defaults


@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("target", NAMES)
def test_only_pytorchs_momentum_weighs_the_new_batch(source, target):
    wanted = 0.3 if (source == "pytorch") == (target == "pytorch") else 0.7
    assert convert_momentum(0.3, source, target) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_converted_momentum_moves_the_running_mean_as_the_framework_would(name):
    layer, x = BatchNorm(1, momentum=convert_momentum(0.3, name, "pytorch")), np.array([[1.0], [3.0]])
    layer.buffers["running_mean"] = [10.0]
    layer(x)
    old, new = (0.7, 0.3) if name == "pytorch" else (0.3, 0.7)
    assert_close(layer.buffers["running_mean"], [old * 10 + new * 2], 1e-14)


@pytest.mark.parametrize("momentum", [None, -0.1, 1.1, np.nan])
def test_a_momentum_that_is_no_weight_is_refused(momentum):
    with pytest.raises(ValueError, match=f"momentum = {momentum} came; expected a number from 0 to 1"):
        convert_momentum(momentum, "pytorch", "keras")


def test_momentum_of_an_unknown_framework_is_refused():
    for pair in [("caffe", "keras"), ("keras", "caffe")]:
        with pytest.raises(KeyError, match="'caffe' came"):
            convert_momentum(0.1, *pair)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("pytorch", (1e-5, 0.1, 1e-5)), ("keras", (1e-3, 0.99, 1e-3)), ("flax", (1e-5, 0.99, 1e-6))],
)
def test_the_defaults_are_those_that_the_frameworks_document(name, wanted):
    framework = FRAMEWORKS[name]
    assert (framework.batch_norm_eps, framework.batch_norm_momentum, framework.eps) == wanted


def test_our_own_defaults_are_pytorchs():
    layer, theirs = BatchNorm(3), FRAMEWORKS["pytorch"]
    assert (layer.eps, layer.momentum, layer.unbiased) == (theirs.batch_norm_eps, theirs.batch_norm_momentum, True)
