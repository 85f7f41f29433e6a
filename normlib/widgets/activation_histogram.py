"""Activation histogram: one unit's batch on its way through normalization, scale and shift, and a nonlinearity."""

from typing import NamedTuple

import numpy as np

from .. import plot
from ..core import moments, normalize
from ..distributions import bin_edges, histogram_density
from ..nn import ReLU, Sigmoid, Tanh, saturated_share
from .base import LiveWidget
from .controls import Choice, Slider
from .own import kept

BINS = 24
ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
_EDGE = float(np.arctanh(np.sqrt(0.95)))  # where tanh has 5 % of its steepest slope; the sigmoid at twice this
FLAT_RANGES = {
    "sigmoid": ((-np.inf, -2 * _EDGE), (2 * _EDGE, np.inf)),
    "tanh": ((-np.inf, -_EDGE), (_EDGE, np.inf)),
    "relu": ((-np.inf, 0.0),),
}


class Signals(NamedTuple):
    """The batch at its four stations (each of shape (size,)), and how alive the nonlinearity is at the last one."""

    z: np.ndarray
    x_hat: np.ndarray
    y: np.ndarray
    a: np.ndarray
    saturated: float
    saturated_raw: float
    slope: float
    slope_raw: float


def signals(z, gamma, beta, eps, activation):
    """Normalize a batch of one unit's pre-activations, scale, shift, and apply the nonlinearity.

    Parameters
    ----------
    z : ndarray of float64, shape (m,)
    gamma, beta, eps : float
    activation : {"sigmoid", "tanh", "relu"}

    Returns
    -------
    Signals
        The ``_raw`` numbers are for the nonlinearity applied to `z` itself.
    """
    layer = ACTIVATIONS[activation]
    with np.errstate(divide="ignore", invalid="ignore"):  # a constant batch at eps = 0 is 0/0, which is said in words
        x_hat = normalize(z, 0, eps)[0]
    y = gamma * x_hat + beta
    slopes, raw = layer.derivative(y), layer.derivative(z)
    saturated, saturated_raw = (saturated_share(s, layer.steepest) for s in (slopes, raw))
    return Signals(z, x_hat, y, layer.function(y), saturated, saturated_raw, float(slopes.mean()), float(raw.mean()))


class ActivationHistogram(LiveWidget):
    """Four histograms side by side: pre-activations z, normalized x_hat, y = gamma x_hat + beta, and g(y).

    With `data`, the pre-activations are ``shift + scale * data``: at the start your numbers as they are.

    Parameters
    ----------
    shift, scale : float
        Mean, from -5 to 5, and standard deviation, from 0.1 to 3, of what reaches the layer.
    gamma, beta : float
        Scale, from 0 to 12, and shift, from -16 to 16, of batch norm: room enough to give back any input.
    eps : float
        One of 0, 1e-8, 1e-5, 0.001, 0.1, 1.
    size : int
        Batch size, from 2 to 512.
    activation : {"sigmoid", "tanh", "relu"}
    """

    module = "activation-histogram"
    heights = (527, 933)
    controls = ("shift", "scale", "gamma", "beta", "eps", "size", "activation")
    draws_count = 512
    takes_data = True

    shift = Slider(0.0, low=-5, high=5, step=0.1, label="input shift")
    scale = Slider(1.0, low=0.1, high=3, step=0.05, label="input scale")
    gamma = Slider(1.0, low=0, high=12, step=0.05, label="γ (scale)")
    beta = Slider(0.0, low=-16, high=16, step=0.1, label="β (shift)")
    eps = Choice(1e-5, values=(0, 1e-8, 1e-5, 1e-3, 0.1, 1), label="ε")
    size = Slider(128, low=2, high=512, step=1, label="batch size", integer=True)
    activation = Choice("sigmoid", values=tuple(ACTIVATIONS), label="activation g")

    @property
    def batch(self):
        """The pre-activations that are drawn now: ndarray of shape (size,), without those that are not finite."""
        return kept(self.raw)[0]

    @property
    def raw(self):
        """The same with what is NaN or infinite in a reader's own numbers."""
        return self.shift + self.scale * self.standard_draws[: self.size]

    @property
    def note(self):
        """One line about a batch that is odd, or an empty one."""
        z, note = kept(self.raw)
        lost = z.size and z.min() == z.max() and self.eps == 0
        return f"{note} With ε = 0 their x̂ is 0/0, no number." if lost else note

    @property
    def signals(self):
        """The batch at its four stations now: see `Signals`."""
        return signals(self.batch, self.gamma, self.beta, self.eps, self.activation)

    def give_back_input(self):
        """Set gamma = sqrt(var + eps) and beta = mean of the batch: y is then z again."""
        mean, var = (float(s[0]) for s in moments(self.batch, 0))
        with self.hold_sync():
            self.gamma, self.beta = float(np.sqrt(var + self.eps)), mean

    def describe(self):
        if not self.batch.size:
            return f"A batch of 0. {self.note}"
        s = self.signals
        words = (
            f"A batch of {s.z.size}: z has mean {s.z.mean():z.2f} and deviation {s.z.std():z.2f}; x̂ has mean "
            f"{s.x_hat.mean():z.2f} and deviation {s.x_hat.std():z.2f}; y has mean {s.y.mean():z.2f} and deviation "
            f"{s.y.std():z.2f}. Saturated units of {self.activation}: {100 * s.saturated:z.0f} % with normalization, "
            f"{100 * s.saturated_raw:z.0f} % without; mean derivative {s.slope:z.3f} with, {s.slope_raw:z.3f} without."
        ).replace("nan", "NaN")
        return f"{words} {self.note}".strip()

    def still(self):
        figure, axes = plot.still(width=9.6, height=2.6, columns=4)
        if not self.batch.size:
            for ax in axes:
                plot.label(ax, x="nothing to draw", y="share of the batch")
            return figure
        s = self.signals
        titles = ("z, before", "x̂, normalized", "y = γ x̂ + β", f"a = {self.activation}(y)")
        fills = (plot.ORANGE_FILL, plot.BLUE_FILL, plot.GREEN_FILL, plot.PURPLE_FILL)
        for ax, title, values, fill in zip(axes, titles, (s.z, s.x_hat, s.y, s.a), fills, strict=True):
            low, high = self.domain(title[0], s)
            edges = bin_edges(low, high, BINS)
            shares = histogram_density(values, edges) * np.diff(edges)
            for start, end in FLAT_RANGES[self.activation] if title[0] in "zy" else ():
                ax.axvspan(max(start, low), max(min(end, high), low), color=plot.GRID, linewidth=0)
            ax.stairs(shares, edges, fill=True, facecolor=fill, edgecolor=plot.INK)
            ax.set(xlim=(low, high), ylim=(0, None))
            plot.label(ax, x=title, y="share of the batch")
            ax.label_outer()
        return figure

    def domain(self, station, s):
        """Range of the horizontal axis at a station: fixed where the function bounds it, otherwise 4, 8, 16, …"""
        if station == "a" and self.activation != "relu":
            return (0.0, 1.0) if self.activation == "sigmoid" else (-1.0, 1.0)
        values = {"x": (s.x_hat,), "a": (s.a,)}.get(station, (s.z, s.y))
        bound = 4.0
        while bound < max(np.abs(v).max() for v in values):  # false for NaN
            bound *= 2
        return (0.0, bound) if station == "a" else (-bound, bound)
