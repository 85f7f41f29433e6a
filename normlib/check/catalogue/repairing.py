"""Find the fault: broken pieces of code, as they stand in many an account, to be repaired.

Each is a source string; the exercise that checks the repair knows all mistakes of its kind, and the piece as it was.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..exercise import Exercise, Mistake
from . import batch_norm, groups, images, normalizing, running
from .drawing import betas, forward_probes, gammas, table

HINTS = (
    "Run it in your head on an array of shape (2, 4, 3, 5), or (3, 2), and write down the shape after each line.",
    "Compare each line with the formula in the chapter: same letters, same axes, same order?",
    "Change one line at a time and check again: the report says what is still wrong.",
)


@dataclass(frozen=True)
class Fault:
    """A broken piece of code.

    Attributes
    ----------
    exercise : Exercise
        What the repaired function must do.
    source : str
    """

    exercise: Exercise
    source: str


def _fault(id, base, task, source, **changes):
    """A fault from the exercise that the piece should solve; as it was given, it is one more known mistake."""
    space: dict = {"np": np}
    exec(source, space)
    given = next(value for name, value in reversed(space.items()) if name not in ("np", "__builtins__"))
    words = "is what the broken piece gives: nothing has been repaired yet"
    unrepaired = Mistake("as-given", given, words, "each line of it against the formula in the chapter.")
    mistakes = (*base.mistakes, unrepaired)
    exercise = replace(base, id=id, task=task, hints=HINTS, mistakes=mistakes, **changes)
    return Fault(exercise, source)


def _layer_norm_of_images(axes):
    def f(x, gamma, beta, eps):
        return gamma * (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps) + beta

    return f


def _element_probes(rng):
    probes = forward_probes(images.draw, images.square, lambda shape: int(np.prod(shape[1:])))(rng)
    return {
        label: {**p, **{name: p[name].reshape(p["x"].shape[1:]) for name in ("gamma", "beta")}}
        for label, p in probes.items()
    }


IMAGES = Exercise(
    id="layer-norm-images",
    task="",
    parameters=("x", "gamma", "beta", "eps"),
    outputs=("y",),
    reference=_layer_norm_of_images((1, 2, 3)),
    probes=_element_probes,
    chapter="norm-family",
    tolerances=batch_norm.FLOAT32,
)


def _population(x, means, variances, gammas, betas, m, eps):
    mean, var = means.mean(0), m / (m - 1) * variances.mean(0)
    return gammas[-1] * (x - mean) / np.sqrt(var + eps) + betas[-1]


def _population_probes(rng):
    def inputs(d, eps=0.1):
        batches = np.stack([table(rng, 8, d) for _ in range(4)])
        learned = {
            "gammas": np.stack([gammas(rng, d) for _ in range(4)]),
            "betas": np.stack([betas(rng, d) for _ in range(4)]),
        }
        return {
            "x": table(rng, 6, d),
            "means": batches.mean(1),
            "variances": batches.var(1),
            **learned,
            "m": 8,
            "eps": eps,
        }

    main = inputs(5)
    return {"main": main, "N = D": inputs(4), "ε = 0": {**main, "eps": 0.0}}


POPULATION = Exercise(
    id="population-statistics",
    task="",
    parameters=("x", "means", "variances", "gammas", "betas", "m", "eps"),
    outputs=("y",),
    reference=_population,
    probes=_population_probes,
    chapter="training-and-inference",
)

FAULTS = {
    fault.exercise.id: fault
    for fault in (
        _fault(
            "fault-group-count",
            groups.FORWARD,
            "Group norm for any number of groups. Something here is true of one network only.",
            """\
