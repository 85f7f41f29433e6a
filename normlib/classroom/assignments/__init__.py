"""The assignments: for each a text (`<module>.md`, the notebook's source) and its tasks (`<module>.py`).

The tasks are variants of the book's exercises, in another layout or convention, so that no published solution solves
them as it stands.
"""

from importlib import import_module
from pathlib import Path

from ...check import judge, probes, run
from .task import Assignment, Task

__all__ = ["MODULES", "Assignment", "Task", "find_assignment", "text_of", "try_out", "without_hint"]

#: Where each assignment stands, by its name.
MODULES = {
    "batch-norm": "batch_norm",
    "norm-family": "norm_family",
    "running-statistics": "running_statistics",
    "batch-noise": "batch_noise",
}


def find_assignment(name):
    """The `Assignment` of a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Assignment

    Raises
    ------
    KeyError
        If there is none; says which there are.
    """
    if name not in MODULES:
        raise KeyError(f"no assignment {name!r}; expected one of {', '.join(MODULES)}")
    return import_module(f".{MODULES[name]}", __name__).ASSIGNMENT


def text_of(name):
    """The notebook's source, in MyST Markdown, solutions included.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    return Path(__file__).with_name(f"{MODULES[name]}.md").read_text(encoding="utf-8")


def try_out(assignment, task, function):
    """Check an answer in the notebook, on inputs that everyone may know; marks come from others.

    Parameters
    ----------
    assignment, task : str
    function : callable
        Yours.

    Returns
    -------
    normlib.check.Result
    """
    exercise = find_assignment(assignment).task(task).exercise
    result = judge(exercise, run(function, probes(exercise)))
    result.message = without_hint(result.message, exercise)
    return result.show()


def without_hint(message, exercise):
    """The checker's report without its offer of hints, which there are only for the book's own exercises.

    Parameters
    ----------
    message : str
    exercise : normlib.check.Exercise

    Returns
    -------
    str
    """
    return message.replace(f"; hint({exercise.id!r}) says where to begin", "")
