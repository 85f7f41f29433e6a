"""What came back from a call, read as named arrays; and when two arrays are the same."""

from dataclasses import dataclass

import numpy as np

from .calling import Outcome

LIMIT = 1_000_000  # entries; no right answer of an exercise is nearly as large


@dataclass(frozen=True)
class Answer:
    """One outcome, read.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Outputs that are arrays of numbers, of whatever shape, in float64.
    fine : dict of str to bool
        Whether they were computed in float64; what came shorter is compared more loosely.
    troubles : tuple of str
        What is wrong with the form, in words, gravest first.
    error : str or None
        Name of the exception.
    """

    arrays: dict
    fine: dict
    troubles: tuple[str, ...] = ()
    error: str | None = None


def read(outcome, outputs, expected=None):
    """Read an `Outcome`, whatever it holds.

    Parameters
    ----------
    outcome : Outcome
    outputs : tuple of str
        Names of what a function returns; empty for a class, which comes as a dict of all that it showed.
    expected : dict of str to ndarray, optional
        The right answer, for the shapes; where it is missing nothing is said of them.

    Returns
    -------
    Answer
    """
    outcome = Outcome(*outcome)
    troubles = [_of_error(outcome)] if outcome.error else []
    pieces, problem = {}, ""
    if outcome.value is not None or not outcome.error:
        pieces, problem = _pieces(outcome.value, outputs)
    troubles += [problem] if problem else []
    arrays, fine = {}, {}
    for name, piece in pieces.items():
        array, problem = _array(piece, name)
        if array is not None:
            fine[name] = array.dtype.itemsize >= 8
            arrays[name] = array.astype(np.float64)
            right = None if expected is None else expected.get(name)
            if right is not None and array.shape != right.shape:
                problem = f"Your {name} has shape {array.shape}; expected {right.shape}."
        troubles += [problem] if problem else []
    if outcome.changed:
        names = ", ".join(map(str, outcome.changed))
        troubles.append(f"Your code changed its input {names}; the caller still needs it. Compute on a new array.")
    return Answer(arrays, fine, tuple(troubles), outcome.error)


def _of_error(outcome):
    if outcome.error == "NotCallable":
        return f"An object of type {outcome.message} came; expected a function: its name, without brackets behind it."
    if outcome.error == "WrongSignature":
        return f"Your function can't be called with the inputs of this exercise: {outcome.message}."
    if outcome.error == "NotImplementedError":
        return "Your function is not written yet: it raises NotImplementedError."
    return f"Your code raised {outcome.error}: {outcome.message}"


def _pieces(value, outputs):
    """The outputs by name, and what is wrong with their number."""
    if not outputs:
        return _pieces_of_script(value) if isinstance(value, dict) else ({}, "Nothing came of your class.")
    if value is None:
        return {}, "Your function returned None. Is `return` missing?"
    if len(outputs) == 1:
        if isinstance(value, tuple) and len(value) == 1:
            return {outputs[0]: value[0]}, ""
        return {outputs[0]: value}, ""
    listed = ", ".join(outputs)
    if not isinstance(value, (tuple, list)):
        return {}, f"Your function returned one {type(value).__name__}; expected {len(outputs)} things: {listed}."
    if len(value) != len(outputs):
        return {}, f"Your function returned {len(value)} things; expected {len(outputs)}: {listed}."
    return dict(zip(outputs, value, strict=True)), ""


def _pieces_of_script(value):
    """What a class showed: the gradients of a backward pass get a name each."""
    pieces, problem = {}, ""
    for key, thing in value.items():
        step, _, what = str(key).partition(" ")
        if what != "backward":
            pieces[f"{what} of step {step}"] = thing
        elif isinstance(thing, (tuple, list)) and len(thing) == 3:
            pieces |= {f"{d} of step {step}": part for d, part in zip(("dx", "dgamma", "dbeta"), thing, strict=True)}
        else:
            problem = "Your backward(dy) must return three things: dx, dgamma, dbeta."
    return pieces, problem


def _array(piece, name):
    """An array of real numbers, or None; and what is wrong with it."""
    if isinstance(piece, (list, tuple)):
        return None, f"Your {name} is a {type(piece).__name__}; expected a NumPy array."
    if not isinstance(piece, (np.ndarray, np.generic, int, float)):
        came = "None" if piece is None else f"of type {type(piece).__name__}"
        return None, f"Your {name} is {came}; expected a NumPy array."
    if np.size(piece) > LIMIT:
        return None, f"Your {name} has {np.size(piece)} entries, far more than expected."
    array = np.array(piece)
    if array.dtype.kind not in "fiu":
        return None, f"Your {name} has dtype {array.dtype}; expected floating-point numbers such as float64."
    return (array if array.dtype.kind == "f" else array.astype(np.float64)), ""


def deviation(a, b):
    """Largest distance between two arrays, as a share of the largest entry of `b`; infinite where NaN or inf differ.

    Parameters
    ----------
    a, b : ndarray of float64

    Returns
    -------
    float
    """
    if a.shape != b.shape:
        return np.inf
    with np.errstate(all="ignore"):
        distance, largest = np.abs(a - b).max(initial=0.0), np.abs(b).max(initial=0.0)
        if np.isfinite(distance):
            return float(distance / largest if largest else distance)
        known = np.isfinite(a) & np.isfinite(b)
        if not np.array_equal(a[~known], b[~known], equal_nan=True):
            return np.inf
        distance, largest = np.abs(a - b)[known].max(initial=0.0), np.abs(b)[known].max(initial=0.0)
        share = distance / largest if largest else distance
    return float(share) if np.isfinite(share) else np.inf
