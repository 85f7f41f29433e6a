"""A network that trains in the page: two copies side by side, alike but for what the reader sets otherwise."""

import math
from itertools import pairwise

import matplotlib as mpl
import numpy as np

from .. import plot
from ..distributions import bin_edges, histogram_density
from .activation_histogram import ACTIVATIONS, FLAT_RANGES
from .base import LiveWidget
from .controls import Choice, Slider
from .small_network import WIDTHS, Settings, decades, lean, reach, thinned, train
from .two_classes import SETS, two_classes
from .words import plain

SIZE, BINS, CELLS, EDGE = 256, 32, 40, 1.3
NORMS = {"none": "no norm", "batch": "batch norm", "layer": "layer norm", "rms": "RMS norm"}
COPIES = ("a", "b")
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
SCALES = (*RATES[3:], 20, 50, 100)
FILLS = {"a": plot.PURPLE_FILL, "b": plot.GREEN_FILL}
GROUND = np.array(
    [[53, 140, 211], [211, 123, 38]], np.uint8
)  # blue and orange between the palette's halves, for both papers


class TrainingNetwork(LiveWidget):
    """Two copies of a network with two hidden layers of 16 units learn to tell two classes of points apart.

    Both start from the same draws and see the same mini-batches; what is drawn is decided by the settings and the step
    alone. In a page JavaScript trains them, in small slices; here normlib does.

    Parameters
    ----------
    points : {"spiral", "rings", "moons"}
        256 points in two classes.
    layer : {1, 2}
        Hidden layer whose histogram is shown: what its activation function receives.
    step : int
        How many mini-batches both have learned from, from 0 to 2000.
    speed : {20, 100, 500, 2000}
        How many steps a second the page makes while it plays, if it can.
    norm_a, norm_b : {"none", "batch", "layer", "rms"}
        In front of each activation function.
    rate_a, rate_b : float
        Learning rate of plain gradient descent: 0.001, 0.002, 0.005, 0.01, … 10.
    init_a, init_b : float
        Factor of the first weights: 0.01, 0.02, 0.05, 0.1, … 100; 1 is `he_init`.
    activation_a, activation_b : {"sigmoid", "tanh", "relu"}
    batch_a, batch_b : {2, 8, 32, 128}
        Points in a mini-batch.
    """

    module = "training-network"
    heights = (880, 1568)
    controls = (
        *(f"{name}_{copy}" for name in Settings._fields for copy in COPIES),
        *("points", "layer", "step", "speed"),
    )
    draws_count = sum(p * n for p, n in pairwise(WIDTHS))

    points = Choice("spiral", values=SETS, label="points")
    layer = Choice(1, values=(1, 2), label="histogram of layer")
    step = Slider(500, low=0, high=2000, step=1, label="step", integer=True)
    speed = Choice(100, values=(20, 100, 500, 2000), label="steps a second")
    norm_a = Choice("none", values=tuple(NORMS), label="A: norm")
    norm_b = Choice("batch", values=tuple(NORMS), label="B: norm")
    rate_a = Slider(0.1, values=RATES, label="A: learning rate")
    rate_b = Slider(0.1, values=RATES, label="B: learning rate")
    init_a = Slider(0.2, values=SCALES, label="A: first weights ×")
    init_b = Slider(0.2, values=SCALES, label="B: first weights ×")
    activation_a = Choice("relu", values=tuple(ACTIVATIONS), label="A: activation")
    activation_b = Choice("relu", values=tuple(ACTIVATIONS), label="B: activation")
    batch_a = Choice(32, values=(2, 8, 32, 128), label="A: batch size")
    batch_b = Choice(32, values=(2, 8, 32, 128), label="B: batch size")

    def __init__(self, key="", seed=0, **values):
        self._points = {name: two_classes(name, np.random.default_rng(seed), SIZE)[0] for name in SETS}
        super().__init__(key, seed, **values)

    def shipped(self):
        """The points of each set, float32."""
        return self._points

    def settings(self, copy):
        """What the copy "a" or "b" is trained with: Settings."""
        return Settings(*(getattr(self, f"{name}_{copy}") for name in Settings._fields))

    def run(self, copy):
        """The copy "a" or "b" after its training, made by normlib: Run."""
        points = self._points[self.points].astype("<f4").tobytes()
        return train(self.settings(copy), self.draws, points, self.step, self.layer)

    def describe(self):
        start = f"Two copies of one network learn the {self.points} in {self.step} steps."
        return " ".join([start, *(self._words(copy) for copy in COPIES)])

    def _words(self, copy):
        norm, rate, init, activation, batch = self.settings(copy)
        run = self.run(copy)
        numbers = f"rate {plain(rate)}, first weights times {plain(init)}, batches of {batch}"
        who = f"{copy.upper()} ({NORMS[norm]}, {activation}, {numbers})"
        if run.diverged:
            return f"{who} diverged at step {run.step}: its numbers are no longer finite, and it has stopped."
        return (
            f"{who}: loss {plain(run.loss, 3)}, {math.floor(100 * run.accuracy + 0.5)} % of the points right; the "
            f"activation of layer {self.layer} receives mean {plain(run.received.mean(), 3)}, deviation "
            f"{plain(run.received.std(), 3)}."
        )

    def still(self):
        figure, [ax] = plot.still(width=9.6, height=4.6)
        ax.remove()
        with mpl.rc_context(plot.STYLE):
            axes = figure.subplot_mosaic("ABL;PQL", height_ratios=(2, 1), width_ratios=(1, 1, 1.15))
        lines = zip(COPIES, "AB", "PQ", (plot.PURPLE, plot.GREEN), ("-", "--"), strict=True)
        for copy, plane, below, hue, dash in lines:
            run, title = self.run(copy), f"{plane}: {NORMS[self.settings(copy).norm]}"
            self._plane(axes[plane], run, title)
            self._histogram(axes[below], run, self.settings(copy).activation, FILLS[copy], hue)
            axes["L"].plot(*thinned(run.losses), color=hue, linestyle=dash, label=title)
        axes["L"].set(
            yscale="log", ylim=decades(*(self.run(copy).losses for copy in COPIES)), xlim=(0, max(self.step, 100))
        )
        plot.label(axes["L"], x="step", y="loss of the mini-batch", legend=True)
        return figure

    def _plane(self, ax, run, title):
        """The points, on a ground that says which class the network would give to each place."""
        middle = (bin_edges(-EDGE, EDGE, CELLS)[1:] + bin_edges(-EDGE, EDGE, CELLS)[:-1]) / 2
        grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
        belief = np.nan_to_num(lean(run.model, grid)).reshape(CELLS, CELLS)
        image = np.dstack([GROUND[(belief > 0).astype(int)], (130 * np.abs(belief)).astype(np.uint8)])
        box = (-EDGE, EDGE, -EDGE, EDGE)
        ax.imshow(image, extent=box, origin="lower", interpolation="none")
        for points, hue, shape in zip(self._classes(), (plot.BLUE, plot.ORANGE), "os", strict=True):
            ax.scatter(*points.T, s=9, color=hue, marker=shape, linewidths=0)
        ax.grid(visible=False)
        ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        plot.label(ax, x="x₁", y="x₂", title=title)

    def _classes(self):
        x = self._points[self.points]
        return x[0::2], x[1::2]

    def _histogram(self, ax, run, activation, fill, hue):
        """What the activation function receives; grey where it is flat."""
        if not run.diverged:
            bound = reach(run.received)
            edges = bin_edges(-bound, bound, BINS)
            for start, end in FLAT_RANGES[activation]:
                ax.axvspan(max(start, -bound), max(min(end, bound), -bound), color=plot.GRID, linewidth=0)
            shares = histogram_density(run.received.ravel(), edges) * np.diff(edges)
            ax.stairs(shares, edges, fill=True, facecolor=fill, edgecolor=hue)
            ax.set(xlim=(-bound, bound), ylim=(0, None))
        else:
            ax.text(0.5, 0.5, f"diverged at step {run.step}", ha="center", va="center", transform=ax.transAxes)
        plot.label(ax, x=f"what activation {self.layer} receives", y="share")
