"""Group norm of images: neighbouring channels share a mean."""

import numpy as np

from ..exercise import Exercise
from . import family
from .batch_norm import FLOAT32, features
from .collecting import backward_in_one_pass, backward_mistakes, forward_in_one_pass, forward_mistakes, mistakes
from .drawing import backward_probes, forward_probes, images
from .family import GROUPS
from .family_properties import backward_properties, forward_properties


def draw(rng):
    """Two groups of three channels; H and W differ."""
    return images(rng, 4, 6, 3, 5)


def square(rng):
    """As many channels as samples, rows and columns, and two groups of two."""
    return images(rng, 4, 4, 4, 4)


def _interleaved(f):
    """Channel c goes to group c mod G: permute, normalize, permute back."""

    def g(*inputs):
        *arrays, groups, eps = inputs
        order = np.arange(arrays[0].shape[1]).reshape(-1, groups).T.ravel()
        back = np.argsort(order)
        turned = [a[:, order] if a.ndim == 4 else a[order] for a in arrays]
        values = f(*turned, groups, eps)
        parts = values if isinstance(values, tuple) else (values,)
        parts = tuple(a[:, back] if a.ndim == 4 else a[back] for a in parts)
        return parts if isinstance(values, tuple) else parts[0]

    return g


def _gamma_per_group(pick):
    def f(x, gamma, beta, num_groups, eps):
        size = x.shape[1] // num_groups
        gamma, beta = (np.repeat(pick(p, num_groups), size) for p in (gamma, beta))
        return family.forward(GROUPS)(x, gamma, beta, num_groups, eps)

    return f


