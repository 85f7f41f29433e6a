"""Widgets in random states, for whatever must hold in all of them."""

import numpy as np

from normlib import widgets

KINDS = [getattr(widgets, name) for name in widgets.__all__]
ARGUMENTS: dict = {}  # by class name: a function that returns what the class must be given
STEADY = {"TrainingNetwork": {"step": 3}}  # what stays, as rounding would grow: two languages agree for so long


def values_of(spec):
    """Values that one control can stand at, from its first to its last; a slider's are the places it can stand at."""
    if spec["kind"] == "switch":
        return [False, True]
    if spec.get("values"):
        return spec["values"]
    low, high = spec["min"], spec["max"]
    if spec["kind"] == "numbers":
        middle = (low + high) / 2
        return [[v + k * (middle - v) / spec["length"] for k in range(spec["length"])] for v in (low, high)]
    if spec.get("log"):
        places = round(np.log10(high / low) / spec["step"])
        inner = [float(f"{low * (high / low) ** (k / places):.3g}") for k in range(1, places)]
        return [round(v) if spec.get("integer") else v for v in (low, *inner, high)]
    count = round((high - low) / spec["step"])
    found = [min(low + spec["step"] * k, high) for k in range(count + 1)]
    return [int(v) if spec.get("integer") else float(v) for v in found]


def random_values(widget, rng):
    """Any values that the controls can take: on a slider's places, and between them where that is allowed."""
    values = {}
    for spec in widget._controls:
        listed = values_of(spec)
        value = listed[rng.integers(len(listed))]
        free = spec["kind"] == "slider" and not spec.get("values") and not spec.get("integer")
        if spec["kind"] == "numbers":
            value = rng.uniform(spec["min"], spec["max"], spec["length"]).tolist()
        elif free and rng.random() < 0.5:
            value = float(rng.uniform(spec["min"], spec["max"]))
        values[spec["name"]] = value
    return values | STEADY.get(type(widget).__name__, {})


def states(kind, count):
    """`count` widgets in random states, each with draws of one of seven seeds."""
    rng = np.random.default_rng(5)
    for seed in range(count):
        yield made(kind, seed=seed % 7, **random_values(made(kind), rng))


def made(kind, **values):
    """A widget of a class; one that cannot be made of nothing gets the smallest thing that it can be made of."""
    return kind(*ARGUMENTS.get(kind.__name__, tuple)(), **values)
