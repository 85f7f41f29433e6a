"""Backprop by hand: the graph of batch norm on four numbers, forward and backward, one node at a time."""

import json

import numpy as np

from .. import plot
from ..check import numerical_gradient
from .base import LiveWidget
from .batch_norm_graph import batch_norm_graph
from .batch_norm_steps import FIRST_BACKWARD, STEPS
from .controls import Choice, Numbers, Slider
from .graph_drawing import PHONE, WIDE, draw_graph, drawing
from .words import plain

DUST = 1e-12  # what rounding leaves of a zero


class BackpropStepper(LiveWidget):
    """Batch norm of a batch of four numbers, walked through node by node: to y, and back to dx, dgamma and dbeta.

    The numbers that it starts with come out even, to be followed with pencil and paper.

    Parameters
    ----------
    step : int
        How far: 0 shows the batch alone, 9 the output, 21 dx, 22 the check by central differences.
    x, dy : sequence of 4 floats
        The batch, and the gradient that arrives at its output; each from -100 to 100.
    gamma, beta : float
        Scale and shift, from -3 to 3.
    eps : float
        One of 0, 1e-5, 0.1, 1, 10.
    """

    module = "backprop-stepper"
    heights = (800, 1090)
    controls = ("step", "eps", "x", "dy", "gamma", "beta")

    step = Slider(0, low=0, high=len(STEPS) - 1, step=1, label="step", integer=True)
    x = Numbers((1, 7, 9, 15), length=4, low=-100, high=100, label="batch x")
    dy = Numbers((1, 0, -1, 2), length=4, low=-100, high=100, label="gradient dy")
    gamma = Slider(2.0, low=-3, high=3, step=0.1, label="γ (scale)")
    beta = Slider(1.0, low=-3, high=3, step=0.1, label="β (shift)")
    eps = Choice(0, values=(0, 1e-5, 0.1, 1, 10), label="ε")

    def shipped(self):
        plan = {"steps": [s._asdict() for s in STEPS], "first": FIRST_BACKWARD}
        plan |= {"wide": drawing(WIDE), "phone": drawing(PHONE)}
        return {"plan": np.frombuffer(json.dumps(plan, ensure_ascii=False, separators=(",", ":")).encode(), np.uint8)}

    @property
    def numbers(self):
        """Every number of the graph by name: see `batch_norm_graph`; and gamma, beta, eps, loss, check and error.

        check is dx by central differences of the loss, the sum of dy * y; error the largest difference between the two,
        relative to the largest entry.
        """
        x, dy = np.array(self.x), np.array(self.dy)
        rest = {"gamma": self.gamma, "beta": self.beta, "eps": float(self.eps)}

        def output(at):
            return batch_norm_graph(at, dy, **rest)["y"]

        g = batch_norm_graph(x, dy, **rest)
        with np.errstate(all="ignore"):
            check = numerical_gradient(output, x, dy, step=float(1e-5 * g["s"]) or 1e-5)
            size = np.sqrt(np.square(dy * g["y"]).sum()) / g["s"]  # where dx is zero, the loss says what is small
            scale = np.max([*np.abs(g["dx"]), *np.abs(check), 1e-4 * size])
            error = np.abs(g["dx"] - check).max() / (scale or 1)
        return g | rest | {"loss": float(dy @ g["y"]), "check": check, "error": float(error)}

    def describe(self):
        g, (_, result, title, formula, *_) = self.numbers, STEPS[self.step]
        way = "backward" if self.step >= FIRST_BACKWARD else "forward"
        head = f"Step {self.step} of {len(STEPS) - 1}, {way}, {title}: "
        constant = self.eps == 0 and len(set(self.x)) == 1
        if np.isnan(g[result]).any() or (constant and self.step > 5):
            return f"{head}{formula} is no number, since the batch is constant and ε is 0."
        if result != "check":
            return f"{head}{formula} = {', '.join(written(g[result]))}."
        verdict = "agree with" if g["error"] < 1e-6 else "differ from"
        return f"{head}central differences of the loss {verdict} dx = {', '.join(written(g['dx']))}."

    def still(self):
        figure, [ax] = plot.still(height=3.5)
        g = self.numbers
        draw_graph(ax, self.step, lambda name: brief(g[name]), self.step >= FIRST_BACKWARD)
        return figure


def written(numbers, digits=4):
    """A number, or each of several, to so many digits."""
    return [plain(0.0 if abs(v) < DUST else float(v), digits) for v in np.ravel(numbers)]


def brief(numbers):
    """The same, each in no more than seven characters: four digits, three, or two, or one."""
    forms = ([written(v, digits)[0] for digits in (4, 3, 2, 1)] for v in np.ravel(numbers))
    return [next((t for t in form if len(t) < 8), form[-1]) for form in forms]
