"""Batch norm with noise after it: the shift is back, and training is still fast."""

from functools import partial

import numpy as np

from ..train import ActivationPercentiles, Evaluate
from .networks import curve, digits_and_streams, network, train
from .running import grid, run

VARIANTS = ("none", "batch", "noisy batch")


def _one(norm, lr, seed, *, strength, steps, every, batch_size):
    split, weights, order = digits_and_streams(seed)
    noisy = norm == "noisy batch"
    shift = strength if noisy else 0.0
    model = network([64, *[100] * 8, 10], norm="batch" if noisy else norm, shift=shift, rng=weights)
    evaluate = Evaluate(split.x_test, split.y_test, every)
    medians = ActivationPercentiles(model[-3], (50,), unit=0)  # of what one unit of the last hidden layer is given
    history = train(
        model,
        split,
        lr=lr,
        steps=steps,
        batch_size=batch_size,
        rng=order,
        callbacks=[evaluate, medians],
    )
    losses, jumps = np.full(steps, np.nan), np.full(steps, np.nan)  # NaN from where a run diverged
    losses[: len(history.loss)] = history.loss
    changes = np.abs(np.diff(np.ravel(medians.values)))
    jumps[: len(changes)] = changes
    return [
        {
            "step": step,
            "test_accuracy": accuracy,
            "loss": float(np.mean(losses[step - every : step])),
            "jump": float(np.mean(jumps[step - every : step - 1])),
        }
        for step, accuracy in curve(evaluate, steps)[1:]
    ]


def noisy_batch_norm(
    *,
    seeds=(0, 1, 2),
    rates=(0.1, 0.5),
    norms=VARIANTS,
    strength=0.5,
    steps=500,
    every=250,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Training with BN, without, and with BN whose outputs are shifted at random in every step: 8 × 100 ReLUs.

    The claim, against the account of 2015: batch norm helps even where the distribution of its outputs is made to
    jump from step to step, more than it does without any norm. So its help cannot come from stable distributions.
    The noise is a `RandomShift` after each norm, of units and not, as in the paper, of each sample besides.

    Parameters
    ----------
    seeds : iterable of int
    rates : iterable of float
        Learning rates of plain gradient descent.
    norms : iterable of {"none", "batch", "noisy batch", ...}
    strength : float
        Of the noise.
    steps : int
    every : int
        Updates between two rows, at least two.
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `lr`, `step` (updates made), `seed`, `test_accuracy` (0 to 1), `loss` (mean over the mini-batches since
        the row before), `jump` (mean change, from one step to the next, of the median of what one unit of the last
        hidden layer is given). A run that diverged keeps its last accuracy; its loss and jump are NaN.

    References
    ----------
    Santurkar, Tsipras, Ilyas and Madry (2018), How does batch normalization help optimization?, section 2.2, figure 2.
    """
    task = partial(_one, strength=strength, steps=steps, every=every, batch_size=batch_size)
    cases = grid(norm=norms, lr=rates, seed=seeds)
    return run(task, cases, index=("step",), jobs=jobs, cluster=cluster, progress=progress)
