"""Distributions of one variable: densities, entropies, and two ways to draw a sample as a curve."""

import numpy as np

from .arrays import as_float, compute_dtype


def normal_pdf(x, mean=0.0, std=1.0):
    """Density of the normal distribution N(mean, std²) at `x`.

    Computes ``exp(-(x - mean)² / (2 std²)) / (std sqrt(2 pi))``.

    Parameters
    ----------
    x : array_like of float
        Any shape, in the unit of the variable.
    mean : float
        Location, same unit as `x`.
    std : float
        Scale (standard deviation, not variance), same unit as `x`; positive.

    Returns
    -------
    ndarray of float, shape of `x`
        Probability per unit of `x`. NaN where `x` is NaN.

    Raises
    ------
    ValueError
        If `std` is not positive.

    Examples
    --------
    >>> round(float(normal_pdf(0.0)), 6)
    0.398942
    """
    _check_scale(std, "std")
    z = (np.asarray(x, dtype=float) - mean) / std
    return np.exp(-0.5 * z * z) / (std * np.sqrt(2.0 * np.pi))


def normal_entropy(std):
    """Differential entropy of a normal distribution, ``ln(std sqrt(2 pi e))``, in nats.

    Raises
    ------
    ValueError
        If `std` is not positive.

    Examples
    --------
    >>> round(normal_entropy(1.0), 4)
    1.4189
    """
    _check_scale(std, "std")
    return float(np.log(std) + 0.5 * np.log(2.0 * np.pi * np.e))


def uniform_entropy(std):
    """Differential entropy of a uniform distribution of standard deviation `std`, ``ln(std sqrt(12))``, in nats.

    Raises
    ------
    ValueError
        If `std` is not positive.

    Examples
    --------
    >>> round(uniform_entropy(1.0), 4)
    1.2425
    """
    _check_scale(std, "std")
    return float(np.log(std) + 0.5 * np.log(12.0))


def laplace_entropy(std):
    """Differential entropy of a Laplace distribution of standard deviation `std`, ``1 + ln(std sqrt(2))``, in nats.

    Raises
    ------
    ValueError
        If `std` is not positive.

    Examples
    --------
    >>> round(laplace_entropy(1.0), 4)
    1.3466
    """
    _check_scale(std, "std")
    return float(1.0 + np.log(std) + 0.5 * np.log(2.0))


def softmax(z, axis=-1):
    """Positive numbers that sum to one over `axis`, in the proportions of ``exp(z)``.

    The largest entry is subtracted first, which changes nothing but keeps exp from overflowing.

    Parameters
    ----------
    z : ndarray of float
    axis : int

    Returns
    -------
    ndarray, shape and dtype of `z`

    Raises
    ------
    TypeError
        If `z` is not floating.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    z = as_float(z)
    wide = z.astype(compute_dtype(z.dtype), copy=False)
    e = np.exp(wide - wide.max(axis=axis, keepdims=True))
    return (e / e.sum(axis=axis, keepdims=True)).astype(z.dtype, copy=False)


def bin_edges(low, high, bins):
    """Edges of `bins` equal bins from `low` to `high`.

    Parameters
    ----------
    low, high : float
        Ends of the range, ``low < high``.
    bins : int
        Number of bins, at least 1.

    Returns
    -------
    ndarray of shape (bins + 1,)

    Raises
    ------
    ValueError
        If there is no bin or the range is empty.
    """
    if bins < 1 or not low < high:
        raise ValueError(f"{bins} bins from {low} to {high} came; expected at least one bin and low < high")
    edges = low + (high - low) / bins * np.arange(bins + 1)
    edges[-1] = high
    return edges


def histogram_density(x, edges):
    """Share of `x` in each bin per unit of width, so that all bars together have the area that `x` has inside.

    A bin holds its left edge, and the last one its right edge too, as in `numpy.histogram`.
    Values outside count in the total, so bars and a density can be compared.

    Parameters
    ----------
    x : ndarray of float, any shape
    edges : ndarray of shape (bins + 1,), ascending

    Returns
    -------
    ndarray of shape (bins,)

    Raises
    ------
    ValueError
        If `x` is empty.
    """
    x = as_float(x)
    if x.size == 0:
        raise ValueError("an empty sample came; expected at least one value to draw a histogram of")
    counts, _ = np.histogram(x, bins=edges)
    return counts / (x.size * np.diff(edges))


def kernel_bandwidth(sample):
    """Scott's rule of thumb for a Gaussian kernel, ``s n**(-1/5)`` with the unbiased standard deviation s.

    Parameters
    ----------
    sample : ndarray of shape (n,), n at least 2

    Returns
    -------
    float
        Standard deviation of the kernel, in the unit of the sample.

    Raises
    ------
    ValueError
        If there are fewer than two values.

    References
    ----------
    Scott, Multivariate Density Estimation (1992), section 6.3; the default of seaborn's `kdeplot`.
    """
    sample = as_float(sample, "sample")
    if sample.size < 2:
        raise ValueError(f"{sample.size} values came; expected at least two to choose a bandwidth from")
    return float(sample.std(ddof=1) * sample.size ** (-0.2))


def kernel_density(grid, sample, bandwidth):
    """Kernel density estimate: the mean of one normal density per value of the sample.

    Parameters
    ----------
    grid : ndarray of shape (g,)
        Where to evaluate it.
    sample : ndarray of shape (n,)
    bandwidth : float
        Standard deviation of each kernel; positive.

    Returns
    -------
    ndarray of shape (g,)

    Raises
    ------
    ValueError
        If `bandwidth` is not positive.
    """
    _check_scale(bandwidth, "bandwidth")
    return normal_pdf(grid[:, None], as_float(sample, "sample")[None, :], bandwidth).mean(axis=1)


def _check_scale(value, name):
    if not np.all(np.asarray(value) > 0):
        raise ValueError(f"{name} = {value} came; expected a positive number")
