"""The one piece of mathematics behind every normalization layer.

    moments       x             -> mean, var     reduce over `axes`
    standardize   x, mean, var  -> x_hat         shift, then scale
    normalize     x             -> x_hat         moments, then standardize

Each has its backward pass beside it. A layer of the book is `normalize` over axes of its own choice.
Arrays of the size of `x` keep its dtype (float32 for float16); statistics, being sums, are float64.
"""

import math
from typing import NamedTuple

import numpy as np

from .arrays import as_eps, as_float, canonical_axes, compute_dtype, inner, subtract_mean, sum_dtype, unbroadcast


class Cache(NamedTuple):
    """What a forward pass leaves for its backward pass.

    Attributes
    ----------
    x_hat : ndarray, shape of x
    mean, var, inv_std : ndarray of float64
        Shape of x with the reduced axes of length one; ``inv_std = 1 / sqrt(var + eps)``.
    axes : tuple of int or None
        The axes that mean and var were taken over; None where they are constants and not moments of x.
    centered : bool
        False where the mean was left at zero, as in RMS normalization.
    """

    x_hat: np.ndarray
    mean: np.ndarray
    var: np.ndarray
    inv_std: np.ndarray
    axes: tuple[int, ...] | None = None
    centered: bool = True


def moments(x, axes, centered=True):
    """Mean and biased variance (1/m) of `x` over `axes`.

    Two passes: the mean first, then the mean of the squared deviations from it. The textbook's
    ``E[x²] - E[x]²`` needs one pass and loses every digit when the mean is large. Deviations beyond 1e154, whose
    squares leave the range of float64, give an infinite variance.

    Parameters
    ----------
    x : ndarray of float, any shape
    axes : int or iterable of int
    centered : bool
        False takes zero for the mean; the variance is then the mean of the squares.

    Returns
    -------
    mean, var : ndarray of float64
        Shape of `x` with the reduced axes kept at length one. NaN in `x` gives NaN here.

    Raises
    ------
    TypeError
        If `x` is not floating.
    ValueError
        If `axes` are not distinct axes of `x`, or hold no number at all.

    Examples
    --------
    >>> moments(np.array([[1.0], [3.0]]), axes=0)
    (array([[2.]]), array([[1.]]))
    """
    x = as_float(x)
    axes = canonical_axes(axes, x.ndim)
    count = math.prod(x.shape[i] for i in axes)
    if not count:
        raise ValueError(
            f"x of shape {x.shape} came with axes {axes}; expected at least one number to take the mean of"
        )
    x = x.astype(compute_dtype(x.dtype), copy=False)
    mean = x.mean(axis=axes, keepdims=True, dtype=sum_dtype(x.dtype))
    if not centered:
        mean = np.zeros_like(mean)
    deviation = subtract_mean(x, mean)
    var = inner(deviation, deviation, axes) / count
    return mean, var


def moments_backward(dmean, dvar, x, mean):
    """Gradient of the loss in `x`, given its gradients in the two moments of `x`.

    ``dmean / m + dvar * 2 (x - mean) / m``. The path from the variance through the mean is missing
    because it is zero: the deviations from the mean sum to zero.

    Parameters
    ----------
    dmean, dvar, mean : ndarray
        Shape of `x` with the reduced axes of length one.
    x : ndarray

    Returns
    -------
    ndarray, shape of `x`
    """
    count = x.size // mean.size
    return (dmean + 2.0 * dvar * (x - mean)) / count


