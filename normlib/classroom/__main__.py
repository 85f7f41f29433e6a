"""The teacher's kit from the command line: ``python -m normlib.classroom grade SUBMISSIONS --out GRADES``."""

import argparse
import os
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

from . import assignments
from .box import OPEN_DOORS, Box
from .folder import Grades, write_whole
from .grading import grade_class
from .hub import copy_settings
from .marks import read_by_hand, read_marks, write_by_hand, write_grades
from .notebooks import Unreadable, read_work
from .submissions import find_submissions


def parser():
    """What the command line may say."""
    command = argparse.ArgumentParser(prog="python -m normlib.classroom", description=__doc__.splitlines()[0])
    words = command.add_subparsers(dest="what", required=True, metavar="WHAT")
    grade = words.add_parser("grade", help="grade a folder or a zip of submissions; write marks, feedback, a report")
    grade.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder, nbgrader's course, or a zip")
    grade.add_argument("--out", type=Path, required=True, metavar="GRADES", help="where grades are kept and written")
    grade.add_argument("--assignment", choices=list(assignments.MODULES), help="default: what the notebooks hold")
    grade.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="at a time (default: cores)")
    grade.add_argument("--limit", type=float, default=10.0, metavar="SECONDS", help="for each submission (default: 10)")
    grade.add_argument(
        "--due", type=_moment, metavar="WHEN", help="2026-11-20T18:00+01:00: later ones are marked late; kept"
    )
    grade.add_argument("--again", action="append", default=[], metavar="STUDENT", help="grade anew, though unchanged")
    grade.add_argument("--unprotected", action="store_true", help="a plain subprocess, where no box can be built")
    release = words.add_parser("release", help="make the students' notebooks (needs nbgrader)")
    release.add_argument("--out", type=Path, default=Path("_build/assignments"), metavar="COURSE")
    release.add_argument("names", nargs="*", metavar="ASSIGNMENT", help="default: all")
    scores = words.add_parser("scores", help="push the marks into nbgrader's gradebook (needs nbgrader)")
    scores.add_argument("course", type=Path, metavar="COURSE", help="nbgrader's course folder")
    forget = words.add_parser("forget", help="delete all that is kept of a student")
    forget.add_argument("student", metavar="STUDENT", help="as in the first column of grades.csv")
    forget.add_argument("--course", type=Path, help="nbgrader's course: delete the student from its gradebook, too")
    for one in (scores, forget):
        one.add_argument("--out", type=Path, required=True, metavar="GRADES")
    hub = words.add_parser("hub", help="copy the settings of a JupyterHub for a class")
    hub.add_argument("--out", type=Path, required=True, metavar="CLASS", help="the folder of the class")
    words.add_parser("list", help="list the assignments")
    return command


def _moment(text):
    when = datetime.fromisoformat(text)
    return when.astimezone() if when.tzinfo is None else when


def write_pages(grades, assignment):
    """Everything that is derived from the results: marks, pages, report.

    Parameters
    ----------
    grades : Grades
    assignment : Assignment

    Returns
    -------
    list of Sheet
    """
    from .reports import class_report, feedback, written_answers  # here, because they draw

    (sheets, given), due = read_marks(grades, assignment), grades.due()
    tell_strangers(grades.by_hand, (student for student, _ in given), (sheet.record["student"] for sheet in sheets))
    if assignment.written or given:
        write_by_hand(grades.by_hand, given, sheets)
    write_grades(grades.root / "grades.csv", sheets, assignment, due)
    for sheet in sheets:
        write_whole(grades.feedback_path(sheet.record["student"]), feedback(sheet, assignment, due))
    if assignment.written:
        write_whole(grades.root / "written.html", written_answers(sheets, assignment))
    write_whole(grades.root / "report.html", class_report(sheets, assignment, due))
    return sheets


def tell_strangers(where, names, students):
    """Say of whom nothing was handed in, though `where` names them; a slip would else go unseen."""
    strangers = ", ".join(sorted(set(names) - set(students)))
    if strangers:
        words = "nothing was handed in under that name. Expected is one from the first column of grades.csv."
        print(f"{where} names {strangers}: {words}", file=sys.stderr)


