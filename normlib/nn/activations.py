"""Activation functions, their derivatives, and the layers made of them."""

from collections.abc import Callable

import numpy as np

from ..arrays import as_float, compute_dtype
from ..module import Module


def sigmoid(z):
    """Logistic function ``1 / (1 + exp(-z))``, elementwise, without overflow for any finite `z`.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore"):  # where exp overflows, its inverse is zero, as it should be
        return 1.0 / (1.0 + np.exp(-z))


def sigmoid_derivative(z):
    """Slope of the logistic function at `z`, ``s (1 - s)``; at most 1/4, at zero."""
    s = sigmoid(z)
    return s * (1.0 - s)


def tanh(z):
    """Hyperbolic tangent, elementwise."""
    return np.tanh(z)


def tanh_derivative(z):
    """Slope of the hyperbolic tangent at `z`, ``1 - tanh(z)²``; at most 1, at zero."""
    t = np.tanh(z)
    return 1.0 - t * t


def relu(z):
    """Rectified linear unit ``max(z, 0)``, elementwise; NaN stays NaN."""
    return np.maximum(z, 0)


def relu_derivative(z):
    """Slope of the rectified linear unit at `z`: 1 above zero, 0 elsewhere."""
    return (np.asarray(z) > 0) * 1.0


def saturated_share(derivative, steepest):
    """Share of units whose slope is below 5 % of the steepest that the function has.

    Parameters
    ----------
    derivative : ndarray of float, any shape
        Slopes of the activation function at the units' inputs.
    steepest : float
        Its largest slope: 1/4 for the sigmoid, 1 for tanh and ReLU.

    Returns
    -------
    float, from 0 to 1

    Examples
    --------
    >>> saturated_share(sigmoid_derivative(np.array([0.0, 5.0])), steepest=0.25)
    0.5
    """
    return float(np.mean(np.asarray(derivative) < 0.05 * steepest))


class _Activation(Module):
    """A function applied to each number by itself; `_slope` is its derivative, told from its value."""

    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray]
    _slope: Callable[[np.ndarray], np.ndarray]
    steepest: float

    def forward(self, x):
        """Apply the function to `x`, any shape of float; same shape and dtype."""
        x = as_float(x)
        y = self.function(x.astype(compute_dtype(x.dtype), copy=False))
        self._cache = (x.shape, (y.copy(), x.dtype))  # y is the caller's, who may overwrite it before backward
        return y.astype(x.dtype, copy=False)

    def backward(self, dy):
        """``dy`` times the slope at the input; raises as `Module` does."""
        dy = as_float(dy, "dy")
        y, dtype = self._take_cache(dy)
        return (dy * self._slope(y)).astype(dtype, copy=False)


class Sigmoid(_Activation):
    """The logistic function as a layer."""

    function, derivative, steepest = staticmethod(sigmoid), staticmethod(sigmoid_derivative), 0.25
    _slope = staticmethod(lambda y: y * (1.0 - y))


class Tanh(_Activation):
    """The hyperbolic tangent as a layer."""

    function, derivative, steepest = staticmethod(tanh), staticmethod(tanh_derivative), 1.0
    _slope = staticmethod(lambda y: 1.0 - y * y)


class ReLU(_Activation):
    """The rectified linear unit as a layer."""

    function, derivative, steepest = staticmethod(relu), staticmethod(relu_derivative), 1.0
    _slope = staticmethod(lambda y: (y > 0).astype(y.dtype))
