"""Batch normalization."""

from ._running import RunningNormalization


class BatchNorm(RunningNormalization):
    """Normalize each channel over the batch and all spatial axes: 0 of (N, C), (0, 2, 3) of (N, C, H, W).

    In training the moments are the mini-batch's; each call also moves the running statistics,
    ``running = (1 - momentum) * running + momentum * batch``, with the unbiased variance m/(m-1).
    In evaluation the running statistics stand in for the batch's, and the layer is one affine map per channel.
    NaN in a channel passes through: it makes that channel's outputs and running statistics NaN, and no other's.

    Parameters
    ----------
    num_features : int
        Number of channels C; axis 1 of the input.
    eps : float
        Added to the variance, inside the root.
    momentum : float or None
        Weight of the new batch in the running statistics, from 0 to 1 (PyTorch's sense: Keras's momentum is
        one minus this). None keeps the average over all batches since the start.
    affine : bool
        Whether to learn gamma and beta, both of shape (C,).
    unbiased : bool
        False keeps the biased running variance, as Keras and Flax do.

    Raises
    ------
    ValueError
        For another channel count, and in training for fewer than two values per channel.
    TypeError
        For an input that is not floating. After an error nothing in the layer has changed.

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, algorithms 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> layer = BatchNorm(1, eps=0.0)
    >>> layer(np.array([[1.0], [3.0]])).ravel()
    array([-1.,  1.])
    >>> layer.buffers["running_mean"]
    array([0.2])
    """

    axes = (0, 2, 3)

    def given(self):
        """The running statistics in evaluation; None in training."""
        if self.training:
            return None
        return tuple(self.spread(self.buffers[name]) for name in ("running_mean", "running_var"))
