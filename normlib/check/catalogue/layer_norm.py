"""Layer norm of a table (N, D), with gamma and beta for each feature; and what RMS norm leaves of it."""

import numpy as np

from ..exercise import Exercise
from . import batch_norm, family
from .batch_norm import FLOAT32, features, square
from .collecting import backward_in_one_pass, backward_mistakes, forward_in_one_pass, forward_mistakes, mistakes
from .drawing import backward_probes, forward_probes, keeping, table
from .family import SAMPLES
from .family_properties import SCALE, backward_properties, forward_properties, neighbours


def draw(rng):
    """Samples whose means and spreads differ."""
    return table(rng, 5, 8).T


def _without_keepdims(x, gamma, beta, eps):
    return gamma * (x - x.mean(1)) / np.sqrt(x.var(1) + eps) + beta


def _transposed(x, gamma, beta, eps):
    return family.forward(family.FEATURES)(x.T, gamma, beta, eps).T


def _transposed_as_numpy_does(x, gamma, beta, eps):
    t = x.T
    return (gamma * (t - t.mean(0)) / np.sqrt(t.var(0) + eps) + beta).T


def _loops(x, gamma, beta, eps):
    return np.array([gamma * (row - row.mean()) / np.sqrt(row.var() + eps) + beta for row in x])


def _turned(x, gamma, beta, eps):
    t = x.T
    return gamma * ((t - t.mean(0)) / np.sqrt(t.var(0) + eps)).T + beta


def _staged(dy, x, gamma, eps):
    d, mean, var = x.shape[1], x.mean(1, keepdims=True), x.var(1, keepdims=True)
    dx_hat = dy * gamma
    dvar = (dx_hat * (x - mean)).sum(1, keepdims=True) * -0.5 * (var + eps) ** -1.5
    dmean = -dx_hat.sum(1, keepdims=True) / np.sqrt(var + eps)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / d + dmean / d
    return dx, (dy * (x - mean) / np.sqrt(var + eps)).sum(0), dy.sum(0)


def _by_einsum(dy, x, gamma, eps):
    d = x.shape[1]
    c = x - np.einsum("nd->n", x)[:, None] / d
    r = 1 / np.sqrt(np.einsum("nd,nd->n", c, c) / d + eps)[:, None]
    g, x_hat = dy * gamma, c * r
    along = np.einsum("nd,nd->n", g, x_hat)[:, None]
    dx = r / d * (d * g - np.einsum("nd->n", g)[:, None] - x_hat * along)
    return dx, np.einsum("nd,nd->d", dy, x_hat), np.einsum("nd->d", dy)


def _in_float32(dy, x, gamma, eps):
    dy, x, gamma = (a.astype(np.float32) for a in (dy, x, gamma))
    return _staged(dy, x, gamma, np.float32(eps))


