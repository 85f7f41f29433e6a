"""Switchable norm: a learned mixture of the statistics of instance, layer and batch norm."""

import numpy as np

from ..exercise import Exercise
from .collecting import mistakes
from .drawing import EPS, betas, gammas, images
from .family_properties import SCALE, SHIFT

AXES = ((2, 3), (1, 2, 3), (0, 2, 3))  # of IN, LN, BN


def _softmax(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


def _moments(x):
    means = [x.mean(axes, keepdims=True) for axes in AXES]
    return means, [x.var(axes, keepdims=True) for axes in AXES]


def _mixed(weights, parts):
    return sum(w * part for w, part in zip(weights, parts, strict=True))


def _finish(x, gamma, beta, mean, var, eps):
    return gamma.reshape(1, -1, 1, 1) * (x - mean) / np.sqrt(var + eps) + beta.reshape(1, -1, 1, 1)


def _with_weights(weigh, moments=_moments):
    """The norm with another way to come from logits to weights, or to the moments."""

    def f(x, gamma, beta, mean_logits, var_logits, eps):
        (means, variances), (of_mean, of_var) = moments(x), weigh(mean_logits, var_logits)
        return _finish(x, gamma, beta, _mixed(of_mean, means), _mixed(of_var, variances), eps)

    return f


def _right(a, b):
    return _softmax(a), _softmax(b)


def _without_spread_between(x):
    means, (own, *_) = _moments(x)
    return means, [own, own.mean(1, keepdims=True), own.mean(0, keepdims=True)]


def _other_order(order):
    def moments(x):
        means, variances = _moments(x)
        return [means[i] for i in order], [variances[i] for i in order]

    return moments


def _mixed_std(x, gamma, beta, mean_logits, var_logits, eps):
    (means, variances), (of_mean, of_var) = _moments(x), _right(mean_logits, var_logits)
    std = _mixed(of_var, [np.sqrt(v) for v in variances])
    return _finish(x, gamma, beta, _mixed(of_mean, means), std**2, eps)


def _mixed_outputs(x, gamma, beta, mean_logits, var_logits, eps):
    means, variances = _moments(x)
    outputs = [(x - m) / np.sqrt(v + eps) for m, v in zip(means, variances, strict=True)]
    return _finish(_mixed(_softmax(mean_logits), outputs), gamma, beta, 0.0, 1.0, 0.0)


def _spoilt(finish):
    def f(x, gamma, beta, mean_logits, var_logits, eps):
        (means, variances), (of_mean, of_var) = _moments(x), _right(mean_logits, var_logits)
        shape = (1, -1, 1, 1)
        inputs = gamma.reshape(shape), beta.reshape(shape), _mixed(of_mean, means), _mixed(of_var, variances)
        return finish(x, *inputs, eps)

    return f


def _from_instance_moments(x, gamma, beta, mean_logits, var_logits, eps):
    """As the paper does it: layer and batch norm's moments from instance norm's."""
    mean, var = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True)
    square = var + mean**2
    means = mean, mean.mean(1, keepdims=True), mean.mean(0, keepdims=True)
    variances = var, square.mean(1, keepdims=True) - means[1] ** 2, square.mean(0, keepdims=True) - means[2] ** 2
    weights = [np.exp(z) / np.exp(z).sum() for z in (mean_logits, var_logits)]
    return _finish(x, gamma, beta, _mixed(weights[0], means), _mixed(weights[1], variances), eps)


def _stacked(x, gamma, beta, mean_logits, var_logits, eps):
    (means, variances), (of_mean, of_var) = _moments(x), _right(mean_logits, var_logits)
    full = [np.stack([np.broadcast_to(a, (*x.shape[:2], 1, 1)) for a in parts]) for parts in (means, variances)]
    return _finish(x, gamma, beta, np.tensordot(of_mean, full[0], 1), np.tensordot(of_var, full[1], 1), eps)


