"""Batch norm of a table (N, D), and its first half: columns of mean 0 and variance 1."""

import numpy as np

from ..exercise import Exercise
from . import family
from .collecting import backward_in_one_pass, backward_mistakes, forward_in_one_pass, forward_mistakes, mistakes
from .drawing import backward_probes, forward_probes, table
from .family import FEATURES
from .family_properties import backward_properties, forward_properties

FLOAT32 = {"float32": 5e-2}


def draw(rng):
    """N, D and N − 1 differ."""
    return table(rng, 8, 5)


def square(rng):
    """As many samples as features."""
    return table(rng, 6, 6)


def features(shape):
    """How many gammas there are."""
    return shape[1]


def _along_samples(x, gamma, beta, eps):
    return gamma * (x - x.mean(1)) / np.sqrt(x.var(1) + eps) + beta  # fits only where N = D


def _in_sums_of_rows(dy, x, gamma, eps):
    right = family.backward(FEATURES)(dy, x, gamma, eps)
    p = family.Pieces(FEATURES, x, gamma, eps, dy=dy)
    dx = (len(x) * p.g - p.g.sum(1) - p.x_hat * (p.g * p.x_hat).sum(1)) / (len(x) * p.std)
    return dx, *right[1:]


def _staged(dy, x, gamma, eps):
    """The six gradients of the paper, one after the other."""
    m, mean, var = len(x), x.mean(0), x.var(0)
    dx_hat = dy * gamma
    dvar = (dx_hat * (x - mean)).sum(0) * -0.5 * (var + eps) ** -1.5
    dmean = -dx_hat.sum(0) / np.sqrt(var + eps) + dvar * (-2 * (x - mean)).mean(0)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / m + dmean / m
    return dx, (dy * (x - mean) / np.sqrt(var + eps)).sum(0), dy.sum(0)


def _gamma_outside(dy, x, gamma, eps):
    x_hat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / np.sqrt(x.var(0) + eps) * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


def _without_the_zero(dy, x, gamma, eps):
    m, mean, var = len(x), x.mean(0), x.var(0)
    dx_hat = dy * gamma
    dvar = (dx_hat * (x - mean)).sum(0) * -0.5 * (var + eps) ** -1.5
    dmean = -dx_hat.sum(0) / np.sqrt(var + eps)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / m + dmean / m
    return dx, (dy * (x - mean) / np.sqrt(var + eps)).sum(0), dy.sum(0)


def _by_einsum(dy, x, gamma, eps):
    m = len(x)
    d = x - np.einsum("nd->d", x) / m
    r = 1 / np.sqrt(np.einsum("nd,nd->d", d, d) / m + eps)
    along = np.einsum("nd,nd->d", dy, d) * r
    return (dy - np.einsum("nd->d", dy) / m - d * r * along / m) * r * gamma, along, np.einsum("nd->d", dy)


def _forward_in_loops(x, gamma, beta, eps):
    y = np.empty_like(x)
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        var = sum((value - mean) ** 2 for value in x[:, j]) / len(x)
        for i in range(len(x)):
            y[i, j] = gamma[j] * (x[i, j] - mean) / np.sqrt(var + eps) + beta[j]
    return y


def _forward_in_float32(x, gamma, beta, eps):
    x, gamma, beta = (a.astype(np.float32) for a in (x, gamma, beta))
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + np.float32(eps)) + beta


def _backward_in_float32(dy, x, gamma, eps):
    dy, x, gamma = (a.astype(np.float32) for a in (dy, x, gamma))
    return _staged(dy, x, gamma, np.float32(eps))


FORWARD = Exercise(
    id="batch-norm-forward",
    task="Batch norm of x (N, D) with the batch's own statistics: γ·x̂ + β.",
    parameters=("x", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=family.forward(FEATURES),
    probes=forward_probes(draw, square, features),
    mistakes=mistakes(
        forward_mistakes(FEATURES),
        [("F06", _along_samples), ("F06", family.forward(FEATURES, axes=(1,)))],
    ),
    accepted={
        "loops": _forward_in_loops,
        "float32": _forward_in_float32,
        "one affine map": lambda x, gamma, beta, eps: (
            x * (gamma / np.sqrt(x.var(0) + eps)) + (beta - x.mean(0) * gamma / np.sqrt(x.var(0) + eps))
        ),
        "power": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(0)) * (np.mean((x - x.mean(0)) ** 2, 0) + eps) ** -0.5 + beta
        ),
    },
    properties=forward_properties(FEATURES),
    hints=(
        "Four lines do it: mean, variance, x̂, y. What shape has each, and along which axis do rows lie?",
        "Mean and variance are taken over axis 0 and have shape (D,); ε stands beside the variance, inside the root.",
        "x̂ is x less its column's mean, over the root of its column's variance plus ε; then come γ and β.",
    ),
    chapter="batch-norm-forward",
    tolerances=FLOAT32,
    only_there=forward_in_one_pass(FEATURES),
)

BACKWARD = Exercise(
    id="batch-norm-backward",
    task="Gradients of batch norm in training, for x (N, D), γ and β (D,).",
    parameters=("dy", "x", "gamma", "eps"),
    outputs=("dx", "dgamma", "dbeta"),
    reference=family.backward(FEATURES),
    probes=backward_probes(draw, square, features),
    mistakes=mistakes(
        backward_mistakes(FEATURES),
        [
            ("B21", _in_sums_of_rows),
            ("B21", family.backward(FEATURES, lambda p: p.compact(over=lambda a: p.over(a, 1)) / p.std)),
        ],
        [("P06", family.backward(FEATURES, dbeta=lambda p: p.dy.sum(1)))],
    ),
    accepted={
        "staged": _staged,
        "γ out of the sums": _gamma_outside,
        "without the term that is zero": _without_the_zero,
        "einsum": _by_einsum,
        "float32": _backward_in_float32,
    },
    properties=backward_properties(FEATURES),
    hints=(
        "Walk back from y: which of γ, β and x̂ does it meet first? dγ and dβ come before dx.",
        "x reaches x̂ on three paths: directly, through the mean, through the variance. All three count.",
        "With g = dy·γ, subtract from g its mean, and x̂ times the mean of g·x̂; then divide by σ = √(σ² + ε).",
    ),
    chapter="backpropagation",
    tolerances=FLOAT32,
    only_there=backward_in_one_pass(FEATURES),
)
