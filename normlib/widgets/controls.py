"""Traits that a reader can move: each knows its range, its words, and how to refuse what lies outside."""

import math
import numbers

import numpy as np
import traitlets as t


class Slider(t.Float):
    """A number between two bounds, or one of a list, moved by a slider.

    Parameters
    ----------
    default : float
    low, high, step : float
        `step` is what the slider moves by; where `log` is, in decades, so that 0.05 makes 20 places from 1 to 10.
    label : str
        What it is, in a few words; symbols may be Greek.
    integer : bool
        Whether only whole numbers make sense.
    when : str or tuple of str, optional
        Name of a `Switch` that must be on for this one to matter; or that of a `Choice`, and the values of it at which
        this one does.
    log : bool
        Whether neighbouring places have equal ratios; `low` is then positive. Values are still the numbers themselves.
    values : sequence of float, optional
        Only these, in the order of the slider's places; in place of `low`, `high` and `step`.

    Raises
    ------
    traitlets.TraitError
        On assigning anything but a number from `low` to `high`; the old value stays.
    """

    def __init__(
        self, default, *, low=None, high=None, step=1, label, integer=False, when=None, log=False, values=None
    ):
        super().__init__(default)
        if values is not None:
            low, high = min(values), max(values)
        if log and not low > 0:
            raise ValueError(f"low = {low} came; a slider of equal ratios needs a positive one")
        self.low, self.high, self.integer, self.allowed = low, high, integer, values and tuple(values)
        decimals = max(0, -math.floor(math.log10(step))) if step < 1 else 0
        control = {"kind": "slider", "label": label, "min": low, "max": high, "step": step, "digits": decimals}
        extra = {"integer": integer, "when": when, "log": log, "values": values and list(values)}
        self.tag(sync=True, control=control | {name: given for name, given in extra.items() if given})

    def validate(self, obj, value):
        kind = "whole number" if self.integer else "number"
        fits = _is_number(value) and (value in self.allowed if self.allowed else self.low <= value <= self.high)
        if not fits or (self.integer and value != int(value)):
            these = (
                f"one of {', '.join(map(str, self.allowed))}"
                if self.allowed
                else f"a {kind} from {self.low} to {self.high}"
            )
            raise t.TraitError(
                f"{type(obj).__name__}.{self.name} takes {these} ({self.metadata['control']['label']}); {value!r} came"
            )
        return int(value) if self.integer else float(value)


class Numbers(t.TraitType):
    """A few numbers, each in a field of its own that the reader types in.

    Parameters
    ----------
    default : sequence of float
    length : int
        How many there are.
    low, high : float
        Bounds of each.
    label : str
        What they are, in a few words.
    when : str or tuple of str, optional
        As for a `Slider`.

    Raises
    ------
    traitlets.TraitError
        On assigning anything but so many numbers from `low` to `high`; the old ones stay.
    """

    def __init__(self, default, *, length, low, high, label, when=None):
        super().__init__(tuple(map(float, default)))
        self.length, self.low, self.high = length, low, high
        control = {"kind": "numbers", "label": label, "length": length, "min": low, "max": high}
        self.tag(sync=True, control=control | ({"when": when} if when else {}))

    def validate(self, obj, value):
        given = value.tolist() if isinstance(value, np.ndarray) else value
        fits = isinstance(given, list | tuple) and len(given) == self.length
        if not fits or not all(_is_number(v) and self.low <= v <= self.high for v in given):
            raise t.TraitError(
                f"{type(obj).__name__}.{self.name} takes {self.length} numbers from {self.low} to {self.high} "
                f"({self.metadata['control']['label']}); {value!r} came"
            )
        return tuple(map(float, given))


class Switch(t.Bool):
    """Something that is shown or not."""

    def __init__(self, default, *, label, when=None):
        super().__init__(default)
        self.tag(sync=True, control={"kind": "switch", "label": label} | ({"when": when} if when else {}))


class Choice(t.Enum):
    """One of a few values, in words or numbers.

    Raises
    ------
    traitlets.TraitError
        On assigning anything else; the old value stays.
    """

    def __init__(self, default, *, values, label, when=None):
        super().__init__(values, default)
        self.allowed = tuple(values)
        control = {"kind": "choice", "label": label, "values": list(values)}
        self.tag(sync=True, control=control | ({"when": when} if when else {}))

    def validate(self, obj, value):
        if not (isinstance(value, str) or _is_number(value)) or value not in self.allowed:
            raise t.TraitError(
                f"{type(obj).__name__}.{self.name} takes one of {', '.join(map(repr, self.allowed))} "
                f"({self.metadata['control']['label']}); {value!r} came"
            )
        return self.allowed[self.allowed.index(value)]


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
