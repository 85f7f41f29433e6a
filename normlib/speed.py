"""The layers' passes for large arrays: the formulas of `core`, in blocks that stay in the cache.

What makes it fast without compiled code: a block is read from memory once and worked on while the cache holds it;
results go into arrays that are there; sums are BLAS products; all that multiplies is one factor; the deviations are
kept, and backward is ``dy * a - deviation * b - c``. Arrays come as (N, G, K, S); inside they are (R, K, S), a row for
each mean, or (N, G) where columns share one.
"""

from functools import lru_cache, wraps
from typing import NamedTuple

import numpy as np

SMALLEST = 1 << 11  # numbers in x: below, calling costs more than computing, and `core` does as well
BLOCK = 1 << 17  # numbers in a block: so many that the calls cost little beside them, and a cache still holds all of it
ROUNDING = {dtype: float(np.finfo(dtype).eps) for dtype in "fd"}
PIECE = 512  # numbers that lie together: so many are worked on where they are
RUN = 512  # numbers of a column that are added up in the dtype of x, before their sum is in float64


class Kept(NamedTuple):
    """What `forward` leaves: ``x - mean`` up to a `rest` of rounding, the moments in float64, shape (R,), and whether
    the batch shares a mean, the moments were those of x and moved with it, and the mean was subtracted."""

    deviation: np.ndarray
    mean: np.ndarray
    var: np.ndarray
    inv_std: np.ndarray
    rest: np.ndarray
    batch: bool
    moved: bool
    centered: bool


def pays(x, axes):
    """Whether `x`, seen as (N, G, K, S), is large enough, and what is added up long enough, for blocks and BLAS."""
    return x.size >= SMALLEST and x.dtype.char in "fd" and (x.shape[3] >= 16 or (x.shape[3] == 1 and 0 in axes))


def _unbuffered(sweep):
    """Make NumPy's buffer shorter than the runs that are broadcast along: else NumPy copies what it broadcasts."""

    @wraps(sweep)
    def run(a, *args, **options):
        if max(a.shape[3], a.shape[1] * (a.shape[3] == 1)) < 256:
            return sweep(a, *args, **options)
        before = np.setbufsize(256)
        try:
            return sweep(a, *args, **options)
        finally:
            np.setbufsize(before)

    return run


@_unbuffered
def forward(x, axes, gamma, beta, eps, *, given=None, centered=True, scratch=None):
    """Normalize, scale and shift, in one sweep over the memory: y, and what `backward` needs, as `Kept`.

    None where the sums leave the dtype's range, or what is left of x may be rounding: that is for `core`.

    Parameters
    ----------
    x : ndarray of float32 or float64, shape (N, G, K, S)
    axes : tuple of int
        (2, 3), or (0, 2, 3) for batch norm, where K is 1 and the mean is always subtracted.
    gamma, beta : ndarray of float, shape (1, G, K, 1) or (1, 1, 1, S), or None
    eps : float
    given : tuple of ndarray, optional
        Batch norm's mean and variance, shape (1, G, 1, 1), in place of the batch's own.
    centered : bool
        False leaves the mean at zero.
    scratch : ndarray, shape (N * G * K * S,), optional
        Memory for the deviations; it is overwritten.
    """
    scratch = np.empty(x.size, x.dtype) if scratch is None else scratch
    if x.shape[3] == 1:
        return _table_forward(x, gamma, beta, eps, given, scratch)
    y, batch = np.empty(x.shape, x.dtype), 0 in axes
    xs, ys, gamma, beta = _rows(x, batch), _rows(y, batch), _parameter(gamma, x, batch), _parameter(beta, x, batch)
    deviation, by_position = scratch.reshape(xs.shape), gamma is not None and gamma.shape[2] > 1
    mean, var, inv_std, rest = np.zeros((4, len(xs)))
    if given is not None:
        mean[...], var[...] = given[0].ravel(), given[1].ravel()
        rest[...] = mean - mean.astype(x.dtype)
    for cut, apart in _blocks(xs):
        block, d, m, v, i, r = xs[cut], deviation[cut], mean[cut], var[cut], inv_std[cut], rest[cut]
        free = deviation[cut.stop :][: len(d)]  # memory whose own turn comes later
        out = free if apart and len(free) == len(d) else ys[cut]
        if apart or not centered:
            np.copyto(d, block)
            block = d
        if given is not None:
            np.subtract(block, _column(m, x), out=d)
        elif centered:
            _center(block, d, m, v, r, eps, by_position)
        else:
            _mean(d, d, out=v)
        np.divide(1.0, np.sqrt(v + eps, out=i), out=i)
        _scale_shift(d, i, r, _part(gamma, cut), _part(beta, cut), out)
        if out is free:
            np.copyto(ys[cut], out)
    return (y, Kept(deviation, mean, var, inv_std, rest, batch, given is None, centered)) if inv_std.min() > 0 else None


