"""Before any layer: the bell's formula, columns of mean 0 and variance 1, whitening."""

import math

import numpy as np

from ..exercise import Exercise
from ..properties import NEAR, Broken, alike
from . import family
from .batch_norm import FLOAT32, draw, features, square
from .collecting import mistakes
from .drawing import EPS, forward_probes, keeping, table
from .family_properties import SCALE, SHIFT, forward_properties, rotation

PI = np.pi


def _pdf(x, mean, std):
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * np.sqrt(2 * PI))


def _pdf_probes(rng):
    def inputs(mean, std):
        return {"x": mean + std * rng.uniform(-2.5, 2.5, 9), "mean": float(mean), "std": float(std)}

    return {
        "main": inputs(rng.uniform(0.5, 2.0), rng.uniform(0.4, 0.7)),
        "wide": inputs(rng.uniform(-2.0, -0.5), rng.uniform(1.5, 3.0)),
        "σ = 1": inputs(rng.uniform(0.5, 2.0), 1.0),
        "μ = 0": inputs(0.0, rng.uniform(0.4, 0.7)),
    }


def _parabola(evidence, name):
    """The logarithm of a bell is a parabola: its peak is at the mean, its width σ, its height makes the area 1."""
    probe, came = evidence.probes["main"], evidence.came["main"][name]
    mean, std = probe["mean"], probe["std"]
    if not (came > 0).all():
        return Broken("no-bell", f"Your {name} is not positive everywhere, as a density is.")
    z = (probe["x"] - mean) / std
    a, b, c = np.polyfit(z, np.log(came), 2)
    if not alike(np.polyval((a, b, c), z), np.log(came)) or a >= 0:
        return Broken("no-bell", f"Your {name} is no bell: its logarithm is not a parabola that opens downwards.")
    centre, width = mean - std * b / (2 * a), std / np.sqrt(-2 * a)
    if abs(centre - mean) > NEAR * std:
        return Broken("centre", f"The peak of your {name} is at {centre:.4g}; expected the mean, {mean:.4g}.")
    if abs(width / std - 1) > NEAR:
        return Broken("width", f"Your {name} has the standard deviation {width:.4g}; expected {std:.4g}.")
    return Broken("height", f"Your {name} has the right shape and another height: its area is not 1.")


PDF = Exercise(
    id="normal-pdf",
    task="The density of the normal distribution of that mean and standard deviation at each x.",
    parameters=("x", "mean", "std"),
    outputs=("density",),
    reference=_pdf,
    probes=_pdf_probes,
    mistakes=mistakes(
        {
            "N01": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std)) / (std * np.sqrt(2 * PI)),
            "N02": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / std,
            "N03": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / np.sqrt(2 * PI),
            "N04": lambda x, mean, std: _pdf(x, mean, np.sqrt(std)),
            "N05": lambda x, mean, std: np.exp(-((x - mean) ** 2) / std**2) / (std * np.sqrt(2 * PI)),
            "N06": lambda x, mean, std: np.exp((x - mean) ** 2 / (2 * std**2)) / (std * np.sqrt(2 * PI)),
            "N07": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / (std**2 * np.sqrt(2 * PI)),
            "N08": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / (std * 2 * PI),
            "N09": lambda x, mean, std: _pdf(x, 0.0, std),
            "N10": lambda x, mean, std: np.exp(-np.abs(x - mean) / (2 * std**2)) / (std * np.sqrt(2 * PI)),
            "N11": lambda x, mean, std: _pdf(x, x.mean(), x.std()),
            "N12": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / np.sqrt(2 * PI * std),
            "N13": lambda x, mean, std: np.exp(-0.5 * ((x - mean) / std) ** 2),
        },
        [("N05", lambda x, mean, std: np.exp(-(((x - mean) / std) ** 2)) / (std * np.sqrt(2 * PI)))],
    ),
    accepted={
        "one root": lambda x, mean, std: np.exp(-((x - mean) ** 2) / (2 * std**2)) / np.sqrt(2 * PI * std**2),
        "logarithm first": lambda x, mean, std: np.exp(
            -np.log(std) - 0.5 * np.log(2 * PI) - 0.5 * np.square((x - mean) / std)
        ),
        "loops": lambda x, mean, std: np.array(
            [math.exp(-((v - mean) ** 2) / (2 * std * std)) / (std * math.sqrt(2 * math.pi)) for v in x]
        ),
        "float32": lambda x, mean, std: _pdf(x.astype(np.float32), np.float32(mean), np.float32(std)),
    },
    properties=(_parabola,),
    hints=(
        "Two factors: a height that makes the area 1, and an exponential that falls off on both sides of the mean.",
        "The exponent is minus half the square of z, the distance from the mean in units of σ.",
        "The height is 1/(σ√(2π)); σ² stands below (x − μ)² in the exponent, with a 2 before it.",
    ),
    chapter="normal-distribution",
)


