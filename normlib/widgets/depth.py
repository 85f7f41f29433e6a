"""A forward and a backward pass through many layers, with what can be seen in each."""

from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from ..module import Module
from ..nn import Linear, ReLU, Sequential, Sigmoid, Tanh, saturated_share
from ..norms import BatchNorm, LayerNorm
from .shuffle import mulberry32

BATCH, DEEPEST, BINS, SPAN = 32, 20, 25, 4.0
ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
NORMS: dict[str, type[BatchNorm] | type[LayerNorm] | None] = {"none": None, "BN": BatchNorm, "LN": LayerNorm}
#: Standard deviation of the first weights, by the number of units before and after them.
STDS = {"small": lambda width: 0.01, "Xavier": lambda width: np.sqrt(1 / width), "He": lambda width: np.sqrt(2 / width)}


class Depth(NamedTuple):
    """What enters (`y`) and leaves (`a`) the activations, a list of (BATCH, width); by layer, each of shape (layers,):
    the length of the gradient in the weights, the standard deviation of `y`, and the share of saturated units."""

    y: list[np.ndarray]
    a: list[np.ndarray]
    gradient: np.ndarray
    spread: np.ndarray
    saturated: np.ndarray


@lru_cache(maxsize=32)
def normals(seed, count):
    """Standard normal numbers that JavaScript can make too.

    Parameters
    ----------
    seed : int
        Of `mulberry32`.
    count : int
        How many; even.

    Returns
    -------
    ndarray of float64, shape (count,), read-only

    References
    ----------
    Box and Muller (1958), A note on the generation of random normal deviates.
    """
    draws = np.fromiter(islice(mulberry32(seed), count), np.float64, count).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log((draws[:, 0] + 1) / 2**32)), 2 * np.pi * (draws[:, 1] / 2**32)
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
    z.flags.writeable = False
    return z


def layer_histogram(values):
    """How many of the values lie in each of `BINS` equal bins from -4 to 4; what lies beyond is in the outermost.

    Parameters
    ----------
    values : ndarray of float
        NaN is left out.

    Returns
    -------
    ndarray of float64, shape (BINS,)
    """
    values = np.ravel(values)
    bins = np.floor((np.clip(values[~np.isnan(values)], -9, 9) + SPAN) * BINS / (2 * SPAN))
    return np.bincount(np.clip(bins, 0, BINS - 1).astype(int), minlength=BINS).astype(float)


def deep_network(*, layers, width, scale, init, activation, norm, draw):
    """Linear layers without bias, each followed by the norm and the activation, and what goes through them.

    Parameters
    ----------
    layers, width : int
        Number of layers, at most `DEEPEST`, and of units in each.
    scale : float
        Multiplies the weights.
    init : {"small", "Xavier", "He"}
        Standard deviation of the normal distribution of the weights: 0.01, ``sqrt(1 / width)`` or ``sqrt(2 / width)``.
    activation : {"sigmoid", "tanh", "relu"}
    norm : {"none", "BN", "LN"}
    draw : int
        Seed of inputs, gradient and weights. A deeper network has the weights of a shallower one, and more.

    Returns
    -------
    model : Sequential
    x, dy : ndarray of float64, shape (BATCH, width)
        Standard normal inputs, and gradients of the loss in what the last activation returns.
    """
    size, square = BATCH * width, width * width
    z = normals(draw, 2 * size + DEEPEST * square)
    x, dy = z[: 2 * size].reshape(2, BATCH, width)
    std, kind = scale * STDS[init](width), NORMS[norm]
    parts: list[Module] = []
    for weight in std * z[2 * size :][: layers * square].reshape(layers, width, width):
        parts.append(
            Linear(width, width, bias=False, init=lambda shape, rng, w=weight: w, rng=np.random.default_rng(0))
        )
        if kind is not None:
            parts.append(kind(width))
        parts.append(ACTIVATIONS[activation]())
    return Sequential(*parts), x, dy


def through_depth(**settings):
    """Pass a batch forward through `deep_network` and a gradient back, and look at every layer.

    Parameters
    ----------
    **settings : float, int or str
        As for `deep_network`.

    Returns
    -------
    Depth
    """
    model, x, dy = deep_network(**settings)
    per = len(model) // settings["layers"]
    outputs = [x]
    for layer in model:
        outputs.append(layer(outputs[-1]))
    model.backward(dy)
    y, a = outputs[per - 1 :: per], outputs[per::per]
    return Depth(
        y,
        a,
        gradient=np.array([np.linalg.norm(layer.grads["weight"]) for layer in model[::per]]),
        spread=np.array([v.std() for v in y]),
        saturated=np.array([saturated_share(model[per - 1].derivative(v), model[per - 1].steepest) for v in y]),
    )
