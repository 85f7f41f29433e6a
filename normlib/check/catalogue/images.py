"""Norms of images (N, C, H, W) whose channels stand alone: spatial batch norm and instance norm."""

import numpy as np

from ..exercise import Exercise
from . import family
from .batch_norm import FLOAT32, features
from .collecting import backward_in_one_pass, backward_mistakes, forward_in_one_pass, forward_mistakes, mistakes
from .drawing import backward_probes, forward_probes, images
from .family import CHANNELS, FEATURES, MAPS
from .family_properties import backward_properties, forward_properties


def draw(rng):
    """H and W differ."""
    return images(rng, 4, 6, 3, 5)


def square(rng):
    """N, C, H and W alike."""
    return images(rng, 4, 4, 4, 4)


def _channels_mixed(norm):
    """Reshaped to rows of C numbers without moving the channels to the end."""
    return lambda x, *rest: norm(x.reshape(-1, x.shape[1]), *rest).reshape(x.shape)


def _channels_mixed_backward(dy, x, gamma, eps):
    rows = (-1, x.shape[1])
    dx, *grads = family.backward(FEATURES)(dy.reshape(rows), x.reshape(rows), gamma, eps)
    return dx.reshape(x.shape), *grads


def _along_width(axes):
    def f(x, gamma, beta, eps):
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        return gamma * (x - mean) / np.sqrt(var + eps) + beta

    return f


def _by_rows(x, gamma, beta, eps):
    rows = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])
    y = gamma * (rows - rows.mean(0)) / np.sqrt(rows.var(0) + eps) + beta
    return y.reshape(len(x), *x.shape[2:], x.shape[1]).transpose(0, 3, 1, 2)


def _by_rows_backward(dy, x, gamma, eps):
    n, c, h, w = x.shape
    rows, flows = (a.transpose(0, 2, 3, 1).reshape(-1, c) for a in (x, dy))
    std = np.sqrt(rows.var(0) + eps)
    x_hat, m = (rows - rows.mean(0)) / std, n * h * w
    dgamma, dbeta = (flows * x_hat).sum(0), flows.sum(0)
    dx = gamma / (m * std) * (m * flows - dbeta - x_hat * dgamma)
    return dx.reshape(n, h, w, c).transpose(0, 3, 1, 2), dgamma, dbeta


def _by_channel(x, gamma, beta, eps):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        y[:, c] = gamma[c] * (x[:, c] - x[:, c].mean()) / np.sqrt(x[:, c].var() + eps) + beta[c]
    return y


def _by_map(x, gamma, beta, eps):
    y = np.empty_like(x)
    for n, c in np.ndindex(*x.shape[:2]):
        y[n, c] = gamma[c] * (x[n, c] - x[n, c].mean()) / np.sqrt(x[n, c].var() + eps) + beta[c]
    return y


def _by_flat_maps(x, gamma, beta, eps):
    flat = x.reshape(*x.shape[:2], -1)
    x_hat = (flat - flat.mean(-1, keepdims=True)) / np.sqrt(flat.var(-1, keepdims=True) + eps)
    return (gamma[:, None] * x_hat + beta[:, None]).reshape(x.shape)


