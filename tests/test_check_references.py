"""The right answers of the exercises, each against something independent: the layers, central differences, raw data."""

import numpy as np
import pytest
from numerical import assert_close, assert_gradient

import normlib
from normlib.check.catalogue import every, find
from normlib.check.catalogue.repairing import FAULTS
from normlib.check.judging import probes


def first(name, seed=3):
    return list(probes(name, seed)[0].values())


def layer_output(layer, x, gamma, beta=None):
    layer.params["gamma"] = gamma
    if beta is not None:
        layer.params["beta"] = beta
    return layer(x)


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("batch-norm-forward", lambda x, eps, *_: normlib.BatchNorm(x.shape[1], eps=eps)),
        ("spatial-batch-norm-forward", lambda x, eps, *_: normlib.BatchNorm(x.shape[1], eps=eps)),
        ("layer-norm-forward", lambda x, eps, *_: normlib.LayerNorm(x.shape[1], eps=eps)),
        ("instance-norm-forward", lambda x, eps, *_: normlib.InstanceNorm(x.shape[1], eps=eps)),
        ("group-norm-forward", lambda x, eps, groups: normlib.GroupNorm(groups, x.shape[1], eps=eps)),
        ("fault-layer-norm-images", lambda x, eps, *_: normlib.LayerNorm(x.shape[1:], eps=eps)),
    ],
)
def test_a_forward_pass_is_the_layers(name, build):
    inputs = first(name)
    x, gamma, beta, *groups, eps = inputs
    assert_close(find(name).reference(*inputs), layer_output(build(x, eps, *groups), x, gamma, beta))


def test_rms_norm_is_the_layers():
    x, gamma, eps = inputs = first("rms-norm-forward")
    layer = normlib.RMSNorm(x.shape[1], eps=eps)
    assert_close(find("rms-norm-forward").reference(*inputs), layer_output(layer, x, gamma))


def test_switchable_norm_is_the_layers():
    x, gamma, beta, mean_logits, var_logits, eps = inputs = first("switchable-norm-forward")
    layer = normlib.SwitchableNorm(x.shape[1], eps=eps)
    layer.params["mean_logits"], layer.params["var_logits"] = mean_logits, var_logits
    assert_close(find("switchable-norm-forward").reference(*inputs), layer_output(layer, x, gamma, beta), 1e-11)


@pytest.mark.parametrize("norm", ["batch-norm", "layer-norm", "spatial-batch-norm", "group-norm"])
def test_a_backward_pass_is_the_gradient_of_the_forward_pass(norm):
    forward = find(f"{norm}-forward").reference
    dy, x, gamma, *rest = inputs = first(f"{norm}-backward")
    beta = np.zeros_like(gamma)
    dx, dgamma, dbeta = find(f"{norm}-backward").reference(*inputs)
    assert_gradient(dx, lambda values: np.sum(dy * forward(values, gamma, beta, *rest)), x)
    assert_gradient(dgamma, lambda values: np.sum(dy * forward(x, values, beta, *rest)), gamma)
    assert_gradient(dbeta, lambda values: np.sum(dy * forward(x, gamma, values, *rest)), beta)


def test_the_bell_is_the_librarys():
    inputs = first("normal-pdf")
    assert_close(find("normal-pdf").reference(*inputs), normlib.normal_pdf(*inputs))


def test_standardizing_and_whitening_are_the_librarys():
    x, eps = inputs = first("standardize-columns")
    assert_close(find("standardize-columns").reference(*inputs), normlib.standardizing(x, eps)(x))
    x, eps = inputs = first("whiten")
    assert_close(find("whiten").reference(*inputs), normlib.zca_whitening(x, eps)(x), 1e-10)


def test_running_statistics_are_batch_norms():
    batches, momentum = inputs = first("running-statistics")
    layer = normlib.BatchNorm(batches.shape[2], momentum=momentum)
    for batch in batches:
        layer(batch)
    for came, name in zip(find("running-statistics").reference(*inputs), ("running_mean", "running_var"), strict=True):
        assert_close(came, layer.buffers[name])


