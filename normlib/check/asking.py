"""What there is to solve, and a hint on the way."""

import html
from dataclasses import dataclass

from .catalogue import EXERCISES, FAULTS, find, unknown


@dataclass(frozen=True)
class ExerciseList:
    """The exercises; printed, a line or two for each.

    Attributes
    ----------
    rows : tuple of tuple of str
        Name, signature and task.
    """

    rows: tuple[tuple[str, str, str], ...]

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return "\n".join(f"{name}\n    {signature}\n    {task}" for name, signature, task in self.rows)

    def _repr_html_(self):
        cells = (
            "<td><code>{}</code></td><td><code>{}</code></td><td>{}</td>".format(*map(html.escape, row)) for row in self
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("exercise", "signature", "task"))
        return f"<table><tr>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def exercises():
    """List all exercises: name, signature and task in a line.

    Returns
    -------
    ExerciseList
    """
    return ExerciseList(tuple((e.id, e.signature, e.task) for e in EXERCISES.values()))


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
    if name not in FAULTS:
        raise KeyError(unknown(name, FAULTS))
    return FAULTS[name].source
