"""What holds for every norm: gradients, modes, dtypes, copies. Each test runs on both paths where a norm has two."""

import copy
import pickle

import numpy as np
import pytest
from layers import BOTH_PATHS, MODES, NORMS, by_name, by_path, draws, options_of, path_of, take, with_history
from numerical import assert_close, assert_gradient, random_batch

from normlib import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, SwitchableNorm
from normlib.core import normalize


def weighted(layer, x, dy):
    return np.sum(dy * layer(x))


# Outputs, from the definition


def by_definition(norm, x, eps, centered):
    """``(x - mean) / sqrt(var + eps)`` in extended precision, with NumPy's own mean over the axes of the norm."""
    seen = norm.view(x.astype(np.longdouble))
    mean = seen.mean(axis=norm.axes, keepdims=True) if centered else 0
    return ((seen - mean) / np.sqrt(np.square(seen - mean).mean(axis=norm.axes, keepdims=True) + eps)).reshape(x.shape)


def spread(layer, param, x):
    """Gamma or beta with the axes that it needs beside `x`."""
    return param if isinstance(layer, LayerNorm) else param.reshape(-1, *[1] * (x.ndim - 2))


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.3])
@pytest.mark.parametrize(("name", "path"), [(n, p) for n, p in BOTH_PATHS if NORMS[n].axes])
def test_the_output_is_gamma_times_the_standardized_input_plus_beta(name, path, eps, monkeypatch):
    take(path, monkeypatch)
    norm = NORMS[name]
    layer, x = with_history(name, norm.small, eps=eps), random_batch(norm.small)
    wanted = spread(layer, layer.params["gamma"], x) * by_definition(norm, x, eps, layer.centered)
    if "beta" in layer.params:
        wanted = wanted + spread(layer, layer.params["beta"], x)
    assert_close(layer(x), wanted, 1e-14)
    assert path_of(layer) == path


