"""The inputs that tell right from wrong.

Means far from 0, spreads from 0.05 to 3, gammas of which no two are equal and one is negative, betas that are not 0,
a random dy and never ones, an eps so large that a misplaced one moves the answer by percents. Beside the main probe
stand others that differ from it in one thing, so that a wrong answer tells by where it is right what is wrong with it.
"""

import numpy as np

EPS = 0.1


def table(rng, rows, columns):
    """A table whose columns have means from 0 to 10 and spreads from 0.05 to 3."""
    means = rng.permutation(np.linspace(0.0, 10.0, columns))
    stds = rng.permutation(np.geomspace(0.05, 3.0, columns))
    z = rng.standard_normal((rows, columns))
    if rows > 1:  # so that no spread is small by chance
        z = (z - z.mean(axis=0)) / z.std(axis=0)
    return means + stds * z * rng.uniform(0.9, 1.1, columns)


def gammas(rng, count):
    """Scales of which no two are equal; one is negative."""
    values = np.linspace(0.5, 2.0, count) + rng.uniform(-0.1, 0.1, count) / count
    values[0] = -values[0] - 0.2
    return rng.permutation(values)


def betas(rng, count):
    """Shifts, none of them near 0."""
    return rng.uniform(0.3, 1.5, count) * rng.choice([-1.0, 1.0], count)


def images(rng, samples, channels, height, width):
    """Images whose channels, and samples, have means and spreads of their own."""
    means, stds = np.linspace(0.0, 10.0, channels), np.geomspace(0.2, 3.0, channels)
    order = rng.permutation(channels)
    own = rng.uniform(-1.0, 1.0, (samples, channels, 1, 1))
    z = rng.standard_normal((samples, channels, height, width))
    shape = (1, channels, 1, 1)
    spread = stds[rng.permutation(channels)].reshape(shape) * rng.uniform(0.5, 2.0, (samples, 1, 1, 1))
    return means[order].reshape(shape) + own + spread * z


def forward_probes(draw, square, count, **extra):
    """Probes of a forward pass.

    Parameters
    ----------
    draw, square : callable
        Take a Generator; return an x, the second one of a shape where silent broadcasting goes unnoticed.
    count : callable
        From the shape of x to the number of gammas.
    **extra : int
        Further inputs before eps.

    Returns
    -------
    callable
        Takes a Generator; returns the probes by name.
    """

    def probes(rng):
        def inputs(x, eps=EPS):
            k = count(x.shape)
            return {"x": x, "gamma": gammas(rng, k), "beta": betas(rng, k), **extra, "eps": eps}

        main = inputs(draw(rng))
        neighbour = main["x"].copy()
        neighbour[-1] += 1.0 + rng.standard_normal(neighbour[-1].shape)
        return {
            "main": main,
            "N = D": inputs(square(rng)),
            "γ = 1": {**main, "gamma": np.ones_like(main["gamma"])},
            "β = 0": {**main, "beta": np.zeros_like(main["beta"])},
            "ε = 0": {**main, "eps": 0.0},
            "neighbour": {**main, "x": neighbour},
            "scaled": {**main, "x": 4.0 * main["x"], "eps": 16.0 * EPS},
            "shifted": {**main, "x": main["x"] + 5.0},
            "float32": {**main, "x": (draw(rng) + 1e4).astype(np.float32)},
        }

    return probes


def backward_probes(draw, square, count, **extra):
    """Probes of a backward pass, as `forward_probes`."""

    def probes(rng):
        def inputs(x, eps=EPS):
            return {
                "dy": rng.standard_normal(x.shape),
                "x": x,
                "gamma": gammas(rng, count(x.shape)),
                **extra,
                "eps": eps,
            }

        main = inputs(draw(rng))
        return {
            "main": main,
            "N = D": inputs(square(rng)),
            "γ = 1": {**main, "gamma": np.ones_like(main["gamma"])},
            "ε = 0": {**main, "eps": 0.0},
            "scaled": {**main, "x": 4.0 * main["x"], "eps": 16.0 * EPS},
            "shifted": {**main, "x": main["x"] + 5.0},
            "float32": {**main, "x": (draw(rng) + 1e4).astype(np.float32)},
        }

    return probes


def keeping(probes, names, without=()):
    """The same probes with some inputs only, and without those that would then say nothing new."""

    def fewer(rng):
        drawn = probes(rng).items()
        return {label: {n: probe[n] for n in names} for label, probe in drawn if label not in without}

    return fewer
