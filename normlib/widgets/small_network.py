"""A small network trained from given first weights in a given order, so that a page can train the same one."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..experiments import network
from ..nn import SoftmaxCrossEntropy, he_init
from ..optim import SGD
from ..train import accuracy, fit, predict
from ..train.evaluation import evaluating
from ..train.outputs import recorded_outputs
from .shuffle import Shuffle

WIDTHS = (2, 16, 16, 2)
SEED = 1  # of the order of the mini-batches


class Settings(NamedTuple):
    """What a copy is trained with: see `normlib.widgets.TrainingNetwork`."""

    norm: str
    rate: float
    init: float
    activation: str
    batch: int


class Run(NamedTuple):
    """A copy after its training.

    Attributes
    ----------
    model : Sequential
    step : int
        How many updates were made.
    losses : tuple of float
        Loss of each step's mini-batch, before its update.
    diverged : bool
        Whether the last of these losses, or one of the numbers below, is infinite or NaN.
    loss, accuracy : float
        Over all points, in evaluation mode.
    received : ndarray of float64, shape (256, 16)
        What the asked layer's activation function receives, for all points, in evaluation mode.
    """

    model: object
    step: int
    losses: tuple[float, ...]
    diverged: bool
    loss: float
    accuracy: float
    received: np.ndarray


@lru_cache(maxsize=16)
def train(settings, draws, points, step, layer):
    """Train one network of normlib: plain gradient descent, from given first weights, always in the same order.

    Parameters
    ----------
    settings : Settings
    draws : bytes
        Standard normal float32: the first weights are those of `he_init` with these draws, times ``settings.init``.
    points : bytes
        Float32, (256, 2): points of class 0, 1, 0, 1, …
    step : int
        How many mini-batches.
    layer : {1, 2}
        Whose activation function's input to report.

    Returns
    -------
    Run
    """
    x = np.frombuffer(points, "<f4").reshape(-1, 2).astype(np.float64)
    y, loss = np.arange(len(x)) % 2, SoftmaxCrossEntropy()
    model = first_network(settings, np.frombuffer(draws, "<f4").astype(np.float64))
    losses, diverged = [], False
    if step:
        options = {"batch_size": settings.batch, "steps": step, "rng": Shuffle(SEED), "progress": False}
        history = fit(model, loss, SGD(model, settings.rate), x, y, **options)
        losses, diverged = history.loss, history.diverged
    before = model[layer * (len(model) - 1) // 2 - 2]  # what stands in front of that layer's activation
    with np.errstate(all="ignore"), evaluating(model), recorded_outputs(before) as outputs:
        total = loss(predict(model, x), y)
        right = accuracy(model, x, y)
        numbers = total, outputs[before].mean(), outputs[before].std()
    diverged = diverged or not np.isfinite(numbers).all()
    made = sum(map(math.isfinite, losses))  # a loss that is not ends the run before its update
    return Run(model, made, tuple(losses), diverged, total, right, outputs[before])


def first_network(settings, draws):
    """The network before its first step, a `Sequential` in training mode; `draws` are standard normal, float64."""
    rest = iter(draws)

    class Given:
        """Draws that were made before, in the form that an initializer asks for them."""

        @staticmethod
        def standard_normal(shape):
            return np.array([next(rest) for _ in range(math.prod(shape))]).reshape(shape)

    def init(shape, rng):
        return settings.init * he_init(shape, Given)

    return network(WIDTHS, norm=settings.norm, activation=settings.activation, init=init, rng=np.random.default_rng(0))


def lean(model, points):
    """How much more a network believes in class 1 than in class 0, from -1 to 1, for points (N, 2): shape (N,)."""
    with np.errstate(all="ignore"):
        logits = predict(model, points)
        return np.tanh((logits[:, 1] - logits[:, 0]) / 2)


def thinned(losses):
    """Losses of single mini-batches as means of 1, 2, 4, … of them, so that they are at most 160: steps and means."""
    width = 1
    while len(losses) > 160 * width:
        width *= 2
    starts = range(0, len(losses), width)
    parts = [losses[i : i + width] for i in starts]
    return [i + (len(p) - 1) / 2 for i, p in zip(starts, parts, strict=True)], [sum(p) / len(p) for p in parts]


def reach(values):
    """Half the width of the histogram: the first of 4, 8, 16, … that holds all `values`."""
    bound = 4.0
    while bound < np.abs(values).max():
        bound *= 2
    return bound


def decades(*curves):
    """The powers of ten around thinned losses, 0.1 to 1 at least and 0.0001 to 100 at most."""
    means = [v for losses in curves for v in thinned(losses)[1] if 0 < v < math.inf]
    low, high = min([*means, 0.2]), max([*means, 0.9])
    return max(1e-4, 10.0 ** math.floor(math.log10(low))), min(100.0, 10.0 ** math.ceil(math.log10(high)))
