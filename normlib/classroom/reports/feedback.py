"""One student's page: what was right, which mistake it is, and what to read again."""

from ..marks import lateness
from .page import STATES, escaped, number, page


def feedback(sheet, assignment, due=None):
    """The page for a student.

    Parameters
    ----------
    sheet : Sheet
    assignment : Assignment
    due : datetime or None

    Returns
    -------
    str
    """
    record = sheet.record
    open_ = "" if sheet.complete else " A written answer has not been read yet."
    parts = [f"<p><strong>{number(sheet.points)} of {number(assignment.points)} points.</strong>{open_}</p>"]
    parts += [f"<p>For {escaped(record['name'])}. Graded {escaped(record['graded'][:10])}.</p>"]
    late = lateness(record, due)
    if late:
        parts.append(f"<p>This was handed in late ({escaped(late)}).</p>")
    if record["problem"]:
        parts.append(f"<p><strong>Your notebook could not be graded.</strong> {escaped(record['problem'])}</p>")
    if record["notes"]:
        notes = "".join(f"<li>{escaped(note)}</li>" for note in record["notes"])
        parts.append(f"<h2>What we noticed</h2><ul>{notes}</ul>")
    parts += [_task(mark, record) for mark in sheet.marks]
    return page(f"{assignment.title}: feedback", "\n".join(parts))


def _task(mark, record):
    task, entry = mark.task, mark.entry
    points = f"{number(mark.points)} of {number(task.points)} points"
    parts = [f"<h2>{escaped(task.title)}</h2>"]
    parts.append(f'<p class="note">{escaped(STATES[mark.state])} · {points}</p>')
    if entry.get("message") and not record["problem"]:
        parts.append(f'<p class="words">{escaped(entry["message"])}</p>')
    if entry.get("state") in ("wrong", "stopped") and entry.get("reread"):
        parts.append(f"<p>To read again: “{escaped(entry['reread'])}”.</p>")
    if task.rubric:
        rows = "".join(f"<li>{number(points)}: {escaped(words)}</li>" for points, words in task.rubric)
        parts.append(f"<p>Points are given for:</p><ul>{rows}</ul>")
        answer = record["written"].get(task.id, "")
        parts.append(f'<p class="note">Your answer:</p><p class="words">{escaped(answer)}</p>' if answer else "")
    if mark.comment:
        parts.append(f"<p><strong>Your teacher writes:</strong></p><p class='words'>{escaped(mark.comment)}</p>")
    return f'<section class="{mark.state.replace(" ", "-")}">{"".join(parts)}</section>'
