"""The steps through batch norm's graph: what each finds, why, and the line of the library that does it."""

import inspect
from collections.abc import Callable
from typing import NamedTuple

from .. import core
from ..check import gradients
from ..norms._base import Normalization


class Step(NamedTuple):
    """One step through the graph.

    Attributes
    ----------
    node : str
        The node of the drawing that it lights.
    result : str
        Name of the number, or numbers, that it finds; see `batch_norm_graph`.
    title : str
        What is found, in words.
    formula : str
    worked : str
        The formula with the numbers to be put in: ``{d}`` stands for a number (one line for each of the batch where it
        has one each), ``{d+}`` for the sum of all four, ``{a*b+}`` for the sum of their products.
    why : str
        One sentence for the reader.
    source : str
        The line of the library that does it, as it stands there.
    where : str
        The function that the line stands in.
    """

    node: str
    result: str
    title: str
    formula: str
    worked: str
    why: str
    source: str
    where: str


def line_of(function, start):
    """The one line of a function's source that starts with `start`, without its indentation.

    Raises
    ------
    ValueError
        If no line does, or several.
    """
    found = [line.strip() for line in inspect.getsource(function).splitlines() if line.strip().startswith(start)]
    if len(found) != 1:
        raise ValueError(f"{function.__qualname__} has {len(found)} lines that start with {start!r}; expected one")
    return found[0]