def _plain(rule, axes=None):
    normalize = family.forward(family.FEATURES, rule, axes)
    return lambda x, eps: normalize(x, 1.0, 0.0, eps)


def _plain_in_float32(x, eps):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


STANDARDIZE = Exercise(
    id="standardize-columns",
    task="Each column of x (N, D) less its mean, over the root of its variance plus ε.",
    parameters=("x", "eps"),
    outputs=("x_hat",),
    reference=_plain(family.normalized),
    probes=keeping(forward_probes(draw, square, features), ("x", "eps"), without=("γ = 1", "β = 0")),
    mistakes=mistakes(
        {id: _plain(rule) for id, rule in family.FORWARD.items() if id not in ("F10", "F11", "F12")},
        [("F06", _plain(family.normalized, (1,))), ("F06", lambda x, eps: (x - x.mean(1)) / np.sqrt(x.var(1) + eps))],
    ),
    accepted={
        "power": lambda x, eps: (x - np.mean(x, 0)) * (np.var(x, 0) + eps) ** -0.5,
        "transposed": lambda x, eps: np.array([(c - c.mean()) / np.sqrt(c.var() + eps) for c in x.T]).T,
        "float32": lambda x, eps: _plain_in_float32(x.astype(np.float32), np.float32(eps)),
    },
    properties=forward_properties(family.FEATURES),
    hints=(
        "Mean first, then variance, then one line that uses both. Along which axis do the rows lie?",
        "`x.mean(axis=0)` and `x.var(axis=0)` have shape (D,) and broadcast against the rows of x.",
        "ε is added to the variance, and the root is taken of both together.",
    ),
    chapter="normalizing-inputs",
    tolerances=FLOAT32,
    only_there={"float32": mistakes({"F18": _plain(lambda p: p.centred / family.one_pass(p))})[0]},
)


def _centred(x):
    return x - x.mean(0)


def _map(power):
    """x through V f(λ) Vᵀ, with a function of the covariance's eigenvalues."""

    def f(x, eps):
        values, vectors = np.linalg.eigh(_centred(x).T @ _centred(x) / len(x))
        return _centred(x) @ (vectors * power(values, eps)) @ vectors.T

    return f


def _inverse_root(values, eps):
    return 1 / np.sqrt(values + eps)


def _pca(x, eps):
    values, vectors = np.linalg.eigh(_centred(x).T @ _centred(x) / len(x))
    return _centred(x) @ vectors / np.sqrt(values + eps)


def _ordered(y):
    """Principal components from the smallest spread on, each with its largest entry positive."""
    y = y[:, np.argsort(y.std(0))]
    return y * np.sign(np.take_along_axis(y, np.abs(y).argmax(0)[None], 0))


def _rows_for_columns(x, eps):
    values, vectors = np.linalg.eigh(_centred(x) @ _centred(x).T / x.shape[1])
    return (vectors * _inverse_root(values, eps)) @ vectors.T @ _centred(x)