def _center(x, d, mean, var, rest, eps, at_once):
    """Write ``x - mean`` into `d`, and the moments into `mean` and `var`; what `d` has too much goes to `rest`."""
    ones = np.ones(x.shape[2], x.dtype)
    _mean(x, ones, out=mean)
    np.subtract(x, _column(mean, x), out=d)
    _mean(d, d, out=var)
    if (mean * mean > var).any():  # then the rounding of the mean, and of the sum behind it, would be seen
        _mean(d, ones, out=rest)
        mean[...] = mean.astype(x.dtype) + rest
        var -= rest * rest
        var[var + eps <= (ROUNDING[x.dtype.char] * mean) ** 2] = np.nan  # all that is left may be rounding
        if at_once:
            d -= _column(rest, x)
            rest.fill(0.0)


def _scale_shift(d, inv_std, rest, gamma, beta, out):
    """Write ``(d - rest) * inv_std * gamma + beta`` into `out`."""
    if gamma is not None and gamma.shape[2] > 1:
        np.multiply(d, _column(inv_std, d), out=out)
        out *= gamma
    else:
        scale = inv_std[:, None, None] if gamma is None else inv_std[:, None, None] * gamma
        np.multiply(d, scale.astype(d.dtype), out=out)
        if rest is not None and rest.any():
            beta = (0.0 if beta is None else beta) - rest[:, None, None] * scale
    if beta is not None:
        out += beta.astype(d.dtype, copy=False)


@_unbuffered
def backward(dy, kept, gamma):
    """Gradients in x, gamma and beta, in one sweep over the memory; without gamma the last two are None.

    Parameters
    ----------
    dy : ndarray, shape (N, G, K, S), of the dtype of x
    kept : Kept
        Its deviations are overwritten.
    gamma : ndarray or None
        As `forward` had it; the gradients in gamma and beta are float64 of its shape.
    """
    if dy.shape[3] == 1:
        return _table_backward(dy, kept, gamma)
    dx, size = np.empty(dy.shape, dy.dtype), dy.size // len(kept.mean)
    dys, dxs, gammas = _rows(dy, kept.batch), _rows(dx, kept.batch), _parameter(gamma, dy, kept.batch)
    by_position = gamma is not None and gamma.shape[3] > 1
    grads = np.zeros((2, dy.shape[3])) if by_position else np.empty((2, *dys.shape[:2]))
    first, third, held = kept.inv_std / size, kept.inv_std**3 / size, dy[:0]
    for cut, apart in _blocks(dys):
        block, d, out, weight = dys[cut], kept.deviation[cut], dxs[cut], _part(gammas, cut)
        inv_std, rest = kept.inv_std[cut], kept.rest[cut]
        if apart:
            held = held if held.shape == d.shape else np.empty_like(d)
            np.copyto(held, block)
            block = out = held
        if by_position:
            one, two = _position_sums(block, d, inv_std, weight, grads, out)
        else:
            one, two = _row_sums(block, d, inv_std, rest, weight, grads[:, cut])
        _scale_shift(block, inv_std, None, weight, None, out)
        if kept.moved:
            along_d = two * third[cut]
            d *= _column(along_d, dy)
            if kept.centered:
                d += _column(one * first[cut] - rest * along_d, dy)
            out -= d
        if apart:
            np.copyto(dxs[cut], out)
    if gamma is None:
        return dx, None, None
    if not by_position:
        grads = grads.sum(axis=2) if kept.batch else grads.reshape(2, len(dy), -1).sum(axis=1)
    return dx, grads[1].reshape(gamma.shape), grads[0].reshape(gamma.shape)


def _row_sums(dy, d, inv_std, rest, gamma, grads):
    """Sums of ``dy * gamma`` and of that times the deviation in each row; writes its parts of dbeta and dgamma."""
    one = np.vecdot(dy, np.ones(dy.shape[2], dy.dtype)).astype(np.float64)
    two = np.vecdot(dy, d) - rest[:, None] * one
    grads[0], grads[1] = one, two * inv_std[:, None]
    return (np.add.reduce(a if gamma is None else a * gamma[..., 0], 1) for a in (one, two))


def _position_sums(dy, d, inv_std, gamma, grads, scratch):
    """The same where gamma and beta have a number for each position; adds to dbeta and dgamma."""
    products, dy, gamma = np.multiply(dy, d, out=scratch)[:, 0], dy[:, 0], gamma[0, 0]
    grads += np.ones(len(dy), dy.dtype) @ dy, inv_std.astype(dy.dtype) @ products
    return dy @ gamma, products @ gamma


