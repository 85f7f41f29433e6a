"""All written answers on one page, beside the rubric: what the teacher reads."""

from .page import escaped, number, page


def written_answers(sheets, assignment):
    """The page of an assignment's written answers.

    Parameters
    ----------
    sheets : list of Sheet
    assignment : Assignment

    Returns
    -------
    str
    """
    parts = ["<p>Points and comments go into <code>by-hand.csv</code>; then run the grader again.</p>"]
    for task in assignment.written:
        rubric = "".join(f"<li>{number(points)}: {escaped(words)}</li>" for points, words in task.rubric)
        parts.append(f"<h2>{escaped(task.title)} ({number(task.points)} points)</h2><ul>{rubric}</ul>")
        for sheet in sheets:
            answer = sheet.record["written"].get(task.id, "").strip()
            if answer:
                given = next(mark.points for mark in sheet.marks if mark.task.id == task.id)
                said = "not read yet" if given is None else f"{number(given)} points"
                parts.append(f"<section><h3>{escaped(sheet.record['name'])}</h3><p class='note'>{said}</p>")
                parts.append(f"<p class='words'>{escaped(answer)}</p></section>")
    return page(f"{assignment.title}: written answers", "\n".join(parts))
