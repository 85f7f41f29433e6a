"""Wrong answers to the exercises on batch norm."""

import numpy as np

from .making import after, mean, standardized, with_dx


def _batch_norm_with(rule):
    """x to x̂ by another rule; gamma and beta are right."""
    return lambda x, gamma, beta, eps: gamma * rule(x, eps) + beta


def _core(g, x_hat, axis=0):
    return g - mean(g, axis) - x_hat * mean(g * x_hat, axis)


def _last_row_zero(values, *inputs):
    dx = values[0].copy()
    dx[-1] = 0.0
    return dx, *values[1:]


def _without_last_row(x, eps):
    return (x - x[:-1].mean(0)) / np.sqrt(x[:-1].var(0) + eps)


FORWARD = [
    ("|γ| for γ", lambda x, gamma, beta, eps: np.abs(gamma) * standardized(x, eps) + beta, ("some-entries",)),
    ("statistics without the last row", _batch_norm_with(_without_last_row), ("mean-not-zero", "variance")),
    (
        "median for the mean",
        _batch_norm_with(lambda x, eps: (x - np.median(x, 0)) / np.sqrt(x.var(0) + eps)),
        ("mean-not-zero", "offset-of-each"),
    ),
    (
        "mean absolute deviation for σ",
        _batch_norm_with(lambda x, eps: (x - x.mean(0)) / (np.abs(x - x.mean(0)).mean(0) + eps)),
        ("variance",),
    ),
    ("x̂ clipped at ±1", _batch_norm_with(lambda x, eps: np.clip(standardized(x, eps), -1, 1)), ("not-affine",)),
    ("tanh of x̂", _batch_norm_with(lambda x, eps: np.tanh(standardized(x, eps))), ("not-affine",)),
    ("rounded to four decimals", _batch_norm_with(lambda x, eps: standardized(x, eps).round(4)), ("digits",)),
    (
        "the first column's σ for all",
        _batch_norm_with(lambda x, eps: (x - x.mean(0)) / np.sqrt(x[:, 0].var() + eps)),
        ("variance",),
    ),
    (
        "β subtracted",
        lambda x, g, beta, eps: g * standardized(x, eps) - beta,
        ("right where β = 0", "offset-of-each"),
    ),
    ("each column sorted", _batch_norm_with(lambda x, eps: np.sort(standardized(x, eps), 0)), ("places", "not-affine")),
    ("fourth root", _batch_norm_with(lambda x, eps: (x - x.mean(0)) * (x.var(0) + eps) ** -0.25), ("variance",)),
    ("ε subtracted", _batch_norm_with(lambda x, eps: (x - x.mean(0)) / np.sqrt(x.var(0) - eps)), ("finite",)),
    ("|x − μ|", _batch_norm_with(lambda x, eps: np.abs(standardized(x, eps))), ("not-affine", "mean-not-zero")),
    (
        "ε²",
        _batch_norm_with(lambda x, eps: standardized(x, eps**2)),
        ("right where ε = 0", "variance"),
    ),
    (
        "the mean of the others",
        _batch_norm_with(lambda x, eps: standardized(x, eps) * len(x) / (len(x) - 1)),
        ("variance",),
    ),
    ("γ²", lambda x, gamma, beta, eps: gamma**2 * standardized(x, eps) + beta, ("right where γ = 1",)),
    (
        "mean of half the batch",
        _batch_norm_with(lambda x, eps: (x - x[: len(x) // 2].mean(0)) / np.sqrt(x.var(0) + eps)),
        ("mean-not-zero", "offset-of-each"),
    ),
]
BACKWARD = [
    (
        "sign of the variance path",
        with_dx(lambda g, x_hat, std: (g - mean(g) + x_hat * mean(g * x_hat)) / std),
        ("path-variance", "part-along-x-hat"),
    ),
    ("doubled", after("batch-norm-backward", lambda v, *_: (2 * v[0], *v[1:])), ("factor",)),
    (
        "γ twice",
        after("batch-norm-backward", lambda v, dy, x, gamma, eps: (v[0] * gamma, *v[1:])),
        ("factor-of-each", "right where γ = 1"),
    ),
    (
        "x̂² in the variance path",
        with_dx(lambda g, x_hat, std: (g - mean(g) - x_hat**2 * mean(g * x_hat)) / std),
        ("part-along-1", "part-along-x-hat"),
    ),
    (
        "dγ without 1/σ",
        after("batch-norm-backward", lambda v, dy, x, g, eps: (v[0], (dy * (x - x.mean(0))).sum(0), v[2])),
        ("scale-matters",),
    ),
    (
        "dβ with γ",
        after("batch-norm-backward", lambda v, dy, x, gamma, eps: (*v[:2], v[2] * gamma)),
        ("right where γ = 1",),
    ),
    ("dγ and dβ interchanged", after("batch-norm-backward", lambda v, *_: (v[0], v[2], v[1])), ("order",)),
    ("rows turned over", after("batch-norm-backward", lambda v, *_: (v[0][::-1], *v[1:])), ("places",)),
    (
        "unbiased σ in the backward pass",
        with_dx(lambda g, x_hat, std: _core(g, x_hat) / (std * np.sqrt(1 + 1 / len(g)))),
        ("factor",),
    ),
    ("the last row left at 0", after("batch-norm-backward", _last_row_zero), ("some-entries",)),
    (
        "twice the mean path",
        with_dx(lambda g, x_hat, std: (g - 2 * mean(g) - x_hat * mean(g * x_hat)) / std),
        ("path-mean", "part-along-1"),
    ),
    ("dy taken for ones", with_dx(lambda g, x_hat, std: _core(np.ones_like(g), x_hat) / std), ("zero",)),
    (
        "the variance path added to the mean's factor",
        with_dx(lambda g, x_hat, std: (g - mean(g) * (1 + x_hat)) / std),
        ("path-variance", "part-along-x-hat"),
    ),
]
