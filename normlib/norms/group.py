"""Group normalization."""

import math

from ._base import Normalization


class GroupNorm(Normalization):
    """Normalize each group of neighbouring channels of each sample: (C/G, H, W) of (N, C, H, W).

    With one group the standardized values are layer norm's over (C, H, W), with C groups instance norm's; gamma and
    beta are one number a channel in every case. Training and evaluation do the same.

    Parameters
    ----------
    num_groups : int
        Number of groups G; divides the number of channels.
    num_channels : int
        Number of channels C; axis 1 of the input.
    eps : float
        Added to the variance, inside the root.
    affine : bool
        Whether to learn gamma and beta, both of shape (C,).

    Raises
    ------
    ValueError
        If the groups do not divide the channels, for another channel count, and for a single number in a group.
    TypeError
        For an input that is not floating.

    References
    ----------
    Wu and He (2018), Group Normalization, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> GroupNorm(2, 4, eps=0.0)(np.array([[1.0, 3.0, 10.0, 30.0]]))
    array([[-1.,  1., -1.,  1.]])
    """

    per = "group"
    cure = "Use fewer groups, or an input with more positions"

    def __init__(self, num_groups, num_channels, *, eps=1e-5, affine=True):
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"num_groups = {num_groups} came for {num_channels} channels; expected a divisor of {num_channels}, "
                f"so that all groups have the same size. Take the nearest divisor, or change the number of channels"
            )
        super().__init__(num_channels, eps=eps, affine=affine)
        self.num_groups = num_groups

    def __repr__(self):
        return f"GroupNorm({self.num_groups}, {self.num_channels})"

    def view(self, shape):
        """(N, G, C/G, S): the channels in groups."""
        return shape[0], self.num_groups, self.num_channels // self.num_groups, math.prod(shape[2:])

    def spread(self, param):
        """One number a channel, shape (1, G, C/G, 1)."""
        return param.reshape(1, self.num_groups, -1, 1)
