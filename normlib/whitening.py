"""Standardizing and whitening of inputs: measured once on the training set, applied to everything else."""

from dataclasses import dataclass

import numpy as np

from .arrays import as_eps, as_float


@dataclass(frozen=True, eq=False)
class Whitening:
    """A fitted map ``(x - mean) @ matrix.T``; call it on training, validation and test data alike.

    Made by `standardizing`, `pca_whitening` or `zca_whitening`.

    Attributes
    ----------
    mean : ndarray of float64, shape (D,)
        Mean of the samples that it was measured on.
    matrix : ndarray of float64, shape (D, D)
        Row i is what output i takes of each centred feature.

    Examples
    --------
    >>> x_train, x_test = np.array([[1.0], [3.0]]), np.array([[2.0], [5.0]])
    >>> whiten = standardizing(x_train)
    >>> whiten(x_test)
    array([[0.],
           [3.]])
    """

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, x):
        """Apply the map to samples.

        Parameters
        ----------
        x : ndarray of float, shape (N, D)

        Returns
        -------
        ndarray, shape (N, D), dtype of `x`

        Raises
        ------
        TypeError
            If `x` is not floating.
        ValueError
            If `x` is no table of D columns.
        """
        x = as_float(x)
        if x.ndim != 2 or x.shape[1] != len(self.mean):
            raise ValueError(
                f"x has shape {x.shape}; expected (N, {len(self.mean)}), the features that the map was measured on"
            )
        return ((x - self.mean) @ self.matrix.T).astype(x.dtype, copy=False)


def standardizing(x, eps=0.0):
    """Measure the map that gives each feature mean 0 and variance 1 by itself; what is correlated stays so.

    The affordable stand-in for whitening: it takes the diagonal of the covariance and nothing else, at a cost of
    N·D where whitening costs N·D² + D³.

    Parameters
    ----------
    x : ndarray of float, shape (N, D)
        The training set.
    eps : float
        Added to each variance (1/N), inside the root.

    Returns
    -------
    Whitening
        Its matrix is diagonal.

    Raises
    ------
    TypeError, ValueError
        As `zca_whitening`; with ``eps=0`` for a constant feature.

    Examples
    --------
    >>> standardizing(np.array([[1.0, 10.0], [3.0, 50.0]])).matrix
    array([[1.  , 0.  ],
           [0.  , 0.05]])
    """
    mean, centred = _centred(x, eps)
    return Whitening(mean, np.diag(_inverse_root(np.square(centred).mean(axis=0), eps)))


def pca_whitening(x, eps=0.0):
    """Measure the map to principal components of variance 1: rotate, then scale each axis.

    Output i is the projection on the direction of the i-th largest variance. Each direction points so that its
    largest entry is positive, which makes the result unique wherever no two variances are equal.

    Parameters
    ----------
    x : ndarray of float, shape (N, D)
        The training set.
    eps : float
        Added to each eigenvalue of the biased covariance (1/N), inside the root.

    Returns
    -------
    Whitening
        The covariance of the whitened training set is the identity (with ``eps=0``), or diagonal.

    Raises
    ------
    TypeError, ValueError
        As `zca_whitening`.

    Examples
    --------
    >>> x = np.array([[4.0, 4.0], [-4.0, -4.0], [1.0, -1.0], [-1.0, 1.0]])
    >>> pca_whitening(x)(x).round(3)
    array([[ 1.414,  0.   ],
           [-1.414,  0.   ],
           [ 0.   ,  1.414],
           [ 0.   , -1.414]])
    """
    mean, centred = _centred(x, eps)
    variances, directions = _principal_axes(centred)
    return Whitening(mean, _inverse_root(variances, eps)[:, None] * directions)


def zca_whitening(x, eps=0.0):
    """Measure the symmetric whitening map: rotate to principal components, scale each, rotate back.

    Every rotation of a whitened set is whitened too. This one leaves the data, in squared distance, closest to
    what it was: an image still looks like itself.

    Parameters
    ----------
    x : ndarray of float, shape (N, D)
        The training set.
    eps : float
        Added to each eigenvalue of the biased covariance (1/N), inside the root. It keeps directions that hardly
        vary, and are mostly noise, from being blown up.

    Returns
    -------
    Whitening
        Its matrix is symmetric, ``(cov + eps)^(-1/2)``.

    Raises
    ------
    TypeError
        If `x` is not floating.
    ValueError
        If `x` is no table of finite numbers, `eps` is negative, or, with ``eps=0``, some direction has no variance
        that could be scaled to 1. Fewer than D + 1 samples always leave such a direction.

    References
    ----------
    Bell and Sejnowski (1997), The "independent components" of natural scenes are edge filters (zero-phase whitening).
    Kessy, Lewin and Strimmer (2018), Optimal whitening and decorrelation, section 3 (why it stays closest).

    Examples
    --------
    >>> x = np.array([[4.0, 4.0], [-4.0, -4.0], [1.0, -1.0], [-1.0, 1.0]])
    >>> zca_whitening(x)(x).round(3) + 0.0
    array([[ 1.,  1.],
           [-1., -1.],
           [ 1., -1.],
           [-1.,  1.]])
    """
    mean, centred = _centred(x, eps)
    variances, directions = _principal_axes(centred)
    return Whitening(mean, directions.T * _inverse_root(variances, eps) @ directions)


def _centred(x, eps):
    """The mean of the samples, and the samples less their mean, both in float64."""
    x = as_float(x).astype(np.float64)
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"x has shape {x.shape}; expected (N, D), one row a sample. Flatten images: x.reshape(N, -1)")
    if not np.isfinite(x).all():
        raise ValueError("x holds NaN or infinity; expected finite numbers. Drop or fill those samples first")
    as_eps(eps)
    # A constant feature is its own mean to the last bit, so that rounding gives it no variance.
    mean = np.where(np.ptp(x, axis=0) == 0, x[0], x.mean(axis=0))
    return mean, x - mean


def _principal_axes(centred):
    """Variances from the largest down, and the directions that they are found in, one a row."""
    variances, columns = np.linalg.eigh(centred.T @ centred / len(centred))
    variances, directions = variances[::-1], columns.T[::-1]
    noise = len(variances) * np.finfo(np.float64).eps * variances[0]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1, keepdims=True), axis=1)
    return np.where(variances > noise, variances, 0.0), directions * np.sign(largest)


def _inverse_root(variances, eps):
    flat = int(np.sum(variances + eps == 0))
    if flat:
        raise ValueError(
            f"{flat} of {len(variances)} directions have no variance in x, and eps = 0 cannot scale them to 1. "
            f"Give a small eps such as 1e-5, more samples than features, or drop the constant features"
        )
    return 1.0 / np.sqrt(variances + eps)
