"""Contours and descent: one gradient descent on raw, on standardized and on whitened features, side by side."""

from typing import NamedTuple

import numpy as np

from .. import plot
from ..data import badly_scaled
from .base import LiveWidget
from .controls import Choice, Slider
from .descent import Landscape, descend, landscapes, local
from .words import plain

SIZE, NOISE = 40, 1.0
VIEWS = {"raw": plot.ORANGE, "standardized": plot.BLUE, "whitened": plot.GREEN}
SAME, OWN = "the same for all", "each its own best"
ARRIVED = 0.01  # share of the way down in loss that is left


class Walk(NamedTuple):
    """A descent on one view: shapes (steps + 1, 2) of the path; `limit` is the largest rate that does not run away."""

    land: Landscape
    rate: float
    limit: float
    path: np.ndarray
    loss: float
    status: str


class ContoursAndDescent(LiveWidget):
    """The loss over two weights as contours, and gradient descent on it, for three views of the same two features.

    The linear model's loss is half the mean squared error, so that its Hessian is ``XᵀX/n``; the logistic model's is
    the mean cross-entropy of the class ``y > 0``. All three descents start at the same model.

    Parameters
    ----------
    model : {"linear", "logistic"}
    ratio : float
        Spread of the second feature over that of the first: 1, 2, 3, 5, 7, 10, 15, 20 or 30.
    correlation : float
        Of the two features, from 0 to 0.95.
    rates : {"the same for all", "each its own best"}
        Whether the three take `rate`, or each the rate 2 / (λmin + λmax) of its own Hessian.
    rate : float
        Learning rate, from 0.001 to 10.
    step : int
        Number of steps that are shown, from 0 to 60.
    seed : int
        Of the 40 samples.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, sections 4.3 and 5.
    """

    module = "contours-and-descent"
    heights = (780, 1043)
    controls = ("model", "ratio", "correlation", "rates", "rate", "step")

    model = Choice("linear", values=("linear", "logistic"), label="regression")
    ratio = Slider(3, values=(1, 2, 3, 5, 7, 10, 15, 20, 30), label="ratio of the scales")
    correlation = Slider(0.6, low=0, high=0.95, step=0.05, label="correlation")
    rates = Choice(SAME, values=(SAME, OWN), label="learning rate")
    rate = Slider(0.178, low=0.001, high=10, step=0.05, log=True, label="rate", when=("rates", SAME))
    step = Slider(20, low=0, high=60, step=1, label="steps", integer=True)

    def __init__(self, key="", seed=0, **values):
        self._seed = seed
        super().__init__(key, seed, **values)

    def shipped(self):
        z, y = badly_scaled(np.random.default_rng(self._seed), SIZE, ratio=1.0, noise=NOISE)
        return {"draws": np.stack([z[:, 0], z[:, 1], y - z[:, 0] + z[:, 1]])}

    @property
    def data(self):
        """Features, shape (40, 2), and targets: ``y`` less its mean, or 1.0 where y is above zero."""
        rng = np.random.default_rng(self._seed)
        x, y = badly_scaled(rng, SIZE, ratio=self.ratio, correlation=self.correlation, noise=NOISE)
        return x, (y > 0).astype(float) if self.model == "logistic" else y - y.mean()

    @property
    def walks(self):
        """What is drawn now: a `Walk` for each of the raw, standardized and whitened features."""
        x, target = self.data
        return [self._walk(land, target) for land in landscapes(x, target, self.model == "logistic")]

    def _walk(self, land, target):
        logistic, limit = self.model == "logistic", 2 / land.largest
        rate = self.rate if self.rates == SAME else 2 / (land.smallest + land.largest)
        path = descend(land.start, land.features, target, logistic, rate, self.step)
        first, last, lowest = (
            float(local(w, land.features, target, logistic)[0]) for w in (path[0], path[-1], land.best)
        )
        left = (last - lowest) / (first - lowest)
        return Walk(land, rate, limit, path, last, self._status(rate, limit, left))

    def _status(self, rate, limit, left):
        if rate > limit:
            return "cannot settle" if self.model == "logistic" else "runs away"
        if self.step == 0:
            return "has not begun"
        if left < ARRIVED:
            return "has arrived"
        return "zigzags" if 2 * rate > 1.001 * limit else "creeps"

    def describe(self):
        walks = self.walks
        views = " ".join(map(_words, VIEWS, walks))
        x, target = walks[2].land.features, self.data[1]
        lowest = float(local(walks[2].land.best, x, target, self.model == "logistic")[0])
        return (
            f"{self.model.capitalize()} regression, scales 1 to {plain(self.ratio)}, correlation "
            f"{plain(self.correlation)}, after {self.step} steps. {views} The lowest loss is {plain(lowest, 3)}."
        )

    def still(self):
        figure, axes = plot.still(width=9.6, height=3.5, columns=3)
        for ax, walk, (name, colour) in zip(axes, self.walks, VIEWS.items(), strict=True):
            for curve in walk.land.contours:
                ax.plot(*curve.T, color=plot.MUTED, linewidth=0.9)
            path = inside(walk.path, walk.land.contours)
            ax.plot(*path.T, color=colour, linewidth=1.6, marker="o", markersize=3)
            ax.plot(*walk.land.best, color=plot.INK, marker="x", markersize=8, linestyle="")
            low, high = box(walk.land.contours)
            middle, half = (low + high) / 2, (high - low).max() / 2
            ax.set(aspect="equal", xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])
            kappa = plain(walk.land.largest / walk.land.smallest, 3)
            plot.label(ax, x="weight 1", y="weight 2", title=f"{name}, κ = {kappa}")
        return figure


def _words(name, walk):
    ran = "" if walk.rate > walk.limit else f", loss {plain(walk.loss, 3)}"
    kappa = plain(walk.land.largest / walk.land.smallest, 3)
    return (
        f"{name.capitalize()}: condition number {kappa}, largest stable rate {plain(walk.limit, 3)}; "
        f"at rate {plain(walk.rate, 3)} the path {walk.status}{ran}."
    )


def box(curves):
    """The lowest and the highest of both weights on some contours, with 4 % of room: two arrays of shape (2,)."""
    low, high = curves.min(axis=(0, 1)), curves.max(axis=(0, 1))
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def inside(path, curves):
    """The path up to the first point that lies three times as far out as the contours do, with that point."""
    low, high = box(curves)
    out = np.abs(path - (low + high) / 2).max(axis=1) > 1.5 * (high - low).max()
    return path[: int(out.argmax()) + 1] if out.any() else path
