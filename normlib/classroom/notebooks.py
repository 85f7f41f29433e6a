"""Read a student's notebook, whatever happened to it: which solution cells does it hold?

Nothing of the notebook is run here. It is read with the standard library's JSON alone, so that neither its outputs nor
its metadata can do more than be wrong.
"""

import ast
import json
import re
from dataclasses import dataclass, field

LARGEST = 20 << 20  # bytes of a notebook
LONGEST = 100_000  # characters of a cell
UNWRITTEN = "YOUR ANSWER HERE"  # what nbgrader puts into a cell for a written answer
MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)  # \s would search every gap of empty lines again and again


class Unreadable(ValueError):
    """A submission that holds no notebook.

    Parameters
    ----------
    reason : str
        Why, in words for the student.
    """

    def __init__(self, reason):
        super().__init__(reason)


@dataclass
class Work:
    """What a student handed in.

    Attributes
    ----------
    cells : dict of str to str
        Source of the solution cells by task, in the notebook's order.
    written : dict of str to str
        Written answers by task.
    notes : list of str
        What the student and the teacher should know of the reading.
    """

    cells: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """One cell: its place in the notebook (from 1), its kind, its text, and the task that its metadata names."""

    place: int
    kind: str
    source: str
    task: str


def read_work(data, assignment):
    """Find the solution cells of an assignment.

    A cell belongs to a task by its metadata. Of copies the last one counts that defines what was asked for, as it
    would in the notebook run from top to bottom; where the cell was deleted, another one that defines it is taken.

    Parameters
    ----------
    data : bytes
    assignment : Assignment

    Returns
    -------
    Work

    Raises
    ------
    Unreadable
        If this is no notebook.
    """
    cells, work, chosen = _cells(data), Work(), []
    for task in assignment.tasks:
        own = [cell for cell in cells if cell.task == task.id]
        if task.rubric:
            texts = [cell.source for cell in own if cell.source.strip() != UNWRITTEN]
            work.written[task.id] = "\n\n".join(texts)[:LONGEST]
        else:
            chosen += [(cell, task) for cell in _chosen(cells, own, task, work.notes)]
    for cell, task in sorted(chosen, key=lambda pair: pair[0].place):
        work.cells[task.id] = _as_python(cell, work.notes)
    if not any(cell.task == task.id for cell in cells for task in assignment.tasks):
        work.notes.insert(0, f"No cell of this notebook belongs to the assignment “{assignment.name}”.")
    return work


def _chosen(cells, own, task, notes):
    """The cell that counts for a task, in a list; an empty one where there is none."""
    if len(own) > 1:
        defining = [cell for cell in own if task.function in _defined(cell.source)] or own
        notes.append(f"There are {len(own)} cells for “{task.title}”; the last that defines {task.function} counts.")
        return defining[-1:]
    if own:
        return own
    others = [c for c in cells if c.kind == "code" and not c.task and task.function in _defined(c.source)]
    if others:
        notes.append(
            f"The cell for “{task.title}” is gone; cell {others[-1].place} defines {task.function} and counts."
        )
    else:
        notes.append(f"The cell for “{task.title}” is gone, and no other cell defines {task.function}.")
    return others[-1:]


def _cells(data):
    """All cells of a notebook of any format."""
    if not data.strip():
        raise Unreadable("The file is empty.")
    if len(data) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST >> 20} MB. Clear all outputs and hand it in again.")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("The file is no text in UTF-8, so it is no notebook.") from None
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"The file is damaged or cut off: it is no complete JSON ({str(problem)[:80]}).") from None
    sheets = [notebook]
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):  # formats 2 and 3
        sheets = notebook["worksheets"]
    found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    if not any(isinstance(cells, list) for cells in found):
        raise Unreadable("The file is JSON, and yet no notebook: it has no list of cells.")
    every = [cell for cells in found if isinstance(cells, list) for cell in cells]
    return [_cell(place, cell) for place, cell in enumerate(every, start=1) if isinstance(cell, dict)]


def _cell(place, cell):
    source = cell.get("source", cell.get("input", ""))  # format 3 calls it input
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    task = marks.get("grade_id") if marks.get("solution") else None
    kind, source = (x if isinstance(x, str) else "" for x in (cell.get("cell_type"), source))
    return Cell(place, kind, source, task if isinstance(task, str) else "")


def _as_python(cell, notes):
    """The cell's source as plain Python: magics and shell lines are left out, which no script understands."""
    source = cell.source
    if len(source) > LONGEST:
        notes.append(f"Cell {cell.place} is longer than {LONGEST:,} characters and was not run.")
        return ""
    if _tree(source) is None and MAGIC.search(source):
        notes.append(f"In cell {cell.place} the lines that begin with %, ! or ? were left out.")
        source = MAGIC.sub("", source)
    return source


def _tree(source):
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined(source):
    """Names that a cell defines, on its outer level."""
    tree = _tree(MAGIC.sub("", source[:LONGEST]))
    names = set()
    for node in tree.body if tree else ():
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
