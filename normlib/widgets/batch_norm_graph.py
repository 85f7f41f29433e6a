"""Batch norm of one feature as a graph: every elementary operation a node, forward and backward, and its line of code."""

import inspect
from typing import Any, NamedTuple

import numpy as np

from .. import core
from ..check import gradients
from ..norms._base import Normalization


def batch_norm_graph(x, dy, gamma, beta, eps):
    """Every number on the way from a batch to batch norm's output, and from its gradient back.

    Nothing is joined: what `core.standardize_backward` says in a line is three nodes here.

    Parameters
    ----------
    x, dy : ndarray of float64, shape (m,)
        The batch of one feature, and the gradient of the loss in each output.
    gamma, beta, eps : float

    Returns
    -------
    dict of ndarray and float
        Forward: mu, d = x - mu, q = d², v, s = sqrt(v + eps), r = 1/s, xhat, u = gamma xhat, y. Backward, each the
        gradient in the node behind the d: dy, dbeta, dgamma, dxhat, direct (the part of dd that comes from xhat), dr,
        ds, dv, dq, dd, dmu, dx. With eps = 0 a constant batch gives NaN from xhat on.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 1 and section 3.
    """
    m = x.size
    with np.errstate(all="ignore"):  # 0/0 is an answer here: the widget says it in words
        mu = x.sum() / m
        d = x - mu
        q = d * d
        v = q.sum() / m
        s = np.sqrt(v + eps)
        r = 1 / s
        xhat = d * r
        u = gamma * xhat
        dbeta = dy.sum()
        dgamma = (dy * xhat).sum()
        dxhat = gamma * dy
        direct = r * dxhat
        dr = (dxhat * d).sum()
        ds = -dr / s**2
        dv = ds / (2 * s)
        dq = np.full(m, dv / m)
        dd = direct + 2 * d * dq
        dmu = -dd.sum()
        dx = dd + dmu / m
    graph = {"x": x, "mu": mu, "d": d, "q": q, "v": v, "s": s, "r": r, "xhat": xhat, "u": u, "y": u + beta}
    graph |= {"dy": dy, "dbeta": dbeta, "dgamma": dgamma, "dxhat": dxhat, "direct": direct, "dr": dr}
    return graph | {"ds": ds, "dv": dv, "dq": dq, "dd": dd, "dmu": dmu, "dx": dx}


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