# Gradients, against central differences


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("affine", "eps"), [(True, 1e-5), (False, 0.5)])
@by_path
def test_backward_is_the_gradient_in_the_input(name, path, mode, affine, eps, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer = with_history(name, shape, mode, **options_of(name, affine=affine, eps=eps, momentum=0.0))
    x, dy = random_batch(shape), draws(shape)
    layer(x)
    assert path_of(layer) == path
    assert_gradient(layer.backward(dy), lambda x: weighted(layer, x, dy), x)


@pytest.mark.parametrize("mode", MODES)
@by_path
def test_backward_leaves_the_gradient_in_every_parameter(name, path, mode, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer = with_history(name, shape, mode, **options_of(name, momentum=0.0))
    x, dy = random_batch(shape), draws(shape)
    layer(x)
    layer.backward(dy)
    grads = {param: g.copy() for param, g in layer.grads.items()}
    assert set(grads) == set(layer.params)
    for param, own in layer.params.items():
        at = own.copy()

        def loss(values, param=param):
            layer.params[param] = values
            return weighted(layer, x, dy)

        assert_gradient(grads[param], loss, at)
        layer.params[param] = at


@by_path
def test_gradients_are_those_of_the_last_call_alone(name, path, monkeypatch):
    take(path, monkeypatch)
    layer, shape = with_history(name, NORMS[name].small), NORMS[name].small
    results = []
    for _ in range(2):
        layer(random_batch(shape))
        results.append([layer.backward(draws(shape)), *layer.grads.values()])
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


@by_path
def test_without_gamma_and_beta_the_output_is_what_ones_and_zeros_give(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    bare, full = (NORMS[name].make(shape, affine=affine) for affine in (False, True))
    x, dy = random_batch(shape), draws(shape)
    assert_close(bare(x), full(x), 1e-15)
    assert_close(bare.backward(dy), full.backward(dy), 1e-13)
    assert not {"gamma", "beta"} & {*bare.params, *bare.grads}


# Identities between the norms


IMAGES = (4, 6, 3, 5)


@pytest.fixture(params=["core", "speed"])
def either_path(request, monkeypatch):
    take(request.param, monkeypatch)


def both_ways(layer, x, dy):
    return layer(x), layer.backward(dy)


def assert_same(one, other, x, dy):
    """Both layers give the same outputs and the same input gradients."""
    for got, wanted in zip(both_ways(one, x, dy), both_ways(other, x, dy), strict=True):
        assert_close(got, wanted, 1e-13)


@pytest.mark.usefixtures("either_path")
def test_group_norm_with_one_group_standardizes_as_layer_norm_does():
    x, dy = random_batch(IMAGES), draws(IMAGES)
    assert_same(GroupNorm(1, 6, affine=False), LayerNorm(IMAGES[1:], affine=False), x, dy)


@pytest.mark.usefixtures("either_path")
def test_group_norm_with_one_group_is_layer_norm_whose_gamma_and_beta_are_equal_within_a_channel():
    x, dy = random_batch(IMAGES), draws(IMAGES)
    group, layer = GroupNorm(1, 6), LayerNorm(IMAGES[1:])
    for param in ("gamma", "beta"):
        group.params[param] = draws(6, seed=3)
        layer.params[param] = np.broadcast_to(draws(6, seed=3)[:, None, None], IMAGES[1:])
    assert_same(group, layer, x, dy)
    for param in ("gamma", "beta"):
        assert_close(group.grads[param], layer.grads[param].sum(axis=(1, 2)), 1e-13)


@pytest.mark.usefixtures("either_path")
def test_group_norm_with_a_group_for_each_channel_is_instance_norm():
    x, dy = random_batch(IMAGES), draws(IMAGES)
    group, instance = GroupNorm(6, 6), InstanceNorm(6)
    for layer in (group, instance):
        layer.params["gamma"], layer.params["beta"] = draws(6, seed=3), draws(6, seed=4)
    assert_same(group, instance, x, dy)
    for param in ("gamma", "beta"):
        assert_close(group.grads[param], instance.grads[param], 1e-13)


@pytest.mark.usefixtures("either_path")
def test_batch_norm_of_one_image_is_instance_norm_in_training():
    shape = (1, *IMAGES[1:])
    assert_same(BatchNorm(6, affine=False), InstanceNorm(6, affine=False), random_batch(shape), draws(shape))


@pytest.mark.usefixtures("either_path")
def test_layer_norm_over_whole_images_is_layer_norm_of_their_rows_of_numbers():
    x, dy = random_batch(IMAGES), draws(IMAGES)
    image, row = LayerNorm(IMAGES[1:], affine=False), LayerNorm(90, affine=False)
    wanted = [a.reshape(IMAGES) for a in both_ways(row, x.reshape(4, 90), dy.reshape(4, 90))]
    for got, want in zip(both_ways(image, x, dy), wanted, strict=True):
        assert_close(got, want, 1e-13)
    assert_close(image(x), normalize(x, (1, 2, 3))[0], 1e-14)


@pytest.mark.usefixtures("either_path")
def test_layer_norm_leaves_every_time_step_to_itself():
    x = random_batch((3, 5, 17))
    whole = LayerNorm(17)(x)
    for t in range(5):
        np.testing.assert_allclose(LayerNorm(17)(x[:, t]), whole[:, t], rtol=0, atol=1e-14)


@pytest.mark.usefixtures("either_path")
def test_rms_norm_is_layer_norm_where_the_mean_is_zero_already():
    x, dy = draws((5, 17)), draws((5, 17), seed=2)
    x -= x.mean(axis=1, keepdims=True)
    rms, layer = RMSNorm(17, affine=False), LayerNorm(17, affine=False)
    assert_close(rms(x), layer(x), 1e-14)
    centred = rms.backward(dy) - rms_mean_part(x, dy)
    assert_close(centred, layer.backward(dy), 1e-13)


def rms_mean_part(x, dy):
    """What centring takes from the gradient beyond what RMS norm takes: its mean, over the spread."""
    return dy.mean(axis=1, keepdims=True) / np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-5)


PURE = {0: InstanceNorm, 1: lambda c: LayerNorm(IMAGES[1:], affine=False), 2: BatchNorm}


@pytest.mark.parametrize("kind", PURE)
def test_switchable_norm_that_picks_one_norm_is_that_norm(kind):
    switch, x, dy = SwitchableNorm(6, affine=False), random_batch(IMAGES), draws(IMAGES)
    for param in ("mean_logits", "var_logits"):
        switch.params[param] = np.where(np.arange(3) == kind, 1000.0, -1000.0)
    pure = PURE[kind](6)
    assert_same(switch, pure, x, dy)
    assert not np.any([switch.grads[p] for p in switch.params])  # a softmax at its end does not move


def test_switchable_norm_picks_mean_and_variance_apart():
    switch, x = SwitchableNorm(6, affine=False, eps=0.0), random_batch(IMAGES)
    switch.params["mean_logits"], switch.params["var_logits"] = [1000.0, 0.0, 0.0], [0.0, 0.0, 1000.0]
    wanted = (x - x.mean(axis=(2, 3), keepdims=True)) / x.std(axis=(0, 2, 3), keepdims=True)
    assert_close(switch(x), wanted, 1e-13)


# The mode: only norms that use the batch have two


@by_path
def test_norms_without_running_statistics_do_the_same_in_both_modes(name, path, monkeypatch):
    take(path, monkeypatch)
    train, evaluate = (with_history(name, NORMS[name].small, mode) for mode in MODES)
    x, dy = random_batch(NORMS[name].small), draws(NORMS[name].small)
    pairs = list(zip(both_ways(train, x, dy), both_ways(evaluate, x, dy), strict=True))
    if train.buffers:
        assert all(np.abs(a - b).max() > 0.1 for a, b in pairs)
    else:
        assert all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("name", ["BN of a table", "BN of sequences", "BN of images", "SN of images"])
@pytest.mark.parametrize("path", ["core", "speed"])
def test_momentum_none_keeps_the_average_of_all_equal_batches(name, path, unbiased, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, rest = NORMS[name].make(shape, momentum=None, unbiased=unbiased), tuple({*range(len(shape))} - {1})
    batches = [random_batch(shape, seed, offset=seed) for seed in range(5)]
    for x in batches:
        layer(x)
    wanted_mean = np.mean([x.mean(axis=rest) for x in batches], axis=0)
    wanted_var = np.mean([x.var(axis=rest, ddof=int(unbiased)) for x in batches], axis=0)
    assert_close(layer.buffers["running_mean"], wanted_mean, 1e-14)
    assert_close(layer.buffers["running_var"], wanted_var, 1e-14)
    assert layer.buffers["num_batches_tracked"] == 5


@pytest.mark.parametrize("name", ["BN of a table", "BN of images", "SN of images"])
@pytest.mark.parametrize("path", ["core", "speed"])
def test_running_statistics_move_by_the_momentum_and_only_in_training(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, rest = with_history(name, shape, momentum=0.3), tuple({*range(len(shape))} - {1})
    mean, var = layer.buffers["running_mean"].copy(), layer.buffers["running_var"].copy()
    x = random_batch(shape)
    layer(x)
    layer.eval()(random_batch(shape, seed=1, offset=50.0))
    assert_close(layer.buffers["running_mean"], 0.7 * mean + 0.3 * x.mean(axis=rest), 1e-14)
    assert_close(layer.buffers["running_var"], 0.7 * var + 0.3 * x.var(axis=rest, ddof=1), 1e-14)
    assert layer.buffers["num_batches_tracked"] == 1


def test_switchable_norm_in_evaluation_mixes_in_the_running_statistics():
    layer, x = with_history("SN of images", IMAGES, "eval", eps=0.1, affine=False), random_batch(IMAGES)
    weights = [np.exp(p) / np.exp(p).sum() for p in layer.params.values()]
    running = [layer.buffers[b][:, None, None] for b in ("running_mean", "running_var")]
    mean, var = (
        w[0] * of(x, axis=(2, 3), keepdims=True) + w[1] * of(x, axis=(1, 2, 3), keepdims=True) + w[2] * kept
        for w, of, kept in zip(weights, (np.mean, np.var), running, strict=True)
    )
    assert_close(layer(x), (x - mean) / np.sqrt(var + 0.1), 1e-14)


# Dtypes


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@by_path
def test_arrays_keep_the_dtype_of_the_input_and_what_is_learned_or_kept_is_double(name, path, mode, dtype, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, x = with_history(name, shape, mode), random_batch(shape).astype(dtype)
    y = layer(x)
    assert path_of(layer) == path
    dx = layer.backward(draws(shape, dtype=dtype))
    assert y.dtype == dx.dtype == dtype
    assert {a.dtype for d in (layer.params, layer.buffers, layer.grads) for a in d.values()} == {np.dtype(float)}


@pytest.mark.parametrize("affine", [True, False])
@by_path
def test_half_precision_is_computed_in_single_precision_and_rounded_once(name, path, affine, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    half, single = (with_history(name, shape, affine=affine) for _ in range(2))
    x, dy = (random_batch(shape, seed, spread=300.0).astype(np.float16) for seed in (0, 1))  # 300² is beyond float16
    np.testing.assert_array_equal(half(x), single(x.astype(np.float32)).astype(np.float16))
    np.testing.assert_array_equal(half.backward(dy), single.backward(dy.astype(np.float32)).astype(np.float16))


# Copies of a layer


def clone_by_pickle(layer):
    return pickle.loads(pickle.dumps(layer))


@pytest.mark.parametrize("clone", [copy.deepcopy, clone_by_pickle], ids=["deepcopy", "pickle"])
@by_path
def test_a_copy_between_forward_and_backward_goes_on_by_itself(name, path, clone, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, x, dy = with_history(name, shape), random_batch(shape), draws(shape)
    layer(x)
    other = clone(layer)
    layer(random_batch(shape, seed=5))  # what the original does now is none of the copy's business
    for own in (*layer.params.values(), *layer.buffers.values()):
        own += 100.0
    fresh = with_history(name, shape)
    wanted = both_ways(fresh, x, dy)
    np.testing.assert_array_equal(other.backward(dy), wanted[1])
    for param, grad in fresh.grads.items():
        np.testing.assert_array_equal(other.grads[param], grad)
    for buffer, kept in fresh.buffers.items():
        np.testing.assert_array_equal(other.buffers[buffer], kept)
    fresh.eval()
    np.testing.assert_array_equal(other.eval()(x), fresh(x))


@by_name
def test_assigning_a_parameter_copies_it_in(name):
    layer = NORMS[name].make(NORMS[name].small)
    for param, own in layer.params.items():
        mine = np.full(own.shape, 2.0)
        layer.params[param] = mine
        mine[...] = 9.0
        assert layer.params[param] is own
        np.testing.assert_array_equal(own, 2.0)


def test_every_norm_of_the_library_is_tested_here_and_on_both_paths():
    kinds = {type(NORMS[name].make(NORMS[name].small)) for name, _ in BOTH_PATHS}
    assert kinds == {BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, SwitchableNorm}
    assert {path for _, path in BOTH_PATHS} == {"core", "speed"}
