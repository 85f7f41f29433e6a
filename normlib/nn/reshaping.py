"""Layers that only rearrange or pick."""

import math

import numpy as np

from ..arrays import as_float
from ..module import Module


class Flatten(Module):
    """Each sample as one row: (N, ...) becomes (N, D).

    Examples
    --------
    >>> Flatten()(np.ones((5, 2, 3, 4))).shape
    (5, 24)
    """

    def forward(self, x):
        """`x`, of shape (N, ...) with at least two axes, as a matrix of its own."""
        x = as_float(x)
        if x.ndim < 2:
            raise ValueError(
                f"Flatten got an array of shape {x.shape}; expected (N, ...). Add the axis of samples: x[None]"
            )
        y = x.reshape(len(x), math.prod(x.shape[1:])).copy()
        self._cache = (y.shape, (x.shape, x.dtype))
        return y

    def backward(self, dy):
        """`dy` in the shape of the input."""
        dy = as_float(dy, "dy")
        shape, dtype = self._take_cache(dy)
        return dy.reshape(shape).astype(dtype)


class LastStep(Module):
    """The last step of each sequence: (N, T, H) becomes (N, H). It makes a classifier of an `RNN`.

    Examples
    --------
    >>> LastStep()(np.array([[[1.0], [2.0], [3.0]]]))
    array([[3.]])
    """

    def forward(self, x):
        """``x[:, -1]`` of `x`, of shape (N, T, H)."""
        x = as_float(x)
        if x.ndim != 3 or x.shape[1] == 0:
            raise ValueError(f"LastStep got an array of shape {x.shape}; expected (N, T, H), at least one step long")
        y = x[:, -1].copy()
        self._cache = (y.shape, (x.shape, x.dtype))
        return y

    def backward(self, dy):
        """`dy` at the last step, and zero before."""
        dy = as_float(dy, "dy")
        shape, dtype = self._take_cache(dy)
        dx = np.zeros(shape, dtype)
        dx[:, -1] = dy
        return dx