def _table_forward(x, gamma, beta, eps, given, scratch):
    """`forward` for a table, whole: sums go down its columns, and what the rounded mean lacks goes into the shift."""
    table, dtype = x[..., 0, 0], x.dtype
    mean, var = (_column_means(table), np.zeros(0)) if given is None else (a.ravel() for a in given)
    near = mean.astype(dtype, copy=False)
    d = np.subtract(table, near, out=scratch.reshape(table.shape))
    if given is None:
        y, rest = d * d, _column_means(d)
        mean, var = near.astype(np.float64) + rest, _column_means(y)
        var -= rest * rest
        near_zero = not eps > ROUNDING[dtype.char] ** 2 * np.dot(mean, mean)
        if not np.dot(var, var) < np.inf or (near_zero and (var + eps <= (ROUNDING[dtype.char] * mean) ** 2).any()):
            return None
    else:
        y, rest = np.empty_like(d), mean - near
    inv_std = var + eps
    np.reciprocal(np.sqrt(inv_std, out=inv_std), out=inv_std)
    scale = inv_std if gamma is None else inv_std * gamma.ravel().astype(inv_std.dtype, copy=False)
    np.multiply(d, scale.astype(dtype, copy=False), out=y)
    y += ((0.0 if beta is None else beta.ravel()) - rest * scale).astype(dtype, copy=False)
    return y.reshape(x.shape), Kept(d, mean, var, inv_std, rest, True, given is None, True)


def _table_backward(dy, kept, gamma):
    """`backward` for a table, whole; it works with means down the columns, as `forward` does."""
    table, d, inv_std, dtype = dy[..., 0, 0], kept.deviation, kept.inv_std, dy.dtype
    dx = table * d
    one, two = _column_means(table), _column_means(dx)
    two -= kept.rest * one
    scale = inv_std if gamma is None else inv_std * gamma.ravel().astype(inv_std.dtype, copy=False)
    if kept.moved:
        along_d = inv_std * inv_std
        along_d *= two
        d *= along_d.astype(dtype, copy=False)
        d += (one - kept.rest * along_d).astype(dtype, copy=False)
        np.subtract(table, d, out=dx)
        dx *= scale.astype(dtype, copy=False)
    else:
        np.multiply(table, scale.astype(dtype, copy=False), out=dx)
    if gamma is None:
        return dx.reshape(dy.shape), None, None
    dgamma, dbeta = ((a * len(table)).astype(np.float64).reshape(gamma.shape) for a in (two * inv_std, one))
    return dx.reshape(dy.shape), dgamma, dbeta


def _column_means(a):
    """Means of a table's columns: by BLAS in runs, and several runs in float64."""
    if len(a) <= RUN:
        return np.dot(_ones(len(a), a.dtype), a) / len(a)
    runs = (a[i : i + RUN] for i in range(0, len(a), RUN))
    return sum(np.dot(_ones(len(run), a.dtype), run).astype(np.float64) for run in runs) / len(a)


@lru_cache
def _ones(n, dtype):
    return np.ones(n, dtype)


def _mean(a, b, out):
    """Write the mean of ``a * b`` in each row into `out`: by BLAS along the last axis, then in float64."""
    np.add.reduce(np.vecdot(a, b), 1, np.float64, out)
    out /= a.shape[1] * a.shape[2]


def _column(numbers, like):
    return numbers.astype(like.dtype)[:, None, None]


def _rows(a, batch):
    """(N, G, K, S) as (R, K, S): a row for each channel where the batch shares a mean, else for each group."""
    n, g, k, s = a.shape
    return a.reshape(n, g, s).swapaxes(0, 1) if batch else np.ascontiguousarray(a).reshape(n * g, k, s)


def _parameter(p, x, batch):
    """Gamma or beta as it meets the rows: (1, 1, S), or (R, 1, 1) where the batch shares a mean, or (R, K, 1)."""
    if p is None or batch:
        return p if p is None else p.reshape(-1, 1, 1)
    if p.shape[3] > 1:
        return p.reshape(1, 1, -1).astype(x.dtype, copy=False)
    return np.broadcast_to(p, (*x.shape[:3], 1)).reshape(-1, p.shape[2], 1)


def _part(p, cut):
    return p if p is None or len(p) == 1 else p[cut]


def _blocks(a):
    """Slices of rows, about `BLOCK` numbers each, and whether a row's pieces, lying apart, are gathered: short ones."""
    apart, step = not a.flags.c_contiguous and a.shape[2] < PIECE, max(1, BLOCK // (a.shape[1] * a.shape[2]))
    return [(slice(i, i + step), apart) for i in range(0, len(a), step)]
