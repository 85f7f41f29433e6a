"""From results to marks: points by the grader, points by the teacher's hand, and the table of the class."""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .folder import write_whole

HEAD = ("student", "task", "points", "comment")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take a cell that begins so for a formula


@dataclass
class Mark:
    """One task's mark.

    Attributes
    ----------
    task : Task
    points : float or None
        None where the teacher has not read it yet.
    state : str
        As in the result; "written" and "by hand" for the teacher's.
    entry : dict
        The grader's part: message, diagnoses.
    comment : str
        The teacher's.
    """

    task: object
    points: float | None
    state: str
    entry: dict = field(default_factory=dict)
    comment: str = ""


@dataclass
class Sheet:
    """A student's marks, with the result that they come from.

    Attributes
    ----------
    record : dict
    marks : list of Mark
    """

    record: dict
    marks: list

    @property
    def points(self):
        """All points that are given so far."""
        return round(sum((mark.points or 0.0 for mark in self.marks), 0.0), 2)

    @property
    def complete(self):
        """Whether nothing waits for the teacher."""
        return all(mark.points is not None for mark in self.marks)


def read_by_hand(path, assignment):
    """The teacher's points and comments: by student and task.

    Parameters
    ----------
    path : Path
    assignment : Assignment

    Returns
    -------
    dict
        (student, task) to (points or None, comment).

    Raises
    ------
    ValueError
        If a line makes no sense; says which.
    """
    if not path.exists():
        return {}
    found = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(HEAD) <= set(reader.fieldnames or ()):
            raise ValueError(f"{path}: the first line is {reader.fieldnames}; expected {', '.join(HEAD)}")
        for row in reader:
            line, text = f"{path}, line {reader.line_num}", (row["points"] or "").strip().replace(",", ".")
            try:
                task = assignment.task(row["task"])
                points = float(text) if text else None
            except (KeyError, ValueError) as problem:
                raise ValueError(f"{line}: {problem.args[0]}") from None
            if points is not None and not 0 <= points <= task.points:
                raise ValueError(f"{line}: {points:g} points came; expected 0 to {task.points:g} for {task.id}")
            found[_plain(row["student"]), task.id] = points, _plain((row["comment"] or "").strip())
    return found


def read_marks(grades, assignment):
    """Everyone's marks from the folder of grades: what the grader found, and what the teacher wrote.

    Parameters
    ----------
    grades : Grades
    assignment : Assignment

    Returns
    -------
    sheets : list of Sheet
    given : dict
        The teacher's, as `read_by_hand` has it.
    """
    given = read_by_hand(grades.by_hand, assignment)
    return make_sheets(grades.results(), assignment, given), given


def write_by_hand(path, given, sheets):
    """Write the teacher's file anew, with an empty line for each written answer that has none yet."""
    rows = dict(given)
    for sheet in sheets:
        for mark in sheet.marks:
            if mark.task.rubric:
                rows.setdefault((sheet.record["student"], mark.task.id), (None, ""))
    lines = [(s, t, "" if p is None else f"{p:g}", words) for (s, t), (p, words) in sorted(rows.items())]
    write_whole(path, _table([HEAD, *lines]))


def make_sheets(results, assignment, by_hand):
    """Everyone's marks. What the teacher wrote counts before what the grader found.

    Parameters
    ----------
    results : list of dict
    assignment : Assignment
    by_hand : dict

    Returns
    -------
    list of Sheet
    """
    sheets = []
    for record in results:
        entries, marks = {entry["id"]: entry for entry in record["tasks"]}, []
        for task in assignment.tasks:
            points, comment = by_hand.get((record["student"], task.id), (None, ""))
            entry = entries.get(task.id, {})
            if points is not None:
                marks.append(Mark(task, points, "by hand", entry, comment))
            elif task.rubric:
                empty = record["problem"] or not record["written"].get(task.id, "").strip()
                marks.append(Mark(task, 0.0 if empty else None, "none" if empty else "written", {}, comment))
            else:
                marks.append(Mark(task, entry.get("points", 0.0), entry.get("state", "none"), entry, comment))
        sheets.append(Sheet(record, marks))
    return sheets


def write_grades(path, sheets, assignment, due=None):
    """The table of the class as CSV, a line a student."""
    head = ["student", "name", "points", "of", "complete", "late", *(task.id for task in assignment.tasks), "remarks"]
    lines = []
    for sheet in sheets:
        record = sheet.record
        points = ["" if mark.points is None else f"{mark.points:g}" for mark in sheet.marks]
        remarks = " ".join([record["problem"], *record["notes"]]).strip()
        whole = "yes" if sheet.complete else "no: a written answer waits"
        whose = [record["student"], record["name"], f"{sheet.points:g}", f"{assignment.points:g}", whole]
        lines.append([*whose, lateness(record, due), *points, remarks])
    write_whole(path, "\ufeff" + _table([head, *lines]))  # by the mark spreadsheets know that it is UTF-8


def lateness(record, due):
    """How late a submission came, in words; empty where it did not, or where nothing is known.

    Parameters
    ----------
    record : dict
    due : datetime or None

    Returns
    -------
    str
    """
    if due is not None and record["handed_in"]:
        try:
            when = datetime.fromisoformat(record["handed_in"].replace(" UTC", "+00:00"))
        except ValueError:
            return "unknown"
        hours = (when.replace(tzinfo=when.tzinfo or UTC) - due).total_seconds() / 3600
        return f"{hours:.1f} h" if hours > 0 else ""
    return "yes" if record["late"] else ""


def _table(rows):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([[_harmless(cell) for cell in row] for row in rows])
    return buffer.getvalue()


def _harmless(cell):
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(text):
    """A cell as it was before `_harmless`."""
    text = text or ""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
