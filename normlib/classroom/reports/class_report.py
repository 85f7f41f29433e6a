"""The teacher's page on the class: which mistakes were made where, and whom to talk to."""

from collections import Counter, defaultdict
from statistics import median

import matplotlib as mpl

from ...plot import BLUE, STYLE, figure_svg, label, still
from ..marks import lateness
from .page import STATES, number, page, table

SHOWN = 15  # bars at most


def class_report(sheets, assignment, due=None):
    """The page on a class.

    Parameters
    ----------
    sheets : list of Sheet
    assignment : Assignment
    due : datetime or None

    Returns
    -------
    str
    """
    if not sheets:
        return page(f"{assignment.title}: the class", "<p>Nothing was handed in.</p>")
    points = [sheet.points for sheet in sheets]
    waiting = sum(not sheet.complete for sheet in sheets)
    words = f"{len(sheets)} submissions; the median has {number(float(median(points)))} of {number(assignment.points)}"
    open_ = f" {waiting} have a written answer that was not read yet: see written.html." if waiting else ""
    parts = [f"<p>{words} points.{open_}</p>"]
    if not all(sheet.record["protected"] for sheet in sheets):
        parts.append("<p><strong>Some of these were graded in a plain subprocess, without protection.</strong></p>")
    parts += ["<h2>Tasks</h2>", _tasks(sheets, assignment), "<h2>Mistakes</h2>", *_mistakes(sheets, assignment)]
    parts += ["<h2>Whom to talk to</h2>", _conversations(sheets, assignment)]
    parts += ["<h2>Everyone</h2>", _everyone(sheets, assignment, due)]
    return page(f"{assignment.title}: the class", "\n".join(parts))


def _tasks(sheets, assignment):
    rows = []
    for place, task in enumerate(assignment.tasks):
        marks = [sheet.marks[place] for sheet in sheets]
        counts = Counter(STATES[mark.state] for mark in marks)
        given = [mark.points for mark in marks if mark.points is not None]
        mean = round(sum(given) / len(given), 1) if given else None
        states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
        rows.append([task.title, states, f"{number(mean)} of {number(task.points)}"])
    return table(["task", "students", "points, mean"], rows)


def made_by(sheets):
    """Who made which mistake: (task, diagnosis) to names, the most frequent first.

    Parameters
    ----------
    sheets : list of Sheet

    Returns
    -------
    dict
    """
    found = defaultdict(list)
    for sheet in sheets:
        for mark in sheet.marks:
            for diagnosis in mark.entry.get("diagnoses", ()):
                found[mark.task, diagnosis].append((sheet.record["name"], mark.entry))
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _mistakes(sheets, assignment):
    found = made_by(sheets)
    if not found:
        return ["<p>No mistake was recognised.</p>"]
    rows = []
    for (task, diagnosis), made in found.items():
        known = made[0][1]["words"]
        words = "; or ".join(known[id] for id in diagnosis.split(" or ") if id in known)
        names = ", ".join(name for name, _ in made)
        rows.append([f"{task.title}: {diagnosis}", words, float(len(made)), names])
    return [_chart(found), table(["task and mistake", "in words: the answer …", "number", "who"], rows)]


def _chart(found):
    shown = list(found.items())[:SHOWN][::-1]
    counts = [len(made) for _, made in shown]
    names = [f"{task.title}: {diagnosis}" for (task, diagnosis), _ in shown]
    figure, (axes,) = still(7.2, 1.2 + 0.32 * len(shown))
    with mpl.rc_context(STYLE):
        axes.barh(range(len(shown)), counts, color=BLUE, height=0.7)
        axes.set_yticks(range(len(shown)), names)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(False, axis="y")
        label(axes, "students", "task and mistake")
    said = "; ".join(f"{name}: {count}" for name, count in zip(names[::-1], counts[::-1], strict=True))
    return figure_svg(figure, f"Bars, one for each mistake, as long as the number of students. {said}.", "mistakes")


def _conversations(sheets, assignment):
    reasons = defaultdict(list)
    for sheet in sheets:
        record = sheet.record
        coded = [mark for mark in sheet.marks if mark.task.exercise is not None]
        if record["problem"]:
            reasons[record["name"]].append(record["problem"])
        elif coded and all(mark.state in ("untouched", "none") for mark in coded):
            reasons[record["name"]].append("Nothing was begun.")
        elif coded and not any(mark.points for mark in coded):
            reasons[record["name"]].append("No task has a point yet.")
        for mark in coded:
            if mark.state == "stopped":
                reasons[record["name"]].append(f"{mark.task.title}: {mark.entry['message']}")
    for names in _same_code(sheets):
        reasons[", ".join(names)].append("Their solutions are the same, letter by letter.")
    if not reasons:
        return "<p>Nobody stands out.</p>"
    return table(["student", "why"], [[name, " ".join(why)] for name, why in reasons.items()])


def _same_code(sheets):
    """Groups of students whose solution cells agree in all but white space, and who solved something."""
    groups = defaultdict(list)
    for sheet in sheets:
        begun = any(mark.state in ("right", "wrong", "stopped") for mark in sheet.marks)
        if sheet.record.get("code") and begun:
            groups[sheet.record["code"]].append(sheet.record["name"])
    return [names for names in groups.values() if len(names) > 1]


def _everyone(sheets, assignment, due):
    rows = []
    for sheet in sheets:
        remarks = " ".join([sheet.record["problem"], *sheet.record["notes"]]).strip()
        states = [STATES[mark.state] for mark in sheet.marks]
        rows.append([sheet.record["name"], sheet.points, *states, lateness(sheet.record, due), remarks])
    head = ["student", "points", *(task.title for task in assignment.tasks), "late", "remarks"]
    return table(head, rows)
