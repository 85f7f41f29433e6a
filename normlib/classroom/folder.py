"""The folder of grades: what is kept of whom, and where.

``GRADES/<assignment>/`` holds ``results/`` (a JSON file a student, the grader's memory), ``feedback/`` (a page a
student), ``by-hand.csv`` (the teacher's), ``grades.csv``, ``report.html``, ``written.html``, ``seed``, and ``due``.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import tempfile
from datetime import datetime
from pathlib import Path


def file_name(student):
    """A file name that belongs to one student alone, whatever the name holds."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", student).strip("-")[:40]
    return f"{readable or 'student'}-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:10]}"


def write_whole(path, text):
    """Write a file such that whoever reads it finds the old text or the new one, and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


class Grades:
    """One assignment's folder.

    Parameters
    ----------
    out : Path
        The folder of all assignments' grades; made, for the owner alone, where it does not exist.
    assignment : str
    """

    def __init__(self, out, assignment):
        self.root = Path(out) / assignment
        for folder in (Path(out), self.root):
            if not folder.is_dir():
                folder.mkdir(parents=True, mode=0o700)

    def seed(self):
        """The secret number that all inputs of this assignment are drawn from; drawn once, kept here."""
        path = self.root / "seed"
        if not path.exists():
            write_whole(path, f"{secrets.randbits(63)}\n")
        return int(path.read_text(encoding="ascii"))

    def due(self):
        """When the assignment was due, as the teacher last said it; None where nothing was said."""
        path = self.root / "due"
        return datetime.fromisoformat(path.read_text(encoding="ascii").strip()) if path.exists() else None

    def keep_due(self, due):
        """Write down when the assignment is due."""
        write_whole(self.root / "due", f"{due.isoformat()}\n")

    @property
    def by_hand(self):
        """Where the teacher's points and comments stand."""
        return self.root / "by-hand.csv"

    def result_path(self, student):
        """Where a student's result is kept."""
        return self.root / "results" / f"{file_name(student)}.json"

    def feedback_path(self, student):
        """Where a student's page stands."""
        return self.root / "feedback" / f"{file_name(student)}.html"

    def kept(self, student, key):
        """A student's result, if it was made from the same things; else None."""
        try:
            record = json.loads(self.result_path(student).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("key") == key else None

    def keep(self, record):
        """Write down a student's result."""
        write_whole(self.result_path(record["student"]), json.dumps(record, indent=1, ensure_ascii=False))

    def results(self):
        """All results, by name.

        Returns
        -------
        list of dict
        """
        found = []
        for path in sorted((self.root / "results").glob("*.json")):
            with contextlib.suppress(ValueError):
                found.append(json.loads(path.read_text(encoding="utf-8")))
        return sorted(found, key=lambda record: (record["name"].casefold(), record["student"]))

    def forget(self, student):
        """Delete a student's result and page; what was deleted."""
        gone = [path for path in (self.result_path(student), self.feedback_path(student)) if path.exists()]
        for path in gone:
            path.unlink()
        return gone