def _probes(rng):
    def inputs(x, eps=EPS):
        c = x.shape[1]
        logits = [rng.permutation([-1.0, 0.2, 1.1]) + rng.uniform(-0.1, 0.1, 3) for _ in range(2)]
        logits[1] = np.roll(logits[0], 1) + rng.uniform(0.1, 0.3, 3)
        return {"x": x, "gamma": gammas(rng, c), "beta": betas(rng, c)} | {
            "mean_logits": logits[0],
            "var_logits": logits[1],
            "eps": eps,
        }

    main = inputs(images(rng, 4, 6, 3, 5))
    return {
        "main": main,
        "N = D": inputs(images(rng, 4, 4, 4, 4)),
        "γ = 1": {**main, "gamma": np.ones_like(main["gamma"])},
        "β = 0": {**main, "beta": np.zeros_like(main["beta"])},
        "ε = 0": {**main, "eps": 0.0},
        "equal logits": {**main, "mean_logits": np.zeros(3), "var_logits": np.zeros(3)},
        "scaled": {**main, "x": 4.0 * main["x"], "eps": 16.0 * EPS},
        "shifted": {**main, "x": main["x"] + 5.0},
    }


def _sigmoids(a, b):
    return 1 / (1 + np.exp(-a)), 1 / (1 + np.exp(-b))


FORWARD = Exercise(
    id="switchable-norm-forward",
    task="Switchable norm in training: means and variances of IN, LN, BN (in this order), weighted by softmaxes.",
    parameters=("x", "gamma", "beta", "mean_logits", "var_logits", "eps"),
    outputs=("y",),
    reference=_with_weights(_right),
    probes=_probes,
    mistakes=mistakes(
        {
            "K01": _with_weights(_right, _other_order((2, 1, 0))),
            "K02": _with_weights(lambda a, b: (a, b)),
            "K03": _with_weights(lambda a, b: (_softmax(a), _softmax(a))),
            "K04": _mixed_std,
            "K05": _with_weights(_sigmoids),
            "K06": _with_weights(_right, _without_spread_between),
            "K07": _with_weights(lambda a, b: (_softmax(b), _softmax(a))),
            "K08": _with_weights(lambda a, b: (np.full(3, 1 / 3), np.full(3, 1 / 3))),
            "K09": _with_weights(lambda a, b: (np.eye(3)[a.argmax()], np.eye(3)[b.argmax()])),
            "K10": _mixed_outputs,
            "K11": _with_weights(lambda a, b: (np.exp(a), np.exp(b))),
            "F01": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * (x - mean) / (np.sqrt(var) + eps) + beta),
            "F02": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * (x - mean) / np.sqrt(var) + beta),
            "F04": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * (x - mean) / (var + eps) + beta),
            "F09": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * x / np.sqrt(var + eps) + beta),
            "F10": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * (x - mean) / np.sqrt(var + eps)),
            "F11": _spoilt(lambda x, gamma, beta, mean, var, eps: (x - mean) / np.sqrt(var + eps) + beta),
            "F12": _spoilt(lambda x, gamma, beta, mean, var, eps: gamma * ((x - mean) / np.sqrt(var + eps) + beta)),
        },
        [
            ("K01", _with_weights(_right, _other_order((0, 2, 1)))),
            ("K01", _with_weights(_right, _other_order((1, 0, 2)))),
            ("K01", _with_weights(_right, _other_order((2, 0, 1)))),
            ("K01", _with_weights(_right, _other_order((1, 2, 0)))),
            ("K03", _with_weights(lambda a, b: (_softmax(b), _softmax(b)))),
        ],
    ),
    accepted={"from instance norm's moments": _from_instance_moments, "stacked": _stacked},
    properties=(SHIFT, SCALE),
    hints=(
        "Three means and three variances first; then two softmaxes; then one x̂.",
        "The means are mixed with softmax(mean_logits), the variances with softmax(var_logits): IN, LN, BN.",
        "With `keepdims=True` all three broadcast: (N, C, 1, 1), (N, 1, 1, 1), (1, C, 1, 1). ε comes after the mixing.",
    ),
    chapter="norm-family",
)
