"""An experiment: how the noise of a batch's mean falls with the batch size; and what it says, in words."""

import numpy as np

from ...check import Exercise, Mistake
from .task import Assignment, Task

CHAPTER = "training-and-inference"


def _batches(x, batch_size):
    return x[: len(x) // batch_size * batch_size].reshape(-1, batch_size)


def _spread(x, batch_size):
    return _batches(x, batch_size).mean(axis=1).std()


def _with_the_rest(x, batch_size):
    return np.std([x[k : k + batch_size].mean() for k in range(0, len(x), batch_size)])


SPREAD = Exercise(
    id="spread-of-means",
    task="Cut x (N,) into batches, without the rest; the standard deviation of the batches' means.",
    parameters=("x", "batch_size"),
    outputs=("spread",),
    reference=_spread,
    probes=lambda rng: {
        "main": {"x": rng.gamma(2.0, 3.0, 50), "batch_size": 8},
        "no rest": {"x": rng.normal(5.0, 2.0, 48), "batch_size": 6},
        "batches of one": {"x": rng.normal(-1.0, 0.5, 9), "batch_size": 1},
    },
    mistakes=(
        Mistake(
            "X01",
            lambda x, batch_size: _batches(x, batch_size).std(axis=1).mean(),
            "is the spread inside of the batches, not that of their means",
            "what varies from batch to batch: the mean.",
        ),
        Mistake("X02", _with_the_rest, "counts the incomplete batch at the end", "the task: the rest is left out."),
        Mistake(
            "X03",
            lambda x, batch_size: _batches(x, batch_size).mean(axis=1).std(ddof=1),
            "divides by the number of batches less one",
            "biased and unbiased variance.",
        ),
        Mistake(
            "X04",
            lambda x, batch_size: _batches(x, batch_size).mean(axis=1).var(),
            "is the variance of the means, not their standard deviation",
            "the task asks for a standard deviation.",
        ),
        Mistake(
            "X05",
            lambda x, batch_size: x[: len(x) // batch_size * batch_size].reshape(batch_size, -1).mean(axis=0).std(),
            "takes every k-th value into a batch instead of neighbours",
            "reshape fills rows first.",
        ),
    ),
    chapter=CHAPTER,
)


def _slope(sizes, spreads):
    a, b = np.log(sizes), np.log(spreads)
    return ((a - a.mean()) * (b - b.mean())).sum() / ((a - a.mean()) ** 2).sum()


def _sizes_and_spreads(rng):
    sizes = 2.0 ** np.arange(1, 8)
    return {"sizes": sizes, "spreads": 3.0 * sizes**-0.5 * np.exp(rng.normal(0.0, 0.2, len(sizes)))}


EXPONENT = Exercise(
    id="exponent",
    task="The p of spread = c · size^p: the least-squares slope of log(spread) over log(size).",
    parameters=("sizes", "spreads"),
    outputs=("p",),
    reference=_slope,
    probes=lambda rng: {label: _sizes_and_spreads(rng) for label in ("main", "again")},
    mistakes=(
        Mistake(
            "X06",
            lambda sizes, spreads: _slope(np.exp(sizes), np.exp(spreads)),
            "is the slope without logarithms",
            "what becomes a straight line when both axes are logarithmic.",
        ),
        Mistake(
            "X07",
            lambda sizes, spreads: _slope(spreads, sizes),
            "has the axes exchanged",
            "which of the two depends on the other.",
        ),
        Mistake(
            "X08",
            lambda sizes, spreads: (np.log(sizes) * np.log(spreads)).sum() / (np.log(sizes) ** 2).sum(),
            "is that of a line through the origin, which leaves no room for c",
            "log(spread) = log(c) + p · log(size).",
        ),
        Mistake(
            "X09",
            lambda sizes, spreads: np.log(spreads[-1] / spreads[0]) / np.log(sizes[-1] / sizes[0]),
            "uses the two ends alone",
            "least squares: every point counts.",
        ),
    ),
    chapter=CHAPTER,
)

ASSIGNMENT = Assignment(
    "batch-noise",
    "An experiment: the noise of a batch's mean",
    (
        Task("spread", "The spread of the means", 3, SPREAD, "spread_of_means"),
        Task("exponent", "How it falls with the batch size", 3, EXPONENT, "exponent"),
        Task(
            "conclusion",
            "What you found",
            6,
            rubric=(
                (2, "states the measured exponent, with its spread over several seeds, and how it was measured"),
                (2, "explains why −1/2 is to be expected for independent samples"),
                (2, "says what this means for the noise of batch norm in training, and what was not measured"),
            ),
        ),
    ),
)
