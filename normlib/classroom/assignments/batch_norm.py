"""Batch norm with the features first, its scale given by a logarithm."""

import numpy as np

from ...check import Exercise, Mistake, variant
from ...check.catalogue import find
from .task import Assignment, Task

CHAPTER = "batch-norm-forward"


def turned(x, **rest):
    """Features first, for samples first, and back."""
    return {"x": x.T, **rest}


FORWARD = variant(
    find("batch-norm-forward"),
    "features-first-forward",
    task="Batch norm of x (D, N): every row is a feature, every column a sample.",
    offer=turned,
    take=turned,
    give=lambda y, **inputs: y.T,
)


def _with_logarithm(dy, x, gamma, eps):
    return {"dy": dy.T, "x": x.T, "log_gamma": np.log(np.abs(gamma)), "eps": eps}


def _without_logarithm(dy, x, log_gamma, eps):
    return {"dy": dy.T, "x": x.T, "gamma": np.exp(log_gamma), "eps": eps}


def _of_logarithm(gradients, log_gamma, **inputs):
    dx, dgamma, dbeta = gradients
    return dx.T, dgamma * np.exp(log_gamma), dbeta


BACKWARD = variant(
    find("batch-norm-backward"),
    "log-scale-backward",
    task="Gradients of batch norm of x (D, N), where γ = exp(log_gamma).",
    parameters=("dy", "x", "log_gamma", "eps"),
    outputs=("dx", "dlog_gamma", "dbeta"),
    offer=_with_logarithm,
    take=_without_logarithm,
    give=_of_logarithm,
    mistakes=(
        Mistake(
            "A01",
            lambda dy, x, log_gamma, eps: _of_logarithm(
                find("batch-norm-backward").reference(*_without_logarithm(dy, x, log_gamma, eps).values()),
                np.zeros_like(log_gamma),
            ),
            "is the gradient of γ: the chain rule through γ = exp(log_gamma) is missing",
            "the chain rule for γ = exp(s): ∂L/∂s = γ · ∂L/∂γ.",
        ),
    ),
)


def _log_std(x, eps):
    return 0.5 * np.log(x.var(axis=1) + eps)


LOG_STD = Exercise(
    id="log-std",
    task="The natural logarithm of σ = √(variance + ε) of each feature of x (D, N).",
    parameters=("x", "eps"),
    outputs=("log_std",),
    reference=_log_std,
    probes=lambda rng: {label: {"x": p["x"], "eps": p["eps"]} for label, p in FORWARD.probes(rng).items()},
    mistakes=(
        Mistake("A02", lambda x, eps: 2 * _log_std(x, eps), "is the logarithm of σ², twice that of σ", "σ = √(σ²)."),
        Mistake(
            "F03",
            lambda x, eps: 0.5 * np.log(x.var(axis=1, ddof=1) + eps),
            "divides by N − 1: batch norm takes the biased variance",
            "the definition of the batch's variance.",
        ),
        Mistake(
            "F01",
            lambda x, eps: np.log(x.std(axis=1) + eps),
            "adds ε to σ, outside of the root",
            "the definition of x̂: its denominator is √(σ² + ε).",
        ),
        Mistake("F02", lambda x, eps: np.log(x.std(axis=1)), "has no ε", "the definition of x̂."),
        Mistake("F06", lambda x, eps: _log_std(x.T, eps), "is taken over the features", "which axis the batch is."),
    ),
    chapter=CHAPTER,
)

ASSIGNMENT = Assignment(
    "batch-norm",
    "Batch norm, features first",
    (
        Task("log-std", "The spread of each feature", 2, LOG_STD, "log_std"),
        Task("forward", "Forward", 4, FORWARD, "forward"),
        Task("backward", "Backward, through a logarithm", 6, BACKWARD, "backward"),
    ),
)
