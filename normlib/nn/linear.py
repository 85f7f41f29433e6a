"""The fully connected layer."""

import numpy as np

from ..arrays import as_float, compute_dtype
from ..module import Module, NamedArrays
from ._checks import generator, positive_int
from .initializers import he_init, initial_weight


class Linear(Module):
    """The affine map ``z = x Wᵀ + b`` of each row of `x`.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of a row before and after; `weight` has shape (out_features, in_features).
    bias : bool
        Whether to learn b, of shape (out_features,), which starts at 0. In front of a batch norm it is
        redundant: the mean that the norm subtracts takes it away again.
    init : function ``(shape, rng) -> array``
        First values of the weight, such as `he_init`, `xavier_init` or ``normal_init(0.01)``.
    rng : numpy.random.Generator
        Source of the first values.

    Raises
    ------
    ValueError
        For rows of another length. After an error nothing in the layer has changed.
    TypeError
        For an input that is not floating, and for an `rng` that is no Generator.

    Examples
    --------
    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer.params["weight"] = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    >>> layer(np.array([[5.0, 6.0, 7.0]]))
    array([[ 5., 12.]])
    """

    def __init__(self, in_features, out_features, *, bias=True, init=he_init, rng):
        super().__init__()
        self.in_features = positive_int(in_features, "in_features")
        self.out_features = positive_int(out_features, "out_features")
        arrays = {"weight": initial_weight(init, (self.out_features, self.in_features), generator(rng))}
        if bias:
            arrays["bias"] = np.zeros(self.out_features)
        self.params = NamedArrays(**arrays)

    def forward(self, x):
        """``x Wᵀ + b`` for `x` of shape (N, in_features): shape (N, out_features), dtype of `x`."""
        x = as_float(x)
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"Linear({self.in_features}, {self.out_features}) got an array of shape {x.shape}; expected "
                f"(N, {self.in_features}), one row for each sample. Put Flatten() before it, or build the layer "
                f"with the number of features that you have"
            )
        kept = np.array(x, dtype=compute_dtype(x.dtype))
        weight = self.params["weight"].astype(kept.dtype)
        y = np.dot(kept, weight.T)
        if "bias" in self.params:
            y += self.params["bias"].astype(kept.dtype)
        self._cache = (y.shape, (kept, weight, x.dtype))
        return y.astype(x.dtype, copy=False)

    def backward(self, dy):
        """Gradient in the input, ``dy W``; ``dyᵀ x`` and the column sums of `dy` go to `grads`.

        Parameters
        ----------
        dy : ndarray of float, shape (N, out_features)

        Returns
        -------
        dx : ndarray, shape (N, in_features)
        """
        dy = as_float(dy, "dy")
        x, weight, dtype = self._take_cache(dy)
        dy = dy.astype(x.dtype, copy=False)
        self.grads["weight"] = np.dot(dy.T, x)
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=0)
        return np.dot(dy, weight).astype(dtype, copy=False)
