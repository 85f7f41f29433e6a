"""The gradient as a projection: batch norm's backward pass on three numbers, drawn in space."""

from typing import NamedTuple

import numpy as np

from .. import plot
from ..core import normalize, normalize_backward
from .base import LiveWidget
from .controls import Choice, Numbers, Slider
from .words import MINUS, plain

ROOM = 2.6  # how long an arrow the picture has room for, unless dx is longer
# Directions of the space: along 1, and two across it.
ONE, ACROSS, BEYOND = (
    np.array([1, 1, 1]) / np.sqrt(3),
    np.array([1, -1, 0]) / np.sqrt(2),
    np.array([1, 1, -2]) / np.sqrt(6),
)
DUST = 1e-12
NAMES = ("dy", "dy less its part along 1", "that less its part along x̂", "dx")


class Parts(NamedTuple):
    """The stages of the backward pass, each an ndarray of shape (m,), and what they are made with.

    Attributes
    ----------
    x_hat : ndarray
    without_one : ndarray
        dy less its mean.
    without_both : ndarray
        The same less ``x_hat * mean(dy * x_hat)``.
    dx : ndarray
        gamma / sqrt(v + eps) times that.
    factor : float
        gamma / sqrt(v + eps).
    left : float
        Share of dy's part along x_hat that eps leaves in it: eps / (v + eps).
    """

    x_hat: np.ndarray
    without_one: np.ndarray
    without_both: np.ndarray
    dx: np.ndarray
    factor: float
    left: float


def gradient_projection(x, dy, gamma, eps):
    """Batch norm's backward pass in three stages: remove the part along 1, then the part along x_hat, then scale.

    Parameters
    ----------
    x, dy : ndarray of float64, shape (m,)
    gamma, eps : float

    Returns
    -------
    Parts
        NaN where x is constant and eps zero.
    """
    with np.errstate(all="ignore"):
        x_hat, cache = normalize(x, 0, eps)
        without_one = dy - dy.mean()
        without_both = without_one - x_hat * (dy * x_hat).mean()
        left = eps / (cache.var[0] + eps)
        dx = normalize_backward(gamma * dy, cache)
        return Parts(x_hat, without_one, without_both, dx, float(gamma * cache.inv_std[0]), float(left))


def arrow(turn, tilt, length):
    """The three numbers of an arrow: `turn` is its angle around the direction 1, `tilt` that above the plane across 1.

    Parameters
    ----------
    turn, tilt : float
        Degrees.
    length : float

    Returns
    -------
    ndarray, shape (3,)
    """
    turn, tilt = np.deg2rad(turn), np.deg2rad(tilt)
    flat = np.cos(turn) * ACROSS + np.sin(turn) * BEYOND
    return length * (np.sin(tilt) * ONE + np.cos(tilt) * flat)


def project(point, view, height):
    """Where a point of the space is seen, with the direction 1 upwards.

    Parameters
    ----------
    point : ndarray, shape (..., 3)
    view, height : float
        Where one looks from, in degrees: around the direction 1, and above the plane across it.

    Returns
    -------
    ndarray, shape (..., 2)
        To the right, and up.
    """
    view, height = np.deg2rad(view), np.deg2rad(height)
    a, b, up = point @ ACROSS, point @ BEYOND, point @ ONE
    right = b * np.cos(view) - a * np.sin(view)
    near = a * np.cos(view) + b * np.sin(view)
    return np.stack([right, up * np.cos(height) - near * np.sin(height)], axis=-1)


def azimuth(vector):
    """Angle of a vector of shape (3,) around the direction 1, in degrees: the `turn` of `arrow`."""
    return float(np.rad2deg(np.arctan2(vector @ BEYOND, vector @ ACROSS)))


def angle(a, b):
    """Angle between two vectors in degrees; NaN beside a vector that is zero but for rounding."""
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.rad2deg(np.arccos(np.clip(a @ b / lengths, -1, 1)))) if lengths > DUST else np.nan


