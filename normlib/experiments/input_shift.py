"""How the inputs of a unit move while the layers below it learn."""

from functools import partial

import numpy as np

from ..nn import normal_init
from ..train import ActivationPercentiles, Evaluate
from .networks import curve, digits_and_streams, network, train
from .running import grid, run


def _one(norm, seed, *, steps, every, lr, batch_size):
    split, weights, order = digits_and_streams(seed)
    model = network([64, 100, 100, 100, 10], norm=norm, activation="sigmoid", init=normal_init(0.01), rng=weights)
    evaluate = Evaluate(split.x_test, split.y_test, every)
    percentiles = ActivationPercentiles(model[-3], unit=0, every=every)  # what the last sigmoid is given
    train(
        model,
        split,
        lr=lr,
        steps=steps + 1,  # the percentiles after `steps` updates are those of one more batch
        batch_size=batch_size,
        rng=order,
        callbacks=[evaluate, percentiles],
    )
    given = dict(zip(percentiles.steps, percentiles.values, strict=True))
    return [
        {"step": step, "test_accuracy": accuracy}
        | dict(zip(("p15", "p50", "p85"), map(float, given.get(step, [np.nan] * 3)), strict=True))
        for step, accuracy in curve(evaluate, steps)
    ]


def input_distributions(
    *,
    seeds=(0, 1, 2),
    norms=("none", "batch"),
    steps=10_000,
    every=200,
    lr=0.5,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Accuracy, and percentiles of one unit's input, through training: a deep sigmoid network with and without BN.

    The claim: without batch norm the inputs of a unit drift as the layers below learn, and learning is slow to begin;
    with it they hardly move, and learning is fast. The network is the paper's, three hidden layers of 100 sigmoids
    with weights from N(0, 0.01²), and the batches of 60 too; the digits are smaller (8 × 8) and fewer.

    Parameters
    ----------
    seeds : iterable of int
    norms : iterable of str
        As in `network`.
    steps : int
        Updates of plain gradient descent.
    every : int
        Updates between two rows.
    lr : float
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `step` (updates made), `seed`, `test_accuracy` (0 to 1), and `p15`, `p50`, `p85`: percentiles over the
        mini-batch of what the first unit of the last hidden layer hands to its sigmoid. A run that
        diverged keeps its last accuracy; its percentiles are NaN.

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, section 4.1 and figure 1.
    """
    task = partial(_one, steps=steps, every=every, lr=lr, batch_size=batch_size)
    cases = grid(norm=norms, seed=seeds)
    return run(task, cases, index=("step",), jobs=jobs, cluster=cluster, progress=progress)
