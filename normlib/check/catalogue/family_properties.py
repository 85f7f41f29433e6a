"""What every norm's output and gradient have, in words: the properties of the family."""

import numpy as np

from ..properties import Broken, alike
from .family import Pieces


def _pieces(layout, probe):
    """The formula's pieces for a probe, in float64."""
    known = {name: np.asarray(value, dtype=float) for name, value in probe.items() if name != "num_groups"}
    return Pieces(
        layout,
        known["x"],
        known.get("gamma", np.asarray(1.0)),
        float(known["eps"]),
        probe.get("num_groups"),
        beta=known.get("beta", np.asarray(0.0)),
        dy=known.get("dy", np.asarray(0.0)),
    )


def _between(evidence, name, label, factor=1.0):
    """What came on the main probe and on another one, times a factor; None where it can't be compared."""
    if label not in evidence.came or not evidence.comparable(label, name):
        return None
    return evidence.came["main"][name], factor * evidence.came[label][name]


def _reacts(label, factor, id, words):
    """The property that a probe's answer, times a factor, is that of the main one."""

    def prop(evidence, name):
        pair = _between(evidence, name, label, factor)
        return Broken(id, words.format(name)) if pair and not alike(*pair) else None

    return prop


SHIFT = _reacts("shifted", 1.0, "shift-matters", "Your {} changes when a constant is added to x; it must not.")
SCALE = _reacts("scaled", 1.0, "scale-matters", "Your {} changes when x and √ε are both multiplied by 4; it must not.")


def _mean(layout):
    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        z = (evidence.came["main"][name].reshape(p.x.shape) - p.beta) / p.gamma
        if np.abs(p.over(z)).max() > 1e-6 * max(np.abs(z).max(), 1.0):
            whose = "(y − β)/γ" if p.gamma.ndim else "x̂"
            return Broken("mean-not-zero", f"The mean of {whose} is {np.abs(p.over(z)).max():.3g} and not 0.")
        return None

    return prop


def _variance(layout):
    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        z = (evidence.came["main"][name].reshape(p.x.shape) - p.beta) / p.gamma
        came, wanted = p.over((z - p.over(z)) ** 2), p.var / (p.var + p.eps)
        if not alike(came, wanted):
            i = np.abs(came - wanted).argmax()
            numbers = f"{came.ravel()[i]:.4g} came, expected {wanted.ravel()[i]:.4g}"
            return Broken("variance", f"The variance of your x̂ is not σ²/(σ² + ε): {numbers}.")
        return None

    return prop


def _straight(layout):
    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        z = (evidence.came["main"][name].reshape(p.x.shape) - p.beta) / p.gamma
        off = z - p.over(z)
        if not alike(p.over(off * p.centred) / p.var * p.centred, off):
            words = "Your {} is no straight-line function of x within what shares a mean."
            return Broken("not-affine", words.format(name))
        return None

    return prop


def neighbours(evidence, name):
    """Whether a sample's output changes with the other samples, and should."""
    pair = _between(evidence, name, "neighbour")
    if not pair:
        return None
    wanted = evidence.right["main"][name][0], evidence.right["neighbour"][name][0]
    moves, should = not alike(pair[1][0], pair[0][0]), not alike(wanted[1], wanted[0])
    if moves and not should:
        return Broken("depends-on-other-samples", f"Your {name} of a sample depends on the other samples; it must not.")
    if should and not moves:
        return Broken("ignores-other-samples", f"Your {name} of a sample does not change with the rest of the batch.")
    return None


def forward_properties(layout):
    """Properties of y, for an exercise with `forward_probes`.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    tuple of callable
    """
    return neighbours, SHIFT, SCALE, _straight(layout), _mean(layout), _variance(layout)


def _paths(layout):
    """What is wrong in dx runs along 1, along x̂, or along both."""

    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        wrong = (evidence.came["main"][name] - evidence.right["main"][name]).reshape(p.x.shape)
        if p.m < 4:  # a line passes through any two points
            return None
        along_1 = p.over(wrong) + 0 * p.x
        along_x = p.x_hat * p.over(wrong * p.x_hat) / p.over(p.x_hat**2)
        said = f"What is wrong in your {name} "
        if alike(along_1, wrong):
            return Broken("path-mean", f"{said}is the same number for all that share a mean: the path through μ.")
        if alike(along_x, wrong):
            return Broken("path-variance", f"{said}runs along x̂: the path through the variance.")
        if alike(along_1 + along_x, wrong):
            return Broken("both-paths", f"{said}runs along 1 and along x̂: the paths through mean and variance.")
        return None

    return prop


def _along_1(layout):
    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        dx = evidence.came["main"][name].reshape(p.x.shape)
        if np.abs(p.over(dx)).max() > 1e-6 * np.abs(dx).max():
            words = f"Your {name} has a part along 1: its sum over what shares a mean is not 0."
            return Broken("part-along-1", words)
        return None

    return prop


def _along_x_hat(layout):
    def prop(evidence, name):
        p = _pieces(layout, evidence.probes["main"])
        came = p.total(evidence.came["main"][name].reshape(p.x.shape) * p.x_hat)
        if not alike(came, p.eps / (p.var + p.eps) * p.total(p.g * p.x_hat) / p.std):
            words = f"Your {name} has another part along x̂ than ε leaves: Σdx·x̂ = ε/(σ² + ε)·Σg·x̂/σ."
            return Broken("part-along-x-hat", words)
        return None

    return prop


def backward_properties(layout):
    """Properties of dx, dgamma and dbeta, for an exercise with `backward_probes`.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    tuple of callable
    """
    shrinks = _reacts("scaled", 4.0, "one-over-sigma", "Your {} does not shrink as 1/σ when x grows.")
    of_dx = _paths(layout), SHIFT, shrinks, _along_1(layout), _along_x_hat(layout)

    def chosen(prop):
        return lambda evidence, name: prop(evidence, name) if name == "dx" else None

    def others(prop):
        return lambda evidence, name: None if name == "dx" else prop(evidence, name)

    return *map(chosen, of_dx), others(SHIFT), others(SCALE)


def rotation(evidence, name):
    """Whitened columns have covariance λ/(λ + ε) along each principal direction; the map is symmetric."""
    x, eps = evidence.probes["main"]["x"], evidence.probes["main"]["eps"]
    y = evidence.came["main"][name]
    if np.abs(y.mean(0)).max() > 1e-6 * np.abs(y).max():
        return Broken("mean-not-zero", f"The columns of your {name} do not have mean 0.")
    cov = np.cov(x.T, bias=True)
    wanted = np.linalg.solve(cov + eps * np.eye(len(cov)), cov)
    if alike(np.sort(np.linalg.eigvalsh(np.cov(y.T, bias=True))), np.sort(np.linalg.eigvals(wanted).real)):
        return Broken("turned", f"Your {name} is white, but turned: the map is not the symmetric one.")
    return Broken("covariance", f"The covariance of your {name} is not (Σ + εI)⁻¹Σ.")
