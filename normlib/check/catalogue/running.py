"""Running statistics, and what evaluation does with them."""

import numpy as np

from ..exercise import Exercise
from .collecting import mistakes
from .drawing import EPS, betas, gammas, table
from .family_properties import neighbours


def _running(mean_of=None, var_of=None, start=(0.0, 1.0), weight=None):
    """Running statistics with one thing spoilt: what is taken of a batch, the start, or the weight of batch t."""
    mean_of = mean_of or (lambda batch: batch.mean(0))
    var_of = var_of or (lambda batch: batch.var(0, ddof=1))
    weight = weight or (lambda momentum, t: (1 - momentum, momentum))

    def f(batches, momentum):
        mean, var = (np.full(batches[0].shape[1], value) for value in start)
        for t, batch in enumerate(batches, start=1):
            old, new = weight(momentum, t)
            mean, var = old * mean + new * mean_of(batch), old * var + new * var_of(batch)
        return mean, var

    return f


def _closed_form(batches, momentum):
    weights = momentum * (1 - momentum) ** np.arange(len(batches))[::-1]
    left = (1 - momentum) ** len(batches)
    means, variances = np.mean(batches, axis=1), np.var(batches, axis=1, ddof=1)
    return weights @ means, left + weights @ variances


def _step_towards(batches, momentum):
    mean, var = np.zeros(batches.shape[2]), np.ones(batches.shape[2])
    for batch in batches:
        mean += momentum * (batch.mean(0) - mean)
        var += momentum * (batch.var(0) * len(batch) / (len(batch) - 1) - var)
    return mean, var


def _one_number(batch):
    return np.full(batch.shape[1], batch.mean())


def _running_probes(rng):
    def batches(count, rows, columns):
        return np.stack([table(rng, rows, columns) for _ in range(count)])

    main = {"batches": batches(5, 8, 3), "momentum": 0.3}
    return {
        "main": main,
        "N = D": {"batches": batches(4, 4, 4), "momentum": 0.2},
        "momentum = 1/2": {**main, "momentum": 0.5},
        "momentum = 1": {**main, "momentum": 1.0},
        "one batch": {"batches": main["batches"][:1], "momentum": 0.3},
        "pairs": {"batches": batches(6, 2, 3), "momentum": 0.1},
    }


STATISTICS = Exercise(
    id="running-statistics",
    task="Running mean (from 0) and unbiased variance (from 1) after all batches (T, N, D), with PyTorch's momentum.",
    parameters=("batches", "momentum"),
    outputs=("running_mean", "running_var"),
    reference=_running(),
    probes=_running_probes,
    mistakes=mistakes(
        {
            "R01": _running(weight=lambda momentum, t: (momentum, 1 - momentum)),
            "R02": _running(var_of=lambda batch: batch.var(0)),
            "R03": _running(start=(0.0, 0.0)),
            "R05": _running(weight=lambda momentum, t: (1.0, 0.0)),
            "R06": _running(weight=lambda momentum, t: (0.0, 1.0)),
            "R07": _running(weight=lambda momentum, t: (1 - 1 / t, 1 / t)),
            "R09": _running(weight=lambda momentum, t: (1.0, momentum)),
            "R16": _running(weight=lambda momentum, t: (1.0, 0.0)),
            "R17": _running(var_of=lambda batch: batch.std(0, ddof=1)),
            "R18": _running(weight=lambda momentum, t: (1 - momentum, 1.0)),
            "R19": _running(start=(1.0, 1.0)),
            "F05": _running(_one_number, lambda batch: np.full(batch.shape[1], batch.var(ddof=1))),
            "F06": lambda batches, momentum: _running()(np.swapaxes(batches, 1, 2), momentum),
        },
        [
            ("R02", _running(var_of=lambda batch: batch.var(0) * (len(batch) - 1) / len(batch))),
            ("R17", _running(var_of=lambda batch: batch.std(0))),
            ("R07", lambda batches, momentum: (np.mean(batches, axis=(0, 1)), np.var(batches, axis=1).mean(0))),
        ],
    ),
    accepted={
        "closed form": _closed_form,
        "a step towards the batch": _step_towards,
        "float32": lambda batches, momentum: _closed_form(batches.astype(np.float32), np.float32(momentum)),
    },
    hints=(
        "One line for the mean and one for the variance, in a loop over the batches. Where do they start?",
        "new = (1 − momentum)·old + momentum·batch; the mean starts at 0, the variance at 1.",
        "The batch's variance goes in unbiased: divided by m − 1, `ddof=1`.",
    ),
    chapter="training-and-inference",
)


