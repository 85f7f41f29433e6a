"""All norms at once: an exercise says how x is seen and which axes share a mean, and has its formulas and mistakes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Layout:
    """How a norm sees its input.

    Attributes
    ----------
    axes : tuple of int
        Of the view; they share a mean.
    view : callable
        From the shape of x, and the number of groups where there is one, to the shape of the view.
    param : callable
        From the shape of the view to that of gamma in it.
    other : tuple of int
        The axes that a mistaken student takes.
    """

    axes: tuple
    view: Callable
    param: Callable
    other: tuple = ()
    groups: bool = False


def as_it_is(shape, groups=None):
    """The view of a norm that needs none."""
    return shape


FEATURES = Layout((0,), as_it_is, lambda s: (1, s[1]), (1,))
SAMPLES = Layout((1,), as_it_is, lambda s: (1, s[1]), (0,))
CHANNELS = Layout((0, 2, 3), as_it_is, lambda s: (1, s[1], 1, 1), (1, 2, 3))
MAPS = Layout((2, 3), as_it_is, lambda s: (1, s[1], 1, 1), (0, 2, 3))
GROUPS = Layout(
    (2, 3, 4), lambda s, g: (s[0], g, s[1] // g, *s[2:]), lambda s: (1, *s[1:3], 1, 1), (0, 2, 3, 4), groups=True
)


class Pieces:
    """What every formula of the family is made of, in the shape of the view."""

    def __init__(self, layout, x, gamma, eps, groups=None, *, beta=0.0, dy=0.0, axes=None):
        seen = layout.view(x.shape, groups)
        self.axes, self.eps, self.groups = layout.axes if axes is None else axes, eps, groups
        self.x = x.reshape(seen)
        self.gamma, self.beta = (
            np.reshape(p, layout.param(seen)) if np.ndim(p) else np.asarray(p) for p in (gamma, beta)
        )
        self.dy = np.reshape(dy, seen) if np.ndim(dy) else dy
        self.g = self.dy * self.gamma
        self.mean = self.over(self.x)
        self.centred = self.x - self.mean
        self.var = self.over(self.centred**2)
        self.std = np.sqrt(self.var + eps)
        self.x_hat = self.centred / self.std
        self.shared = tuple(i for i, n in enumerate(layout.param(seen)) if n == 1)
        self.m = self.x.size // self.mean.size

    def over(self, a, axes=None):
        """Mean over the axes, which stay at length one."""
        return a.mean(self.axes if axes is None else axes, keepdims=True)

    def total(self, a):
        """Sum over the axes, which stay at length one."""
        return a.sum(self.axes, keepdims=True)

    def affine(self, x_hat):
        """Scale and shift."""
        return self.gamma * x_hat + self.beta

    def compact(self, g=None, m=None, half=1.0, sign=-1.0, along=None, over=None):
        """The two projections of the backward pass, not yet divided by σ; each argument spoils one thing."""
        g = self.g if g is None else g
        over = over or (lambda a: self.total(a) / (m or self.m))
        along = self.x_hat if along is None else along
        return g + sign * over(g) - half * along * over(g * along)

    def per_param(self, a):
        """Sum over everything that shares a gamma, one axis left."""
        return a.sum(self.shared).reshape(-1)


def normalized(p):
    """The right forward pass."""
    return p.affine(p.x_hat)


def one_pass(p):
    """Sigma from E[x²] − E[x]², in the dtype of x."""
    return np.sqrt(p.over(p.x**2) - p.over(p.x) ** 2 + p.eps)


# What may go wrong on the way to y.
FORWARD = {
    "F01": lambda p: p.affine(p.centred / (np.sqrt(p.var) + p.eps)),
    "F02": lambda p: p.affine(p.centred / np.sqrt(p.var)),
    "F03": lambda p: p.affine(p.centred / np.sqrt(p.var * p.m / (p.m - 1) + p.eps)),
    "F04": lambda p: p.affine(p.centred / (p.var + p.eps)),
    "F05": lambda p: p.affine((p.x - p.x.mean()) / np.sqrt(p.x.var() + p.eps)),
    "F09": lambda p: p.affine(p.x / p.std),
    "F10": lambda p: p.gamma * p.x_hat,
    "F11": lambda p: p.x_hat + p.beta,
    "F12": lambda p: p.gamma * (p.x_hat + p.beta),
    "F14": lambda p: p.affine(p.centred / np.sqrt(p.var * p.m + p.eps)),
    "F15": lambda p: p.affine((p.x - p.x.min(p.axes, keepdims=True)) / np.ptp(p.x, axis=p.axes, keepdims=True)),
    "L02": lambda p: p.affine(p.centred / (np.sqrt(p.var * p.m / (p.m - 1)) + p.eps)),
}

# What may go wrong in dx.
DX = {
    "B01": lambda p: p.g / p.std,
    "B02": lambda p: (p.g - p.over(p.g)) / p.std,
    "B03": lambda p: (p.g - p.x_hat * p.over(p.g * p.x_hat)) / p.std,
    "B05": lambda p: p.compact(sign=1.0) / p.std,
    "B06": lambda p: p.compact(p.dy) / p.std,
    "B07": lambda p: p.compact(m=1) / p.std,
    "B08": lambda p: p.compact(),
    "B09": lambda p: p.compact() / p.std**2,
    "B10": lambda p: p.compact(along=p.x) / p.std,
    "B13": lambda p: p.compact(half=0.5) / p.std,
    "B15": lambda p: p.compact(m=p.m - 1) / p.std,
    "B18": lambda p: p.compact(along=p.centred / np.sqrt(p.var)) / np.sqrt(p.var),
    "B19": lambda p: p.g / p.std,
    "B23": lambda p: p.compact(over=np.mean) / p.std,
}
# Other ways to write them.
DX_AGAIN = {
    "B06": lambda p: p.dy / p.std - p.over(p.g) / p.std - p.x_hat * p.over(p.g * p.x_hat) / p.std,
    "B10": lambda p: (p.g - p.over(p.g) - p.x * p.over(p.g * p.x_hat)) / p.std,
    "B18": lambda p: p.compact() / np.sqrt(p.var),
    "B23": lambda p: (p.g - np.sum(p.g) / p.m - p.x_hat * np.sum(p.g * p.x_hat) / p.m) / p.std,
}
DGAMMA = {
    "P01": lambda p: p.per_param(p.dy * p.x),
    "P02": lambda p: p.per_param(p.dy + 0 * p.x),
    "P03": lambda p: p.per_param(p.dy * p.x_hat) * p.per_param(np.ones_like(p.x)) ** -1.0,
}
DBETA = {"P05": lambda p: p.dy.mean(p.shared).reshape(-1)}


def forward(layout, rule=normalized, axes=None):
    """A function f(x, gamma, beta, [num_groups,] eps) from a rule for y."""

    def f(x, gamma, beta, *rest):
        p = Pieces(layout, x, gamma, rest[-1], *rest[:-1], beta=beta, axes=axes)
        return rule(p).reshape(x.shape)

    return f


def backward(layout, dx=None, dgamma=None, dbeta=None, axes=None):
    """A function f(dy, x, gamma, [num_groups,] eps) from rules for its three outputs; the right one where none came."""

    def f(dy, x, gamma, *rest):
        p = Pieces(layout, x, gamma, rest[-1], *rest[:-1], dy=dy)
        spoilt = p if axes is None else Pieces(layout, x, gamma, rest[-1], *rest[:-1], dy=dy, axes=axes)
        return (
            dx(spoilt).reshape(x.shape) if dx else (p.compact() / p.std).reshape(x.shape),
            dgamma(p) if dgamma else p.per_param(p.dy * p.x_hat),
            dbeta(p) if dbeta else p.per_param(p.dy),
        )

    return f
