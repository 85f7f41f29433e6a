"""Running statistics: batches arrive, their means and variances jump, and what batch norm keeps of them follows."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import plot
from ..core import moments, standardize
from ..norms import BatchNorm
from .base import LiveWidget
from .controls import Slider

MEAN, STD, STEPS = 3.0, 2.0, 200
EPS = 1e-5
COUNT = 1021  # of the examples in the training set: a prime, so that every stride walks through all of them
SHOWN = (25, 50, 100, 200)  # how many batches the horizontal axis has room for


class History(NamedTuple):
    """What 200 batches were, and what is kept of them; each an ndarray of float64.

    Attributes
    ----------
    mean, var : shape (200,)
        Mean and biased variance of each batch.
    kept_var : shape (200,)
        The variance times m/(m-1), as the running variance takes it; NaN where m = 1.
    running_mean, running_var : shape (201,)
        From the start (0 and 1) on; they stay there where m = 1, since batch norm refuses such a batch.
    average_mean, average_var : shape (201,)
        The same with ``momentum=None``.
    true_mean : shape (200,)
    """

    mean: np.ndarray
    var: np.ndarray
    kept_var: np.ndarray
    running_mean: np.ndarray
    running_var: np.ndarray
    average_mean: np.ndarray
    average_var: np.ndarray
    true_mean: np.ndarray


class Snapshot(NamedTuple):
    """Mean, variance and output for the probe, each after `step` batches; NaN where there is none.

    Attributes
    ----------
    batch, running, average, true : tuple of three float
        Of the last batch (biased), with the momentum, with ``momentum=None``, and of the whole training set.
    kept_var : float
        The last batch's variance times m/(m-1).
    start : float
        Weight that the running statistics still give to what they began with.
    """

    batch: tuple[float, float, float]
    running: tuple[float, float, float]
    average: tuple[float, float, float]
    true: tuple[float, float, float]
    kept_var: float
    start: float


def batch_of(draws, step, size, drift):
    """Batch number `step` of a training set that is shuffled anew each time all of it was seen.

    Parameters
    ----------
    draws : ndarray of float64, shape (n,), n prime
        The training set, standardized.
    step, size : int
    drift : float
        By how much the mean rises in 100 batches.

    Returns
    -------
    ndarray, shape (size,)
    """
    epoch, place = np.divmod(np.arange(step * size, (step + 1) * size), len(draws))
    stride = 1 + epoch * 389 % (len(draws) - 1)
    return MEAN + STD * draws[place * stride % len(draws)] + drift * step / 100


def batch_moments(draws, size):
    """Mean and biased variance of each of 200 batches, as they are without a drift: two ndarray of shape (200,)."""
    x = np.array([batch_of(draws, step, size, 0.0) for step in range(STEPS)])
    mean, var = moments(x, 1)
    return mean.ravel(), var.ravel()


def history(draws, size, drift, momentum):
    """Feed 200 batches to two `BatchNorm`, one with this momentum and one with None: a `History`."""
    layers = [BatchNorm(1, eps=EPS, momentum=m, affine=False) for m in (momentum, None)]
    kept = [[[0.0, 1.0]] for _ in layers]
    for step in range(STEPS):
        x = batch_of(draws, step, size, drift)
        for layer, rows in zip(layers, kept, strict=True):
            if size > 1:
                layer(x[:, None])
            rows.append([float(layer.buffers[f"running_{name}"][0]) for name in ("mean", "var")])
    mean, var = batch_moments(draws, size)
    (running_mean, running_var), (average_mean, average_var) = (np.array(rows).T for rows in kept)
    kept_var = var * size / (size - 1) if size > 1 else np.full(STEPS, np.nan)
    rise = drift * np.arange(STEPS) / 100
    true_mean = MEAN + STD * draws.mean() + rise
    return History(mean + rise, var, kept_var, running_mean, running_var, average_mean, average_var, true_mean)


def snapshot(draws, h, step, size, momentum, probe):
    """What is known after `step` batches of a `History`: a `Snapshot`."""

    def source(mean, var):
        return float(mean), float(var), float(standardize(np.array([probe]), mean, var, EPS)[0][0])

    last = step - 1
    nothing = (np.nan,) * 3
    return Snapshot(
        batch=source(h.mean[last], h.var[last]) if step and size > 1 else nothing,
        running=source(h.running_mean[step], h.running_var[step]),
        average=source(h.average_mean[step], h.average_var[step]),
        true=source(h.true_mean[max(last, 0)], (STD * draws).var()),
        kept_var=float(h.kept_var[last]) if step else np.nan,
        start=(1 - momentum) ** step if size > 1 else 1.0,
    )


@lru_cache(maxsize=8)
def _remembered(draws, size, drift, momentum):
    """The history of draws as they are shipped, once for the words, the still and all steps of one setting."""
    return history(np.frombuffer(draws, "<f4").astype(np.float64), size, drift, momentum)


class RunningStatistics(LiveWidget):
    """Means and variances of batch after batch, with the running statistics and the average of all behind them.

    Parameters
    ----------
    momentum : float
        Weight of the new batch, from 0.01 to 1, in PyTorch's sense; Keras and the papers say 1 - momentum.
    size : int
        Batch size: 1, 2, 4, … or 256.
    step : int
        Number of batches that were seen, from 0 to 200.
    drift : float
        By how much the mean of the data rises in 100 batches, from 0 to 4.
    probe : float
        The input whose outputs in training and in evaluation are compared, from -3 to 9.
    seed : int
        Of the 1,021 examples.

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, algorithm 2.
    """

    module = "running-statistics"
    heights = (770, 1225)
    controls = ("momentum", "size", "step", "drift", "probe")
    draws_count = COUNT

    momentum = Slider(0.1, low=0.01, high=1, step=0.01, label="momentum (PyTorch)")
    size = Slider(16, values=(1, 2, 4, 8, 16, 32, 64, 128, 256), label="batch size", integer=True)
    step = Slider(30, low=0, high=STEPS, step=1, label="batches seen", integer=True)
    drift = Slider(0, low=0, high=4, step=0.5, label="drift in 100 batches")
    probe = Slider(6, low=-3, high=9, step=0.5, label="input to compare")

    @property
    def history(self):
        """All 200 batches, and what is kept of them: see `History`."""
        return _remembered(self.draws, self.size, self.drift, self.momentum)

    @property
    def snapshot(self):
        """What is known after `step` batches: see `Snapshot`."""
        return snapshot(self.standard_draws, self.history, self.step, self.size, self.momentum, self.probe)

    def describe(self):
        s, p = self.snapshot, self.momentum
        begun = (
            f"{self.step} batches of {self.size} seen, momentum {p:.2f} in PyTorch, {1 - p:.2f} in Keras and the "
            f"papers. Running mean {s.running[0]:z.2f}, true mean {s.true[0]:z.2f}; running variance "
            f"{s.running[1]:z.2f}, true variance {s.true[1]:z.2f}; the start weighs {100 * s.start:.0f} %. "
            f"Evaluation makes {s.running[2]:z.2f} of the input {self.probe:z.1f}"
        )
        if np.isnan(s.batch[2]):
            return f"{begun}."
        return f"{begun}, training with the last batch {s.batch[2]:z.2f}: {abs(s.batch[2] - s.running[2]):.2f} apart."

    def still(self):
        h, n = self.history, self.step
        span = next(s for s in SHOWN if s >= n)
        figure, axes = plot.still(width=9.6, height=3.2, columns=2)
        rows = (
            ("mean", h.mean, h.running_mean, h.average_mean, h.true_mean),
            ("variance", h.kept_var, h.running_var, h.average_var, np.full(STEPS, self.snapshot.true[1])),
        )
        for ax, (name, of_batch, running, average, true) in zip(axes, rows, strict=True):
            ax.plot(np.arange(1, n + 1), of_batch[:n], "o", markersize=3, color=plot.MUTED, label="one batch")
            ax.plot(np.arange(1, STEPS + 1), true, ":", color=plot.GREEN, label="true")
            ax.plot(np.arange(1, n + 1), average[1 : n + 1], "--", color=plot.ORANGE, label="all batches alike")
            ax.plot(running[: n + 1], color=plot.BLUE, label="running")
            finite = of_batch[np.isfinite(of_batch)]
            ax.set(xlim=(0, span), ylim=(min(0, *finite, 0), 1.04 * max(*true, 1, *finite, 1)))
            plot.label(ax, x="batches seen", y=name)
        figure.legend(handles=axes[0].lines, loc="outside lower center", ncols=4, frameon=False)
        return figure
