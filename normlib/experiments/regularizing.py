"""Batch norm as a regularizer, beside dropout."""

from functools import partial

import numpy as np

from .networks import digits_and_streams, errors, network, train
from .running import grid, run


def _one(norm, dropout, seed, *, samples, steps, lr, batch_size):
    split, weights, order = digits_and_streams(seed)
    split = split._replace(x_train=split.x_train[:samples], y_train=split.y_train[:samples])
    model = network([64, 100, 100, 100, 10], norm=norm, dropout=dropout, rng=weights)
    history = train(model, split, lr=lr, steps=steps, batch_size=batch_size, rng=order)
    measured = errors(model, split, history)
    return measured | {
        "gap": measured["test_error"] - measured["train_error"],
        "loss": float(np.mean(history.loss[-20:])),
    }


def dropout(
    *,
    seeds=(0, 1, 2, 3, 4),
    norms=("none", "batch"),
    rates=(0.0, 0.2, 0.5),
    samples=200,
    steps=1000,
    lr=0.1,
    batch_size=20,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Over-fitting with and without dropout, with and without BN: 3 × 100 ReLUs and few digits to learn from.

    The claim: each sample's output depends on the others of its batch; that noise regularizes, and with batch norm
    dropout matters less or can be left out.

    Parameters
    ----------
    seeds : iterable of int
    norms : iterable of str
        As in `network`.
    rates : iterable of float
        Probabilities of a zero in dropout; 0 is no dropout.
    samples : int
        Number of digits to learn from.
    steps : int
    lr : float
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `dropout`, `seed`, `test_error`, `train_error` and their difference `gap` (percent; evaluation mode),
        `diverged`, `loss` (mean over the last 20 mini-batches, in training mode).

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, sections 3.4 and 4.2.1.
    """
    task = partial(_one, samples=samples, steps=steps, lr=lr, batch_size=batch_size)
    return run(task, grid(norm=norms, dropout=rates, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)
