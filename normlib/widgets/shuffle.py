"""A random order that Python and JavaScript agree on: mulberry32 and the shuffle of Fisher and Yates."""

import numpy as np

_MASK = 0xFFFFFFFF


def mulberry32(seed):
    """Draw 32-bit integers for ever, from a 32-bit seed.

    Parameters
    ----------
    seed : int
        From 0 to 2³² - 1.

    Yields
    ------
    int, from 0 to 2³² - 1

    References
    ----------
    Ettinger (2017), mulberry32, in the public domain.

    Examples
    --------
    >>> next(mulberry32(1))
    2693262067
    """
    while True:
        seed = (seed + 0x6D2B79F5) & _MASK
        t = (seed ^ seed >> 15) * (seed | 1) & _MASK
        t ^= (t + ((t ^ t >> 7) * (t | 61) & _MASK)) & _MASK
        yield t ^ t >> 14


class Shuffle(np.random.Generator):
    """A generator whose permutations JavaScript can make too; all else is NumPy's, and always the same.

    Parameters
    ----------
    seed : int
        From 0 to 2³² - 1.

    Examples
    --------
    >>> Shuffle(1).permutation(5)
    array([4, 2, 1, 0, 3])
    """

    def __init__(self, seed):
        super().__init__(np.random.PCG64(0))
        self._draws = mulberry32(seed)

    def permutation(self, x, axis=0):
        """The numbers from 0 to `x` - 1, an int, in random order: ndarray of int64, shape (x,)."""
        order = list(range(x))
        for last in range(x - 1, 0, -1):
            other = next(self._draws) * (last + 1) >> 32
            order[last], order[other] = order[other], order[last]
        return np.array(order, dtype=np.int64)
