"""How the loss and its gradient vary along the direction of a step."""

import copy
from functools import partial

import numpy as np

from ..nn import SoftmaxCrossEntropy
from ..optim import SGD
from .networks import digits_and_streams, network, train
from .running import grid, run


def gradient_vector(model):
    """All gradients that the last backward pass left, as one vector of float64."""
    return np.concatenate([m.grads[name].ravel() for m in model.modules() for name in m.params]).astype(np.float64)


class AlongTheGradient:
    """At every so many steps, go various lengths down the gradient of the mini-batch, and look around.

    Works on a copy of the model, and so changes nothing.

    Parameters
    ----------
    lengths : iterable of float
        Step lengths, as learning rates.
    every : int
        Steps between two looks.

    Attributes
    ----------
    rows : list of dict
        As in the table of `landscape`.
    """

    def __init__(self, lengths, every):
        self.lengths, self.every, self.rows = tuple(lengths), every, []

    def __call__(self, state):
        """Look, if it is time."""
        if state.step % self.every:
            return
        here, losses, changes, bends = gradient_vector(state.model), [state.loss], [], []
        for length in self.lengths:
            probe, loss = copy.deepcopy(state.model), SoftmaxCrossEntropy()
            SGD(probe, length).step()
            losses.append(loss(probe(state.x), state.y))
            probe.backward(loss.backward())
            changes.append(float(np.linalg.norm(gradient_vector(probe) - here)))
            bends.append(changes[-1] / (length * np.linalg.norm(here)))
        self.rows.append(
            {
                "step": state.step,
                "loss_range": max(losses) - min(losses),
                "gradient_change": max(changes),
                "smoothness": float(max(bends)),
            }
        )


def _one(norm, seed, *, lengths, steps, every, lr, batch_size):
    split, weights, order = digits_and_streams(seed)
    model = network([64, *[100] * 5, 10], norm=norm, rng=weights)
    look = AlongTheGradient(lengths, every)
    train(model, split, lr=lr, steps=steps, batch_size=batch_size, rng=order, callbacks=[look])
    return look.rows


def landscape(
    *,
    seeds=(0, 1, 2),
    norms=("none", "batch"),
    lengths=(0.05, 0.1, 0.2, 0.4),
    steps=300,
    every=5,
    lr=0.1,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """How much loss and gradient vary along the step that is taken, with and without BN: 5 × 100 ReLUs.

    The claim: batch norm makes the landscape smoother. At steps of the training the loss and its gradient are
    computed anew at several distances down the gradient, on the same mini-batch. Look at the median over the steps as
    well as at the worst of them: they need not tell the same.

    Parameters
    ----------
    seeds : iterable of int
    norms : iterable of str
        As in `network`.
    lengths : iterable of float
        Distances, as multiples of the gradient (as learning rates).
    steps : int
    every : int
        Steps between two looks.
    lr : float
        Of the training itself.
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `step` (updates made), `seed`, `loss_range` (largest minus smallest loss, where we stand included),
        `gradient_change` (largest distance of a gradient from the one where we stand), `smoothness` (the same divided
        by the distance gone, largest again: a lower bound of the gradient's Lipschitz constant). A run that diverged
        ends early.

    References
    ----------
    Santurkar, Tsipras, Ilyas and Madry (2018), How does batch normalization help optimization?, section 3.1, figure 4.
    """
    task = partial(_one, lengths=lengths, steps=steps, every=every, lr=lr, batch_size=batch_size)
    cases = grid(norm=norms, seed=seeds)
    return run(task, cases, index=("step",), jobs=jobs, cluster=cluster, progress=progress)