def test_inference_is_batch_norm_in_evaluation_and_folding_keeps_what_both_layers_do():
    x, mean, var, gamma, beta, eps = inputs = first("batch-norm-inference")
    layer = normlib.BatchNorm(x.shape[1], eps=eps).eval()
    layer.buffers["running_mean"], layer.buffers["running_var"] = mean, var
    assert_close(find("batch-norm-inference").reference(*inputs), layer_output(layer, x, gamma, beta))
    weight, bias, *batch_norm = first("fold-batch-norm")
    gamma, beta, mean, var, eps = batch_norm
    new_weight, new_bias = find("fold-batch-norm").reference(weight, bias, *batch_norm)
    a = np.random.default_rng(0).standard_normal((7, weight.shape[1]))
    both = find("batch-norm-inference").reference(a @ weight.T + bias, mean, var, gamma, beta, eps)
    assert_close(a @ new_weight.T + new_bias, both)


@pytest.mark.parametrize("biased", [True, False])
def test_merged_moments_are_those_of_all_values_together(biased):
    rng = np.random.default_rng(0)
    parts = [rng.normal(5.0, 2.0, (n, 3)) for n in (2, 9, 4)]
    ddof = 0 if biased else 1
    means, variances = np.stack([p.mean(0) for p in parts]), np.stack([p.var(0, ddof=ddof) for p in parts])
    count, mean, var = find("merge-moments").reference(np.array([2, 9, 4]), means, variances, biased)
    together = np.concatenate(parts)
    assert count == 15
    assert_close(mean, together.mean(0))
    assert_close(var, together.var(0, ddof=ddof))


def test_the_class_is_batch_norm_in_both_modes():
    rng = np.random.default_rng(0)
    ours, layer = find("batch-norm-layer").reference(3, 0.3, 0.1), normlib.BatchNorm(3, momentum=0.3, eps=0.1)
    ours.gamma, ours.beta = layer.params["gamma"], layer.params["beta"] = rng.standard_normal((2, 3))
    for training in (True, True, False, True):
        x, dy = rng.normal(4.0, 2.0, (2, 6, 3))
        layer.train(training)
        assert_close(ours.forward(x, training), layer(x))
        dx, dgamma, dbeta = ours.backward(dy)
        assert_close(dx, layer.backward(dy))
        assert_close(dgamma, layer.grads["gamma"])
        assert_close(dbeta, layer.grads["beta"])
        assert_close(ours.running_mean, layer.buffers["running_mean"])
        assert_close(ours.running_var, layer.buffers["running_var"])


def test_population_statistics_are_those_of_the_whole_where_all_batches_have_one_mean():
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((2000, 8, 2))
    x, ones = rng.standard_normal((5, 2)), np.ones((2000, 2))
    y = find("fault-population-statistics").reference(x, batches.mean(1), batches.var(1), ones, 0 * ones, 8, 0.0)
    assert_close(y, (x - batches.mean((0, 1))) / batches.std((0, 1)), 2e-2)  # biased variances would be off by 7 %


def test_all_exercises_have_an_independent_source_here():
    of_others = {
        fault.exercise.id
        for fault in FAULTS.values()
        if fault.exercise.reference in {e.reference for e in every().values() if not e.id.startswith("fault-")}
    }
    assert set(every()) - of_others == {
        *("normal-pdf", "standardize-columns", "whiten", "batch-norm-forward", "batch-norm-backward"),
        *("layer-norm-forward", "layer-norm-backward", "spatial-batch-norm-forward", "spatial-batch-norm-backward"),
        *("instance-norm-forward", "group-norm-forward", "group-norm-backward", "rms-norm-forward"),
        *("switchable-norm-forward", "running-statistics", "batch-norm-inference", "fold-batch-norm"),
        *("merge-moments", "batch-norm-layer", "fault-layer-norm-images", "fault-population-statistics"),
    }
