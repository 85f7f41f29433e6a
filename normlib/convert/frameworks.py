"""What other frameworks call the arrays of a norm, which variance they keep, and what their momentum means."""

from typing import NamedTuple

import numpy as np


class Framework(NamedTuple):
    """How one framework writes down a normalization layer.

    Attributes
    ----------
    names : dict of str to str
        Our name of each array to theirs; a slash stands for a dict in a dict.
    unbiased : bool
        Whether the running variance is the unbiased one, m/(m-1) times the biased.
    momentum_is_decay : bool
        Whether `momentum` weighs the old statistics and not the new batch.
    batch_norm_eps, batch_norm_momentum : float or None
        Defaults of batch norm; None where there is none.
    eps : float or None
        Default of layer norm and group norm.
    """

    names: dict[str, str]
    unbiased: bool
    momentum_is_decay: bool
    batch_norm_eps: float | None
    batch_norm_momentum: float | None
    eps: float | None


def _names(gamma, beta, mean, var, **more):
    return {"gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var, **more}


# Sources. PyTorch: torch.nn.BatchNorm2d, LayerNorm, GroupNorm. Keras 3: BatchNormalization, LayerNormalization,
# GroupNormalization (TensorFlow's own Keras, before 3, kept the unbiased variance in its fused kernel). Flax:
# flax.linen.normalization. Paper: Ioffe and Szegedy (2015), algorithms 1 and 2, which name no number for eps.
#: How each framework names a norm's arrays, and which conventions it keeps, by the framework's name.
FRAMEWORKS = {
    "pytorch": Framework(
        _names("weight", "bias", "running_mean", "running_var", num_batches_tracked="num_batches_tracked"),
        *(True, False, 1e-5, 0.1, 1e-5),
    ),
    "keras": Framework(_names("gamma", "beta", "moving_mean", "moving_variance"), False, True, 1e-3, 0.99, 1e-3),
    "flax": Framework(
        _names("params/scale", "params/bias", "batch_stats/mean", "batch_stats/var"), False, True, 1e-5, 0.99, 1e-6
    ),
    "paper": Framework(_names("gamma", "beta", "E[x]", "Var[x]"), True, True, None, None, None),
}


def to_framework(layer, framework, *, m=None):
    """The arrays of a layer as another framework names and keeps them.

    Parameters
    ----------
    layer : BatchNorm, LayerNorm, GroupNorm or InstanceNorm
        Any layer whose parameters are gamma and beta, or that has none.
    framework : {"pytorch", "keras", "flax", "paper"}
    m : int or None
        Values per channel and batch (N, or N·H·W) that the running variance was measured on. Needed where the one
        side keeps the unbiased variance and the other the biased one.

    Returns
    -------
    dict of str to ndarray
        Copies, in float64; dicts in a dict for Flax. The number of batches goes to PyTorch alone.

    Raises
    ------
    KeyError
        For an unknown framework.
    ValueError
        If the layer has other parameters, or m is needed and missing or below 2.

    Notes
    -----
    The variance is converted as if it came from batches of one size alone. What is left in it of the 1 that it
    started from, (1 - momentum)^t after t batches, is scaled along.

    Examples
    --------
    >>> from normlib import BatchNorm
    >>> list(to_framework(BatchNorm(3), "keras", m=32))
    ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """
    target = _framework(framework)
    state: dict = {}
    if set(layer.params) not in (set(), {"gamma", "beta"}):
        raise ValueError(f"{type(layer).__name__} has {', '.join(layer.params)}; expected gamma and beta, or nothing")
    for name, array in {**layer.params, **layer.buffers}.items():
        if name in target.names:
            *outer, last = target.names[name].split("/")
            place = state.setdefault(outer[0], {}) if outer else state
            factor = _variance_factor(layer.unbiased, target.unbiased, m) if name == "running_var" else 1
            place[last] = array.astype(np.int64) if name == "num_batches_tracked" else array * factor
    return state


def from_framework(state, framework, *, unbiased=True, m=None):
    """The arrays of another framework under our names, ready for ``layer.params`` and ``layer.buffers``.

    Parameters
    ----------
    state : dict of str to array_like
        As `to_framework` returns it; what is missing stays missing.
    framework : {"pytorch", "keras", "flax", "paper"}
    unbiased : bool
        Which running variance is wanted: that of ``BatchNorm(..., unbiased=unbiased)``.
    m : int or None
        As in `to_framework`.

    Returns
    -------
    dict of str to ndarray
        gamma, beta, running_mean, running_var, num_batches_tracked: copies, in float64.

    Raises
    ------
    KeyError
        For an unknown framework, or an array that it does not have.
    ValueError
        If m is needed and missing or below 2.

    Examples
    --------
    >>> from_framework({"moving_variance": [1.5]}, "keras", m=4)
    {'running_var': array([2.])}
    """
    source = _framework(framework)
    ours = {their: our for our, their in source.names.items()}
    found = {}
    for their, array in _flat(state):
        if their not in ours:
            raise KeyError(f"{their!r} came; the arrays of {framework} are {', '.join(map(repr, ours))}")
        found[ours[their]] = np.array(array, dtype=np.float64)
        if ours[their] == "running_var":
            found["running_var"] *= _variance_factor(source.unbiased, unbiased, m)
    return found


def convert_momentum(momentum, source, target):
    """The momentum that moves the running statistics of `target` as `momentum` moves those of `source`.

    PyTorch's is the weight of the new batch, ``new = (1 - p) old + p batch``; that of Keras, Flax and the textbooks
    is the weight of what was there, ``new = a old + (1 - a) batch``. So either is one minus the other.

    Parameters
    ----------
    momentum : float, from 0 to 1
    source, target : {"pytorch", "keras", "flax", "paper"}

    Returns
    -------
    float

    Raises
    ------
    KeyError
        For an unknown framework.
    ValueError
        If `momentum` is None (PyTorch's plain average of all batches has no counterpart) or outside 0 to 1.

    Examples
    --------
    >>> convert_momentum(0.1, "pytorch", "keras")
    0.9
    """
    if momentum is None or not 0 <= momentum <= 1:
        raise ValueError(
            f"momentum = {momentum} came; expected a number from 0 to 1. A plain average of all batches has no "
            f"counterpart where each batch weighs the same share"
        )
    same = _framework(source).momentum_is_decay == _framework(target).momentum_is_decay
    return momentum if same else 1 - momentum


def _framework(name):
    if name not in FRAMEWORKS:
        raise KeyError(f"{name!r} came; expected one of {', '.join(map(repr, FRAMEWORKS))}")
    return FRAMEWORKS[name]


def _flat(state):
    for name, value in state.items():
        if isinstance(value, dict):
            yield from ((f"{name}/{inner}", array) for inner, array in value.items())
        else:
            yield name, value


def _variance_factor(have_unbiased, want_unbiased, m):
    if have_unbiased == want_unbiased:
        return 1
    if m is None or m < 2:
        raise ValueError(
            f"m = {m} came; expected the number of values per channel and batch, at least 2, since one side keeps the "
            f"unbiased running variance and the other the biased one"
        )
    return m / (m - 1) if want_unbiased else (m - 1) / m
