"""Batch norm as a class: what goes wrong only where there is something to remember between calls."""

import numpy as np

from ..exercise import Exercise
from . import family
from .collecting import mistakes
from .drawing import betas, gammas, table


class Layer:
    """The right one; a mistake is a subclass that changes one of its steps."""

    def __init__(self, num_features, momentum, eps):
        self.momentum, self.eps, self.seen = momentum, eps, 0
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)

    def forward(self, x, training):
        """Scale and shift x̂; keep what the backward pass needs."""
        mean, var = self.statistics(x, training)
        self.cache = x, mean, var, training
        y = self.output((x - mean) / self.sigma(var), training)
        if self.moves(training):
            self.seen += 1
            self.keep(x.mean(0), self.stored(x))
        return y

    def statistics(self, x, training):
        """What x is normalized by."""
        return (x.mean(0), x.var(0)) if training else (self.running_mean, self.running_var)

    def sigma(self, var):
        """The denominator of x̂."""
        return np.sqrt(var + self.eps)

    def output(self, x_hat, training):
        """Scale and shift."""
        return self.gamma * x_hat + self.beta

    def moves(self, training):
        """Whether the running statistics take note of this batch."""
        return training

    def stored(self, x):
        """The variance that is kept: unbiased."""
        return x.var(0, ddof=1)

    def keep(self, mean, var):
        """Move the running statistics."""
        new = self.momentum
        self.running_mean = (1 - new) * self.running_mean + new * mean
        self.running_var = (1 - new) * self.running_var + new * var

    def backward(self, dy):
        """Gradients in x, gamma, beta, for the mode that the forward pass was in."""
        x, mean, var, training = self.cache
        p = family.Pieces(family.FEATURES, x, self.gamma, self.eps, dy=dy)
        p.mean, p.std = mean, np.sqrt(var + self.eps)
        p.centred = x - mean
        p.x_hat = p.centred / p.std
        dx = self.moved(p) if self.through_moments(training) else p.g / p.std
        return dx, (dy * p.x_hat).sum(0), dy.sum(0)

    def through_moments(self, training):
        """Whether mean and variance move with x."""
        return training

    def moved(self, p):
        """dx where they do."""
        return p.compact() / p.std


def _with(**steps):
    """A layer with some steps replaced."""
    return type("Spoilt", (Layer,), steps)


def _with_dx(rule):
    return _with(moved=lambda self, p: rule(p))


def _weighing(old, new):
    """A layer that keeps its statistics with other weights: functions of the layer."""

    def keep(self, mean, var):
        self.running_mean = old(self) * self.running_mean + new(self) * mean
        self.running_var = old(self) * self.running_var + new(self) * var

    return _with(keep=keep)


def _own_running_statistics(self, x, training):
    return self.running_mean, self.running_var


def _moved_first(self, x, training):
    if training:
        self.keep(x.mean(0), self.stored(x))
    return self.running_mean, self.running_var


def _from_zero(self, num_features, momentum, eps):
    Layer.__init__(self, num_features, momentum, eps)
    self.running_var = np.zeros(num_features)


def _local_only(self, mean, var):
    running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
    running_var = (1 - self.momentum) * self.running_var + self.momentum * var
    return running_mean, running_var


def _constant_in_running_statistics(self, p):
    return p.g / np.sqrt(self.running_var + self.eps)


def _always(self, training):
    return True


def _never(self, training):
    return False


class PlainLayer:
    """Right, and written another way: the six gradients, and a step towards each batch."""

    def __init__(self, num_features, momentum, eps):
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.momentum, self.eps = momentum, eps

    def forward(self, x, training):
        """Train or evaluate."""
        mean, var = self.running_mean.copy(), self.running_var.copy()
        if training:
            mean, var, m = x.mean(axis=0), x.var(axis=0), len(x)
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (var * m / (m - 1) - self.running_var)
        self.training, self.d, self.r = training, x - mean, (var + self.eps) ** -0.5
        return self.gamma * self.d * self.r + self.beta

    def backward(self, dy):
        """All three gradients."""
        dgamma, dbeta, dx_hat, m = (dy * self.d * self.r).sum(0), dy.sum(0), dy * self.gamma, len(dy)
        dx = dx_hat * self.r
        if self.training:
            dvar = (dx_hat * self.d).sum(0) * -0.5 * self.r**3
            dx = dx + dvar * 2 * self.d / m - (dx_hat * self.r).sum(0) / m
        return dx, dgamma, dbeta


