"""The book's data: handwritten digits and photographs that scikit-learn ships, and small sets made to order.

Nothing is ever downloaded.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from .nn._checks import generator


class Split(NamedTuple):
    """Inputs and targets to learn from, and others to test on.

    Attributes
    ----------
    x_train, x_test : ndarray of float
        One sample a row.
    y_train, y_test : ndarray
        One target for each sample: class labels (int64), or numbers (float64).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(rng, test_share=0.25, *, images=False, dtype=np.float64):
    """1,797 handwritten digits of 8 × 8 pixels, shuffled and split with the same mix of classes in both parts.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides which digits are for testing, and the order of all.
    test_share : float
        Share of the test set; 0.25 gives 1,347 digits to learn from and 450 to test on.
    images : bool
        Whether a digit has shape (1, 8, 8) and not (64,).
    dtype : floating dtype

    Returns
    -------
    Split
        Pixels from 0 (paper) to 1 (ink), that is the file's 0 to 16 divided by 16, and not standardized. Labels 0
        to 9. ``x.reshape(-1, 8, 8)`` reads a digit as a sequence of 8 rows, for a recurrent network.

    Raises
    ------
    TypeError
        If `rng` is no Generator.
    ValueError
        If `test_share` is not between 0 and 1.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (its test
    set, as scikit-learn ships it).

    Examples
    --------
    >>> digits(np.random.default_rng(0)).x_train.shape
    (1347, 64)
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share = {test_share} came; expected a share between 0 and 1 such as 0.25")
    x, y = _digits_file()
    x, y = (x / 16).astype(dtype), y.astype(np.int64)
    if images:
        x = x.reshape(-1, 1, 8, 8)
    # Sorted by class, at random within: every fourth of this line has each class in its share.
    line = generator(rng).permutation(len(y))
    line = line[np.argsort(y[line], kind="stable")]
    count = int(np.ceil(test_share * len(y)))
    picked = (np.arange(count) + 0.5) * len(y) // count
    test = rng.permutation(line[picked.astype(int)])
    train = rng.permutation(np.setdiff1d(line, test))
    return Split(x[train], y[train], x[test], y[test])


@cache
def _digits_file():
    """Pixels and labels as the file has them; reading it takes longer than many a run on its digits."""
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


PHOTOGRAPHS = ("china", "flower")


def photograph(name="china"):
    """A colour photograph of 427 × 640 pixels, as a batch of one image.

    Parameters
    ----------
    name : {"china", "flower"}
        A Chinese temple, by danielbuechele; a dahlia, by vultilion. Both under CC BY 2.0, shipped with scikit-learn.

    Returns
    -------
    ndarray of float64, shape (1, 3, 427, 640)
        Red, green and blue, from 0 to 1.

    Raises
    ------
    ValueError
        For another name.

    Examples
    --------
    >>> photograph("flower").shape
    (1, 3, 427, 640)
    """
    from sklearn.datasets import load_sample_image

    if name not in PHOTOGRAPHS:
        raise ValueError(f"name = {name!r} came; expected one of {', '.join(map(repr, PHOTOGRAPHS))}")
    pixels = load_sample_image(f"{name}.jpg") / 255.0
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))[None]


def covariate_shift(rng, n_train=100, n_test=100, noise=0.3):
    """A curve seen in one range and asked for in another: p(x) changes, p(y|x) does not.

    ``y = x³ - x + noise``, with x from N(0.5, 0.5²) for training and from N(0, 0.3²) for testing. A straight line
    fitted to the first goes up, where the curve of the second goes down.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_train, n_test : int
        Numbers of samples.
    noise : float
        Standard deviation of what is added to y.

    Returns
    -------
    Split
        x of shape (n, 1), y of shape (n,).

    Raises
    ------
    TypeError
        If `rng` is no Generator.

    References
    ----------
    Shimodaira (2000), Improving predictive inference under covariate shift by weighting the log-likelihood function
    (the same curve, in the same ranges).

    Examples
    --------
    >>> covariate_shift(np.random.default_rng(0)).x_train.shape
    (100, 1)
    """

    def draw(n, mean, std):
        x = generator(rng).normal(mean, std, size=n)
        return x[:, None], x**3 - x + rng.normal(0.0, noise, size=n)

    return Split(*draw(n_train, 0.5, 0.5), *draw(n_test, 0.0, 0.3))


def badly_scaled(rng, n=200, ratio=100.0, correlation=0.0, noise=0.1):
    """Two features of one importance, whose scales differ by a factor.

    ``y = z₀ - z₁ + noise`` with z standard normal; the features are ``x = (z₀, ratio · z₁)``. Without correlation the
    squared loss in the two weights has contours ``ratio`` times as long as wide, and condition number ``ratio²``.
    ``y > 0`` makes it a classification.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of samples.
    ratio : float
        Standard deviation of the second feature; that of the first is 1.
    correlation : float, between -1 and 1
        Of the two features. Standardizing leaves it; whitening removes it.
    noise : float
        Standard deviation of what is added to y.

    Returns
    -------
    x : ndarray of float64, shape (n, 2)
    y : ndarray of float64, shape (n,)

    Raises
    ------
    TypeError
        If `rng` is no Generator.
    ValueError
        If `ratio` is not positive or `correlation` not between -1 and 1.

    Examples
    --------
    >>> x, y = badly_scaled(np.random.default_rng(0))
    >>> x.shape, y.shape
    ((200, 2), (200,))
    """
    if not ratio > 0:
        raise ValueError(f"ratio = {ratio} came; expected a positive number such as 100")
    if not -1 < correlation < 1:
        raise ValueError(f"correlation = {correlation} came; expected a number between -1 and 1")
    z = generator(rng).standard_normal((n, 2))
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    y = z[:, 0] - z[:, 1] + rng.normal(0.0, noise, size=n)
    return z * [1.0, ratio], y
