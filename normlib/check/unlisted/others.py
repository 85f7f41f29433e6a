"""Wrong answers to the other exercises."""

import numpy as np

from ...distributions import softmax
from ..catalogue import find
from .making import after, mean, with_dx


def _running(batches, momentum, weight=lambda momentum: momentum):
    mean, var = np.zeros(batches.shape[2]), np.ones(batches.shape[2])
    for batch in batches:
        new = weight(momentum)
        mean, var = (1 - new) * mean + new * batch.mean(0), (1 - new) * var + new * batch.var(0, ddof=1)
    return mean, var


def _corrected(batches, momentum):
    mean, var = _running(batches, momentum)
    share = 1 - (1 - momentum) ** len(batches)
    return mean / share, var / share


def _merged(counts, means, variances, biased, *, weights=None, between=None):
    n, w = counts.sum(), counts / counts.sum()
    parts = variances if biased else variances * ((counts - 1) / counts)[:, None]
    mean = w @ means
    spread = w @ (means - mean) ** 2 if between is None else between(means, mean)
    var = (w if weights is None else weights(counts)) @ parts + spread
    return n, mean, var if biased else var * n / (n - 1)


def _group(x, gamma, beta, num_groups, eps):
    """The groups' means with each channel's own variance."""
    grouped = x.reshape(len(x), num_groups, -1, *x.shape[2:])
    centred = grouped - grouped.mean((2, 3, 4), keepdims=True)
    y = centred / np.sqrt(grouped.var((3, 4), keepdims=True) + eps)
    return gamma[:, None, None] * y.reshape(x.shape) + beta[:, None, None]


class _Interchanged(find("batch-norm-layer").reference):  # type: ignore[misc]
    """Running mean and variance stand in each other's place."""

    def keep(self, mean, var):
        super().keep(var, mean)


OTHERS = [
    (
        "layer-norm-forward",
        "the batch's variance with the row's mean",
        lambda x, gamma, beta, eps: gamma * (x - mean(x, 1)) / np.sqrt(x.var() + eps) + beta,
        ("variance", "depends-on-other-samples"),
    ),
    (
        "layer-norm-forward",
        "softmax of each row",
        lambda x, gamma, beta, eps: gamma * softmax(x, axis=1) + beta,
        ("not-affine", "mean-not-zero"),
    ),
    (
        "layer-norm-backward",
        "one mean of g for all",
        with_dx(lambda g, x_hat, std: (g - g.mean() - x_hat * mean(g * x_hat, 1)) / std, 1),
        ("path-mean", "part-along-1", "offset-of-each"),
    ),
    (
        "layer-norm-backward",
        "dγ with γ",
        after("layer-norm-backward", lambda v, dy, x, gamma, eps: (v[0], v[1] * gamma, v[2])),
        ("right where γ = 1",),
    ),
    ("group-norm-forward", "each channel's own variance", _group, ("variance", "not-affine")),
    (
        "group-norm-forward",
        "β in reverse",
        lambda x, gamma, beta, g, eps: find("group-norm-forward").reference(x, gamma, beta[::-1], g, eps),
        ("right where β = 0", "offset-of-each"),
    ),
    (
        "spatial-batch-norm-forward",
        "upside down",
        after("spatial-batch-norm-forward", lambda y, *_: y[:, :, ::-1]),
        ("places", "not-affine"),
    ),
    (
        "spatial-batch-norm-backward",
        "dγ averaged over the samples",
        after("spatial-batch-norm-backward", lambda v, dy, *_: (v[0], v[1] / len(dy), v[2])),
        ("factor",),
    ),
    (
        "instance-norm-forward",
        "the channel's variance over the batch",
        lambda x, gamma, beta, eps: (
            gamma[:, None, None] * (x - mean(x, (2, 3))) / np.sqrt(x.var((0, 2, 3), keepdims=True) + eps)
            + beta[:, None, None]
        ),
        ("variance", "depends-on-other-samples"),
    ),
    (
        "rms-norm-forward",
        "the largest |x| for the root mean square",
        lambda x, gamma, eps: gamma * x / np.sqrt(np.abs(x).max(1, keepdims=True) ** 2 + eps),
        ("factor-of-each",),
    ),
    (
        "running-statistics",
        "momentum squared",
        lambda batches, momentum: _running(batches, momentum, np.square),
        ("right where momentum = 1",),
    ),
    (
        "running-statistics",
        "the batches backwards",
        lambda batches, momentum: _running(batches[::-1], momentum),
        ("right where one batch",),
    ),
    ("running-statistics", "corrected for the start", _corrected, ("right where momentum = 1", "factor")),
    (
        "running-statistics",
        "the first batch left out",
        lambda batches, momentum: _running(batches[1:], momentum),
        ("right where momentum = 1",),
    ),
    (
        "fold-batch-norm",
        "β inside the bracket",
        lambda w, b, gamma, beta, mean, var, eps: (
            w * (gamma / np.sqrt(var + eps))[:, None],
            (b + beta - mean) * gamma / np.sqrt(var + eps),
        ),
        ("right where β = 0",),
    ),
    (
        "fold-batch-norm",
        "s twice in the weight",
        after(
            "fold-batch-norm",
            lambda v, *old: (v[0] * (old[2] / np.sqrt(old[5] + old[6]))[:, None], v[1]),
        ),
        ("factor-of-each",),
    ),
    (
        "merge-moments",
        "weights n²",
        lambda *inputs: _merged(*inputs, weights=lambda n: n**2 / (n**2).sum()),
        ("right where equal counts",),
    ),
    (
        "merge-moments",
        "the spread between over K − 1",
        lambda *inputs: _merged(*inputs, between=lambda a, mean: ((a - mean) ** 2).sum(0) / max(len(a) - 1, 1)),
        ("right where equal means",),
    ),
    (
        "normal-pdf",
        "Laplace's density",
        lambda x, mean, std: np.exp(-np.abs(x - mean) * np.sqrt(2) / std) / (std * np.sqrt(2)),
        ("no-bell",),
    ),
    (
        "normal-pdf",
        "mean and std interchanged",
        lambda x, mean, std: np.exp(-((x - std) ** 2) / (2 * mean**2 + 1e-3)) / np.sqrt(2 * np.pi * mean**2 + 1e-3),
        ("centre",),
    ),
    (
        "normal-pdf",
        "scaled to sum to one",
        after("normal-pdf", lambda density, *_: density / density.sum()),
        ("factor", "height"),
    ),
    (
        "switchable-norm-forward",
        "softmax of half the logits",
        lambda x, gamma, beta, a, b, eps: find("switchable-norm-forward").reference(x, gamma, beta, a / 2, b / 2, eps),
        ("right where equal logits",),
    ),
    ("whiten", "turned over", after("whiten", lambda y, *_: y[:, ::-1]), ("places", "turned")),
    ("whiten", "doubled", after("whiten", lambda y, *_: 2 * y), ("factor",)),
    (
        "batch-norm-inference",
        "ReLU inside",
        after("batch-norm-inference", lambda y, *_: np.maximum(y, 0)),
        ("some-entries",),
    ),
    ("standardize-columns", "x̂ over 2σ", after("standardize-columns", lambda y, *_: y / 2), ("factor",)),
    ("batch-norm-layer", "running mean and variance interchanged", _Interchanged, ("order",)),
]
