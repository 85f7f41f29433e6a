"""Layer normalization, and what is left of it without the mean."""

import math
import operator

import numpy as np

from ..module import NamedArrays
from ._base import Normalization


class LayerNorm(Normalization):
    """Normalize each sample over its last axes, those of `normalized_shape`: 1 of (N, D), (1, 2, 3) of (N, C, H, W).

    All axes before them count as samples, so that the time steps of a sequence (N, T, D) go each by itself. Gamma and
    beta have a number for each element, not for each channel. Training and evaluation do the same.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the last axes: D, or (C, H, W).
    eps : float
        Added to the variance, inside the root.
    affine : bool
        Whether to learn gamma and beta, both of shape `normalized_shape`.

    Raises
    ------
    ValueError
        If `normalized_shape` is empty, the last axes of the input differ from it, or it holds a single number.
    TypeError
        For an input that is not floating.

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer Normalization, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> LayerNorm(2, eps=0.0)(np.array([[1.0, 3.0], [10.0, 30.0]]))
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    per = "sample"
    cure = "Normalize over more than one number"

    def __init__(self, normalized_shape, *, eps=1e-5, affine=True):
        shape = (normalized_shape,) if np.ndim(normalized_shape) == 0 else tuple(normalized_shape)
        if not shape or any(operator.index(n) < 1 for n in shape):
            raise ValueError(
                f"normalized_shape = {normalized_shape!r} came; expected the lengths of one or more last axes of the "
                f"input, such as D or (C, H, W)"
            )
        super().__init__(shape, eps=eps, affine=affine)
        self.normalized_shape = shape

    def __repr__(self):
        inside = self.normalized_shape[0] if len(self.normalized_shape) == 1 else self.normalized_shape
        return f"{type(self).__name__}({inside})"

    def check_shape(self, x):
        """Raise unless the last axes of `x` are `normalized_shape`."""
        if x.shape[-len(self.normalized_shape) :] != self.normalized_shape:
            wanted = ", ".join(map(str, self.normalized_shape))
            raise ValueError(
                f"{self!r} got an array of shape {x.shape}; expected (*samples, {wanted}). Move the axes to normalize "
                f"over to the end with np.moveaxis, or build the layer with the lengths that you have"
            )

    def view(self, shape):
        """(N, 1, 1, S): all that is normalized together is one row."""
        return math.prod(shape[: len(shape) - len(self.normalized_shape)]), 1, 1, self.num_channels

    def spread(self, param):
        """One number for each element, shape (1, 1, 1, S)."""
        return param.reshape(1, 1, 1, -1)


class RMSNorm(LayerNorm):
    """Divide each sample by its root mean square over the last axes; the mean is not subtracted, and there is no beta.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the last axes.
    eps : float
        Added to the mean square, inside the root.
    affine : bool
        Whether to learn gamma, of shape `normalized_shape`.

    Raises
    ------
    ValueError, TypeError
        As `LayerNorm`; a single number is allowed.

    References
    ----------
    Zhang and Sennrich (2019), Root Mean Square Layer Normalization, equation 4.

    Examples
    --------
    >>> import numpy as np
    >>> RMSNorm(2, eps=0.0)(np.array([[1.0, 7.0]]))
    array([[0.2, 1.4]])
    """

    centered = False

    def __init__(self, normalized_shape, *, eps=1e-5, affine=True):
        super().__init__(normalized_shape, eps=eps, affine=False)
        if affine:
            self.params = NamedArrays(gamma=np.ones(self.normalized_shape))