FORWARD = Exercise(
    id="layer-norm-forward",
    task="Layer norm of x (N, D): each row by its own mean and variance, then γ and β (D,).",
    parameters=("x", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=family.forward(SAMPLES),
    probes=forward_probes(draw, square, features),
    mistakes=mistakes(
        forward_mistakes(SAMPLES, without=("F05",)),
        {"L01": _without_keepdims, "L03": _transposed, "L04": family.forward(SAMPLES, axes=(0,))},
        {"L06": family.forward(SAMPLES, family.FORWARD["F05"])},
        [
            (
                "L01",
                lambda x, gamma, beta, eps: gamma * (x - x.mean(1)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta,
            ),
            ("L03", _transposed_as_numpy_does),
        ],
    ),
    accepted={"loops": _loops, "transposed, γ outside": _turned},
    properties=forward_properties(SAMPLES),
    hints=(
        "The formula is batch norm's; what changes is which numbers share a mean.",
        "Each row is normalized by itself: mean and variance over axis 1. Their shape must broadcast against the rows.",
        "`keepdims=True` leaves (N, 1). γ and β have shape (D,), one per feature, as they are.",
    ),
    chapter="norm-family",
    tolerances=FLOAT32,
    only_there=forward_in_one_pass(SAMPLES),
)

BACKWARD = Exercise(
    id="layer-norm-backward",
    task="Gradients of layer norm, for x (N, D), γ and β (D,).",
    parameters=("dy", "x", "gamma", "eps"),
    outputs=("dx", "dgamma", "dbeta"),
    reference=family.backward(SAMPLES),
    probes=backward_probes(draw, square, features),
    mistakes=mistakes(
        backward_mistakes(SAMPLES),
        {
            "L04": family.backward(SAMPLES, lambda p: p.compact() / p.std, axes=(0,)),
            "L07": family.backward(SAMPLES, dgamma=lambda p: (p.dy * p.x_hat).sum(1)),
            "L08": family.backward(SAMPLES, dbeta=lambda p: p.dy.sum(1)),
            "L10": family.backward(SAMPLES, lambda p: p.compact(over=lambda a: p.over(a, 0)) / p.std),
            "L11": family.backward(SAMPLES, lambda p: p.gamma * p.compact(p.dy) / p.std),
        },
        [("L10", family.backward(SAMPLES, lambda p: p.compact(over=lambda a: a.sum(0) / p.m) / p.std))],
    ),
    accepted={"staged": _staged, "einsum": _by_einsum, "float32": _in_float32},
    properties=backward_properties(SAMPLES),
    hints=(
        "Two kinds of sums: those that γ and β need, and those that dx needs. They run along different axes.",
        "dγ and dβ sum over the samples, axis 0; the two sums inside dx run along each row, axis 1.",
        "Take g = dy·γ first: γ differs inside a row, so it can't be pulled out of the sums as in batch norm.",
    ),
    chapter="norm-family",
    tolerances=FLOAT32,
    only_there=backward_in_one_pass(SAMPLES),
)


def _rms(x, axis=1):
    return np.mean(x**2, axis=axis, keepdims=True)


RMS = Exercise(
    id="rms-norm-forward",
    task="RMS norm of x (N, D): each row over the root of its mean square plus ε, then γ (D,).",
    parameters=("x", "gamma", "eps"),
    outputs=("y",),
    reference=lambda x, gamma, eps: gamma * x / np.sqrt(_rms(x) + eps),
    probes=keeping(
        forward_probes(draw, batch_norm.square, features), ("x", "gamma", "eps"), without=("β = 0", "float32")
    ),
    mistakes=mistakes(
        {
            "F01": lambda x, gamma, eps: gamma * x / (np.sqrt(_rms(x)) + eps),
            "F02": lambda x, gamma, eps: gamma * x / np.sqrt(_rms(x)),
            "F04": lambda x, gamma, eps: gamma * x / (_rms(x) + eps),
            "F11": lambda x, gamma, eps: x / np.sqrt(_rms(x) + eps),
            "F14": lambda x, gamma, eps: gamma * x / np.sqrt((x**2).sum(1, keepdims=True) + eps),
            "L01": lambda x, gamma, eps: gamma * x / np.sqrt((x**2).mean(1) + eps),
            "L04": lambda x, gamma, eps: gamma * x / np.sqrt(_rms(x, 0) + eps),
            "L06": lambda x, gamma, eps: gamma * x / np.sqrt(np.mean(x**2) + eps),
            "Q01": lambda x, gamma, eps: (
                gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps)
            ),
            "Q02": lambda x, gamma, eps: gamma * x / np.sqrt(x.var(1, keepdims=True) + eps),
            "Q03": lambda x, gamma, eps: gamma * x / (np.abs(x).mean(1, keepdims=True) + eps),
            "Q04": lambda x, gamma, eps: gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(_rms(x) + eps),
            "Q05": lambda x, gamma, eps: gamma * x / np.sqrt((x**2).sum(1, keepdims=True) / (x.shape[1] - 1) + eps),
        }
    ),
    accepted={
        "norm": lambda x, gamma, eps: (
            x / np.sqrt(np.linalg.norm(x, axis=1, keepdims=True) ** 2 / x.shape[1] + eps) * gamma
        ),
        "einsum": lambda x, gamma, eps: gamma * x * (np.einsum("nd,nd->n", x, x)[:, None] / x.shape[1] + eps) ** -0.5,
    },
    properties=(neighbours, SCALE),
    hints=(
        "Layer norm without its mean: nothing is subtracted, and there is no β.",
        "What stands in the variance's place is the mean of x² over each row, axis 1, with `keepdims=True`.",
        "ε is added to the mean square, inside the root; γ has one number per feature.",
    ),
    chapter="norm-family",
)