def _script(rng, d, momentum, eps):
    def batch(rows):
        return table(rng, rows, d)

    def back(rows):
        return ("backward", {"dy": rng.standard_normal((rows, d))})

    read = ("read", ["running_mean", "running_var"])
    return [
        ("make", {"num_features": d, "momentum": momentum, "eps": eps}),
        ("set", {"gamma": gammas(rng, d), "beta": betas(rng, d)}),
        ("forward", {"x": batch(8), "training": True}),
        read,
        back(8),
        ("forward", {"x": batch(6), "training": True}),
        read,
        ("forward", {"x": batch(7), "training": False}),
        read,
        back(7),
        ("forward", {"x": batch(1), "training": False}),
        ("forward", {"x": batch(8), "training": True}),
        back(8),
        read,
    ]


def _probes(rng):
    d = 3
    read = ("read", ["gamma", "beta", "running_mean", "running_var"])
    return {
        "main": _script(rng, d, 0.3, 0.1),
        "momentum = 1/2": _script(rng, d, 0.5, 0.1),
        "a fresh layer": [
            ("make", {"num_features": 4, "momentum": 0.1, "eps": 0.05}),
            read,
            ("forward", {"x": table(rng, 5, 4), "training": False}),
            ("forward", {"x": table(rng, 5, 4), "training": True}),
            read,
        ],
    }


LAYER = Exercise(
    id="batch-norm-layer",
    task="Batch norm as a class with attributes gamma, beta, running_mean, running_var; methods forward(x, training) "
    "and backward(dy), which returns dx, dgamma, dbeta.",
    parameters=("num_features", "momentum", "eps"),
    outputs=("layer",),
    reference=Layer,
    probes=_probes,
    mistakes=mistakes(
        {
            "F16": _with(statistics=_own_running_statistics),
            "F17": _with(statistics=lambda self, x, t: (self.running_mean, x.var(0) if t else self.running_var)),
            "R01": _weighing(lambda self: self.momentum, lambda self: 1 - self.momentum),
            "R02": _with(stored=lambda self, x: x.var(0)),
            "R03": _with(__init__=_from_zero),
            "R05": _weighing(lambda self: 1.0, lambda self: 0.0),
            "R06": _weighing(lambda self: 0.0, lambda self: 1.0),
            "R07": _weighing(lambda self: 1 - 1 / self.seen, lambda self: 1 / self.seen),
            "R08": _with(statistics=lambda self, x, training: (x.mean(0), x.var(0))),
            "R09": _weighing(lambda self: 1.0, lambda self: self.momentum),
            "R12": _with(moves=_always),
            "R15": _with(output=lambda self, x_hat, t: self.gamma * x_hat + self.beta if t else x_hat),
            "R16": _with(keep=_local_only),
            "R17": _with(stored=lambda self, x: x.std(0, ddof=1)),
            "B01": _with(through_moments=_never),
            "B19": _with(moved=_constant_in_running_statistics),
            "B20": _with(through_moments=_always),
            "F01": _with(sigma=lambda self, var: np.sqrt(var) + self.eps),
            "F10": _with(output=lambda self, x_hat, training: self.gamma * x_hat),
            "F11": _with(output=lambda self, x_hat, training: x_hat + self.beta),
        },
        {id: _with_dx(family.DX[id]) for id in ("B02", "B03", "B05", "B06", "B07", "B08")},
        [
            ("F16", _with(statistics=_moved_first, moves=_never)),
            ("R08", _with(statistics=lambda self, x, training: (x.mean(0), x.var(0)), through_moments=_always)),
        ],
    ),
    accepted={"another class": PlainLayer},
    hints=(
        "What must the layer remember from one call to the next, and what only from forward to backward?",
        "training chooses which statistics normalize, whether the running ones move, and which gradient is right.",
        "In evaluation mean and variance are constants: dx = γ·dy/√(running_var + ε). Write back with `self.`",
    ),
    chapter="training-and-inference",
)
