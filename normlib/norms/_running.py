"""Running statistics: what a layer that learns from batches keeps for the time after training."""

import numpy as np

from ..module import NamedArrays
from ._base import Normalization


class RunningNormalization(Normalization):
    """Base of the layers that take moments over the batch, and in evaluation need others in their place.

    Parameters
    ----------
    num_features : int
        Number of channels C; axis 1 of the input.
    eps, affine
        As in `Normalization`; gamma and beta have shape (C,).
    momentum : float or None
        Weight of the new batch, from 0 to 1: ``running = (1 - momentum) * running + momentum * batch``. None weighs
        all batches alike, so that after t of them ``running`` is the average of the t.
    unbiased : bool
        Keep the unbiased variance m/(m-1) var, as the 2015 paper and PyTorch do, or the biased one, as Keras and Flax.

    Raises
    ------
    ValueError
        If `momentum` is neither None nor from 0 to 1.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 2.
    """

    cure = "Use a larger batch, or layer.eval() for single examples"

    def __init__(self, num_features, *, eps=1e-5, momentum=0.1, affine=True, unbiased=True):
        super().__init__(num_features, eps=eps, affine=affine)
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(
                f"momentum = {momentum} came; expected a number from 0 to 1, the weight of the new batch, "
                f"or None for the average of all batches"
            )
        self.num_features = num_features
        self.momentum = momentum
        self.unbiased = unbiased
        self.buffers = NamedArrays(
            running_mean=np.zeros(num_features), running_var=np.ones(num_features), num_batches_tracked=0.0
        )

    def keep(self, mean, var, count):
        """Move the running statistics towards a batch's mean and variance over `count` numbers."""
        buffers = self.buffers.data
        tracked = buffers["num_batches_tracked"]
        tracked += 1
        new = 1 / float(tracked) if self.momentum is None else self.momentum
        of_var = new * count / (count - 1) if self.unbiased else new
        for name, weight, value in (("running_mean", new, mean), ("running_var", of_var, var)):
            running = buffers[name]
            running *= 1 - new
            running += weight * value
