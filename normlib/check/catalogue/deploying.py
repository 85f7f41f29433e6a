"""Folding batch norm into the layer before it, and merging the moments of several machines."""

import numpy as np

from ..exercise import Exercise
from .collecting import mistakes
from .drawing import EPS, betas, gammas


def _fold(scale=None, shift=None, weigh=None):
    """Folding with one thing spoilt: the scale s, the new bias, or how s meets the weight."""
    scale = scale or (lambda gamma, var, eps: gamma / np.sqrt(var + eps))
    shift = shift or (lambda s, bias, beta, mean: beta + s * (bias - mean))
    weigh = weigh or (lambda weight, s: weight * s[:, None])

    def f(weight, bias, gamma, beta, running_mean, running_var, eps):
        s = scale(gamma, running_var, eps)
        return weigh(weight, s), shift(s, bias, beta, running_mean)

    return f


def _fold_by_trying(weight, bias, gamma, beta, running_mean, running_var, eps):
    """The affine map of both together, read off at 0 and at the unit vectors."""

    def both(a):
        return gamma * (weight @ a + bias - running_mean) / np.sqrt(running_var + eps) + beta

    at_zero = both(np.zeros(weight.shape[1]))
    return np.stack([both(e) - at_zero for e in np.eye(weight.shape[1])], axis=1), at_zero


def _fold_probes(rng):
    def inputs(out, inner):
        arrays = {"weight": rng.standard_normal((out, inner)), "bias": betas(rng, out)}
        stats = {"running_mean": rng.uniform(1, 5, out), "running_var": rng.permutation(np.geomspace(0.05, 4, out))}
        return arrays | {"gamma": gammas(rng, out), "beta": betas(rng, out)} | stats | {"eps": EPS}

    main = inputs(5, 3)
    return {
        "main": main,
        "N = D": inputs(4, 4),
        "γ = 1": {**main, "gamma": np.ones(5)},
        "β = 0": {**main, "beta": np.zeros(5)},
        "ε = 0": {**main, "eps": 0.0},
        "b = 0": {**main, "bias": np.zeros(5)},
        "E = 0": {**main, "running_mean": np.zeros(5)},
    }


