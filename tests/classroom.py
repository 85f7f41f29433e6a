"""A class for the tests of the teacher's kit: notebooks as students hand them in, and a grader to run on them."""

import copy
import json
import os
from functools import cache

import pytest

from normlib.classroom import __main__ as command
from normlib.classroom import walls
from normlib.classroom.folder import Grades
from normlib.classroom.release import source_notebook

LIMIT = 8  # seconds a submission; an exercise of three gets a quarter
FULL = {"log-std": 2.0, "forward": 4.0, "backward": 6.0}


def need_box():
    """Skip, with the true reason, where no box can be built; on CI that is a failure."""
    if walls.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no box: {walls.missing()}")


@cache
def _solved(name):
    return json.dumps(source_notebook(name))


def notebook(name="batch-norm", **sources):
    """An assignment, solved, as a dict; `sources` replace solution cells, by task with _ for -."""
    made = json.loads(_solved(name))
    for cell in made["cells"]:
        task = solution_of(cell)
        if task and task.replace("-", "_") in sources:
            cell["source"] = sources[task.replace("-", "_")]
    return copy.deepcopy(made)


def solution_of(cell):
    """The task that a cell is the solution of, or None."""
    marks = cell["metadata"].get("nbgrader", {})
    return marks.get("grade_id") if marks.get("solution") else None


def hand_in(folder, student, content, name="batch-norm.ipynb"):
    """Write a student's file: a notebook or bytes."""
    path = folder / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def grade(place, out, *options, assignment="batch-norm", jobs=2):
    """Run the grader; the results by student."""
    words = ["grade", str(place), "--out", str(out), "--assignment", assignment, "--jobs", str(jobs)]
    command.main([*words, "--limit", str(LIMIT), *options])
    return results(out, assignment)


def results(out, assignment="batch-norm"):
    """All results by student."""
    return {record["student"]: record for record in Grades(out, assignment).results()}


def points(record):
    """The points of one result, by task."""
    return {entry["id"]: entry["points"] for entry in record["tasks"]}


def message(record, task="forward"):
    """What the grader says of one task."""
    return next(entry["message"] for entry in record["tasks"] if entry["id"] == task)