def group_norm(x, gamma, beta, num_groups, eps):
    n, c, h, w = x.shape
    grouped = x.reshape(n, 2, c // 2, h, w)
    mean = grouped.mean(axis=(2, 3, 4), keepdims=True)
    var = grouped.var(axis=(2, 3, 4), keepdims=True)
    x_hat = ((grouped - mean) / np.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.reshape(1, c, 1, 1) * x_hat + beta.reshape(1, c, 1, 1)
""",
        ),
        _fault(
            "fault-group-shape",
            groups.FORWARD,
            "Group norm again. It stops with an error, and behind that error waits another fault.",
            """\
def group_norm(x, gamma, beta, num_groups, eps):
    n, c, h, w = x.shape
    grouped = x.reshape(n, num_groups, c / num_groups, h, w)
    mean = grouped.mean(axis=(2, 3, 4), keepdims=True)
    var = grouped.var(axis=(2, 3, 4), keepdims=True)
    x_hat = (grouped - mean) / np.sqrt(var + eps)
    return gamma[:num_groups].reshape(1, -1, 1, 1, 1) * x_hat + beta[:num_groups].reshape(1, -1, 1, 1, 1)
""",
        ),
        _fault(
            "fault-running-average",
            running.STATISTICS,
            "Running statistics in PyTorch's convention. Names, conventions, what is returned: all went wrong.",
            """\
def running_statistics(batches, momentum):
    running_mean = np.zeros(batches.shape[2])
    running_var = np.ones(batches.shape[2])
    for batch in batches:
        mean, var = batch.mean(axis=0), batch.var(axis=0, ddof=1)
        new_mean = (1 - momentum) * running_mean + momentum * mean
        new_var = decay * running_var + (1 - decay) * var
    return running_mean, running_var
""",
        ),
        _fault(
            "fault-mixed-momentum",
            running.STATISTICS,
            "Running statistics in PyTorch's convention. It runs, and two lines do not speak the same language.",
            """\
def running_statistics(batches, momentum):
    running_mean = np.zeros(batches.shape[2])
    running_var = np.ones(batches.shape[2])
    for batch in batches:
        running_mean = (1 - momentum) * running_mean + momentum * batch.mean(axis=0)
        running_var = momentum * running_var + (1 - momentum) * batch.var(axis=0, ddof=1)
    return running_mean, running_var
""",
        ),
        _fault(
            "fault-layer-norm-images",
            IMAGES,
            "Layer norm of images over (C, H, W), with gamma and beta of shape (C, H, W).",
            """\
def layer_norm(x, gamma, beta, eps):
    mean = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
""",
        ),
        _fault(
            "fault-variance-axes",
            images.SPATIAL_FORWARD,
            "Batch norm of images. Its outputs have mean 0, and still something is wrong.",
            """\
def batch_norm(x, gamma, beta, eps):
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=0, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)
""",
        ),
        _fault(
            "fault-normalizer",
            batch_norm.FORWARD,
            "Batch norm of a table. Two faults stand in one line.",
            """\
def batch_norm(x, gamma, beta, eps):
    mean = x.mean(axis=0)
    x_hat = (x - mean) / (x.std(axis=0, ddof=1) + eps)
    return gamma * x_hat + beta
""",
        ),
        _fault(
            "fault-gamma-gradient",
            images.SPATIAL_BACKWARD,
            "The backward pass of batch norm of images. dx is right; look at the other two.",
            """\
def batch_norm_backward(dy, x, gamma, eps):
    m = x.shape[0] * x.shape[2] * x.shape[3]
    std = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
    x_hat = (x - x.mean(axis=(0, 2, 3), keepdims=True)) / std
    dgamma = (dy * x_hat).sum(axis=0)
    dbeta = dy.sum(axis=0)
    g = dy * gamma.reshape(1, -1, 1, 1)
    sums = g.sum(axis=(0, 2, 3), keepdims=True), (g * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    return (g - sums[0] / m - x_hat * sums[1] / m) / std, dgamma, dbeta
""",
        ),
        _fault(
            "fault-population-statistics",
            POPULATION,
            "Inference from the records of T batches of m samples; variances are biased. What is to be averaged?",
            """\
def inference(x, means, variances, gammas, betas, m, eps):
    gamma = gammas.mean(axis=0)
    beta = betas.mean(axis=0)
    return gamma * (x - means[-1]) / np.sqrt(variances[-1] + eps) + beta
""",
        ),
        _fault(
            "fault-bell",
            normalizing.PDF,
            "The density of N(mean, std²). Its caption names another σ than the one that is drawn.",
            """\
def bell(x, mu, sigma):
    z = (x - mu) ** 2 / (2 * sigma)
    return np.exp(-z) / np.sqrt(2 * np.pi * sigma)

def density(x, mean, std):
    return gaussian(x, mean, std)
""",
        ),
    )
}
