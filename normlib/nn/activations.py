"""Activation functions and the layers made of them."""

import numpy as np

from ..arrays import as_float
from ..module import Module


def sigmoid(z):
    """Logistic function ``1 / (1 + exp(-z))``, elementwise, without overflow for any finite `z`.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def relu(z):
    """``max(z, 0)``, elementwise."""
    return np.maximum(z, 0)


class _Activation(Module):
    """A function applied to each number by itself; keeps its output for the backward pass."""

    def forward(self, x):
        """Apply the function to `x`, any shape of float; same shape and dtype."""
        x = as_float(x)
        y = self.function(x)
        self._cache = (x.shape, (x, y))
        return y.copy()

    def backward(self, dy):
        """``dy`` times the derivative at the input; raises as `Module` does."""
        return dy * self.derivative(*self._take_cache(dy))


class Sigmoid(_Activation):
    """``1 / (1 + exp(-x))``; derivative ``y (1 - y)``, at most 1/4."""

    function = staticmethod(sigmoid)

    @staticmethod
    def derivative(x, y):
        return y * (1 - y)


class Tanh(_Activation):
    """Hyperbolic tangent; derivative ``1 - y²``, at most 1."""

    function = staticmethod(np.tanh)

    @staticmethod
    def derivative(x, y):
        return 1 - y * y


class ReLU(_Activation):
    """``max(x, 0)``; derivative 1 above zero and 0 elsewhere."""

    function = staticmethod(relu)

    @staticmethod
    def derivative(x, y):
        return (x > 0).astype(x.dtype)