SPATIAL_FORWARD = Exercise(
    id="spatial-batch-norm-forward",
    task="Batch norm of images x (N, C, H, W): one mean and variance a channel; γ, β (C,).",
    parameters=("x", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=family.forward(CHANNELS),
    probes=forward_probes(draw, square, features),
    mistakes=mistakes(
        forward_mistakes(CHANNELS),
        {
            "F06": family.forward(CHANNELS, axes=(1, 2, 3)),
            "S01": _channels_mixed(family.forward(FEATURES)),
            "S03": family.forward(CHANNELS, axes=(0,)),
            "S04": family.forward(CHANNELS, axes=(2, 3)),
            "S08": _along_width((0, 2, 3)),
        },
    ),
    accepted={"rows of channels": _by_rows, "channel by channel": _by_channel},
    properties=forward_properties(CHANNELS),
    hints=(
        "A channel is one feature, seen at N·H·W places. How many means are there?",
        "Mean and variance over axes (0, 2, 3), with `keepdims=True`: shape (1, C, 1, 1).",
        "γ and β have shape (C,): give them the shape (1, C, 1, 1) before they meet x̂.",
    ),
    chapter="batch-norm-forward",
    tolerances=FLOAT32,
    only_there=forward_in_one_pass(CHANNELS),
)

SPATIAL_BACKWARD = Exercise(
    id="spatial-batch-norm-backward",
    task="Gradients of batch norm of images, for x (N, C, H, W), γ and β (C,).",
    parameters=("dy", "x", "gamma", "eps"),
    outputs=("dx", "dgamma", "dbeta"),
    reference=family.backward(CHANNELS),
    probes=backward_probes(draw, square, features),
    mistakes=mistakes(
        backward_mistakes(CHANNELS),
        {
            "S01": _channels_mixed_backward,
            "S03": family.backward(CHANNELS, lambda p: p.compact() / p.std, axes=(0,)),
            "S04": family.backward(CHANNELS, lambda p: p.compact() / p.std, axes=(2, 3)),
            "S05": family.backward(CHANNELS, lambda p: p.compact(m=len(p.x)) / p.std),
            "B21": family.backward(CHANNELS, lambda p: p.compact(over=lambda a: p.over(a, (1, 2, 3))) / p.std),
        },
        [
            ("B21", family.backward(CHANNELS, lambda p: p.compact(over=lambda a: p.over(a, 0)) / p.std)),
            ("S07", family.backward(CHANNELS, dgamma=lambda p: (p.dy * p.x_hat).sum(0))),
            ("S07", family.backward(CHANNELS, dbeta=lambda p: p.dy.sum(0))),
            ("G09", family.backward(CHANNELS, dgamma=lambda p: p.total(p.dy * p.x_hat))),
            ("G09", family.backward(CHANNELS, dbeta=lambda p: p.total(p.dy))),
            ("P06", family.backward(CHANNELS, dbeta=lambda p: p.dy.sum((1, 2, 3)))),
        ],
    ),
    accepted={"rows of channels": _by_rows_backward},
    properties=backward_properties(CHANNELS),
    hints=(
        "It is batch norm's backward pass; only m and the axes of the sums change.",
        "Every sum, in dγ, dβ and inside dx, runs over (0, 2, 3), and m = N·H·W.",
        "Give γ the shape (1, C, 1, 1) on the way in; dγ and dβ go out with shape (C,).",
    ),
    chapter="backpropagation",
    tolerances=FLOAT32,
    only_there=backward_in_one_pass(CHANNELS),
)

INSTANCE_FORWARD = Exercise(
    id="instance-norm-forward",
    task="Instance norm of images x (N, C, H, W): each channel of each sample by itself; γ, β (C,).",
    parameters=("x", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=family.forward(MAPS),
    probes=forward_probes(draw, square, features),
    mistakes=mistakes(
        forward_mistakes(MAPS),
        {
            "I01": family.forward(MAPS, axes=(0, 2, 3)),
            "I02": family.forward(MAPS, axes=(1, 2, 3)),
            "I03": family.forward(MAPS, axes=(3,)),
            "S03": family.forward(MAPS, axes=(0,)),
            "S08": _along_width((2, 3)),
        },
        [("I03", family.forward(MAPS, axes=(2,)))],
    ),
    accepted={"map by map": _by_map, "flat maps": _by_flat_maps},
    properties=forward_properties(MAPS),
    hints=(
        "Every sample's every channel has a mean of its own: N·C of them.",
        "Mean and variance over axes (2, 3), with `keepdims=True`: shape (N, C, 1, 1).",
        "γ and β belong to channels: give them the shape (1, C, 1, 1).",
    ),
    chapter="norm-family",
    tolerances=FLOAT32,
    only_there=forward_in_one_pass(MAPS),
)