def standardize(x, mean, var, eps):
    """Shift `x` by `mean` and divide it by ``sqrt(var + eps)``.

    Parameters
    ----------
    x : ndarray of float, any shape
    mean, var : ndarray
        Broadcast against `x`.
    eps : float
        Added to the variance, inside the root; not negative.

    Returns
    -------
    x_hat : ndarray, shape of `x`
        In the dtype of `x`, float32 for float16. With ``eps=0`` a constant feature gives NaN; or, where its mean is
        no binary fraction and comes out rounded, that rounding divided by itself, which is 1 or -1.
    cache : Cache
        For `standardize_backward`.

    Raises
    ------
    TypeError
        If `x` is not floating.
    ValueError
        If `eps` is negative or NaN.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 1, third line.
    """
    x, mean, var, eps = as_float(x), np.asarray(mean), np.asarray(var), as_eps(eps)
    x = x.astype(compute_dtype(x.dtype), copy=False)
    inv_std = 1.0 / np.sqrt(var + eps)
    x_hat = subtract_mean(x, mean)
    x_hat *= inv_std.astype(x.dtype)
    return x_hat, Cache(x_hat, mean, var, inv_std)


def standardize_backward(dx_hat, cache):
    """Gradients of the loss in `x`, `mean` and `var`, each held independent of the others.

    Parameters
    ----------
    dx_hat : ndarray, shape of x_hat
    cache : Cache

    Returns
    -------
    dx : ndarray, shape of `dx_hat`
    dmean, dvar : ndarray of float64, shape of ``cache.inv_std``

    References
    ----------
    Ioffe and Szegedy (2015), section 3, the gradients in sigma² and mu.
    """
    inv_std, shape = cache.inv_std, cache.inv_std.shape
    dx = dx_hat * inv_std.astype(dx_hat.dtype)
    dmean = -unbroadcast(dx_hat.astype(inv_std.dtype, copy=False), shape) * inv_std
    dvar = -0.5 * inv_std**2 * unbroadcast(dx_hat * cache.x_hat, shape)
    return dx, dmean, dvar


def normalize(x, axes, eps=1e-5, centered=True):
    """Standardize `x` by its own moments over `axes`.

    Parameters
    ----------
    x : ndarray of float, any shape
    axes : int or iterable of int
        0 for batch norm of (N, D), (0, 2, 3) for batch norm of (N, C, H, W), 1 for layer norm of (N, D).
    eps : float
        Added to the variance, inside the root.
    centered : bool
        False leaves the mean where it is and divides by the root of the mean square.

    Returns
    -------
    x_hat : ndarray, shape of `x`
        Mean 0 over `axes`, variance ``v / (v + eps)``. NaN and infinity spread over what shares their moments.
    cache : Cache
        For `normalize_backward`.

    Raises
    ------
    TypeError, ValueError
        As `moments` and `standardize`.

    Examples
    --------
    >>> normalize(np.array([[1.0], [2.0], [3.0], [6.0]]), axes=0, eps=0.0)[0].ravel().round(3)
    array([-1.069, -0.535,  0.   ,  1.604])
    """
    x = as_float(x)
    axes = canonical_axes(axes, x.ndim)
    mean, var = moments(x, axes, centered)
    x_hat, cache = standardize(x, mean, var, eps)
    return x_hat, cache._replace(axes=axes, centered=centered)


def normalize_backward(dx_hat, cache):
    """Gradient in `x`: remove from `dx_hat` its part along 1 and its part along `x_hat`, then divide by the spread.

    With eps = 0 what is left is exactly orthogonal to both. Where the mean was not subtracted, only the part
    along `x_hat` goes.

    Parameters
    ----------
    dx_hat : ndarray, shape of x_hat
    cache : Cache
        From `normalize`.

    Returns
    -------
    ndarray, shape of `dx_hat`

    References
    ----------
    Ioffe and Szegedy (2015), section 3, with the three paths joined.
    """
    x_hat, axes = cache.x_hat, cache.axes
    count = x_hat.size // cache.inv_std.size
    along_x_hat = inner(dx_hat, x_hat, axes) / count
    dx = x_hat * -along_x_hat.astype(dx_hat.dtype)
    dx += dx_hat
    if cache.centered:
        dx -= dx_hat.mean(axis=axes, keepdims=True, dtype=along_x_hat.dtype).astype(dx_hat.dtype)
    dx *= cache.inv_std.astype(dx_hat.dtype)
    return dx
