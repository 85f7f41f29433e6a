"""Instance norm takes the contrast out of a photograph."""

from functools import partial

import numpy as np

from ..data import PHOTOGRAPHS, photograph
from ..norms import BatchNorm, InstanceNorm, LayerNorm
from .running import grid, run

CHANNELS = ("red", "green", "blue")
CHANGES = ("none", "alike", "per channel")


def changed(x, change, rng):
    """The first image of `x` with contrast from 0.3 to 0.9 and brightness from 0 to 0.1, drawn anew; the others as is.

    Parameters
    ----------
    x : ndarray of float, shape (N, 3, H, W)
    change : {"none", "alike", "per channel"}
        Draw nothing, one contrast and one brightness, or one of each for each channel.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape of `x`
    """
    y = x.copy()
    if change != "none":
        shape = (3, 1, 1) if change == "per channel" else (1, 1, 1)
        y[0] = y[0] * rng.uniform(0.3, 0.9, shape) + rng.uniform(0.0, 0.1, shape)
    return y


def _one(norm, change, seed, *, eps):
    photographs = np.concatenate([photograph(name) for name in PHOTOGRAPHS])
    shape = photographs.shape[1:]
    layer = {
        "instance": InstanceNorm(3, eps=eps, affine=False),
        "batch": BatchNorm(3, eps=eps, affine=False),
        "layer": LayerNorm(shape, eps=eps, affine=False),
    }[norm]
    x = changed(photographs, change, np.random.default_rng(seed))
    as_it_was, y = layer(photographs), layer(x)
    return [
        {
            "channel": channel,
            "mean_before": float(x[0, i].mean()),
            "std_before": float(x[0, i].std()),
            "mean_after": float(y[0, i].mean()),
            "std_after": float(y[0, i].std()),
            "difference": float(np.abs(y[0, i] - as_it_was[0, i]).max()),
        }
        for i, channel in enumerate(CHANNELS)
    ]


def photograph_contrast(
    *,
    seeds=(0, 1, 2),
    norms=("instance", "layer", "batch"),
    changes=CHANGES,
    eps=0.0,
    jobs=1,
    cluster=None,
    progress=True,
):
    """A photograph's channels before and after a norm, and whether its contrast and brightness still show.

    The claim: instance norm removes the contrast of each image. Whatever contrast and brightness each channel of the
    photograph is given, the output of instance norm is the same up to rounding (at eps = 0). Layer norm forgets only
    a change that all channels share, batch norm none, since its moments are those of both photographs of the batch.

    Parameters
    ----------
    seeds : iterable of int
        Each draws other contrasts and brightnesses.
    norms : iterable of {"instance", "layer", "batch"}
    changes : iterable of {"none", "alike", "per channel"}
        Whether the channels of the first photograph keep, share or have each their own contrast and brightness.
    eps : float
        Of the norms; above zero the contrast is not removed altogether.
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `norm`, `change`, `channel`, `seed`; of the first photograph `mean_before`, `std_before` (0 is black, 1 is
        white), `mean_after`, `std_after`; and `difference`: the largest change of an output of the norm, against the
        photograph as it was.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky (2016), Instance Normalization, section 2.
    """
    cases = grid(norm=norms, change=changes, seed=seeds)
    return run(partial(_one, eps=eps), cases, index=("channel",), jobs=jobs, cluster=cluster, progress=progress)
