"""Instance normalization."""

from ._base import Normalization


class InstanceNorm(Normalization):
    """Normalize each channel of each sample over its spatial axes: (2, 3) of (N, C, H, W).

    Training and evaluation do the same: no sample sees another.

    Parameters
    ----------
    num_features : int
        Number of channels C; axis 1 of the input.
    eps : float
        Added to the variance, inside the root.
    affine : bool
        Whether to learn gamma and beta, both of shape (C,). (PyTorch's own default is not to.)

    Raises
    ------
    ValueError
        For another channel count, no spatial axis, or a single position.
    TypeError
        For an input that is not floating.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky (2016), Instance Normalization, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> InstanceNorm(1, eps=0.0)(np.array([[[1.0, 3.0]], [[10.0, 30.0]]])).ravel()
    array([-1.,  1., -1.,  1.])
    """

    spatial = 1
    per = "channel of a sample"
    cure = "Use an input with more positions, or a norm that takes its mean over more than them"

    def __init__(self, num_features, *, eps=1e-5, affine=True):
        super().__init__(num_features, eps=eps, affine=affine)
        self.num_features = num_features
