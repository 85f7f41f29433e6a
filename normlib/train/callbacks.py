"""What to record during training, without disturbing it."""

import numpy as np

from ..nn._checks import positive_int
from .evaluation import accuracy


class Evaluate:
    """Accuracy in evaluation mode before the first update, then after every so many updates and after the last.

    Parameters
    ----------
    x : ndarray of float, shape (N, ...)
    y : ndarray of int, shape (N,)
    every : int
        Number of updates between two measurements.

    Attributes
    ----------
    steps : list of int
        How many updates had been made.
    accuracy : list of float
        The accuracy then.
    """

    def __init__(self, x, y, every):
        self.x, self.y, self.every = x, y, positive_int(every, "every")
        self.steps, self.accuracy = [], []

    def before_step(self, model, step):
        """Measure, if it is time."""
        if step % self.every == 0:
            self.finish(model, step)

    def finish(self, model, step):
        """Measure after `step` updates, unless that was done already."""
        if step not in self.steps[-1:]:
            self.accuracy.append(accuracy(model, self.x, self.y))
            self.steps.append(step)


class ActivationPercentiles:
    """Percentiles of one layer's outputs over each mini-batch: how the distribution moves as training goes on.

    The outputs are those of the training step itself, so recording costs no second pass and changes nothing.

    Parameters
    ----------
    layer : Module
        A layer of the model, such as ``model[0]``.
    percentiles : tuple of float
        From 0 to 100.
    unit : int, optional
        Look at this unit or channel (index on axis 1) alone; at all of them together unless given.
    every : int
        Record at steps 0, `every`, 2 `every` and so on.

    Attributes
    ----------
    steps : list of int
        How many updates had been made.
    values : list of ndarray
        One array of percentiles for each entry of `steps`.

    References
    ----------
    Ioffe and Szegedy (2015), figure 1 (b, c), with percentiles 15, 50 and 85 of one unit.
    """

    def __init__(self, layer, percentiles=(15, 50, 85), *, unit=None, every=1):
        if not all(0 <= p <= 100 for p in percentiles):
            raise ValueError(f"percentiles {percentiles} came; expected numbers from 0 to 100")
        self.layers, self.percentiles, self.unit = (layer,), percentiles, unit
        self.every = positive_int(every, "every")
        self.steps, self.values = [], []

    def __call__(self, state):
        """Record, if it is time."""
        if state.step % self.every == 0:
            output = state.outputs[self.layers[0]]
            seen = output if self.unit is None else output[:, self.unit]
            self.values.append(np.percentile(seen.astype(np.float64), self.percentiles))
            self.steps.append(state.step)


class GradientNorms:
    """Length of the loss's gradient in each layer's weight.

    Parameters
    ----------
    every : int
        Record at steps 0, `every`, 2 `every` and so on.

    Attributes
    ----------
    steps : list of int
        How many updates had been made.
    values : list of ndarray
        For each entry of `steps` one norm for each array named `weight`, from the input to the output.
    """

    def __init__(self, *, every=1):
        self.every = positive_int(every, "every")
        self.steps, self.values = [], []

    def __call__(self, state):
        """Record, if it is time."""
        if state.step % self.every == 0:
            weights = [m.grads["weight"] for m in state.model.modules() if "weight" in m.params]
            self.values.append(np.array([np.linalg.norm(grad) for grad in weights]))
            self.steps.append(state.step)
