"""Normalize over some axes, then scale by gamma and shift by beta: all that the layers share."""

import numpy as np

from ..arrays import as_float, unbroadcast
from ..core import normalize, normalize_backward, standardize_backward
from ..module import Module, NamedArrays


class Normalization(Module):
    """Base of the layers; a subclass says only *which axes* and *which shape*.

    Parameters
    ----------
    param_shape : int or tuple of int
        Shape of gamma and beta.
    eps : float
        Added to the variance, inside the root.
    affine : bool
        Whether to learn gamma (starts at 1) and beta (starts at 0).

    Raises
    ------
    ValueError
        If `eps` is negative.
    """

    def __init__(self, param_shape, *, eps=1e-5, affine=True):
        super().__init__()
        if not eps >= 0:
            raise ValueError(f"eps = {eps} came; expected zero or a small positive number such as 1e-5")
        self.eps = eps
        if affine:
            self.params = NamedArrays(gamma=np.ones(param_shape), beta=np.zeros(param_shape))

    def axes(self, ndim):
        """The axes that share one mean and one variance."""
        raise NotImplementedError(f"{type(self).__name__} names no axes")

    def check(self, x):
        """Raise unless `x` fits this layer."""

    def spread(self, param, x):
        """A per-channel array of shape (C,) as (1, C, 1, …), in the dtype of `x`."""
        return param.reshape(1, -1, *[1] * (x.ndim - 2)).astype(x.dtype, copy=False)

    def forward(self, x):
        x = as_float(x)
        self.check(x)
        x_hat, cache = self.standardized(x)
        return self._scale_shift(x_hat, cache, x.dtype)

    def standardized(self, x):
        """x_hat and its cache, before gamma and beta."""
        return normalize(x, self.axes(x.ndim), self.eps)

    def backward(self, dy):
        """Gradient of the loss in the input; gradients in gamma and beta go to `grads`.

        Parameters
        ----------
        dy : ndarray of float, shape of the output

        Returns
        -------
        dx : ndarray, same shape

        Raises
        ------
        RuntimeError
            If no forward pass came before.
        ValueError
            If `dy` has another shape than the output.
        """
        dy = as_float(dy, "dy")
        cache = self._take_cache(dy)
        out_dtype = dy.dtype
        dx_hat = self._scale_shift_backward(dy.astype(cache.x_hat.dtype, copy=False), cache.x_hat)
        dx = standardize_backward(dx_hat, cache)[0] if cache.axes is None else normalize_backward(dx_hat, cache)
        return dx.astype(out_dtype, copy=False)

    def _scale_shift(self, x_hat, cache, dtype):
        self._cache = (x_hat.shape, cache)
        if not self.params:
            return x_hat.astype(dtype)
        gamma, beta = (self.spread(self.params[name], x_hat) for name in ("gamma", "beta"))
        y = gamma * x_hat + beta
        return y.astype(dtype, copy=False)

    def _scale_shift_backward(self, dy, x_hat):
        if not self.params:
            return dy
        gamma = self.spread(self.params["gamma"], x_hat)
        shape = self.params["gamma"].shape
        self.grads["gamma"] = unbroadcast(dy * x_hat, gamma.shape).reshape(shape)
        self.grads["beta"] = unbroadcast(dy, gamma.shape).reshape(shape)
        return dy * gamma
