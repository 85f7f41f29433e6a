"""Traits that a reader can move: each knows its range, its words, and how to refuse what lies outside."""

import math
import numbers

import traitlets as t


class Slider(t.Float):
    """A number between two bounds, moved by a slider.

    Parameters
    ----------
    default, low, high, step : float
    label : str
        What it is, in a few words; symbols may be Greek.
    integer : bool
        Whether only whole numbers make sense.
    when : str, optional
        Name of a `Switch` that must be on for this one to matter.

    Raises
    ------
    traitlets.TraitError
        On assigning anything but a number from `low` to `high`; the old value stays.
    """

    def __init__(self, default, *, low, high, step, label, integer=False, when=None):
        super().__init__(default)
        self.low, self.high, self.integer = low, high, integer
        decimals = max(0, -math.floor(math.log10(step))) if step < 1 else 0
        control = {"kind": "slider", "label": label, "min": low, "max": high, "step": step, "digits": decimals}
        self.tag(sync=True, control=control | ({"integer": True} if integer else {}) | ({"when": when} if when else {}))

    def validate(self, obj, value):
        kind = "whole number" if self.integer else "number"
        if not _is_number(value) or not self.low <= value <= self.high or (self.integer and value != int(value)):
            raise t.TraitError(
                f"{type(obj).__name__}.{self.name} takes a {kind} from {self.low} to {self.high} "
                f"({self.metadata['control']['label']}); {value!r} came"
            )
        return int(value) if self.integer else float(value)


class Switch(t.Bool):
    """Something that is shown or not."""

    def __init__(self, default, *, label):
        super().__init__(default)
        self.tag(sync=True, control={"kind": "switch", "label": label})


class Choice(t.Enum):
    """One of a few values, in words or numbers.

    Raises
    ------
    traitlets.TraitError
        On assigning anything else; the old value stays.
    """

    def __init__(self, default, *, values, label):
        super().__init__(values, default)
        self.allowed = tuple(values)
        self.tag(sync=True, control={"kind": "choice", "label": label, "values": list(values)})

    def validate(self, obj, value):
        if not (isinstance(value, str) or _is_number(value)) or value not in self.allowed:
            raise t.TraitError(
                f"{type(obj).__name__}.{self.name} takes one of {', '.join(map(repr, self.allowed))} "
                f"({self.metadata['control']['label']}); {value!r} came"
            )
        return self.allowed[self.allowed.index(value)]


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
