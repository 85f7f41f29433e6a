"""Shapes, axes, dtypes and digits: what every other module needs of an array."""

from functools import lru_cache

import numpy as np


def as_float(x, name="x"):
    """Return `x` as an array of real floating-point numbers, or say why it is none.

    Parameters
    ----------
    x : array_like
        Any shape. float16, float32, float64 (and longdouble) are accepted.
    name : str
        What to call the array in the error.

    Returns
    -------
    ndarray
        `x` itself where it already is an array; never a copy in another dtype.

    Raises
    ------
    TypeError
        If the dtype is integer, boolean, complex or object.

    Examples
    --------
    >>> as_float(np.ones(2)).dtype
    dtype('float64')
    >>> as_float(np.array([1, 2]))
    Traceback (most recent call last):
    TypeError: x has dtype int64; expected a real floating dtype such as float64. Convert it first: x.astype(float)
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{name} has dtype {x.dtype}; expected a real floating dtype such as float64. "
            f"Convert it first: {name}.astype(float)"
        )
    return x


def as_eps(eps):
    """Return `eps`, the number under the root beside the variance, unless it is negative or NaN: then a ValueError."""
    if not eps >= 0:
        raise ValueError(f"eps = {eps} came; expected zero or a small positive number such as 1e-5")
    return eps


def compute_dtype(dtype):
    """Return the dtype to compute in: float32 for float16, otherwise `dtype` itself."""
    return np.promote_types(dtype, np.float32)


def sum_dtype(dtype):
    """Return the dtype to add up in: float64, or longdouble for longdouble."""
    return np.promote_types(dtype, np.float64)


def inner(a, b, axes):
    """Sum of ``a * b`` over `axes`, added up in float64.

    Parameters
    ----------
    a, b : ndarray of float
        Of one shape.
    axes : tuple of int
        Distinct and non-negative.

    Returns
    -------
    ndarray of float64
        Shape of `a` with the summed axes of length one.

    Examples
    --------
    >>> inner(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), axes=(1,))
    array([[3.],
           [7.]])
    """
    total = np.einsum(_subscripts(a.ndim, axes), a, b, dtype=sum_dtype(a.dtype), casting="same_kind")
    return total.reshape([1 if i in axes else size for i, size in enumerate(a.shape)])


@lru_cache
def _subscripts(ndim, axes):
    every = "abcdefghijklmnopqrstuvwxyz"[:ndim]
    return f"{every},{every}->{''.join(letter for i, letter in enumerate(every) if i not in axes)}"


def canonical_axes(axes, ndim):
    """Return `axes` as a sorted tuple of distinct, non-negative ints.

    Parameters
    ----------
    axes : int or iterable of int
        Negative values count from the end.
    ndim : int
        Number of axes of the array they are axes of.

    Raises
    ------
    ValueError
        If there is no axis, one is out of range, or one is named twice.

    Examples
    --------
    >>> canonical_axes((-1, 0), ndim=3)
    (0, 2)
    """
    return _canonical((axes,) if np.ndim(axes) == 0 else tuple(axes), ndim)


@lru_cache
def _canonical(axes, ndim):
    wrapped = sorted(a + ndim if a < 0 else a for a in axes)
    if not wrapped or len(set(wrapped)) != len(wrapped) or any(not 0 <= a < ndim for a in wrapped):
        raise ValueError(
            f"axes {axes} came for an array with {ndim} axes; expected at least one, each of them "
            f"between {-ndim} and {ndim - 1} and none twice"
        )
    return tuple(wrapped)


def subtract_mean(x, mean):
    """``x - mean`` in the dtype of `x`, with all the digits of a mean that is kept in float64.

    In float32 the mean is subtracted in two parts, the nearest float32 and what that lacks: at a mean of 10,000
    this is the difference between ten correct bits and all of them.

    Parameters
    ----------
    x : ndarray of float, any shape
    mean : ndarray of float
        Broadcasts against `x`.

    Returns
    -------
    ndarray, shape and dtype of `x`
    """
    near = mean.astype(x.dtype)
    deviation = x - near
    if near.dtype != mean.dtype:
        deviation -= (mean - near).astype(x.dtype)
    return deviation


def unbroadcast(grad, shape):
    """Sum `grad` over the axes along which an array of `shape` was broadcast.

    This is the backward pass of broadcasting: a number used k times collects k gradients.

    Parameters
    ----------
    grad : ndarray
        Gradient in the broadcast result.
    shape : tuple of int
        Shape of the array before it was broadcast.

    Returns
    -------
    ndarray of shape `shape`

    Examples
    --------
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    lead = grad.ndim - len(shape)
    stretched = tuple(range(lead)) + tuple(
        lead + i for i, size in enumerate(shape) if size == 1 and grad.shape[lead + i] != 1
    )
    return grad.sum(axis=stretched, keepdims=True).reshape(shape)
