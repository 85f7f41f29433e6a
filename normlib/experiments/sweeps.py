"""Hyperparameters that matter less with a norm: the learning rate, and the scale of the first weights."""

from functools import partial

from ..nn import he_init, normal_init
from .networks import digits_and_streams, errors, network, train
from .running import grid, run

ALL_NORMS = ("none", "batch", "layer", "group", "rms")


def _one(norm, seed, *, steps, batch_size, lr, scale=None):
    split, weights, order = digits_and_streams(seed)
    init = he_init if scale is None else normal_init(scale)
    model = network([64, *[100] * 5, 10], norm=norm, init=init, rng=weights)
    history = train(model, split, lr=lr, steps=steps, batch_size=batch_size, rng=order)
    return errors(model, split, history)


def learning_rates(
    *,
    seeds=(0, 1, 2),
    rates=(0.03, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0),
    norms=ALL_NORMS,
    steps=300,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Test error by learning rate and norm, in a network of 5 × 100 ReLUs: where does training still work?

    The claim: batch norm allows much larger learning rates. The weights start with He's variance, which is kind to
    the network without a norm. `usable_range` reads the ends off the table.

    Parameters
    ----------
    seeds : iterable of int
    rates : iterable of float
        Learning rates of plain gradient descent.
    norms : iterable of str
        As in `network`; group norm has 10 groups of 10 units.
    steps : int
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `lr`, `seed`, `test_error` and `train_error` (percent), `diverged` (whether the loss became infinite
        or NaN; the errors are then those of the weights as they stood).

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, sections 3.3 and 4.2.
    """
    task = partial(_one, steps=steps, batch_size=batch_size)
    return run(task, grid(norm=norms, lr=rates, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)


def initial_scales(
    *,
    seeds=(0, 1, 2),
    scales=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    norms=("none", "batch", "layer"),
    steps=300,
    lr=0.1,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Test error by scale of the first weights and norm, in a network of 5 × 100 ReLUs.

    The claim: with batch norm the scale of the weights hardly matters, since BN(aWx) = BN(Wx), while their gradient
    grows as 1/a. Without it signals die out or explode. (He's rule asks for 0.14 here, and 0.18 at the input.)

    Parameters
    ----------
    seeds : iterable of int
    scales : iterable of float
        Standard deviations of the normal distribution that every weight is drawn from.
    norms : iterable of str
        As in `network`.
    steps : int
    lr : float
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `scale`, `seed`, `test_error` and `train_error` (percent), `diverged` (whether the loss became infinite
        or NaN; the errors are then those of the weights as they stood).

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, section 3.3.
    """
    task = partial(_one, steps=steps, batch_size=batch_size, lr=lr)
    return run(task, grid(norm=norms, scale=scales, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)
