"""Gradient descent in two weights on three views of the same features, with the contours of the loss around it."""

from typing import NamedTuple

import numpy as np

from ..nn import sigmoid
from ..whitening import standardizing, zca_whitening

#: Radii of the contours, as shares of the way from the lowest loss out to the start's contour.
RADII = np.array([0.25, 0.5, 0.75, 1.0])
RAYS = 48
NEWTON = 10  # more steps than the minimum of any set here takes from zero
START = np.array([-1.0, 0.0])  # standardized weights


class Landscape(NamedTuple):
    """The loss over the two weights of one view of the features.

    Attributes
    ----------
    features : ndarray, shape (n, 2)
    start, best : ndarray, shape (2,)
        Weights where descent begins, and where the loss is lowest. In all views they stand for the same two models.
    smallest, largest : float
        Eigenvalues of the Hessian at `best`: the slowest and the steepest curvature.
    contours : ndarray, shape (4, 49, 2)
        A closed curve of equal loss for each of `RADII`; the last goes through the start.
    """

    features: np.ndarray
    start: np.ndarray
    best: np.ndarray
    smallest: float
    largest: float
    contours: np.ndarray


def views(x):
    """The features raw, standardized, and whitened after that; all centred, so that no model needs an intercept.

    Parameters
    ----------
    x : ndarray of float64, shape (n, 2)

    Returns
    -------
    features : list of three ndarray, shape (n, 2)
    maps : list of three ndarray, shape (2, 2)
        ``maps[k] @ w`` are the weights in view k that give the outputs that `w` gives on the whitened features.
    """
    scale = standardizing(x)
    standardized = scale(x)
    white = zca_whitening(standardized)
    maps = [(white.matrix @ scale.matrix).T, white.matrix.T, np.eye(2)]
    return [x - scale.mean, standardized, white(standardized)], maps


def local(w, x, target, logistic):
    """Loss, gradient and Hessian in the weights of a linear or logistic regression without intercept.

    Parameters
    ----------
    w : ndarray, shape (..., 2)
    x : ndarray, shape (n, 2)
    target : ndarray, shape (n,)
        Numbers, or 0 and 1 where `logistic`.
    logistic : bool
        Mean cross-entropy of ``sigmoid(x @ w)``, or half the mean of ``(x @ w - target)²``.

    Returns
    -------
    loss : ndarray, shape (...)
    gradient : ndarray, shape (..., 2)
    hessian : ndarray, shape (..., 2, 2)
        ``XᵀX/n`` for the linear model, whatever `w`.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a path that runs away squares to infinity
        z = w @ x.T
        if logistic:
            p = sigmoid(z)
            error, curvature = p - target, p * (1 - p)
            losses = np.logaddexp(0, z) - target * z
        else:
            error, curvature = z - target, np.ones_like(z)
            losses = 0.5 * error**2
        hessian = np.einsum("...i,ij,ik->...jk", curvature, x, x) / len(x)
        return losses.mean(axis=-1), error @ x / len(x), hessian


def eigenvalues(hessian):
    """The smallest and the largest eigenvalue of a symmetric, positive matrix of shape (2, 2)."""
    (a, b), (_, d) = hessian
    largest = (a + d) / 2 + np.hypot((a - d) / 2, b)
    return float((a * d - b * b) / largest), float(largest)


def optimum(x, target, logistic):
    """The weights of lowest loss, shape (2,), by Newton's method from zero; `x` should be whitened."""
    w = np.zeros(2)
    for _ in range(NEWTON):
        _, gradient, hessian = local(w, x, target, logistic)
        w = w - np.linalg.solve(hessian, gradient)
    return w


def contours(start, best, x, target, logistic):
    """Curves of equal loss around `best`, shape (4, 49, 2), the last of them through `start`.

    From `best` outward on each ray the loss only grows, so that each level is met once. The first guess is the
    ellipse of the Hessian, which for the linear model is the answer; Newton's method leads from there.
    """
    angle = 2 * np.pi * np.arange(RAYS + 1) / RAYS
    rays = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    lowest, _, hessian = local(best, x, target, logistic)
    gap = local(start, x, target, logistic)[0] - lowest
    level = lowest + gap * RADII[:, None] ** 2
    radius = RADII[:, None] * np.sqrt(2 * gap / np.einsum("ri,ij,rj->r", rays, hessian, rays))
    for _ in range(3):
        loss, gradient, _ = local(best + radius[..., None] * rays, x, target, logistic)
        radius = radius - (loss - level) / (gradient * rays).sum(axis=-1)
    return best + radius[..., None] * rays


def landscapes(x, target, logistic):
    """One `Landscape` each for the raw, the standardized and the whitened features of `x`, shape (n, 2)."""
    features, maps = views(x)
    start, best = np.linalg.solve(maps[1], START), optimum(features[2], target, logistic)
    curves = contours(start, best, features[2], target, logistic)
    found = []
    for view, m in zip(features, maps, strict=True):
        smallest, largest = eigenvalues(local(m @ best, view, target, logistic)[2])
        found.append(Landscape(view, m @ start, m @ best, smallest, largest, curves @ m.T))
    return found


def descend(w, x, target, logistic, rate, steps):
    """The path of gradient descent, ``w = w - rate * gradient``: ndarray of shape (steps + 1, 2)."""
    path = [np.asarray(w, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - rate * local(path[-1], x, target, logistic)[1])
    return np.array(path)
