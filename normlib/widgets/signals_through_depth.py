"""Signals through depth: what becomes of signals and gradients in a deep network before it has learned anything."""

import math

import numpy as np

from .. import plot
from .base import LiveWidget
from .controls import Choice, Slider
from .depth import ACTIVATIONS, BATCH, BINS, DEEPEST, NORMS, SPAN, STDS, layer_histogram, through_depth
from .words import MINUS, plain

TALL = 1 / 4  # share of the numbers in a bin that makes its bar as high as there is room
WITH = {"none": "without a norm", "BN": "with batch norm", "LN": "with layer norm"}


def rough(value):
    """A number of any size, not negative, in two or three digits: ``1.2e−5``, ``0.82``, ``340``."""
    if 0.1 <= value < 1e4:
        return f"{value:.{2 if value < 10 else 0}f}"
    if value == 0 or 1e-3 <= value < 0.1:
        return plain(value, 2)
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}".replace("-", MINUS)


def percent(share):
    """A share from 0 to 1 in whole percent; a half goes up."""
    return f"{math.floor(100 * share + 0.5)} %"


def change_on_the_way(last, first):
    """In words: how the gradient in the last layer's weights compares with that in the first layer's."""
    if last > 100 * first:
        return f"on its way down it shrinks by a factor of {rough(last / first)}"
    if first > 100 * last:
        return f"on its way down it grows by a factor of {rough(first / last)}"
    return f"on its way down it keeps its size, up to a factor of {rough(max(first / last, last / first))}"


class SignalsThroughDepth(LiveWidget):
    """Histograms of what enters and leaves the activations of every layer; saturated units and gradients by layer.

    Parameters
    ----------
    layers : int
        From 1 to 20.
    scale : float
        Multiplies the first weights, from 0.2 to 5.
    activation : {"sigmoid", "tanh", "relu"}
    norm : {"none", "BN", "LN"}
        In front of each activation, with gamma 1 and beta 0.
    init : {"small", "Xavier", "He"}
        Standard deviation of the normal distribution of the weights: 0.01, ``sqrt(1 / width)`` or ``sqrt(2 / width)``.
    width : int
        Units in each layer: 8, 16 or 32.
    draw : int
        Which inputs and weights, from 1 to 9.
    """

    module = "signals-through-depth"
    heights = (725, 1299)
    controls = ("layers", "scale", "activation", "norm", "init", "width", "draw")

    layers = Slider(10, low=1, high=DEEPEST, step=1, label="layers", integer=True)
    scale = Slider(1.0, low=0.2, high=5, step=0.02, label="weights times", log=True)
    activation = Choice("sigmoid", values=tuple(ACTIVATIONS), label="activation g")
    norm = Choice("none", values=tuple(NORMS), label="norm before g")
    init = Choice("Xavier", values=tuple(STDS), label="first weights")
    width = Choice(32, values=(8, 16, 32), label="units in a layer")
    draw = Slider(1, low=1, high=9, step=1, label="draw of the weights", integer=True)

    @property
    def depth(self):
        """What the passes through the network leave in each layer: see `Depth`."""
        return through_depth(**self.values())

    def describe(self):
        d, last = self.depth, self.layers
        network = (
            f"{last} layer{'s' if last > 1 else ''} of {self.width} {self.activation} units {WITH[self.norm]}, "
            f"{self.init} weights times {plain(self.scale, 3)}"
        )
        if last == 1:
            return (
                f"{network}: what enters the activations has deviation {rough(d.spread[0])}; {percent(d.saturated[0])} "
                f"of them are saturated. The gradient in the weights is {rough(d.gradient[0])} long."
            )
        return (
            f"{network}: what enters the activations has deviation {rough(d.spread[0])} in layer 1 and "
            f"{rough(d.spread[-1])} in layer {last}; {percent(d.saturated[0])} and {percent(d.saturated[-1])} of them "
            f"are saturated. The gradient in the weights is {rough(d.gradient[-1])} long in layer {last} and "
            f"{rough(d.gradient[0])} in layer 1: {change_on_the_way(d.gradient[-1], d.gradient[0])}."
        )

    def still(self):
        d, numbers = self.depth, np.arange(1, self.layers + 1)
        figure, axes = plot.still(width=9.6, height=2.0 + 0.11 * self.layers, columns=4)
        edges = np.linspace(-SPAN, SPAN, BINS + 1)
        hues = ((plot.GREEN_FILL, plot.GREEN), (plot.PURPLE_FILL, plot.PURPLE))
        titles = ("what enters g", "what leaves g")
        for ax, values, (fill, line), title in zip(axes[:2], (d.y, d.a), hues, titles, strict=True):
            for layer, inside in zip(numbers, values, strict=True):
                heights = np.minimum(1, layer_histogram(inside) / (BATCH * self.width * TALL))
                top = layer + 0.5 - 0.9 * heights  # layers are counted downwards
                ax.stairs(top, edges, baseline=layer + 0.5, fill=True, facecolor=fill, edgecolor=line, linewidth=0.6)
            ax.set(xlim=(-SPAN, SPAN), ylim=(self.layers + 0.6, 0.4))
            plot.label(ax, x="value", y="layer", title=title)
        axes[2].semilogy(
            numbers, np.where(d.gradient > 0, d.gradient, np.nan), color=plot.BLUE, marker="o", markersize=4
        )
        plot.label(axes[2], x="layer", y="length", title="gradient in the weights")
        axes[3].plot(numbers, 100 * d.saturated, color=plot.ORANGE, marker="s", markersize=4, linestyle="--")
        axes[3].set(ylim=(-3, 103))
        plot.label(axes[3], x="layer", y="percent", title="saturated units")
        return figure
