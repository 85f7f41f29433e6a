"""Layer norm in a recurrent network."""

from functools import partial

from ..nn import RNN, LastStep, Linear, RNNCell, Sequential
from ..train import Evaluate
from .networks import curve, digits_and_streams, train
from .running import grid, run


def _one(norm, lr, batch_size, seed, *, steps, every, hidden):
    split, weights, order = digits_and_streams(seed)
    split = split._replace(x_train=split.x_train.reshape(-1, 8, 8), x_test=split.x_test.reshape(-1, 8, 8))
    cell = RNNCell(8, hidden, norm=None if norm == "none" else norm, rng=weights)
    model = Sequential(RNN(cell), LastStep(), Linear(hidden, 10, rng=weights))
    evaluate = Evaluate(split.x_test, split.y_test, every)
    train(model, split, lr=lr, steps=steps, batch_size=batch_size, rng=order, callbacks=[evaluate])
    return [{"step": step, "test_accuracy": accuracy} for step, accuracy in curve(evaluate, steps)]


def recurrent_layer_norm(
    *,
    seeds=(0, 1, 2),
    norms=("none", "layer"),
    rates=(0.01, 0.1, 1.0),
    sizes=(1, 32),
    steps=600,
    every=200,
    hidden=64,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Accuracy through training of a recurrent network that reads a digit row by row, with LN and without.

    The claim: layer norm stabilizes the hidden state, and training is faster. As it knows nothing of the batch it also
    works on batches of one, where batch norm has nothing to normalize by.

    Parameters
    ----------
    seeds : iterable of int
    norms : iterable of {"none", "layer"}
        Inside the cell.
    rates : iterable of float
        Learning rates of plain gradient descent.
    sizes : iterable of int
        Batch sizes.
    steps : int
    every : int
        Updates between two rows.
    hidden : int
        Length of the hidden state.
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `lr`, `batch_size`, `step` (updates made), `seed`, `test_accuracy` (0 to 1).

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization, sections 3.1 and 6.
    """
    task = partial(_one, steps=steps, every=every, hidden=hidden)
    cases = grid(norm=norms, lr=rates, batch_size=sizes, seed=seeds)
    return run(task, cases, index=("step",), jobs=jobs, cluster=cluster, progress=progress)
