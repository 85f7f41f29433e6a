"""Moments of a whole from the moments of its parts, as synchronized batch norm needs them."""

import numpy as np


def merge_moments(counts, means, variances):
    """Mean and biased variance (1/m) of all values together, from those of each shard.

    ``mean = Σ n_k mean_k / n`` and ``variance = Σ n_k (variance_k + (mean_k - mean)²) / n``: the spread inside the
    shards and the spread between them. The average of the variances alone forgets the second part. It is exact, and
    keeps its digits when the means are large.

    Parameters
    ----------
    counts : array_like of int, shape (K,)
        How many values each of the K shards has (for images N·H·W). A shard without values is left out, whatever
        its mean and variance say.
    means, variances : array_like of float, shape (K, D)
        Mean and biased variance of each shard.

    Returns
    -------
    count : int
    mean, variance : ndarray of float64, shape (D,)

    Raises
    ------
    ValueError
        If the shapes do not belong together, a count is negative or no whole number, all are zero, or a variance
        is negative.

    References
    ----------
    Chan, Golub and LeVeque (1979), Updating formulae and a pairwise algorithm for computing sample variances; (1983),
    Algorithms for computing the sample variance: analysis and recommendations.

    Examples
    --------
    Of 1, 3 and of 8 alone:

    >>> merge_moments([2, 1], [[2.0], [8.0]], [[1.0], [0.0]])
    (3, array([4.]), array([8.66666667]))
    """
    counts = np.asarray(counts)
    means, variances = np.asarray(means, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if counts.ndim != 1 or means.ndim != 2 or means.shape != variances.shape or len(means) != len(counts):
        raise ValueError(
            f"counts, means and variances have shapes {counts.shape}, {means.shape} and {variances.shape}; "
            f"expected (K,), (K, D) and (K, D), one row a shard"
        )
    if not np.issubdtype(counts.dtype, np.integer) or (counts < 0).any() or not counts.any():
        raise ValueError(f"counts = {counts.tolist()} came; expected whole numbers from zero up, not all of them zero")
    filled = counts > 0
    n, means, variances = counts[filled, None], means[filled], variances[filled]
    if (variances < 0).any():
        raise ValueError(f"a variance of {variances.min()} came; expected none below zero")
    count = int(n.sum())
    # From the first mean on, so that only differences are multiplied and a large common mean costs no digits.
    mean = means[0] + (n * (means - means[0])).sum(axis=0) / count
    variance = (n * (variances + np.square(means - mean))).sum(axis=0) / count
    return count, mean, variance