def _inference_probes(rng):
    def inputs(x, eps=EPS):
        d = x.shape[1]
        stats = {"running_mean": rng.uniform(-1, 9, d), "running_var": rng.permutation(np.geomspace(0.05, 4, d))}
        return {"x": x, **stats, "gamma": gammas(rng, d), "beta": betas(rng, d), "eps": eps}

    main = inputs(table(rng, 8, 5))
    neighbour = main["x"].copy()
    neighbour[-1] += 1.0 + rng.standard_normal(5)
    return {
        "main": main,
        "N = D": inputs(table(rng, 6, 6)),
        "γ = 1": {**main, "gamma": np.ones(5)},
        "β = 0": {**main, "beta": np.zeros(5)},
        "ε = 0": {**main, "eps": 0.0},
        "neighbour": {**main, "x": neighbour},
        "one sample": {**main, "x": main["x"][:1]},
    }


INFERENCE = Exercise(
    id="batch-norm-inference",
    task="Batch norm of x (N, D) in evaluation: with the running statistics in the batch's place.",
    parameters=("x", "running_mean", "running_var", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / np.sqrt(var + eps) + beta,
    probes=_inference_probes,
    mistakes=mistakes(
        {
            "R08": lambda x, mean, var, gamma, beta, eps: gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta,
            "R15": lambda x, mean, var, gamma, beta, eps: (x - mean) / np.sqrt(var + eps),
            "F01": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / (np.sqrt(var) + eps) + beta,
            "F02": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / np.sqrt(var) + beta,
            "F04": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / (var + eps) + beta,
            "F09": lambda x, mean, var, gamma, beta, eps: gamma * x / np.sqrt(var + eps) + beta,
            "F10": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / np.sqrt(var + eps),
            "F11": lambda x, mean, var, gamma, beta, eps: (x - mean) / np.sqrt(var + eps) + beta,
            "F12": lambda x, mean, var, gamma, beta, eps: gamma * ((x - mean) / np.sqrt(var + eps) + beta),
            "F17": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / np.sqrt(x.var(0) + eps) + beta,
            "E01": lambda x, mean, var, gamma, beta, eps: gamma * (x - x.mean(0)) / np.sqrt(var + eps) + beta,
            "E02": lambda x, mean, var, gamma, beta, eps: (
                gamma * (x - mean) / np.sqrt(var * len(x) / (len(x) - 1) + eps) + beta
            ),
            "E03": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) / np.sqrt(var**2 + eps) + beta,
            "E04": lambda x, mean, var, gamma, beta, eps: gamma * (x - mean) * np.sqrt(var + eps) + beta,
        }
    ),
    accepted={
        "one affine map": lambda x, mean, var, gamma, beta, eps: (
            x * (gamma / np.sqrt(var + eps)) + (beta - mean * gamma / np.sqrt(var + eps))
        ),
        "rows": lambda x, mean, var, gamma, beta, eps: np.array(
            [gamma * (row - mean) * (var + eps) ** -0.5 + beta for row in x]
        ),
    },
    properties=(neighbours,),
    hints=(
        "No statistic of x is taken: what a sample gives must not depend on its neighbours.",
        "The forward pass with running_mean for the mean and running_var for the variance.",
        "ε belongs beside running_var inside the root; γ and β as in training.",
    ),
    chapter="training-and-inference",
)
