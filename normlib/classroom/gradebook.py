"""nbgrader's gradebook: marks go into it, and students out of it, through nbgrader's own interface."""

import warnings
from pathlib import Path

from . import assignments
from .folder import Grades
from .marks import read_marks
from .release import check_id, find_programs, needed


def _open(course):
    """The gradebook of a course, as a context manager."""
    gradebook = needed("nbgrader.api").Gradebook
    database = Path(course).resolve() / "gradebook.db"
    if not database.is_file():
        raise ValueError(f"{database}: no gradebook; `release` makes one, and course is nbgrader's course folder")
    find_programs()
    return gradebook(f"sqlite:///{database}", "normalization")


def push_all(course, out):
    """Push the marks of all assignments that were graded.

    Parameters
    ----------
    course : Path
        nbgrader's course folder.
    out : Path
        The folder of grades.

    Returns
    -------
    list of str
        A line an assignment.
    """
    lines = []
    for name in assignments.MODULES:
        if (Path(out) / name / "results").is_dir():
            grades, assignment = Grades(out, name), assignments.find_assignment(name)
            sheets, _ = read_marks(grades, assignment)
            push(course, assignment, sheets)
            lines.append(f"{name}: {len(sheets)} students' marks are in the gradebook")
    return lines or [f"Nothing was graded in {out}."]


def push(course, assignment, sheets):
    """Write the marks of one assignment into the gradebook; what was there of these students is replaced.

    Parameters
    ----------
    course : Path
    assignment : Assignment
    sheets : list of Sheet

    Raises
    ------
    ValueError
        If the assignment was never released in this course.
    """
    missing = needed("nbgrader.api").MissingEntry
    with _open(course) as book:
        try:
            book.find_notebook(assignment.name, assignment.name)
        except missing:
            raise ValueError(f"{assignment.name} is not in the gradebook of {course}; release it first") from None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader was written for an older SQLAlchemy, which warned less
            for sheet in sheets:
                _push_one(book, assignment, sheet)
            book.db.commit()


def _push_one(book, assignment, sheet):
    student = sheet.record["student"]
    book.update_or_create_student(student)
    book.update_or_create_submission(assignment.name, student)
    for mark in sheet.marks:
        cell = mark.task.id if mark.task.rubric else check_id(mark.task)
        grade = book.find_grade(cell, assignment.name, assignment.name, student)
        if mark.state in ("by hand", "written"):
            grade.manual_score, grade.needs_manual_grade = mark.points, mark.points is None
        else:
            grade.auto_score, grade.manual_score, grade.needs_manual_grade = mark.points, None, False
    for notebook in book.find_submission(assignment.name, student).notebooks:
        comments = {comment.name: comment for comment in notebook.comments}
        for mark in sheet.marks:
            words = mark.comment or mark.entry.get("message", "")
            if mark.task.id in comments and words:
                comments[mark.task.id].manual_comment = words


def remove_student(course, student):
    """Delete a student from the gradebook, with all grades; whether there was one."""
    missing = needed("nbgrader.api").MissingEntry
    with _open(course) as book:
        try:
            book.remove_student(student)
        except missing:
            return False
        return True