def _left_in_groups(x, gamma, beta, num_groups, eps):
    n, c, h, w = x.shape
    return family.forward(GROUPS)(x, gamma, beta, num_groups, eps).reshape(n, num_groups, c // num_groups, h, w)


def _groups_for_size(f):
    def g(*inputs):
        *arrays, groups, eps = inputs
        return f(*arrays, arrays[0].shape[1] // groups, eps)

    return g


def _along_width(x, gamma, beta, num_groups, eps):
    plain = family.forward(GROUPS)(x, np.ones_like(gamma), np.zeros_like(beta), num_groups, eps)
    return gamma * plain + beta


def _group_by_group(x, gamma, beta, num_groups, eps):
    parts = np.split(x, num_groups, axis=1)
    x_hat = [(p - p.mean((1, 2, 3), keepdims=True)) / np.sqrt(p.var((1, 2, 3), keepdims=True) + eps) for p in parts]
    return gamma[:, None, None] * np.concatenate(x_hat, axis=1) + beta[:, None, None]


def _in_rows(x, gamma, beta, num_groups, eps):
    rows = x.reshape(len(x) * num_groups, -1)
    x_hat = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + eps)
    return gamma.reshape(1, -1, 1, 1) * x_hat.reshape(x.shape) + beta.reshape(1, -1, 1, 1)


def _backward_in_rows(dy, x, gamma, num_groups, eps):
    rows = x.reshape(len(x) * num_groups, -1)
    m, std = rows.shape[1], np.sqrt(rows.var(1, keepdims=True) + eps)
    x_hat = (rows - rows.mean(1, keepdims=True)) / std
    g = (dy * gamma.reshape(1, -1, 1, 1)).reshape(rows.shape)
    dx = (m * g - g.sum(1, keepdims=True) - x_hat * (g * x_hat).sum(1, keepdims=True)) / (m * std)
    return dx.reshape(x.shape), (dy * x_hat.reshape(x.shape)).sum((0, 2, 3)), dy.sum((0, 2, 3))


def _two_groups(f):
    def g(*inputs):
        *arrays, _, eps = inputs
        return f(*arrays, 2, eps)

    return g


def three_groups(probes):
    """The same probes, and one with another number of groups."""

    def more(rng):
        drawn = probes(rng)
        return drawn | {"three groups": {**drawn["main"], "num_groups": 3}}

    return more


FORWARD = Exercise(
    id="group-norm-forward",
    task="Group norm of images x (N, C, H, W): neighbouring channels share a mean; γ, β (C,).",
    parameters=("x", "gamma", "beta", "num_groups", "eps"),
    outputs=("y",),
    reference=family.forward(GROUPS),
    probes=three_groups(forward_probes(draw, square, features, num_groups=2)),
    mistakes=mistakes(
        forward_mistakes(GROUPS),
        {
            "G01": _interleaved(family.forward(GROUPS)),
            "G03": family.forward(GROUPS, axes=(3, 4)),
            "G04": family.forward(GROUPS, axes=(0, 2, 3, 4)),
            "G07": _gamma_per_group(lambda p, groups: p[:groups]),
            "G08": _left_in_groups,
            "G12": _groups_for_size(family.forward(GROUPS)),
            "G15": _two_groups(family.forward(GROUPS)),
            "I02": family.forward(GROUPS, axes=(1, 2, 3, 4)),
            "S08": _along_width,
        },
        [("G07", _gamma_per_group(lambda p, groups: p[:: len(p) // groups]))],
    ),
    accepted={"group by group": _group_by_group, "rows": _in_rows},
    properties=forward_properties(GROUPS),
    hints=(
        "Reshape so that a group has an axis of its own, normalize, and reshape back.",
        "`x.reshape(N, G, C // G, H, W)` keeps neighbours together; mean and variance run over the last three axes.",
        "γ and β belong to channels and not to groups: apply them after the way back, with the shape (1, C, 1, 1).",
    ),
    chapter="norm-family",
    tolerances=FLOAT32,
    only_there=forward_in_one_pass(GROUPS),
)

BACKWARD = Exercise(
    id="group-norm-backward",
    task="Gradients of group norm, for x (N, C, H, W), γ and β (C,).",
    parameters=("dy", "x", "gamma", "num_groups", "eps"),
    outputs=("dx", "dgamma", "dbeta"),
    reference=family.backward(GROUPS),
    probes=three_groups(backward_probes(draw, square, features, num_groups=2)),
    mistakes=mistakes(
        backward_mistakes(GROUPS),
        {
            "G01": _interleaved(family.backward(GROUPS)),
            "G03": family.backward(GROUPS, lambda p: p.compact() / p.std, axes=(3, 4)),
            "G04": family.backward(GROUPS, lambda p: p.compact() / p.std, axes=(0, 2, 3, 4)),
            "G11": family.backward(GROUPS, lambda p: p.gamma * p.compact(p.dy) / p.std),
            "G12": _groups_for_size(family.backward(GROUPS)),
            "G15": _two_groups(family.backward(GROUPS)),
            "G13": family.backward(GROUPS, lambda p: p.compact(m=p.x.shape[3] * p.x.shape[4]) / p.std),
            "L10": family.backward(GROUPS, lambda p: p.compact(over=lambda a: p.over(a, (0, 3, 4))) / p.std),
        },
        [
            ("G09", family.backward(GROUPS, dgamma=lambda p: p.per_param(p.dy * p.x_hat).reshape(1, -1, 1, 1))),
            ("G09", family.backward(GROUPS, dbeta=lambda p: p.per_param(p.dy).reshape(1, -1, 1, 1))),
            ("G14", family.backward(GROUPS, dgamma=lambda p: (p.dy * p.x_hat).sum((0, 2, 3, 4)))),
            ("G14", family.backward(GROUPS, dbeta=lambda p: p.dy.sum((0, 2, 3, 4)))),
            ("S07", family.backward(GROUPS, dgamma=lambda p: _per_pixel(p.dy * p.x_hat))),
            ("S07", family.backward(GROUPS, dbeta=lambda p: _per_pixel(p.dy))),
        ],
    ),
    accepted={"rows": _backward_in_rows},
    properties=backward_properties(GROUPS),
    hints=(
        "Two kinds of sums again: dγ and dβ sum over all that shares a γ, the sums in dx over all that shares a mean.",
        "dγ and dβ sum over (0, 2, 3) of (N, C, H, W); inside dx the sums run over a group, m = C/G·H·W.",
        "γ differs inside a group: make g = dy·γ before you reshape to groups, and take every sum of g.",
    ),
    chapter="norm-family",
    tolerances=FLOAT32,
    only_there=backward_in_one_pass(GROUPS),
)


def _per_pixel(a):
    return a.sum(0).reshape(-1, *a.shape[3:])
