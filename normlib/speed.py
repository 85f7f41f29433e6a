"""The layers' passes for large arrays: the formulas of `core`, in blocks that stay in the cache.

What makes it fast without compiled code: a block is read from memory once and worked on while the cache holds it;
results go into arrays that are there; sums are BLAS products; all that multiplies is one factor; and the deviations
from the mean are kept, so that backward is ``dy * a - deviation * b - c``.

Arrays come as (N, G, K, S). Inside they are seen as (R, K, S), a row for each mean, which is taken over K and S.
"""

import contextlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

SMALLEST = 1 << 14  # numbers in x: below, calling costs more than computing, and `core` does as well
BLOCK = 1 << 17  # numbers in a block: so many that the calls cost little beside them, and a cache still holds them


class Kept(NamedTuple):
    """What `forward` leaves for `backward`.

    Attributes
    ----------
    deviation : ndarray, shape (R, K, S)
        ``x - mean``.
    mean, var, inv_std : ndarray of float64, shape (R,)
    batch : bool
        Whether the batch shares a mean.
    moved : bool
        Whether the moments were those of x and moved with it.
    centered : bool
        Whether the mean was subtracted.
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
    """Normalize, scale and shift, in one sweep over the memory.

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

    Returns
    -------
    y : ndarray, shape and dtype of `x`
    kept : Kept
    """
    y, batch = np.empty(x.shape, x.dtype), 0 in axes
    xs, ys, gamma, beta = _rows(x, batch), _rows(y, batch), _parameter(gamma, x, batch), _parameter(beta, x, batch)
    scratch = np.empty(x.size, x.dtype) if scratch is None else scratch
    deviation = _rows(scratch.reshape(x.shape), batch) if x.shape[3] == 1 else scratch.reshape(xs.shape)
    mean, var = np.zeros((2, len(xs))) if given is None else [a.ravel() for a in given]
    with _unbuffered(x):
        for cut in _blocks(xs):
            d, m, v = deviation[cut], mean[cut], var[cut]
            if given is not None:
                np.subtract(xs[cut], _column(m, x), out=d)
            elif centered:
                _center(xs[cut], d, m, v)
            else:
                np.copyto(d, xs[cut])
                v[...] = _mean(d, d)
            _scale_shift(d, _column(1.0 / np.sqrt(v + eps), x), _part(gamma, cut), _part(beta, cut), ys[cut])
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
    """Gradients in x, gamma and beta, in one sweep over the memory.

    Parameters
    ----------
    dy : ndarray, shape (N, G, K, S), of the dtype of x
    kept : Kept
    gamma : ndarray or None
        As `forward` had it.

    Returns
    -------
    dx : ndarray, shape of `dy`
    dgamma, dbeta : ndarray of float64, shape of `gamma`; None without gamma
    """
    dx = np.empty(dy.shape, dy.dtype)
    dys, dxs, gammas = _rows(dy, kept.batch), _rows(dx, kept.batch), _parameter(gamma, dy, kept.batch)
    by_position = gammas is not None and gammas.shape[2] > 1
    grads, count, scratch = [], dys[0].size, np.empty(0, dy.dtype)
    with _unbuffered(dy):
        for cut in _blocks(dys):
            block, d, out, inv_std, weight = (
                dys[cut],
                kept.deviation[cut],
                dxs[cut],
                kept.inv_std[cut],
                _part(gammas, cut),
            )
            if by_position:
                sums, more = _position_sums(block[:, 0], d[:, 0], inv_std, gammas[0, 0], out[:, 0])
            else:
                sums = np.stack([_partial(block), _partial(block, d)])
                more = sums * np.stack([np.ones_like(inv_std), inv_std])[..., None]
                sums = np.add.reduce(sums if weight is None else sums * weight[..., 0], 2, np.float64)
            grads.append(more)
            _scale_shift(block, _column(inv_std, dy), weight, None, out)
            if kept.moved:
                scratch = scratch if scratch.shape == d.shape else np.empty_like(d)
                along_one, along_d = sums * inv_std / count
                np.multiply(d, _column(along_d * inv_std**2, dy), out=scratch)
                if kept.centered:
                    scratch += _column(along_one, dy)
                out -= scratch
    if gamma is None:
        return dx, None, None
    if by_position:
        dbeta, dgamma = sum(grads)
    else:
        both = np.concatenate(grads, axis=1)
        dbeta, dgamma = both.sum(axis=2) if kept.batch else both.reshape(2, len(dy), -1).sum(axis=1)
    return dx, dgamma.reshape(gamma.shape), dbeta.reshape(gamma.shape)


def _position_sums(dy, d, inv_std, gamma, scratch):
    """For gamma by position: sums of ``dy * gamma`` and ``dy * gamma * d`` in each row, and the gradients dbeta, dgamma."""
    products = np.multiply(dy, d, out=scratch)
    sums = np.stack([dy @ gamma, products @ gamma]).astype(np.float64)
    return sums, np.stack([_ones(len(dy), dy.dtype) @ dy, inv_std.astype(dy.dtype) @ products]).astype(np.float64)


def _partial(a, b=None):
    """Sums of ``a * b`` in the dtype of `a`, by BLAS: along the last axis, or in 512s along the one before it."""
    if a.shape[2] > 1:
        return np.vecdot(a, _ones(a.shape[2], a.dtype) if b is None else b)
    a, b = a[..., 0].T, None if b is None else b[..., 0].T
    cuts = [slice(i, i + 512) for i in range(0, len(a), 512)]
    if b is None:
        return np.stack([_ones(len(a[cut]), a.dtype) @ a[cut] for cut in cuts], axis=1)
    return np.stack([np.einsum("kr,kr->r", a[cut], b[cut]) for cut in cuts], axis=1)


def _mean(a, b=None):
    """Mean of ``a * b`` in each row, in float64."""
    return np.add.reduce(_partial(a, b), 1, np.float64) / (a.shape[1] * a.shape[2])


@lru_cache(maxsize=16)
def _ones(length, dtype):
    return np.ones(length, dtype)


def _column(numbers, like):
    """One number a row, to be broadcast along it."""
    return numbers.astype(like.dtype)[:, None, None]


def _rows(a, batch):
    """(N, G, K, S) as (R, K, S): a row for each channel where the batch shares a mean, else for each sample and group."""
    n, g, k, s = a.shape
    return a.reshape(n, g, s).swapaxes(0, 1) if batch else a.reshape(n * g, k, s)


def _parameter(p, x, batch):
    """Gamma or beta as it meets the rows: (1, 1, S), or (R, 1, 1) where the batch shares a mean, or (R, K, 1)."""
    if p is None or p.shape[3] > 1:
        return None if p is None else p.reshape(1, 1, -1)
    return p.reshape(-1, 1, 1) if batch else np.tile(p.reshape(*p.shape[1:3], 1), (len(x), 1, 1))


def _part(p, cut):
    return p if p is None or len(p) == 1 else p[cut]


def _blocks(a):
    """Slices of rows of about `BLOCK` numbers; of at least 256 rows where a row does not lie in one piece."""
    step = max(256 if a.shape[2] == 1 else 1, BLOCK // (a.shape[1] * a.shape[2]))
    return [slice(i, i + step) for i in range(0, len(a), step)]


@contextlib.contextmanager
def _unbuffered(x):
    """Keep NumPy from copying what it broadcasts, as it does along runs that are shorter than its buffer."""
    run = x.shape[3] if x.shape[3] > 1 else x.shape[1]
    before = np.setbufsize(256 if run >= 256 else 8192)
    try:
        yield
    finally:
        np.setbufsize(before)
