"""Depth: gradients that vanish on their way down, and whether deep sigmoid networks learn."""

from functools import partial

from ..nn import he_init, normal_init, xavier_init
from ..train import GradientNorms
from .networks import digits_and_streams, errors, network, train
from .running import grid, run

INITS = {"small": normal_init(0.01), "xavier": xavier_init, "he": he_init}


def _learning(norm, depth, seed, *, steps, lr, batch_size):
    split, weights, order = digits_and_streams(seed)
    model = network([64, *[100] * depth, 10], norm=norm, activation="sigmoid", init=xavier_init, rng=weights)
    history = train(model, split, lr=lr, steps=steps, batch_size=batch_size, rng=order)
    return errors(model, split, history)


def _gradients(norm, activation, init, depth, seed, *, batch_size):
    split, weights, order = digits_and_streams(seed)
    model = network([64, *[100] * depth, 10], norm=norm, activation=activation, init=INITS[init], rng=weights)
    norms = GradientNorms()
    train(model, split, lr=0.1, steps=1, batch_size=batch_size, rng=order, callbacks=[norms])
    return [{"layer": i, "gradient_norm": float(value)} for i, value in enumerate(norms.values[0], start=1)]


def depths(
    *,
    seeds=(0, 1, 2),
    depths=(2, 4, 6, 8, 10),
    norms=("none", "batch"),
    steps=500,
    lr=0.5,
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Test error by number of hidden layers, 100 sigmoids each, with and without BN.

    The claim: networks of saturating units become trainable. The weights start as Glorot and Bengio ask.

    Parameters
    ----------
    seeds : iterable of int
    depths : iterable of int
        Numbers of hidden layers.
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
        `norm`, `depth`, `seed`, `test_error` and `train_error` (percent), `diverged`.

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, section 4.2.2, the network BN-x5-Sigmoid.
    """
    task = partial(_learning, steps=steps, lr=lr, batch_size=batch_size)
    return run(task, grid(norm=norms, depth=depths, seed=seeds), jobs=jobs, cluster=cluster, progress=progress)


def gradient_norms(
    *,
    seeds=(0, 1, 2),
    depths=(10,),
    norms=("none", "batch"),
    activations=("sigmoid", "tanh", "relu"),
    inits=("small", "xavier", "he"),
    batch_size=60,
    jobs=1,
    cluster=None,
    progress=True,
):
    """Length of the gradient in each layer's weight before the first update, by activation, first weights and norm.

    The claim: through saturating units gradients shrink from layer to layer on their way to the input; ReLU with
    He's weights, Xavier's weights with tanh, and batch norm with any of them keep their size.

    Parameters
    ----------
    seeds : iterable of int
    depths : iterable of int
        Numbers of hidden layers of 100 units.
    norms, activations : iterable of str
        As in `network`.
    inits : iterable of {"small", "xavier", "he"}
        First weights; small is N(0, 0.01²).
    batch_size : int
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `activation`, `init`, `depth`, `layer` (1 at the input, depth + 1 at the output), `seed`,
        `gradient_norm`.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, section 4.2.
    """
    cases = grid(norm=norms, activation=activations, init=inits, depth=depths, seed=seeds)
    task = partial(_gradients, batch_size=batch_size)
    return run(task, cases, index=("layer",), jobs=jobs, cluster=cluster, progress=progress)