def _eigenvectors_in_rows(x, eps):
    values, vectors = np.linalg.eigh(_centred(x).T @ _centred(x) / len(x))
    return _centred(x) @ vectors.T @ np.diag(_inverse_root(values, eps)) @ vectors


def _uncentred(x, eps):
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    return x @ (vectors * _inverse_root(values, eps)) @ vectors.T


def _mean_left_in(x, eps):
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    return x @ (vectors * _inverse_root(values, eps)) @ vectors.T


def _cholesky(x, eps):
    cov = np.cov(x.T, bias=True) + eps * np.eye(x.shape[1])
    return np.linalg.solve(np.linalg.cholesky(cov), _centred(x).T).T


def _by_svd(x, eps):
    _, s, vt = np.linalg.svd(_centred(x), full_matrices=False)
    return _centred(x) @ vt.T @ np.diag(1 / np.sqrt(s**2 / len(x) + eps)) @ vt


def _by_iteration(x, eps):
    cov = np.cov(x.T, bias=True) + eps * np.eye(x.shape[1])
    y, z = cov / np.trace(cov), np.eye(len(cov))
    for _ in range(40):  # Newton and Schulz
        step = 0.5 * (3 * np.eye(len(cov)) - z @ y)
        y, z = y @ step, step @ z
    return _centred(x) @ z / np.sqrt(np.trace(cov))


def _mixed_table(rng, rows, columns):
    """Correlated columns with means and spreads of their own."""
    mixing = np.eye(columns) + 0.6 * rng.uniform(-1, 1, (columns, columns))
    return table(rng, rows, columns) @ mixing + rng.uniform(1, 5, columns)


def _whiten_probes(rng):
    main = {"x": _mixed_table(rng, 12, 4), "eps": EPS}
    return {
        "main": main,
        "N = D": {"x": _mixed_table(rng, 5, 5), "eps": EPS},
        "ε = 0": {**main, "eps": 0.0},
        "scaled": {"x": 4.0 * main["x"], "eps": 16.0 * EPS},
        "shifted": {**main, "x": main["x"] + 5.0},
    }


WHITEN = Exercise(
    id="whiten",
    task="ZCA whitening of x (N, D): centred, times (Σ + εI)^(−1/2), with the biased covariance Σ.",
    parameters=("x", "eps"),
    outputs=("y",),
    reference=_map(_inverse_root),
    probes=_whiten_probes,
    mistakes=mistakes(
        {
            "W01": _pca,
            "W02": _map(lambda values, eps: 1 / (values + eps)),
            "W03": lambda x, eps: _map(lambda v, e: _inverse_root(v * len(x) / (len(x) - 1), e))(x, eps),
            "W04": _rows_for_columns,
            "W05": _map(lambda values, eps: 1 / (np.sqrt(np.maximum(values, 0)) + eps)),
            "W06": _uncentred,
            "W07": _map(lambda values, eps: 1 / np.sqrt(values)),
            "W08": _map(lambda values, eps: np.sqrt(np.maximum(values + eps, 0))),
            "W09": lambda x, eps: _centred(x) / np.sqrt(x.var(0) + eps),
            "W10": _cholesky,
            "W11": lambda x, eps: _map(lambda v, e: _inverse_root(v * len(x), e))(x, eps),
            "W12": _eigenvectors_in_rows,
            "W13": _mean_left_in,
        },
        [("W01", lambda x, eps: _pca(x, eps)[:, ::-1])],
        canonical={"W01": _ordered},
    ),
    accepted={"singular values": _by_svd, "iteration": _by_iteration},
    properties=(rotation, SHIFT, SCALE),
    hints=(
        "Centre x, build the D×D covariance, and find a matrix that turns it into the identity.",
        "`np.linalg.eigh` gives Σ = V diag(λ) Vᵀ; a function of Σ is that function of the λ, between V and Vᵀ.",
        "Rotate by V, divide each component by √(λ + ε), and rotate back by Vᵀ, which PCA whitening leaves out.",
    ),
    chapter="normalizing-inputs",
)
