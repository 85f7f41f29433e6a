"""The layers' passes for large arrays: the formulas of `core`, in blocks that stay in the cache.

What makes it fast without compiled code: a block is read from memory once and worked on while the cache holds it;
results go into arrays that are there; sums are BLAS products; all that multiplies is one factor; and the deviations
from the mean are kept, so that backward is ``dy * a - deviation * b - c``.

Arrays come as (N, G, K, S). Inside they are seen as (R, K, S), a row for each mean, which is taken over K and S.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

SMALLEST = 1 << 14  # numbers in x: below, calling costs more than computing, and `core` does as well
BLOCK = 1 << 18  # numbers in a block: so many that the calls cost little beside them, and a cache still holds them
RUN = 512  # numbers along K that are added up in the dtype of x, before their sum is in float64


class Kept(NamedTuple):
    """What `forward` leaves for `backward`: ``deviation = x - mean``, shape (R, K, S), and what was done.

    `mean`, `var` and `inv_std` are float64 of shape (R,); `batch` says whether the batch shares a mean, `moved`
    whether the moments were those of x, `centered` whether the mean was subtracted.
    """

    deviation: np.ndarray
    mean: np.ndarray
    var: np.ndarray
    inv_std: np.ndarray
    batch: bool
    moved: bool
    centered: bool


def pays(x, axes):
    """Whether `x`, seen as (N, G, K, S), is large enough, and what is added up long enough, for blocks and BLAS."""
    return x.size >= SMALLEST and x.dtype.char in "fd" and (x.shape[3] >= 16 or (x.shape[3] == 1 and 0 in axes))


def forward(x, axes, gamma, beta, eps, *, given=None, centered=True, scratch=None):
    """Normalize, scale and shift, in one sweep over the memory: y, and what `backward` needs, as `Kept`.

    Parameters
    ----------
    x : ndarray of float32 or float64, shape (N, G, K, S)
    axes : tuple of int
        (2, 3), or (0, 2, 3) for batch norm, where K is 1.
    gamma, beta : ndarray of the dtype of `x`, or None
        Shape (1, G, K, 1), or (1, 1, 1, S).
    eps : float
    given : tuple of ndarray, optional
        Mean and variance, shape (1, G, 1, 1), in place of the batch's own.
    centered : bool
        False leaves the mean at zero.
    scratch : ndarray, shape (N * G * K * S,), optional
        Memory for the deviations; it is overwritten.
    """
    y, batch = np.empty(x.shape, x.dtype), 0 in axes
    xs, ys, gamma, beta = _rows(x, batch), _rows(y, batch), _parameter(gamma, x, batch), _parameter(beta, x, batch)
    scratch = np.empty(x.size, x.dtype) if scratch is None else scratch
    deviation = _rows(scratch.reshape(x.shape), batch) if x.shape[3] == 1 else scratch.reshape(xs.shape)
    mean, var = np.zeros((2, len(xs))) if given is None else [a.ravel() for a in given]
    for cut, work in _blocks(xs, deviation):
        block, d, m, v, out = xs[cut], deviation[cut], mean[cut], var[cut], ys[cut]
        if work is not None:
            np.copyto(d, block)
            block, out = d, work
        if given is not None:
            np.subtract(block, _column(m, x), out=d)
        elif centered:
            _center(block, d, m, v)
        else:
            np.copyto(d, block)
            v[...] = _mean(d, d)
        _scale_shift(d, _column(1.0 / np.sqrt(v + eps), x), _part(gamma, cut), _part(beta, cut), out)
        if work is not None:
            np.copyto(ys[cut], out)
    return y, Kept(deviation, mean, var, 1.0 / np.sqrt(var + eps), batch, given is None, centered)


def _center(x, d, mean, var):
    """Write ``x - mean`` into `d`, and the moments of the block into `mean` and `var`."""
    mean[...] = _mean(x)
    np.subtract(x, _column(mean, x), out=d)
    var[...] = _mean(d, d)
    if (mean * mean > var).any():  # then the rounding of the mean, and of the sum behind it, would be seen
        rest = _mean(d)
        d -= _column(rest, x)
        mean[...] = mean.astype(x.dtype) + rest
        var[...] = _mean(d, d)


def _scale_shift(d, inv_std, gamma, beta, out):
    """Write ``d * inv_std * gamma + beta`` into `out`."""
    by_row = gamma is not None and gamma.shape[2] == 1
    np.multiply(d, inv_std * gamma if by_row else inv_std, out=out)
    if gamma is not None and not by_row:
        out *= gamma
    if beta is not None:
        out += beta


def backward(dy, kept, gamma):
    """Gradients in x, gamma and beta, in one sweep over the memory; without gamma the last two are None.

    Parameters
    ----------
    dy : ndarray, shape (N, G, K, S), of the dtype of x
    kept : Kept
    gamma : ndarray or None
        As `forward` had it; the gradients in gamma and beta are float64 of its shape.
    """
    dx, size = np.empty(dy.shape, dy.dtype), dy.size // len(kept.mean)
    dys, dxs, gammas = _rows(dy, kept.batch), _rows(dx, kept.batch), _parameter(gamma, dy, kept.batch)
    by_position = gamma is not None and gamma.shape[3] > 1
    parts = dys.shape[1] if dys.shape[2] > 1 else -(-dys.shape[1] // RUN)
    grads = np.zeros((2, dy.shape[3])) if by_position else np.empty((2, len(dys), parts))
    scratch = np.empty(0, dy.dtype)
    for cut, work in _blocks(dys, kept.deviation):
        block, d, inv_std, weight = dys[cut], kept.deviation[cut], kept.inv_std[cut], _part(gammas, cut)
        out = dxs[cut] if work is None else work
        if work is not None:
            np.copyto(out, block)
            block = out
        if by_position:
            one, two = _position_sums(block, d, inv_std, weight, grads, out)
        else:
            one, two = _row_sums(block, d, inv_std, weight, grads[:, cut])
        _scale_shift(block, _column(inv_std, dy), weight, None, out)
        if kept.moved:
            scratch = scratch if scratch.shape == d.shape else np.empty_like(d)
            np.multiply(d, _column(two * inv_std**3 / size, dy), out=scratch)
            if kept.centered:
                scratch += _column(one * inv_std / size, dy)
            out -= scratch
        if work is not None:
            np.copyto(dxs[cut], out)
    if gamma is None:
        return dx, None, None
    if not by_position:
        grads = grads.sum(axis=2) if kept.batch else grads.reshape(2, len(dy), -1).sum(axis=1)
    return dx, grads[1].reshape(gamma.shape), grads[0].reshape(gamma.shape)


def _row_sums(dy, d, inv_std, gamma, grads):
    """Sums of ``dy * gamma`` and ``dy * gamma * d`` in each row; writes what each row adds to dbeta and dgamma."""
    one, two = _partial(dy), _partial(dy, d)
    grads[0], grads[1] = one, two * inv_std[:, None]
    return (_total(a if gamma is None else a * gamma[..., 0]) for a in (one, two))


def _position_sums(dy, d, inv_std, gamma, grads, scratch):
    """The same where gamma and beta have a number for each position; adds to dbeta and dgamma."""
    products, dy, gamma = np.multiply(dy, d, out=scratch)[:, 0], dy[:, 0], gamma[0, 0]
    grads += _ones(len(dy), dy.dtype) @ dy, inv_std.astype(dy.dtype) @ products
    return dy @ gamma, products @ gamma


def _partial(a, b=None):
    """Sums of ``a * b`` in the dtype of `a`, by BLAS: along the last axis, or by the `RUN` along the one before it."""
    if a.shape[2] > 1:
        return np.vecdot(a, _ones(a.shape[2], a.dtype) if b is None else b)
    a, b = a[..., 0].T, None if b is None else b[..., 0].T
    runs = [slice(i, i + RUN) for i in range(0, len(a), RUN)]
    sums = [_ones(len(a[r]), a.dtype) @ a[r] if b is None else np.einsum("kr,kr->r", a[r], b[r]) for r in runs]
    return np.array(sums).T


def _total(parts):
    return parts[:, 0].astype(np.float64) if parts.shape[1] == 1 else np.add.reduce(parts, 1, np.float64)


def _mean(a, b=None):
    return _total(_partial(a, b)) / (a.shape[1] * a.shape[2])


@lru_cache(maxsize=16)
def _ones(length, dtype):
    return np.ones(length, dtype)


def _column(numbers, like):
    return numbers.astype(like.dtype)[:, None, None]


def _rows(a, batch):
    """(N, G, K, S) as (R, K, S): a row for each channel where the batch shares a mean, else for each group."""
    n, g, k, s = a.shape
    return a.reshape(n, g, s).swapaxes(0, 1) if batch else a.reshape(n * g, k, s)


def _parameter(p, x, batch):
    """Gamma or beta as it meets the rows: (1, 1, S), or (R, 1, 1) where the batch shares a mean, or (R, K, 1)."""
    if p is None or p.shape[3] > 1:
        return None if p is None else p.reshape(1, 1, -1)
    return p.reshape(-1, 1, 1) if batch else np.broadcast_to(p, (*x.shape[:3], 1)).reshape(-1, p.shape[2], 1)


def _part(p, cut):
    return p if p is None or len(p) == 1 else p[cut]


def _blocks(a, whole):
    """Slices of rows, about `BLOCK` numbers each, with memory to gather them in where their pieces lie apart.

    Meanwhile NumPy does not copy what it broadcasts, as it would along runs that are shorter than its buffer.
    """
    apart = a.shape[2] > 1 and not a.flags.c_contiguous
    numbers = min(BLOCK, a.size // 6) if apart else BLOCK  # the memory should stay small beside a itself
    step = max(256 if a.shape[2] == 1 else 1, numbers // (a.shape[1] * a.shape[2]))
    work = np.empty_like(whole[:step]) if apart else whole[:0]
    before = np.setbufsize(256 if max(a.shape[2], len(a) * (a.shape[2] == 1)) >= 256 else 8192)
    try:
        for i in range(0, len(a), step):
            yield slice(i, i + step), (work[: len(a) - i] if apart else None)
    finally:
        np.setbufsize(before)