_FORWARD: tuple[tuple[Any, ...], ...] = (
    ("x", "x", "the batch", "x", "{x}", "Four examples, one feature. Press Play, or go on step by step.")
    + (core.normalize, "def normalize("),
    ("mu", "mu", "the mean", "μ = Σx / 4", "({x+}) / 4 = {mu}", "Four numbers become one.")
    + (core.moments, "mean = x.mean("),
    ("d", "d", "the deviations", "d = x − μ", "{x} − {mu} = {d}", "One mean is taken from all four: it is broadcast.")
    + (core.moments, "deviation ="),
    (
        "q",
        "q",
        "their squares",
        "q = d²",
        "{d}² = {q}",
        "Squares forget the sign. The library squares and adds at once.",
    )
    + (core.moments, "var ="),
    ("v", "v", "the variance", "v = Σq / 4", "({q+}) / 4 = {v}", "Four become one again: the biased variance, 1/m.")
    + (core.moments, "var ="),
    ("s", "s", "the root", "s = √(v + ε)", "√({v} + {eps}) = {s}", "ε keeps the root away from zero.")
    + (core.standardize, "inv_std ="),
    ("r", "r", "its inverse", "r = 1 / s", "1 / {s} = {r}", "One division for all, and products from here on.")
    + (core.standardize, "inv_std ="),
    ("xhat", "xhat", "the normalized batch", "x̂ = d · r", "{d} · {r} = {xhat}", "Mean 0; variance v / (v + ε).")
    + (core.standardize, "x_hat *="),
    ("u", "u", "scaled", "u = γ · x̂", "{gamma} · {xhat} = {u}", "γ gives back any spread.")
    + (Normalization._scale_shift, "y = gamma"),
    ("y", "y", "the output", "y = u + β", "{u} + {beta} = {y}", "β gives back any mean. The forward pass ends here.")
    + (Normalization._scale_shift, "y += beta"),
)
_BACKWARD: tuple[tuple[Any, ...], ...] = (
    (
        "y",
        "dy",
        "the gradient that arrives",
        "dy = ∂L/∂y",
        "{dy}",
        "What the layers above say: how L moves with each y.",
    )
    + (Normalization.backward, "def backward("),
    ("beta", "dbeta", "the gradient in β", "dβ = Σdy", "{dy+} = {dbeta}")
    + ("β was added to all four, so their gradients add up. The same dy goes on to u.",)
    + (Normalization._scale_shift_backward, "return dy * gamma"),
    ("gamma", "dgamma", "the gradient in γ", "dγ = Σ dy · x̂", "{dy*xhat+} = {dgamma}")
    + ("γ met a different x̂ in each of the four.",)
    + (Normalization._scale_shift_backward, "return dy * gamma"),
    ("xhat", "dxhat", "the gradient in x̂", "dx̂ = γ · dy", "{gamma} · {dy} = {dxhat}", "Each x̂ was multiplied by γ.")
    + (Normalization._scale_shift_backward, "return dy * gamma"),
    ("d", "direct", "the gradient in d, its first part", "dd = r · dx̂", "{r} · {dxhat} = {direct}")
    + ("The direct path, as if μ and v were constants. Two more paths follow.",)
    + (core.standardize_backward, "dx = dx_hat"),
    (
        "r",
        "dr",
        "the gradient in r",
        "dr = Σ dx̂ · d",
        "{dxhat*d+} = {dr}",
        "One r served all four: their gradients add up.",
    )
    + (core.standardize_backward, "dvar ="),
    ("s", "ds", "the gradient in the root", "ds = −dr / s²", "−{dr} / {s}² = {ds}", "The slope of 1/s is −1/s².")
    + (core.standardize_backward, "dvar ="),
    ("v", "dv", "the gradient in the variance", "dv = ds / 2s", "{ds} / (2 · {s}) = {dv}")
    + ("The slope of √v is 1/(2√v). The library joins these three steps in one line.",)
    + (core.standardize_backward, "dvar ="),
    (
        "q",
        "dq",
        "the gradient in each square",
        "dq = dv / 4",
        "{dv} / 4 = {dq}",
        "Each square has a quarter of the variance.",
    )
    + (core.moments_backward, "return (dmean"),
    ("d", "dd", "the gradient in d, whole", "dd = r · dx̂ + 2d · dq", "{direct} + 2 · {d} · {dq} = {dd}")
    + ("d was used twice, in x̂ and in q: its two gradients add up.",)
    + (core.moments_backward, "return (dmean"),
    ("mu", "dmu", "the gradient in the mean", "dμ = −Σdd", "−({dd+}) = {dmu}")
    + ("μ was taken from all four. The parts 2d · dq add up to zero here, so the library leaves them out.",)
    + (core.standardize_backward, "dmean ="),
    ("x", "dx", "the gradient in the batch", "dx = dd + dμ / 4", "{dd} + {dmu} / 4 = {dx}")
    + ("x was used twice, in d and in μ. These four add up to zero.",)
    + (core.moments_backward, "return (dmean"),
    ("x", "check", "the check", "(L(x + h) − L(x − h)) / 2h", "{dx} ≈ {check}")
    + ("Left: dx. Right: each number moved a little both ways, and L = Σ dy · y computed again. No calculus.",)
    + (gradients._slope, "slopes.append"),
)
FIRST_BACKWARD = len(_FORWARD)


def _step(node, result, title, formula, worked, why, function, start):
    where = f"{function.__module__}.{function.__qualname__}".replace("normlib.", "", 1)
    return Step(node, result, title, formula, worked, why, line_of(function, start), where)


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
