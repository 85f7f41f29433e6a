"""Shapes of densities: how each looks at mean 0 and standard deviation 1, and what no shifting and scaling changes."""

from typing import NamedTuple

import numpy as np

from ..distributions import normal_pdf

PEAK = 0.9  # where each of the two peaks stands; their own spread makes up the rest of the variance 1


class Shape(NamedTuple):
    """What a shape keeps at any mean and spread: the mean third and fourth powers of its standardized values."""

    skewness: float
    kurtosis: float


SHAPES = {
    "normal": Shape(0.0, 3.0),
    "uniform": Shape(0.0, 1.8),
    "Laplace": Shape(0.0, 6.0),
    "two-peaked": Shape(0.0, 3 - 2 * PEAK**4),
    "skewed": Shape(2.0, 9.0),
}


def density(x, shape, mean, std):
    """Density of a distribution of the given shape, mean and standard deviation.

    Parameters
    ----------
    x : ndarray of float, any shape
    shape : {"normal", "uniform", "Laplace", "two-peaked", "skewed"}
        Two-peaked is half of each of two normals, at -0.9 and 0.9 of the standard deviation from the mean; skewed is
        the exponential distribution.
    mean, std : float
        `std` is positive.

    Returns
    -------
    ndarray of float64, shape of `x`

    Raises
    ------
    KeyError
        If there is no such shape.
    """
    z = (x - mean) / std
    own = np.sqrt(1 - PEAK**2)
    standard = {
        "normal": lambda: normal_pdf(z),
        "uniform": lambda: np.where(np.abs(z) <= np.sqrt(3), 1 / np.sqrt(12), 0.0),
        "Laplace": lambda: np.exp(-np.sqrt(2) * np.abs(z)) / np.sqrt(2),
        "two-peaked": lambda: (normal_pdf(z, -PEAK, own) + normal_pdf(z, PEAK, own)) / 2,
        "skewed": lambda: np.where(z >= -1, np.exp(-np.maximum(z, -1) - 1), 0.0),
    }
    return standard[shape]() / std
