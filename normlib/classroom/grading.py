"""Grade a class: every submission through the box, every answer judged outside of it.

Each result is written as soon as it is there; a second run grades only what changed since.
"""

import hashlib
import queue
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from .. import check
from .assignments import without_hint
from .notebooks import Unreadable, read_work

HERE = Path(__file__).resolve().parent


@cache
def grader_version():
    """Changes with everything that decides on marks: the checker, and this package."""
    digest = hashlib.sha256()
    for folder in (HERE, HERE.parent / "check"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def key_of(data, *more):
    """Changes with the submission and with all that its marks depend on."""
    digest = hashlib.sha256(data)
    digest.update(repr((grader_version(), *more)).encode())
    return digest.hexdigest()


def grade_class(submissions, assignment, grades, box, *, jobs=1, progress=False, again=()):
    """Grade all submissions, as many at a time as there are jobs.

    What ran out of time beside others, one of which may have kept the machine busy, is run once more, alone.

    Parameters
    ----------
    submissions : list of Submission
    assignment : Assignment
    grades : Grades
        Where results are kept, and the secret seed.
    box : Box
    jobs : int
    progress : bool
        Show a bar.
    again : collection of str
        Students to grade even if nothing changed.

    Returns
    -------
    graded, kept : int
        How many were graded now, and how many stand as they were.
    """
    seed, done = grades.seed(), Counter[str]()
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)

    def one(submission, alone):
        slot = slots.get()
        try:
            return grade_one(submission, assignment, grades, box, seed, slot, submission.student in again, alone)
        finally:
            slots.put(slot)

    with _bar(len(submissions), progress) as bar, ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(one, submission, jobs == 1): submission for submission in submissions}
        try:
            for future in as_completed(futures):
                done[future.result()] += 1
                bar.update(future.result() != "hurried")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that run now still end, and are kept
            raise
        for future in [future for future in futures if future.result() == "hurried"]:
            done[one(futures[future], True)] += 1
            bar.update()
    return done["graded"], done["stands"]


def _bar(total, progress):
    from tqdm import tqdm

    return tqdm(total=total, unit="submission", file=sys.stderr, disable=not progress)


def grade_one(submission, assignment, grades, box, seed, slot, again, alone):
    """Grade one submission: "graded"; "stands", as nothing changed; "hurried", not kept, as it needs another try."""
    problem, data = "", b""
    try:
        data = submission.read(assignment.name)
    except Unreadable as reason:
        problem = str(reason)
    due = submission.handed_in()
    key = key_of(data, assignment.name, seed, box, problem, submission.name, submission.late, due)
    if not again and grades.kept(submission.student, key):
        return "stands"
    record = {"key": key, "student": submission.student, "name": submission.name, "assignment": assignment.name}
    record |= {"problem": problem, "handed_in": due, "late": submission.late, "notes": [], "written": {}, "tasks": []}
    record |= {"graded": datetime.now(UTC).isoformat(timespec="seconds"), "protected": box.protected}
    if not problem:
        try:
            in_time = _judge_work(record, read_work(data, assignment), assignment, box, seed, slot)
            if not in_time and not alone:
                return "hurried"
        except Unreadable as reason:
            record["problem"] = str(reason)
        except Exception as problem:  # what one student's work brings about costs no one but its author
            record["tasks"] = [_entry(task, "stopped", _broken_off(problem)) for task in assignment.coded]
    record["notes"] = [*submission.notes, *record["notes"]]
    if record["problem"]:
        record["tasks"] = [_entry(task, "none", record["problem"]) for task in assignment.coded]
    grades.keep(record)
    return "graded"


def _broken_off(problem):
    return f"Grading your work broke off ({type(problem).__name__}). Your teacher should have a look at it."


def _judge_work(record, work, assignment, box, seed, slot):
    """Fill in what a readable notebook gives; whether nothing in it ran out of time."""
    places = {task: place for place, task in enumerate(work.cells)}
    tasks = [task for task in assignment.coded if task.id in places]
    inputs = [{"name": task.function, "probes": check.probes(task.exercise, seed)} for task in tasks]
    answers, words = box.run(list(work.cells.values()), inputs, slot) if tasks else ([], "")
    found = {task.id: answer for task, answer in zip(tasks, answers, strict=True)}
    share = box.seconds / (len(tasks) + 1)
    for task in assignment.coded:
        if task.id in found:
            entry = judge_answer(task, found[task.id], places[task.id], seed, share, words)
        else:
            entry = _entry(task, "none", "The cell for this task was not found.")
        record["tasks"].append(entry)
    record["written"] = work.written
    record["notes"] = [*work.notes, *([words] if words else [])]
    source = "\0".join(work.cells.values())
    record["code"] = hashlib.sha256("".join(source.split()).encode(errors="replace")).hexdigest()
    return not words and not any("time" in (answer.state, *answer.problems.values()) for answer in answers)


def judge_answer(task, answer, place, seed, share, words):
    """One task's part of the result.

    Parameters
    ----------
    task : Task
    answer : Answer
        From the box.
    place : int
        Which of the cells that ran was its own.
    seed : int
    share : float
        Seconds that it had.
    words : str
        Why the box ended early, if it did.

    Returns
    -------
    dict
        `id`, `state` ("right", "wrong", "untouched", "none" or "stopped"), `points`, `message`, `diagnoses`, `reread`.
    """
    stopped = {
        "time": f"did not come to an end within {share:.1f} s: look for a loop whose condition never becomes false",
        "died": "ended the Python process that it ran in",
        "flood": "returned more than can be taken",
    }
    own = answer.problems.get(place, "")
    if answer.state in stopped:
        return _entry(task, "stopped", f"Your function {task.function} {stopped[answer.state]}.")
    if answer.state == "crowded":
        return _entry(task, "stopped", "Your code had started so many processes that nothing more could run.")
    if answer.state != "answered":
        return _entry(task, "stopped", f"Nothing came back from your code. {words}".strip())
    if own in stopped:
        return _entry(task, "stopped", f"Your cell {stopped[own]}.")
    if answer.missing:
        why = f" Running it raised {own}." if own else ""
        return _entry(task, "wrong", f"Your cell defines no {task.function}.{why}")
    if answer.outcomes and all(outcome.error == "NotImplementedError" for outcome in answer.outcomes):
        return _entry(task, "untouched", "Not begun: the cell is as it was handed out.")
    try:
        result = check.judge(task.exercise, answer.outcomes, seed)
    except Exception as problem:  # whatever came out of the box, it costs no one but its author
        return _entry(task, "stopped", f"What your function returned could not be compared ({type(problem).__name__}).")
    return _judged(task, result, own)


def _judged(task, result, own):
    message = without_hint(result.message, task.exercise)
    message = message.removeprefix(f"{task.exercise.id}: ").removeprefix("right. ").removeprefix("not yet.\n")
    if own:
        message += f"\nYour cell also raised {own}."
    entry = _entry(task, "right" if result.passed else "wrong", message)
    entry["points"] = round(task.points * result.score, 2)
    entry["diagnoses"] = [" or ".join(ids) for ids in result.by_output]
    entry["diagnoses"] = entry["diagnoses"] or [f"property: {name}" for name in result.broken]
    entry["words"] = {m.id: m.words for m in task.exercise.mistakes if m.id in result.diagnoses}
    return entry


def _entry(task, state, message):
    entry = {"id": task.id, "state": state, "points": 0.0, "message": message, "diagnoses": [], "words": {}}
    return entry | {"reread": task.exercise.chapter}
