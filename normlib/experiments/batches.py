"""Small batches: what they cost batch norm, and no other norm."""

from functools import partial

from .networks import convolutional_network, digits_and_streams, errors, network, train
from .running import grid, run

NORMS = ("none", "batch", "layer", "group")


def _one(norm, batch_size, seed, *, epochs, lr, images):
    split, weights, order = digits_and_streams(seed, images)
    if images:
        model = convolutional_network(norm=norm, rng=weights)
    else:
        model = network([64, 100, 100, 100, 10], norm=norm, rng=weights)
    steps = epochs * (len(split.x_train) // batch_size)
    history = train(model, split, lr=lr * batch_size / 64, steps=steps, batch_size=batch_size, rng=order)
    return errors(model, split, history)


def batch_sizes(
    *,
    seeds=(0, 1, 2),
    sizes=(64, 32, 16, 8, 4, 2),
    norms=NORMS,
    epochs=6,
    lr=0.2,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Test error by batch size and norm, in a network of 3 × 100 ReLUs.

    The claim: batch norm's error grows as batches become small, group norm's does not. At batch size 2 a fully
    connected batch norm can only give ±1, which is not what happens in the paper's convolutional networks:
    `convolutional_batch_sizes` shows that.

    Parameters
    ----------
    seeds : iterable of int
    sizes : iterable of int
        Batch sizes.
    norms : iterable of str
        As in `network`; group norm has 10 groups of 10 units.
    epochs : int
        Each size sees every digit equally often.
    lr : float
        Learning rate at batch size 64; in proportion to the size at others, as in the paper.
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `batch_size`, `seed`, `test_error` and `train_error` (percent), `diverged`.

    References
    ----------
    Wu and He (2018), Group Normalization, section 4.1, table 2 and figure 5.
    """
    task = partial(_one, epochs=epochs, lr=lr, images=False)
    return run(task, grid(norm=norms, batch_size=sizes, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)


def convolutional_batch_sizes(
    *,
    seeds=(0, 1, 2),
    sizes=(32, 8, 2),
    norms=("none", "batch", "group"),
    epochs=4,
    lr=0.5,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Test error by batch size and norm, in a small convolutional network.

    Here a channel's statistics are taken over the pixels as well: at batch size 2 over 128, 32 and 8 numbers in the
    three layers. What hurts batch norm is their noise in training, and how far they are from the running ones.

    Parameters
    ----------
    seeds : iterable of int
    sizes : iterable of int
        Batch sizes.
    norms : iterable of str
        As in `convolutional_network`.
    epochs : int
        Each size sees every digit equally often.
    lr : float
        Learning rate at batch size 64; in proportion to the size at others, as in the paper.
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `batch_size`, `seed`, `test_error` and `train_error` (percent), `diverged`.

    References
    ----------
    Wu and He (2018), Group Normalization, section 4.1, table 2 and figure 5.
    """
    task = partial(_one, epochs=epochs, lr=lr, images=True)
    return run(task, grid(norm=norms, batch_size=sizes, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)