# Node, result, title, formula, and the formula with numbers to be put in.
_FORWARD = (
    ("x", "x", "the batch", "x", "{x}"),
    ("mu", "mu", "the mean", "μ = Σx / 4", "({x+}) / 4 = {mu}"),
    ("d", "d", "the deviations", "d = x − μ", "{x} − {mu} = {d}"),
    ("q", "q", "their squares", "q = d²", "{d}² = {q}"),
    ("v", "v", "the variance", "v = Σq / 4", "({q+}) / 4 = {v}"),
    ("s", "s", "the root", "s = √(v + ε)", "√({v} + {eps}) = {s}"),
    ("r", "r", "its inverse", "r = 1 / s", "1 / {s} = {r}"),
    ("xhat", "xhat", "the normalized batch", "x̂ = d · r", "{d} · {r} = {xhat}"),
    ("u", "u", "scaled", "u = γ · x̂", "{gamma} · {xhat} = {u}"),
    ("y", "y", "the output", "y = u + β", "{u} + {beta} = {y}"),
)
_BACKWARD = (
    ("y", "dy", "the gradient that arrives", "dy = ∂L/∂y", "{dy}"),
    ("beta", "dbeta", "the gradient in β", "dβ = Σdy", "{dy+} = {dbeta}"),
    ("gamma", "dgamma", "the gradient in γ", "dγ = Σ dy · x̂", "{dy*xhat+} = {dgamma}"),
    ("xhat", "dxhat", "the gradient in x̂", "dx̂ = γ · dy", "{gamma} · {dy} = {dxhat}"),
    ("d", "direct", "the gradient in d, its first part", "dd = r · dx̂", "{r} · {dxhat} = {direct}"),
    ("r", "dr", "the gradient in r", "dr = Σ dx̂ · d", "{dxhat*d+} = {dr}"),
    ("s", "ds", "the gradient in the root", "ds = −dr / s²", "−{dr} / {s}² = {ds}"),
    ("v", "dv", "the gradient in the variance", "dv = ds / 2s", "{ds} / (2 · {s}) = {dv}"),
    ("q", "dq", "the gradient in each square", "dq = dv / 4", "{dv} / 4 = {dq}"),
    ("d", "dd", "the gradient in d, whole", "dd = r · dx̂ + 2d · dq", "{direct} + 2 · {d} · {dq} = {dd}"),
    ("mu", "dmu", "the gradient in the mean", "dμ = −Σdd", "−({dd+}) = {dmu}"),
    ("x", "dx", "the gradient in the batch", "dx = dd + dμ / 4", "{dd} + {dmu} / 4 = {dx}"),
    ("x", "check", "the check", "(L(x + h) − L(x − h)) / 2h", "{dx} ≈ {check}"),
)
_WHY = {
    "x": "Four examples, one feature. Press Play, or go on step by step.",
    "mu": "Four numbers become one.",
    "d": "One mean is taken from all four: it is broadcast.",
    "q": "Squares forget the sign. The library squares and adds at once.",
    "v": "Four become one again: the biased variance, 1/m.",
    "s": "ε keeps the root away from zero.",
    "r": "One division for all, and products from here on.",
    "xhat": "Mean 0; variance v / (v + ε).",
    "u": "γ gives back any spread.",
    "y": "β gives back any mean. The forward pass ends here.",
    "dy": "What the layers above say: how L moves with each y.",
    "dbeta": "β was added to all four, so their gradients add up. The same dy goes on to u.",
    "dgamma": "γ met a different x̂ in each of the four.",
    "dxhat": "Each x̂ was multiplied by γ.",
    "direct": "The direct path, as if μ and v were constants. Two more paths follow.",
    "dr": "One r served all four: their gradients add up.",
    "ds": "The slope of 1/s is −1/s².",
    "dv": "The slope of √v is 1/(2√v). The library joins these three steps in one line.",
    "dq": "Each square has a quarter of the variance.",
    "dd": "d was used twice, in x̂ and in q: its two gradients add up.",
    "dmu": "μ was taken from all four. The parts 2d · dq add up to zero here, so the library leaves them out.",
    "dx": "x was used twice, in d and in μ. These four add up to zero.",
    "check": "Left: dx. Right: each number moved a little both ways, and L = Σ dy · y computed again. No calculus.",
}
_SOURCE: dict[str, tuple[Callable, str]] = {
    "x": (core.normalize, "def normalize("),
    "mu": (core.moments, "mean = x.mean("),
    "d": (core.moments, "deviation ="),
    "q": (core.moments, "var ="),
    "v": (core.moments, "var ="),
    "s": (core.standardize, "inv_std ="),
    "r": (core.standardize, "inv_std ="),
    "xhat": (core.standardize, "x_hat *="),
    "u": (Normalization._scale_shift, "y = gamma"),
    "y": (Normalization._scale_shift, "y += beta"),
    "dy": (Normalization.backward, "def backward("),
    "dbeta": (Normalization._scale_shift_backward, "return dy * gamma"),
    "dgamma": (Normalization._scale_shift_backward, "return dy * gamma"),
    "dxhat": (Normalization._scale_shift_backward, "return dy * gamma"),
    "direct": (core.standardize_backward, "dx = dx_hat"),
    "dr": (core.standardize_backward, "dvar ="),
    "ds": (core.standardize_backward, "dvar ="),
    "dv": (core.standardize_backward, "dvar ="),
    "dq": (core.moments_backward, "return (dmean"),
    "dd": (core.moments_backward, "return (dmean"),
    "dmu": (core.standardize_backward, "dmean ="),
    "dx": (core.moments_backward, "return (dmean"),
    "check": (gradients._slope, "slopes.append"),
}
#: Number of the first step backward.
FIRST_BACKWARD = len(_FORWARD)


def _step(node, result, title, formula, worked):
    function, start = _SOURCE[result]
    where = f"{function.__module__}.{function.__qualname__}"
    return Step(node, result, title, formula, worked, _WHY[result], line_of(function, start), where)


#: The steps in their order, those of the forward pass first.
STEPS = tuple(_step(*row) for row in (*_FORWARD, *_BACKWARD))


def reached(step):
    """What the drawing shows after so many steps: by node, the name of its number and that of its gradient.

    Parameters
    ----------
    step : int

    Returns
    -------
    values, gradients : dict of str
    """
    values, gradients = {"gamma": "gamma", "beta": "beta"}, {}
    for i, at in enumerate(STEPS[: step + 1]):
        if i < FIRST_BACKWARD:
            values[at.node] = at.result
        elif at.result != "check":
            gradients[at.node] = at.result
        if at.result == "dbeta":
            gradients["u"] = "dy"  # through an addition a gradient passes as it is
    return values, gradients
