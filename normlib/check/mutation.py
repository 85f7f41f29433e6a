"""How good is the checker? All known mistakes are handed in, right answers in other forms, and what is on no list."""

from typing import NamedTuple

from .calling import run
from .catalogue import every
from .judging import judge, probes


class MutationRow(NamedTuple):
    """What the checker said of one exercise.

    Attributes
    ----------
    exercise : str
    mistakes, rejected, named : int
        How many known mistakes were handed in, were rejected, and were among at most two names.
    together : tuple of str
        Ids that came with another one: "B01 + B19".
    forms, accepted : int
        Right answers in other forms, the reference included, and how many of them passed.
    unlisted, unlisted_rejected, fitting : int
        Mistakes on no list, how many of them were rejected, and of how many a fitting property was named.
    """

    exercise: str
    mistakes: int
    rejected: int
    named: int
    together: tuple[str, ...]
    forms: int
    accepted: int
    unlisted: int
    unlisted_rejected: int
    fitting: int


def mutation_report(seed=0):
    """Hand in every known mistake, every accepted form, and mistakes that are on no list.

    Parameters
    ----------
    seed : int
        Of the inputs.

    Returns
    -------
    tuple of MutationRow
        One an exercise.

    Examples
    --------
    >>> rows = mutation_report()
    >>> all(row.rejected == row.mistakes for row in rows)
    True
    """
    return tuple(_row(exercise, seed) for exercise in every().values())


def _row(exercise, seed):
    from .unlisted import UNLISTED  # only to be measured with

    inputs = probes(exercise, seed)

    def results(functions):
        return [judge(exercise, run(function, inputs), seed) for function in functions]

    known = (*exercise.mistakes, *(exercise.only_there or {}).values())
    said = results(mistake.function for mistake in known)
    named = [m.id in r.diagnoses and len(r.diagnoses) <= 2 for m, r in zip(known, said, strict=True)]
    together = [" + ".join(sorted(r.diagnoses)) for r in said if len(r.diagnoses) == 2]
    right = results([exercise.reference, *(exercise.accepted or {}).values()])
    others = [u for u in UNLISTED if u.exercise == exercise.id]
    seen = results(u.function for u in others)
    return MutationRow(
        exercise.id,
        len(known),
        sum(not r.passed for r in said),
        sum(named),
        tuple(dict.fromkeys(together)),
        len(right),
        sum(r.passed for r in right),
        len(others),
        sum(not r.passed for r in seen),
        sum(bool(set(r.broken) & set(u.fitting)) for u, r in zip(others, seen, strict=True)),
    )


def known_mistakes():
    """All mistakes that the exercises know, in words.

    Returns
    -------
    dict of str to str
        Id to what follows "Your answer …".

    Examples
    --------
    >>> known_mistakes()["B02"]
    'equals the right one without the path through the variance'
    """
    known = [m for e in every().values() for m in (*e.mistakes, *(e.only_there or {}).values())]
    return {m.id: m.words for m in sorted(known, key=lambda m: m.id)}
