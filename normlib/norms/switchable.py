"""Switchable normalization."""

from typing import NamedTuple

import numpy as np

from ..arrays import unbroadcast
from ..core import Cache, moments, moments_backward, standardize, standardize_backward
from ..distributions import softmax
from ..module import NamedArrays
from ._running import RunningNormalization


class SwitchableNorm(RunningNormalization):
    """Normalize with a learned mixture of instance, layer and batch norm's moments.

    ``mean = sum of w * (IN mean, LN mean, BN mean)`` and the same for the variance with weights of its own; the
    weights are softmaxes of `mean_logits` and `var_logits`, in this order. Only instance norm's moments are taken from
    the data: the others are moments of those. In evaluation batch norm's share uses the running statistics.

    Parameters
    ----------
    num_features : int
        Number of channels C; axis 1 of the input.
    eps, momentum, affine, unbiased
        As in `BatchNorm`. The logits are learned also without `affine`.

    Raises
    ------
    ValueError
        For another channel count, no spatial axis, or a single position.
    TypeError
        For an input that is not floating.

    References
    ----------
    Luo, Ren, Peng, Zhang and Li (2019), Differentiable Learning-to-Normalize via Switchable Normalization, equations
    2 to 5.

    Examples
    --------
    >>> layer = SwitchableNorm(3)
    >>> sorted(layer.params)
    ['beta', 'gamma', 'mean_logits', 'var_logits']
    """

    spatial = 1
    per = "channel of a sample"
    cure = "Use an input with more positions"

    def __init__(self, num_features, *, eps=1e-5, momentum=0.1, affine=True, unbiased=True):
        super().__init__(num_features, eps=eps, momentum=momentum, affine=affine, unbiased=unbiased)
        self.params = NamedArrays(**self.params, mean_logits=np.zeros(3), var_logits=np.zeros(3))

    def _forward(self, x):
        mean, var = moments(x, (2, 3))
        means, variances = zip((mean, var), _of_means(mean, var, 1), _of_means(mean, var, 0), strict=True)
        batch = means[2], variances[2]
        if not self.training:
            running = [self.spread(self.buffers[name].copy()) for name in ("running_mean", "running_var")]
            means, variances = (*means[:2], running[0]), (*variances[:2], running[1])
        weights = [softmax(self.params[name]) for name in ("mean_logits", "var_logits")]
        mean, var = (_mixed(*pair) for pair in zip(weights, (means, variances), strict=True))
        x_hat, cache = standardize(x, mean, var, self.eps)
        if self.training:
            self.keep(batch[0].ravel(), batch[1].ravel(), len(x) * x.shape[3])
        y = self._scale_shift(x_hat, self._param("gamma", x.dtype), self._param("beta", x.dtype))
        return y, Mixture(x_hat, cache, means, variances, weights, self.training)

    def _backward(self, dy, mixture, gamma):
        x_hat, cache, means, variances, weights, moved = mixture
        dx_hat, *grads = self._scale_shift_backward(dy, x_hat, gamma)
        dx, dmean, dvar = standardize_backward(dx_hat, cache)
        for name, w, d, mixed in zip(
            ("mean_logits", "var_logits"), weights, (dmean, dvar), (means, variances), strict=True
        ):
            dw = np.array([np.sum(d * a) for a in mixed])
            self.grads[name] = w * (dw - w @ dw)
        parts = [(w * dmean, v * dvar) for w, v in zip(*weights, strict=True)]
        own_mean, own_var = parts[0]
        for k in (1, 2) if moved else (1,):
            dm, dv = (unbroadcast(d, means[k].shape) for d in parts[k])
            own_mean = own_mean + moments_backward(dm, dv, means[0], means[k])
            own_var = own_var + dv * means[k].size / means[0].size
        deviation = x_hat / cache.inv_std + (cache.mean - means[0])  # x less the mean of its own channel
        dx = dx + moments_backward(own_mean, own_var, deviation, np.zeros_like(own_mean))
        return dx.astype(dy.dtype, copy=False), *grads


class Mixture(NamedTuple):
    """What `SwitchableNorm` keeps for its backward pass.

    Attributes
    ----------
    x_hat : ndarray, shape (N, C, 1, S)
    cache : Cache
        Of the mixed moments.
    means, variances : tuple of ndarray
        Those of IN, LN and BN, as they broadcast against (N, C, 1, 1).
    weights : list of ndarray
        Of the three means and of the three variances, shape (3,) each.
    moved : bool
        Whether batch norm's share came from the batch, and not from the running statistics.
    """

    x_hat: np.ndarray
    cache: Cache
    means: tuple
    variances: tuple
    weights: list
    moved: bool


def _mixed(weights, moments):
    return sum(w * a for w, a in zip(weights, moments, strict=True))


def _of_means(mean, var, axis):
    """Moments over a larger set, from those of its equal parts: the mean of means; the spread within and between."""
    whole, between = moments(mean, axis)
    return whole, var.mean(axis=axis, keepdims=True) + between