def guess(place):
    """The assignment that the notebooks belong to, where it is one alone."""
    votes: Counter = Counter()
    for name in assignments.MODULES:
        assignment = assignments.find_assignment(name)
        for submission in find_submissions(place, name)[:20]:
            try:
                work = read_work(submission.read(name), assignment)
            except Unreadable:
                continue
            votes[name] += len(work.cells) + len(work.written) - len(work.notes)
    likely = [name for name, count in votes.items() if count > 0]
    if len(likely) != 1:
        raise SystemExit("Which assignment is this? Say --assignment " + " or ".join(likely or assignments.MODULES))
    return likely[0]


def grade(asked):
    """Grade, and write what follows from it."""
    assignment = assignments.find_assignment(asked.assignment or guess(asked.submissions))
    if asked.unprotected:
        print("Without protection. A submission can:", *OPEN_DOORS, sep="\n  - ", file=sys.stderr)
    try:
        box = Box(asked.limit, not asked.unprotected, assignment.packages)
    except RuntimeError as problem:
        hint = "A plain subprocess protects against nothing; to use it all the same, add --unprotected."
        raise SystemExit(f"{problem}\n{hint}") from None
    grades = Grades(asked.out, assignment.name)
    submissions = find_submissions(asked.submissions, assignment.name)
    tell_strangers("--again", asked.again, (submission.student for submission in submissions))
    if asked.due:
        grades.keep_due(asked.due)
    read_by_hand(grades.by_hand, assignment)  # a mistake in it is better found before than after
    try:
        done = grade_class(
            submissions, assignment, grades, box, jobs=max(1, asked.jobs), again=asked.again,
            progress=sys.stderr.isatty(),
        )  # fmt: skip
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. What was graded is kept; the same command goes on from there.") from None
    sheets = write_pages(grades, assignment)
    print(f"{assignment.name}: {done[0]} graded, {done[1]} unchanged, {len(sheets)} in {grades.root / 'grades.csv'}")
    print(f"The class: {grades.root / 'report.html'}")


def _forget_in(grades, assignment, student):
    """Delete what one assignment keeps of a student; what was deleted."""
    gone, given = [], read_by_hand(grades.by_hand, assignment)
    kept = {key: value for key, value in given.items() if key[0] != student}
    gone += grades.forget(student)
    if kept != given:
        write_by_hand(grades.by_hand, kept, [])
        gone.append(grades.by_hand)
    if gone:
        write_pages(grades, assignment)
    return gone


def forget(asked):
    """Delete what is kept of a student, in all assignments, and write the tables anew."""
    gone = []
    if asked.course:  # first, for it may fail, and then nothing is half done
        from .gradebook import remove_student

        gone += [asked.course / "gradebook.db"] if remove_student(asked.course, asked.student) else []
    for name in assignments.MODULES:
        if (asked.out / name).is_dir():
            gone += _forget_in(Grades(asked.out, name), assignments.find_assignment(name), asked.student)
    if not gone:
        raise SystemExit(f"Nothing is kept of {asked.student!r}. The first column of grades.csv has the names.")
    print("Deleted, or deleted from:", *gone, sep="\n  ")
    print("Not touched: the submissions themselves. Where they still lie, the next run grades them again.")


def main(arguments=None):
    """Do what the command line asks for; exits with 1 and a sentence where that can't be done."""
    asked = parser().parse_args(arguments)
    try:
        if asked.what == "list":
            for name in assignments.MODULES:
                print(f"{name:22} {assignments.find_assignment(name).title}")
        elif asked.what == "release":
            from .release import release

            for path in release(asked.out, asked.names or list(assignments.MODULES)):
                print(path)
        elif asked.what == "hub":
            print(*copy_settings(asked.out), sep="\n")
        elif asked.what == "scores":
            from .gradebook import push_all

            for line in push_all(asked.course, asked.out):
                print(line)
        else:
            {"grade": grade, "forget": forget}[asked.what](asked)
    except (OSError, ValueError, KeyError) as problem:
        raise SystemExit(str(problem.args[-1] if isinstance(problem, KeyError) else problem)) from None


if __name__ == "__main__":
    main()
