"""From the assignments' texts to notebooks for students: nbgrader takes the solutions out and keeps the gradebook."""

import hashlib
import os
import sys
from importlib import import_module
from pathlib import Path

from . import assignments

CONFIG = '''\
"""nbgrader's settings for this course. Marks come from `python -m normlib.classroom grade`, not from autograding."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "normalization"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code here"}
'''


def source_notebook(name):
    """An assignment as a notebook with its solutions, each cell marked as nbgrader wants it.

    Parameters
    ----------
    name : str

    Returns
    -------
    nbformat.NotebookNode
    """
    assignment = assignments.find_assignment(name)
    notebook = needed("jupytext").reads(assignments.text_of(name), fmt="md:myst")
    seen = set()
    for place, cell in enumerate(notebook.cells):
        cell.id = hashlib.sha256(f"{name} {place}".encode()).hexdigest()[:8]
        task, role = (cell.metadata.pop(key, None) for key in ("task", "role"))
        if task is not None:
            cell.metadata["nbgrader"] = _marks(assignment.task(task), role)
            seen.add((task, role))
    notebook.metadata.pop("jupytext", None)
    wanted = {(task.id, role) for task in assignment.coded for role in ("solution", "check")}
    wanted |= {(task.id, "written") for task in assignment.written}
    if seen != wanted:
        raise ValueError(f"{name}: cells {sorted(seen ^ wanted)} are missing in the text, or in the tasks")
    return notebook


def _marks(task, role):
    """nbgrader's metadata of one cell."""
    marks = {"schema_version": 3, "task": False, "grade": role != "solution", "solution": role != "check"}
    marks |= {"locked": role == "check", "grade_id": check_id(task) if role == "check" else task.id}
    return marks | ({} if role == "solution" else {"points": task.points})


def check_id(task):
    """The cell that carries a coded task's points in nbgrader's gradebook."""
    return f"{task.id}-check"


def needed(module):
    """A module that the extra `classroom` brings.

    Parameters
    ----------
    module : str
        Such as "nbgrader.api".

    Raises
    ------
    ValueError
        If it is not installed; says how to get it.
    """
    try:
        return import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise ValueError(f'{name} is not installed: run pip install ".[classroom]" in a clone of the book') from None


def find_programs():
    """Let nbgrader find what it calls by name (alembic), also where no virtual environment was activated."""
    beside = str(Path(sys.executable).parent)
    if beside not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{beside}{os.pathsep}{os.environ['PATH']}"


def release(course, names):
    """Make the students' versions with nbgrader, in its course folder.

    Parameters
    ----------
    course : Path
        Made where it does not exist; its `release` is what students get.
    names : list of str

    Returns
    -------
    list of Path
        The notebooks for students.

    Raises
    ------
    ValueError
        If nbgrader is not there, or refuses; with its own words.
    """
    _, nbformat = needed("nbgrader.apps"), needed("nbformat")
    course.mkdir(parents=True, exist_ok=True)
    generate = _generator(course)
    made = []
    for name in names:
        source = course / "source" / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(source_notebook(name), source)
        done = generate(name)
        if not done["success"]:
            raise ValueError(f"nbgrader could not make {name}:\n{(done.get('error') or done['log']).strip()[-2000:]}")
        made.append(course / "release" / name / f"{name}.ipynb")
    return made


def _generator(course):
    """nbgrader's function that makes the students' version of an assignment."""
    api = needed("nbgrader.apps").NbGraderAPI
    from traitlets.config import PyFileConfigLoader  # comes with nbgrader

    find_programs()
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    settings = PyFileConfigLoader(config.name, path=str(course)).load_config()
    settings.CourseDirectory.root = str(course.resolve())
    return api(config=settings).generate_assignment
