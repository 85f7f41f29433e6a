"""The networks of the experiments, with any norm, and how they are trained and measured."""

from itertools import pairwise

import numpy as np

from ..arrays import as_float
from ..data import digits
from ..module import Module
from ..nn import (
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    he_init,
)
from ..norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from ..optim import SGD
from ..train import accuracy, fit

ACTIVATIONS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
NORMS = {
    "batch": lambda shape, groups: BatchNorm(shape[0]),
    "layer": lambda shape, groups: LayerNorm(shape),
    "group": lambda shape, groups: GroupNorm(groups, shape[0]),
    "instance": lambda shape, groups: InstanceNorm(shape[0]),
    "rms": lambda shape, groups: RMSNorm(shape),
}


class RandomShift(Module):
    """In training, scale and shift each unit at random, anew in every step, alike for the whole batch.

    ``y = scale * x + shift`` with shift from N(0, strength²) and scale uniform between ``1 - strength`` and
    ``1 + strength``: on average nothing, so that in evaluation, where it returns its input, later layers find what they
    have learned from.

    Parameters
    ----------
    strength : float
        From 0, which changes nothing, to 1.
    rng : numpy.random.Generator
    """

    def __init__(self, strength, *, rng):
        super().__init__()
        self.strength, self.rng = strength, rng

    def forward(self, x):
        """`x`, of shape (N, C), with another mean and variance in every column."""
        x, scale, shift = as_float(x), 1.0, 0.0
        if self.training:
            scale = self.rng.uniform(1 - self.strength, 1 + self.strength, x.shape[1]).astype(x.dtype)
            shift = (self.strength * self.rng.standard_normal(x.shape[1])).astype(x.dtype)
        self._cache = (x.shape, scale)
        return x * scale + shift

    def backward(self, dy):
        """`dy` times the scale."""
        return dy * self._take_cache(dy)


def norm_layers(norm, shape, groups=10):
    """The layers that stand between a weight and its activation: one, or none for ``norm="none"``.

    Parameters
    ----------
    norm : {"none", "batch", "layer", "group", "instance", "rms"}
    shape : tuple of int
        Of one sample: (D,) or (C, H, W).
    groups : int
        Of group norm.

    Returns
    -------
    list of Module

    Raises
    ------
    ValueError
        For another `norm`.
    """
    if norm == "none":
        return []
    if norm not in NORMS:
        raise ValueError(f"norm = {norm!r} came; expected none, {', '.join(NORMS)}")
    return [NORMS[norm](shape, groups)]


def network(sizes, *, norm="none", activation="relu", init=he_init, dropout=0.0, shift=0.0, rng):
    """Fully connected layers, each but the last followed by the norm and the activation.

    Parameters
    ----------
    sizes : sequence of int
        Lengths of a row: of the input, after each hidden layer, and of the output.
    norm : str
        As in `norm_layers`. A bias in front of a batch norm would be redundant, and is left out.
    activation : {"relu", "sigmoid", "tanh"}
    init : function ``(shape, rng) -> array``
    dropout : float
        Probability of a zero after each activation; 0 for no such layer.
    shift : float
        Strength of a `RandomShift` after each norm; 0 for no such layer.
    rng : numpy.random.Generator
        Of the weights, which start alike whatever the norm, and then of what the layers draw in training.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> model = network([64, 100, 10], norm="batch", rng=np.random.default_rng(0))
    >>> [type(layer).__name__ for layer in model]
    ['Linear', 'BatchNorm', 'ReLU', 'Linear']
    """
    layers: list[Module] = []
    for before, after in pairwise(sizes[:-1]):
        layers.append(Linear(before, after, bias=norm != "batch", init=init, rng=rng))
        layers += norm_layers(norm, (after,))
        if shift:
            layers.append(RandomShift(shift, rng=rng))
        layers.append(ACTIVATIONS[activation]())
        if dropout:
            layers.append(Dropout(dropout, rng=rng))
    return Sequential(*layers, Linear(sizes[-2], sizes[-1], init=init, rng=rng))


def convolutional_network(*, norm="none", channels=(16, 32, 64), rng):
    """Convolutions of 3 × 3, each followed by the norm, ReLU and a pooling of 2 × 2; then a linear layer.

    Parameters
    ----------
    norm : str
        As in `norm_layers`; group norm has groups of four channels.
    channels : tuple of at most three int
        After each convolution, where the images are 8, 4 and 2 pixels wide.
    rng : numpy.random.Generator

    Returns
    -------
    Sequential
        From images (N, 1, 8, 8) to logits (N, 10).
    """
    layers: list[Module] = []
    before, width = 1, 8
    for after in channels:
        layers.append(Conv2d(before, after, 3, padding=1, bias=norm != "batch", rng=rng))
        layers += [*norm_layers(norm, (after, width, width), after // 4), ReLU(), MaxPool2d(2)]
        before, width = after, width // 2
    return Sequential(*layers, Flatten(), Linear(before * width**2, 10, rng=rng))


def digits_and_streams(seed, images=False):
    """The digits in float32, split by the seed, and a random stream each for weights and order.

    All norms see the same digits, first weights and order, and so they are compared seed by seed.
    """
    data, weights, order = np.random.default_rng(seed).spawn(3)
    return digits(data, images=images, dtype=np.float32), weights, order


def train(model, split, *, lr, steps, batch_size, rng, callbacks=()):
    """`fit` by plain gradient descent on a split's training part; a run that was interrupted is no result."""
    x, y, loss = split.x_train, split.y_train, SoftmaxCrossEntropy()
    history = fit(
        model,
        loss,
        SGD(model, lr),
        x,
        y,
        batch_size=batch_size,
        steps=steps,
        rng=rng,
        callbacks=callbacks,
        progress=False,
    )
    if len(history.loss) < steps and not history.diverged:
        raise KeyboardInterrupt
    return history


def curve(evaluate, steps):
    """Steps and accuracies of an `Evaluate` up to `steps` updates; a run that diverged keeps its last accuracy.

    Without those rows a mean over the seeds would be one of the runs that went well.
    """
    measured = dict(zip(evaluate.steps, evaluate.accuracy, strict=True))
    return [(step, measured.get(step, evaluate.accuracy[-1])) for step in range(0, steps + 1, evaluate.every)]


def errors(model, split, history):
    """Test and training error in percent, and whether the run diverged, as the columns of a table."""
    with np.errstate(all="ignore"):  # weights that overflowed
        test, trained = (accuracy(model, x, y) for x, y in (split[2:], split[:2]))
    return {"test_error": 100 * (1 - test), "train_error": 100 * (1 - trained), "diverged": history.diverged}