class GradientProjection(LiveWidget):
    """A gradient dy of three numbers, as an arrow, loses its part along 1 and its part along x_hat: what is left is dx.

    Parameters
    ----------
    stage : int
        0 shows dy, 1 dy without its part along 1, 2 without that along x_hat, 3 dx.
    turn, tilt : float
        Direction of dy in degrees: around the direction 1, from -180 to 180, and above the plane across it, from -90
        to 90.
    length : float
        Of dy, from 0.1 to 2.5.
    x : sequence of 3 floats
        The batch, each number from -100 to 100.
    gamma : float
        Scale, from -3 to 3.
    eps : float
        One of 0, 1e-5, 0.01, 0.1, 1, 10.
    view, height : int
        Where one looks from, in degrees: -180 to 180 around the direction 1, 0 to 90 above the plane across it.
    """

    module = "gradient-projection"
    heights = (900, 1240)
    controls = ("stage", "eps", "turn", "tilt", "length", "gamma", "x", "view", "height")

    stage = Slider(0, low=0, high=3, step=1, label="stage", integer=True)
    eps = Choice(0, values=(0, 1e-5, 0.01, 0.1, 1, 10), label="ε")
    turn = Slider(20.0, low=-180, high=180, step=1, label="dy: turn, °")
    tilt = Slider(45.0, low=-90, high=90, step=1, label="dy: tilt, °")
    length = Slider(2.5, low=0.1, high=2.5, step=0.1, label="dy: length")
    gamma = Slider(2.0, low=-3, high=3, step=0.1, label="γ (scale)")
    x = Numbers((1, 2, 6), length=3, low=-100, high=100, label="batch x")
    view = Slider(-56, low=-180, high=180, step=1, label="view: around, °", integer=True)
    height = Slider(30, low=0, high=90, step=1, label="view: above, °", integer=True)

    @property
    def dy(self):
        """The gradient that arrives: ndarray of shape (3,)."""
        return arrow(self.turn, self.tilt, self.length)

    @property
    def parts(self):
        """The stages now: see `gradient_projection`."""
        x = np.array(self.x) if self.eps or len(set(self.x)) > 1 else np.full(3, np.nan)  # rounding is no spread
        return gradient_projection(x, self.dy, self.gamma, float(self.eps))

    def describe(self):
        p = self.parts
        now = (self.dy, p.without_one, p.without_both, p.dx)[self.stage]
        head = f"Stage {self.stage} of 3: {NAMES[self.stage]}"
        constant = len(set(self.x)) == 1
        if constant and self.eps == 0 and self.stage > 1:
            return f"{head} is no number, since x is constant and ε is 0."
        long = np.linalg.norm(now)
        words = f"{head} = ({', '.join(f'{v:z.3f}' for v in now)}), {long:.3f} long.".replace("-", MINUS)
        if long < DUST:
            return f"{words} Nothing is left."
        words += f" Its angle to 1 is {angle(now, np.ones(3)):z.1f}°"
        if constant:
            return f"{words}; x is constant and has no direction x̂."
        rest = f" ε leaves {plain(100 * p.left, 3)} % of the part along x̂." if self.eps and self.stage > 1 else ""
        return f"{words}, to x̂ {angle(now, p.x_hat):z.1f}°.{rest}"

    def still(self):
        figure, [ax] = plot.still(height=4.2)
        p, around = self.parts, np.linspace(-180, 180, 73)

        def draw(points, **style):
            return ax.plot(*project(np.array(points), self.view, self.height).T, **style)

        ax.fill(*project(np.array([arrow(t, 0, ROOM) for t in around]), self.view, self.height).T, color=plot.GRID)
        draw([-ROOM * ONE, ROOM * ONE], color=plot.MUTED, linewidth=1)
        ax.annotate("1", project(ROOM * ONE, self.view, self.height), (0, 4), textcoords="offset points", ha="center")
        stages = (self.dy, p.without_one, p.without_both, p.dx)
        looks = ((plot.ORANGE, "-"), (plot.PURPLE, "--"), (plot.GREEN, ":"), (plot.BLUE, "-"))
        for start, end in zip(stages, stages[1 : self.stage + 1][:2], strict=False):
            draw([start, end], color=plot.MUTED, linewidth=1, linestyle="--")
        for vector, name, (colour, dash) in list(zip(stages, NAMES, looks, strict=True))[: self.stage + 1]:
            draw([np.zeros(3), vector], color=colour, linestyle=dash, label=name, marker="o", markevery=[1])
        draw([np.zeros(3), p.x_hat], color=plot.INK, linewidth=1.2, label="x̂", marker="s", markevery=[1], markersize=4)
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.set_axis_off()
        ax.annotate("sum = 0", project(arrow(self.view + 252, 0, 0.75 * ROOM), self.view, self.height), ha="center")
        figure.legend(loc="outside right center", frameon=False)
        return figure
