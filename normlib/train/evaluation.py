"""A model's outputs and its accuracy, in evaluation mode."""

import contextlib

import numpy as np

from ..arrays import as_float
from ..nn._checks import positive_int


@contextlib.contextmanager
def evaluating(model):
    """Evaluation mode inside a `with` block; afterwards each layer is in the mode that it was in before.

    What the block's forward passes leave for a backward pass is dropped at its end: it would be of the wrong batch,
    and large.

    Parameters
    ----------
    model : Module

    Examples
    --------
    >>> from normlib.norms import BatchNorm
    >>> model = BatchNorm(2)
    >>> with evaluating(model):
    ...     y = model(np.ones((1, 2)))
    >>> model.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, mode in modes:
            module.training = mode
            module._cache = None


def predict(model, x, *, batch_size=256):
    """Outputs of `model` for `x` in evaluation mode, computed batch by batch to keep memory small.

    Parameters
    ----------
    model : Module
        Left in the mode that it was in.
    x : ndarray of float, shape (N, ...)
    batch_size : int
        The outputs do not depend on it, except in their last digits.

    Returns
    -------
    ndarray, N outputs along the first axis

    Raises
    ------
    ValueError
        If `x` holds no sample.
    """
    x, batch_size = as_float(x), positive_int(batch_size, "batch_size")
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x of shape {x.shape} came; expected (N, ...) with at least one sample")
    with evaluating(model):
        return np.concatenate([model(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])


def accuracy(model, x, y, *, batch_size=256):
    """Share of the samples whose largest output is at the right class, in evaluation mode.

    Parameters
    ----------
    model : Module
        With outputs (N, C); left in the mode that it was in.
    x : ndarray of float, shape (N, ...)
    y : ndarray of int, shape (N,)
        The right classes.
    batch_size : int
        How many samples pass through the model at once.

    Returns
    -------
    float, from 0 to 1
        An output with NaN in it counts as wrong.

    Raises
    ------
    ValueError
        If there is not one class for each sample.
    """
    y = np.asarray(y)
    if y.shape != np.shape(x)[:1]:
        raise ValueError(f"x of shape {np.shape(x)} came with y of shape {y.shape}; expected one class for each sample")
    outputs = predict(model, x, batch_size=batch_size)
    right = (outputs.argmax(axis=1) == y) & ~np.isnan(outputs).any(axis=1)
    return float(right.mean())
