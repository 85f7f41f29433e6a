"""Arguments that many layers take: whole numbers and random generators."""

import operator

import numpy as np


def positive_int(value, name):
    """`value` as an int, or a ValueError that says what came."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} = {value!r} came; expected a whole number from 1 on")
    return number


def generator(rng):
    """`rng` itself, or a TypeError where it is no generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng is {rng!r}; expected a numpy.random.Generator, which keeps the draws in your hands. "
            f"Make one with np.random.default_rng(seed) and hand it to every layer"
        )
    return rng
