"""First values of the weights.

An initializer is a function ``(shape, rng) -> array`` for a weight of shape (out, in, ...): any such function
will do as the argument `init` of a layer.
"""

import math

import numpy as np


def _fans(shape):
    """How many numbers each output is a sum of, and how many sums each input goes into."""
    size = math.prod(shape[2:])  # of the kernel; 1 for a plain matrix
    return shape[1] * size, shape[0] * size


def normal_init(std):
    """An initializer that draws from the normal distribution with mean 0 and standard deviation `std`.

    Parameters
    ----------
    std : float
        Not negative; 0 makes every weight zero.

    Returns
    -------
    function ``(shape, rng) -> ndarray``

    Raises
    ------
    ValueError
        If `std` is negative or not finite.

    Examples
    --------
    >>> normal_init(0.01)((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    if not 0 <= std < math.inf:
        raise ValueError(f"std = {std} came; expected zero or a positive number such as 0.01")

    def init(shape, rng):
        return std * rng.standard_normal(shape)

    return init


def xavier_init(shape, rng):
    """Uniform draws with variance ``2 / (fan_in + fan_out)``: signals keep their size through tanh near zero.

    Parameters
    ----------
    shape : tuple of int
        (out, in) or (out, in, height, width).
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float64, shape `shape`

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks,
    section 4.2.1, the normalized initialization.

    Examples
    --------
    >>> bool(abs(xavier_init((2, 4), np.random.default_rng(0))).max() < 1)  # sqrt(6 / (4 + 2)) is the limit
    True
    """
    limit = math.sqrt(6.0 / sum(_fans(shape)))
    return rng.uniform(-limit, limit, shape)


def he_init(shape, rng):
    """Normal draws with variance ``2 / fan_in``: signals keep their size though ReLU drops half of them.

    Parameters
    ----------
    shape : tuple of int
        (out, in) or (out, in, height, width).
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float64, shape `shape`

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, section 2.2.

    Examples
    --------
    >>> weight = he_init((100, 50), np.random.default_rng(0))
    >>> round(float(weight.var()), 3)
    0.04
    """
    return math.sqrt(2.0 / _fans(shape)[0]) * rng.standard_normal(shape)


def initial_weight(init, shape, rng):
    """What `init` makes, checked: float64 of shape `shape`."""
    weight = np.asarray(init(shape, rng), dtype=np.float64)
    if weight.shape != shape:
        raise ValueError(f"init returned an array of shape {weight.shape}; expected {shape}, the shape it was given")
    return weight
