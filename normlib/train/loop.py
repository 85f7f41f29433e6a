"""The loop over mini-batches."""

import contextlib
from dataclasses import dataclass, field

import numpy as np

from ..arrays import as_float
from ..module import Module
from ..nn._checks import generator, positive_int
from ..optim import Optimizer
from .callbacks import Evaluate
from .outputs import recorded_outputs


@dataclass
class History:
    """What a training run left.

    Attributes
    ----------
    loss : list of float
        Loss of each step's mini-batch, before its update.
    accuracy : list of float
        Accuracy on the validation set, where one was given: before the first update and after every epoch.
    accuracy_steps : list of int
        How many updates had been made at each entry of `accuracy`.
    diverged : bool
        Whether the last loss was infinite or NaN, which ended the run.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    accuracy_steps: list[int] = field(default_factory=list)
    diverged: bool = False


@dataclass
class TrainingState:
    """What a callback is shown, between the backward pass and the update.

    Attributes
    ----------
    step : int
        How many updates have been made: 0 at the first call.
    model : Module
        With the gradients of this mini-batch in its layers' `grads`.
    optimizer : Optimizer
        Its `lr` may be changed.
    x, y : ndarray
        The mini-batch.
    loss : float
        Of the mini-batch.
    outputs : dict of Module to ndarray
        What the layers returned for the mini-batch that callbacks asked for in their attribute `layers`.
    """

    step: int
    model: Module
    optimizer: Optimizer
    x: np.ndarray
    y: np.ndarray
    loss: float
    outputs: dict[Module, np.ndarray]


def fit(
    model,
    loss,
    optimizer,
    x,
    y,
    *,
    batch_size,
    epochs=None,
    steps=None,
    rng,
    callbacks=(),
    validation=None,
    progress=True,
):
    """Train `model` on mini-batches of (`x`, `y`), shuffled anew in every epoch.

    An epoch takes the samples in random order, `batch_size` at a time. Those left over at its end are not used in
    that epoch: a smaller batch would give a batch norm noisier statistics, and a batch of one none at all.
    The run ends after so many epochs or steps, when the loss is no longer finite, or at a KeyboardInterrupt.

    Parameters
    ----------
    model : Module
        Put into training mode unless it is in it; a single layer that is frozen in evaluation mode stays so.
    loss : Loss
        Such as `SoftmaxCrossEntropy`.
    optimizer : Optimizer
        Made for `model`.
    x : ndarray of float, shape (N, ...)
        Its dtype is the one that is computed in.
    y : ndarray, shape (N, ...)
        Targets, as `loss` expects them.
    batch_size : int
        At most N.
    epochs, steps : int
        How long to train; exactly one of them.
    rng : numpy.random.Generator
        Decides the order of the samples, and nothing else.
    callbacks : iterable of callable or object
        Each is called with a `TrainingState` between backward pass and update; one with an attribute `layers` finds
        the outputs of these layers in it. A callback may have two methods more, or instead:
        ``before_step(model, step)``, called before the forward pass, when `step` updates have been made, and
        ``finish(model, steps)``, called after the last update (not after a KeyboardInterrupt).
    validation : tuple (x, y), optional
        Samples to measure the accuracy on.
    progress : bool
        Whether to show a progress bar, where tqdm is installed.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the lengths of `x` and `y` differ, a batch is larger than the set, or not exactly one of `epochs` and
        `steps` came.
    """
    x, y = as_float(x), np.asarray(y)
    per_epoch, total = _plan(x, y, batch_size, epochs, steps)
    history, callbacks = History(), list(callbacks)
    if validation is not None:
        x_validation, y_validation = validation
        evaluate = Evaluate(x_validation, y_validation, per_epoch)
        history.accuracy, history.accuracy_steps = evaluate.accuracy, evaluate.steps
        callbacks.append(evaluate)
    watched = _watched(model, callbacks)
    if not model.training:
        model.train()
    batches = _shuffled(len(x), batch_size, total, generator(rng))
    done = 0
    with contextlib.suppress(KeyboardInterrupt), np.errstate(all="ignore"):  # a loss of infinity says it all
        for step, rows in enumerate(_bar(batches, total) if progress else batches):
            _tell(callbacks, "before_step", model, step)
            x_batch, y_batch = x[rows], y[rows]
            with recorded_outputs(*watched) as outputs:
                prediction = model(x_batch)
            history.loss.append(loss(prediction, y_batch))
            if not np.isfinite(history.loss[-1]):
                history.diverged = True
                break
            model.backward(loss.backward())
            state = TrainingState(step, model, optimizer, x_batch, y_batch, history.loss[-1], outputs)
            _tell(callbacks, "__call__", state)
            optimizer.step()
            done = step + 1
        _tell(callbacks, "finish", model, done)
    return history


def _tell(callbacks, method, *arguments):
    """Call `method` of each callback that has it."""
    for callback in callbacks:
        if hasattr(callback, method):
            getattr(callback, method)(*arguments)


def _plan(x, y, batch_size, epochs, steps):
    """How many steps an epoch has, and how many there are in all."""
    if len(x) != len(y):
        raise ValueError(f"{len(x)} samples came with {len(y)} targets; expected one target for each sample")
    if positive_int(batch_size, "batch_size") > len(x):
        raise ValueError(f"batch_size = {batch_size} came for {len(x)} samples; expected at most {len(x)}")
    if (epochs is None) == (steps is None):
        raise ValueError(f"epochs = {epochs} and steps = {steps} came; expected exactly one of them")
    per_epoch = len(x) // batch_size
    return per_epoch, per_epoch * positive_int(epochs, "epochs") if steps is None else positive_int(steps, "steps")


def _watched(model, callbacks):
    """All layers whose outputs a callback asks for."""
    watched = [layer for callback in callbacks for layer in getattr(callback, "layers", ())]
    for layer in watched:
        if not any(layer is module for module in model.modules()):
            raise ValueError(f"a callback asks for the outputs of {layer!r}, which is no part of the model")
    return watched


def _shuffled(count, batch_size, total, rng):
    """`total` mini-batches of indices, in a new random order each epoch."""
    made = 0
    while made < total:
        order = rng.permutation(count)
        for start in range(0, count - batch_size + 1, batch_size):
            if made < total:
                made += 1
                yield order[start : start + batch_size]


def _bar(batches, total):
    """`batches` behind a progress bar, or as they are without tqdm, which this library does not need."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return batches
    return tqdm(batches, total=total, unit="step")
