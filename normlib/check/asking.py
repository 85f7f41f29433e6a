"""What there is to solve, and a hint on the way."""

from .catalogue import every, find, unknown
from .listing import Listing


def exercises():
    """List all exercises: name, signature and task in a line.

    Returns
    -------
    Listing
    """
    rows = tuple((e.id, e.signature, e.task) for e in every().values())
    return Listing(rows, ("exercise", "signature", "task"))


def hint(exercise, level=1):
    """A hint for an exercise, from a nudge (1) to nearly there (3); never the solution.

    Parameters
    ----------
    exercise : str or Exercise
    level : int

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If there is no such exercise.
    ValueError
        If there is no such level.
    """
    hints = find(exercise).hints
    if level not in range(1, len(hints) + 1):
        raise ValueError(f"level = {level} came; expected a whole number from 1 to {len(hints)}")
    return hints[level - 1]


def fault(name):
    """A broken piece of code to repair; when it is repaired, `check` it under the same name.

    Parameters
    ----------
    name : str
        One of the exercises that begin with "fault-".

    Returns
    -------
    str
        The source: print it, copy it into a cell, repair it.

    Raises
    ------
    KeyError
        If there is none of that name.

    Examples
    --------
    >>> print(fault("fault-normalizer"))
    def batch_norm(x, gamma, beta, eps):
        mean = x.mean(axis=0)
        x_hat = (x - mean) / (x.std(axis=0, ddof=1) + eps)
        return gamma * x_hat + beta
    <BLANKLINE>
    """
    from .catalogue.repairing import FAULTS

    if name not in FAULTS:
        raise KeyError(unknown(name, FAULTS))
    return FAULTS[name].source
