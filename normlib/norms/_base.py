"""Normalize over some axes, then scale by gamma and shift by beta: all that the layers share."""

import math

import numpy as np

from .. import speed
from ..arrays import as_eps, as_float, compute_dtype, inner, unbroadcast
from ..core import normalize, normalize_backward, standardize
from ..module import Module, NamedArrays

SQUARES = 1e-30  # smaller than this, the squares of float32 lose digits


class Normalization(Module):
    """Base of the layers; each says only how it *views* its input and over which *axes* of the view it normalizes.

    Every input is seen with four axes (N, G, K, S): samples, groups, channels of a group, positions. Batch norm takes
    its moments over (0, 2, 3), the others over (2, 3); apart from that they differ in how channels form groups.

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

    axes: tuple[int, ...] = (2, 3)
    centered = True
    spatial = 0  # how many spatial axes an input must have
    per = "channel"  # what has a mean of its own
    cure = ""  # what to do where that mean would be of one number

    def __init__(self, param_shape, *, eps=1e-5, affine=True):
        super().__init__()
        self.num_channels = math.prod(np.atleast_1d(param_shape))
        self.eps = as_eps(eps)
        self._scratch, self._fits = np.empty(0), None
        if affine:
            self.params = NamedArrays(gamma=np.ones(param_shape), beta=np.zeros(param_shape))

    def __repr__(self):
        return f"{type(self).__name__}({self.num_channels})"

    def check(self, x):
        """Raise unless `x` fits: its shape, and two numbers or more for each mean that is taken."""
        self.check_shape(x)
        if self.given() is None and self.centered:
            seen = self.view(x.shape)
            count = math.prod(seen[i] for i in self.axes)
            if count < 2:
                raise ValueError(
                    f"{type(self).__name__}{' in training' if 0 in self.axes else ''} got {count} value(s) per "
                    f"{self.per} (shape {x.shape}); expected at least 2, since one value has no spread. {self.cure}"
                )
        if not x.size:
            raise ValueError(
                f"{type(self).__name__} got an empty array of shape {x.shape}; expected at least one sample. "
                f"Leave out the empty batch"
            )

    def check_shape(self, x):
        """Raise unless `x` is (N, C, *spatial)."""
        channels = self.num_channels
        if x.ndim < 2 + self.spatial or x.shape[1] != channels:
            shapes = f"(N, {channels}, *spatial)" if self.spatial else f"(N, {channels}) or (N, {channels}, *spatial)"
            raise ValueError(
                f"{self!r} got an array of shape {x.shape}; expected {shapes}, the channels on axis 1. Move them "
                f"there with np.moveaxis, or build the layer with the number of channels that you have"
            )

    def view(self, shape):
        """The lengths (N, G, K, S) that an input of `shape` is seen with; here each channel is a group of its own."""
        return shape[0], shape[1], 1, math.prod(shape[2:])

    def spread(self, param):
        """Gamma or beta as it meets the view: here one number a channel, shape (1, G, K, 1)."""
        return param.reshape(1, param.size, 1, 1)

    def given(self):
        """Mean and variance, each (1, G, 1, 1), that stand in for the batch's own; None where nothing does."""
        return None

    def keep(self, mean, var, count):
        """Take note of a batch's mean and biased variance, each over `count` numbers."""

    def forward(self, x):
        """Normalize `x`, scale by gamma and shift by beta.

        Parameters
        ----------
        x : ndarray of float
            Of a shape that fits the layer.

        Returns
        -------
        ndarray, shape and dtype of `x`

        Raises
        ------
        TypeError
            If `x` is not floating.
        ValueError
            If its shape does not fit. After an error nothing in the layer has changed.
        """
        x = as_float(x)
        if self._fits != (x.shape, self.training):  # what fitted before need not be checked again
            self.check(x)
            self._fits = x.shape, self.training
        seen = x.astype(compute_dtype(x.dtype), copy=False).reshape(self.view(x.shape))
        y, cache = self._forward(seen)
        self._cache = (x.shape, cache)
        return y.reshape(x.shape).astype(x.dtype, copy=False)

    def backward(self, dy):
        """Gradient of the loss in the input; gradients in gamma and beta go to `grads`.

        Parameters
        ----------
        dy : ndarray of float, shape of the output

        Returns
        -------
        dx : ndarray, shape and dtype of `dy`

        Raises
        ------
        RuntimeError
            If no forward pass came before.
        ValueError
            If `dy` has another shape than the output.
        """
        dy = as_float(dy, "dy")
        cache = self._take_cache(dy)
        fast = isinstance(cache, speed.Kept)
        dtype = (cache.deviation if fast else cache.x_hat).dtype
        seen = dy.astype(dtype, copy=False).reshape(self.view(dy.shape))
        dx, *grads = self._backward(seen, cache, self._param("gamma", np.float64 if fast else dtype))
        for name, grad in zip(("gamma", "beta"), grads, strict=True):
            if name in self.params.data:
                self.grads[name] = grad.reshape(self.params.data[name].shape)
        return dx.reshape(dy.shape).astype(dy.dtype, copy=False)

    def _param(self, name, dtype):
        param = self.params.data.get(name)
        return None if param is None else self.spread(param.astype(dtype, copy=False))

    def _forward(self, x):
        given = self.given()
        y, cache = self._in_blocks(x, given) or self._at_once(x, given)
        if given is None:
            self.keep(cache.mean.ravel(), cache.var.ravel(), x.size // cache.mean.size)
        return y, cache

    def _at_once(self, x, given):
        if given is None:
            x_hat, cache = normalize(x, self.axes, self.eps, self.centered)
        else:
            mean, var = given
            x_hat, cache = standardize(x, mean, var, self.eps)
        return self._scale_shift(x_hat, self._param("gamma", x.dtype), self._param("beta", x.dtype)), cache

    def _in_blocks(self, x, given):
        """The same for larger arrays; None where that does not pay, or would be too coarse."""
        if not speed.pays(x, self.axes):
            return None
        if self._scratch.size != x.size or self._scratch.dtype != x.dtype:
            self._scratch = np.empty(x.size, x.dtype)
        eps, self._cache = as_eps(self.eps), None  # an earlier pass loses its deviations here
        gamma, beta = self._param("gamma", np.float64), self._param("beta", np.float64)
        with np.errstate(all="ignore"):  # whatever would be warned of goes the other way, and is warned of there
            done = speed.forward(
                x, self.axes, gamma, beta, eps, given=given, centered=self.centered, scratch=self._scratch
            )
        fine = done and (given is not None or eps > SQUARES or (done[1].var > SQUARES).all())
        return done if fine else None

    def _backward(self, dy, cache, gamma):
        if isinstance(cache, speed.Kept):
            return speed.backward(dy, cache, gamma)
        dx_hat, *grads = self._scale_shift_backward(dy, cache.x_hat, gamma)
        if cache.axes is None:  # mean and variance were constants
            return dx_hat * cache.inv_std.astype(dy.dtype), *grads
        return normalize_backward(dx_hat, cache), *grads

    @staticmethod
    def _scale_shift(x_hat, gamma, beta):
        if gamma is None:
            return x_hat.copy()
        y = gamma * x_hat
        if beta is not None:
            y += beta
        return y

    @staticmethod
    def _scale_shift_backward(dy, x_hat, gamma):
        if gamma is None:
            return dy, None, None
        shared = tuple(i for i, size in enumerate(gamma.shape) if size == 1)
        return dy * gamma, inner(dy, x_hat, shared), unbroadcast(dy.astype(np.float64), gamma.shape)
