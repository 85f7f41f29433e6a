"""Call a student's function or class on plain data and note what happened.

This file stands alone: it needs NumPy and the standard library and nothing of normlib, because a copy of it runs
where normlib must not be. It compares nothing and knows no right answer.
"""

import inspect
import time
import warnings
from typing import NamedTuple

import numpy as np

LONGEST = 500  # characters of an error's message that are kept


class Outcome(NamedTuple):
    """What one probe brought to light.

    Attributes
    ----------
    value : object
        What was returned; of a class, a dict of all that was seen on the way, ``"2 forward"`` for what step 2 returned
        and ``"3 running_mean"`` for an attribute that step 3 read.
    error : str or None
        Name of the exception's class; "NotCallable" or "WrongSignature" where it did not come to a call.
    message : str
        The exception's text.
    changed : tuple of str
        Inputs that the call modified.
    seconds : float
        How long it took.
    """

    value: object = None
    error: str | None = None
    message: str = ""
    changed: tuple[str, ...] = ()
    seconds: float = 0.0


def run(thing, probes):
    """Try a function, or a class, on each probe.

    Parameters
    ----------
    thing : callable
        Called with the values of a probe, by position.
    probes : list
        A dict of inputs for each call of a function. For a class a list of steps, each a pair: ``("make", inputs)``,
        ``("set", attributes)``, ``("read", names)``, or a method's name and its inputs.

    Returns
    -------
    list of Outcome
        One a probe. What the student's code raises is noted and does not pass through, except KeyboardInterrupt.
    """
    return [_outcome(thing, probe) for probe in probes]


def _outcome(thing, probe):
    inputs = _copied(probe)
    values: dict[str, object] = {}
    problem = _unfit(thing, inputs)
    if problem:
        return Outcome(None, *problem)
    start, value, error, message = time.perf_counter(), None, None, ""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(inputs, dict):
                value = thing(*inputs.values())
            else:
                value = values
                _follow(thing, inputs, values)
    except (Exception, SystemExit) as raised:
        error, message = type(raised).__name__, _text(raised)
    seconds = time.perf_counter() - start
    return Outcome(value, error, message, tuple(_changed(probe, inputs)), seconds)


def _unfit(thing, inputs):
    """Why `thing` can't be called so, as an error's name and text; None where it can."""
    if not callable(thing):
        return "NotCallable", type(thing).__name__
    first = inputs if isinstance(inputs, dict) else dict(inputs[0][1])
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):  # functions written in C may have none
        return None
    try:
        signature.bind(*first.values())
    except TypeError as problem:
        return "WrongSignature", f"{_text(problem)}, with the signature {_text(signature)}"
    return None


def _follow(thing, steps, values):
    """Make an object and lead it through the steps; what is seen goes into `values`."""
    layer = None
    for number, (what, inputs) in enumerate(steps):
        if what == "make":
            layer = thing(*inputs.values())
        elif what == "set":
            for name, value in inputs.items():
                setattr(layer, name, value)
        elif what == "read":
            for name in inputs:
                values[f"{number} {name}"] = _copied(getattr(layer, name))
        else:
            values[f"{number} {what}"] = _copied(getattr(layer, what)(*inputs.values()))


def _copied(thing):
    """A copy of plain data, so that later changes do not reach what was handed out or seen."""
    if isinstance(thing, np.ndarray):
        return thing.copy()
    if isinstance(thing, dict):
        return {key: _copied(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing)(map(_copied, thing)) if type(thing) in (list, tuple) else thing
    return thing


def _changed(probe, inputs):
    """Names of the inputs that are no longer what the probe says."""
    pairs = [(probe, inputs)]
    if not isinstance(probe, dict):
        calls = [i for i, (what, _) in enumerate(probe) if what not in ("make", "set", "read")]
        pairs = [(probe[i][1], inputs[i][1]) for i in calls]
    found = [name for was, now in pairs for name in was if not _same(was[name], now[name])]
    return dict.fromkeys(found)


def _same(was, now):
    if isinstance(was, np.ndarray):
        return was.shape == now.shape and was.dtype == now.dtype and was.tobytes() == now.tobytes()
    return was == now


def _text(thing):
    """What a thing says of itself, cut to a bearable length; its own words may fail, too."""
    try:
        return str(thing)[:LONGEST]
    except Exception:
        return ""
