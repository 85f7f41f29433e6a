"""Small parts that several wrong answers are made of."""

import numpy as np

from ..catalogue import find


def standardized(x, eps, axes=0):
    """x less its mean, over its σ."""
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def mean(a, axis=0):
    """The mean, with its axis kept."""
    return a.mean(axis, keepdims=True)


def with_dx(rule, axis=0):
    """The backward pass with another dx from g, x̂, σ."""

    def f(dy, x, gamma, eps):
        x_hat, std = standardized(x, eps, axis), np.sqrt(x.var(axis, keepdims=True) + eps)
        return rule(dy * gamma, x_hat, std), (dy * x_hat).sum(0), dy.sum(0)

    return f


def after(exercise, change):
    """The right answer, changed afterwards; the change sees what was returned and the inputs."""
    right = find(exercise).reference
    return lambda *inputs: change(right(*inputs), *inputs)
