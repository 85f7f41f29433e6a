"""Batch normalization."""

import numpy as np

from ..core import standardize
from ..module import NamedArrays
from ._base import Normalization


class BatchNorm(Normalization):
    """Normalize each channel over the batch and all spatial axes: 0 of (N, C), (0, 2, 3) of (N, C, H, W).

    In training the moments are the mini-batch's; each call also moves the running statistics,
    ``running = (1 - momentum) * running + momentum * batch``, with the unbiased variance m/(m-1).
    In evaluation the running statistics stand in for the batch's, and the layer is one affine map per channel.
    NaN in a channel passes through: it makes that channel's outputs and running statistics NaN, and no other's.

    Parameters
    ----------
    num_features : int
        Number of channels C; axis 1 of the input.
    eps : float
        Added to the variance, inside the root.
    momentum : float
        Weight of the new batch in the running statistics, from 0 to 1 (PyTorch's sense: Keras's momentum is
        one minus this).
    affine : bool
        Whether to learn gamma and beta, both of shape (C,).

    Raises
    ------
    ValueError
        For another channel count, and in training for fewer than two values per channel.
    TypeError
        For an input that is not floating. After an error nothing in the layer has changed.

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, algorithms 1 and 2.

    Examples
    --------
    >>> layer = BatchNorm(1, eps=0.0)
    >>> layer(np.array([[1.0], [3.0]])).ravel()
    array([-1.,  1.])
    >>> layer.buffers["running_mean"]
    array([0.2])
    """

    def __init__(self, num_features, *, eps=1e-5, momentum=0.1, affine=True):
        super().__init__(num_features, eps=eps, affine=affine)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum = {momentum} came; expected a number from 0 to 1, the weight of the new batch")
        self.num_features = num_features
        self.momentum = momentum
        self.buffers = NamedArrays(running_mean=np.zeros(num_features), running_var=np.ones(num_features))

    def axes(self, ndim):
        return (0, *range(2, ndim))

    def check(self, x):
        if x.ndim < 2 or x.shape[1] != self.num_features:
            raise ValueError(
                f"BatchNorm({self.num_features}) got an array of shape {x.shape}; expected (N, {self.num_features}) or "
                f"(N, {self.num_features}, *spatial), the channels on axis 1. Move them there with np.moveaxis, "
                f"or build the layer with the number of channels that you have"
            )
        count = x.size // self.num_features
        if self.training and count < 2:
            raise ValueError(
                f"BatchNorm in training got {count} value(s) per channel (shape {x.shape}); expected at least 2, "
                f"since one value has no spread. Use a larger batch, or layer.eval() for single examples"
            )

    def standardized(self, x):
        if self.training:
            x_hat, cache = super().standardized(x)
            self._update_running(cache.mean.ravel(), cache.var.ravel(), x.size // self.num_features)
            return x_hat, cache
        wide = x.astype(np.promote_types(x.dtype, np.float32), copy=False)
        mean = self.spread(self.buffers["running_mean"], wide)
        var = self.spread(self.buffers["running_var"], wide)
        return standardize(wide, mean, var, self.eps)

    def _update_running(self, mean, var, count):
        for name, new in (("running_mean", mean), ("running_var", var * count / (count - 1))):
            self.buffers[name] = (1 - self.momentum) * self.buffers[name] + self.momentum * new