FOLD = Exercise(
    id="fold-batch-norm",
    task="Weight (out, in) and bias (out,) that do what the linear layer and its batch norm in evaluation do together.",
    parameters=("weight", "bias", "gamma", "beta", "running_mean", "running_var", "eps"),
    outputs=("weight", "bias"),
    reference=_fold(),
    probes=_fold_probes,
    mistakes=mistakes(
        {
            "C01": _fold(scale=lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
            "C02": _fold(shift=lambda s, bias, beta, mean: bias),
            "C03": _fold(scale=lambda gamma, var, eps: gamma / (var + eps)),
            "C04": _fold(weigh=lambda weight, s: weight * s),
            "C05": _fold(shift=lambda s, bias, beta, mean: beta + s * bias),
            "C06": _fold(shift=lambda s, bias, beta, mean: beta - s * mean),
            "C07": _fold(scale=lambda gamma, var, eps: gamma / np.sqrt(var)),
            "C08": _fold(shift=lambda s, bias, beta, mean: s * (bias - mean)),
            "C09": _fold(scale=lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
            "C10": _fold(shift=lambda s, bias, beta, mean: beta + s * (bias + mean)),
            "C11": _fold(shift=lambda s, bias, beta, mean: beta + bias - s * mean),
            "C12": _fold(shift=lambda s, bias, beta, mean: beta + bias - mean),
            "C13": _fold(weigh=lambda weight, s: weight),
        },
        [("C08", _fold(shift=lambda s, bias, beta, mean: s * bias - s * mean))],
    ),
    accepted={
        "diagonal matrix": _fold(weigh=lambda weight, s: np.diag(s) @ weight),
        "transposed": _fold(weigh=lambda weight, s: (weight.T * s).T),
        "by trying": _fold_by_trying,
    },
    hints=(
        "In evaluation batch norm is s·z + t for each output. Put z = W a + b into it.",
        "s = γ/√(Var + ε): what multiplies a is the new weight, all the rest the new bias.",
        "Each output is a row of W, so s meets the rows; b − running_mean is multiplied by s too, then β is added.",
    ),
    chapter="in-practice",
)


def _weights(counts):
    return (counts / counts.sum())[:, None]


def _biased_parts(counts, variances, biased):
    return variances if biased else variances * ((counts - 1) / counts)[:, None]


def _merge(mean_of=None, var_of=None, back=True):
    """Merging with one thing spoilt: the mean, the biased variance, or the correction for the unbiased one."""
    mean_of = mean_of or (lambda counts, means: (_weights(counts) * means).sum(0))
    var_of = var_of or (lambda n, means, variances, mean: (_weights(n) * (variances + (means - mean) ** 2)).sum(0))

    def f(counts, means, variances, biased):
        n, mean = counts.sum(), mean_of(counts, means)
        var = var_of(counts, means, _biased_parts(counts, variances, biased), mean)
        return n, mean, var if biased or not back else var * n / (n - 1)

    return f


def _as_if_biased(counts, means, variances, biased):
    return _merge()(counts, means, variances, True)


def _pairwise(counts, means, variances, biased):
    """Chan's update, one part after the other."""
    n, mean = counts[0], means[0]
    squares = variances[0] * (n if biased else n - 1)
    for k in range(1, len(counts)):
        delta, total = means[k] - mean, n + counts[k]
        squares = squares + variances[k] * (counts[k] if biased else counts[k] - 1) + delta**2 * n * counts[k] / total
        n, mean = total, mean + delta * counts[k] / total
    return n, mean, squares / (n if biased else n - 1)


def _from_sums(counts, means, variances, biased):
    n, parts = counts.sum(), counts[:, None]
    mean = (parts * means).sum(0) / n
    squares = (variances * (parts if biased else parts - 1) + parts * means**2).sum(0)
    return n, mean, (squares - n * mean**2) / (n if biased else n - 1)


def _merge_probes(rng):
    def inputs(counts, d, biased=True):
        k = len(counts)
        means = rng.uniform(0, 10, d) + rng.uniform(-2, 2, (k, d))
        variances = rng.uniform(0.2, 3.0, (k, d))
        return {"counts": np.array(counts), "means": means, "variances": variances, "biased": biased}

    main = inputs(rng.permutation([2, 3, 7, 12]), 3)
    return {
        "main": main,
        "unbiased": {**main, "biased": False},
        "N = D": inputs(rng.permutation([2, 5, 9]), 3),
        "equal counts": {**main, "counts": np.full(4, 6)},
        "equal means": {**main, "means": np.tile(main["means"][:1], (4, 1))},
        "one part": {name: value if name == "biased" else value[:1] for name, value in main.items()},
    }


MERGE = Exercise(
    id="merge-moments",
    task="Count, mean and variance of all values together, from those of K parts; biased says which variance comes in "
    "and goes out.",
    parameters=("counts", "means", "variances", "biased"),
    outputs=("count", "mean", "variance"),
    reference=_merge(),
    probes=_merge_probes,
    mistakes=mistakes(
        {
            "M01": _merge(var_of=lambda n, means, variances, mean: (_weights(n) * variances).sum(0)),
            "M02": lambda counts, means, variances, biased: (
                counts.sum(),
                means.mean(0),
                _merge()(counts, means, variances, biased)[2],
            ),
            "M03": _as_if_biased,
            "M04": _merge(back=False),
            "M05": _merge(var_of=lambda n, means, variances, mean: (variances + (means - mean) ** 2).mean(0)),
            "M06": _merge(var_of=lambda n, means, variances, mean: variances.mean(0)),
            "M07": _merge(
                var_of=lambda n, means, variances, mean: (
                    (_weights(n) * variances).sum(0) + ((means - means.mean(0)) ** 2).mean(0)
                )
            ),
            "M08": _merge(var_of=lambda n, means, variances, mean: (_weights(n) * (means - mean) ** 2).sum(0)),
            "M09": lambda counts, means, variances, biased: (
                len(counts),
                *_merge()(counts, means, variances, biased)[1:],
            ),
            "M10": lambda counts, means, variances, biased: _merge()(
                counts, means, variances if biased else variances * (counts / (counts - 1))[:, None], True
            ),
        },
        [("M02", _merge(mean_of=lambda counts, means: means.mean(0)))],
    ),
    accepted={"one part after the other": _pairwise, "from the sums": _from_sums},
    hints=(
        "A part with more values weighs more: in the mean, and in the variance.",
        "All the spread is the spread inside the parts and the spread between their means.",
        "From unbiased variances make sums of squares, n − 1 times each; add n·(mean − whole mean)²; then divide.",
    ),
    chapter="in-practice",
)
