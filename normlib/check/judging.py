"""Is it right, and if not: which mistake is it, or which property is broken?"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .answers import deviation, read
from .calling import Outcome, run
from .catalogue import find
from .exercise import Exercise, Mistake
from .properties import Evidence, broken_properties
from .result import Result

TOLERANCE = 1e-6
SHORT = 2e-3  # for answers in float32 and less


@dataclass(frozen=True)
class Case:
    """An exercise with a seed: its inputs and right answers by probe, and what each mistake answers.

    `names` are those of what a function returns; of a class the script names all that it shows.
    """

    exercise: Exercise
    labels: tuple
    probes: tuple
    right: tuple
    mistakes: tuple
    names: tuple

    def tolerance(self, i, fine=True):
        """Largest deviation that passes on probe `i`."""
        own = (self.exercise.tolerances or {}).get(self.labels[i], TOLERANCE)
        return own if fine else max(own, SHORT)


@lru_cache(maxsize=64)
def case(exercise, seed):
    """The `Case` of an exercise."""
    drawn = exercise.probes(np.random.default_rng(seed))
    probes = tuple(drawn.values())
    wide = [_in_float64(probe) for probe in probes]
    outcomes = run(exercise.reference, wide)
    for outcome in outcomes:
        if outcome.error:
            raise RuntimeError(f"the reference of {exercise.id} raised {outcome.error}: {outcome.message}")
    names = exercise.outputs if isinstance(probes[0], dict) else ()
    right = tuple(read(outcome, names).arrays for outcome in outcomes)
    mistakes = tuple(tuple(read(o, names) for o in run(m.function, wide)) for m in exercise.mistakes)
    return Case(exercise, tuple(drawn), probes, right, mistakes, names)


def _in_float64(probe):
    if isinstance(probe, dict):
        return {k: v.astype(np.float64) if isinstance(v, np.ndarray) else v for k, v in probe.items()}
    return probe


def probes(exercise, seed=0):
    """Draw the inputs that tell right from wrong.

    Parameters
    ----------
    exercise : str or Exercise
    seed : int
        Of the Generator that draws them.

    Returns
    -------
    list of dict
        Inputs by name, in the order of the parameters; for a class lists of steps (see `run`).
    """
    return list(case(find(exercise), seed).probes)


def judge(exercise, outcomes, seed=0):
    """Judge what came back from the probes. No code of the student's runs here.

    Parameters
    ----------
    exercise : str or Exercise
    outcomes : list of Outcome
        From `run` on ``probes(exercise, seed)``; what they hold may be of any kind.
    seed : int

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If there are fewer or more outcomes than probes.
    """
    exercise = find(exercise)
    known = case(exercise, seed)
    if len(outcomes) != len(known.probes):
        raise ValueError(f"{len(outcomes)} outcomes came; expected {len(known.probes)}, one for each probe")
    answers = [read(o, known.names, right) for o, right in zip(outcomes, known.right, strict=True)]
    fits = {
        name: [_fits(known, answers[i], i, name) for i in range(len(answers)) if name in known.right[i]]
        for name in dict.fromkeys(name for right in known.right for name in right)
    }
    wrong = [name for name, fit in fits.items() if not all(fit)]
    troubles = list(dict.fromkeys(t for answer in answers for t in answer.troubles))
    if any(answer.error in ("NotCallable", "WrongSignature") for answer in answers):
        troubles.append(f"Asked for is {exercise.signature}.")
    score = (len(fits) - len(wrong)) / len(fits)
    if any(Outcome(*outcome).changed for outcome in outcomes):
        score /= 2
    if not troubles and not wrong:
        message = f"{exercise.id}: right. All {len(answers)} probes agree with the derivation."
        return Result(exercise.id, True, (), message, 1.0)
    if not wrong:  # right numbers, in a wrong manner
        return Result(exercise.id, False, (), _report(exercise, troubles, [], [], []), score)
    return _diagnosis(known, answers, wrong, troubles, score)


def _fits(known, answer, i, name):
    if name not in answer.arrays:
        return False
    return deviation(answer.arrays[name], known.right[i][name]) <= known.tolerance(i, answer.fine[name])


def _diagnosis(known, answers, wrong, troubles, score):
    """The `Result` for an answer that is wrong in some outputs."""
    exercise = known.exercise
    found = _explained(known, answers, wrong)
    open_ = [name for name in wrong if not any(name in names for _, names in found)]
    evidence = Evidence.of(known, answers)
    broken = [] if troubles and not evidence.complete else broken_properties(evidence, open_, exercise.properties)
    right = [name for name in known.right[0] if name not in wrong] if isinstance(known.probes[0], dict) else []
    if not found and not broken and not troubles:
        troubles = [_largest(known, answers, open_[0])]
    message = _report(exercise, troubles, found, broken, right)
    ids, properties = (tuple(dict.fromkeys(ids)) for ids in ([m.id for m, _ in found], [b.id for b in broken]))
    by_output: dict[str, list[str]] = {}
    for mistake, names in found:
        by_output.setdefault(names[0], []).append(mistake.id)
    return Result(exercise.id, False, ids, message, score, properties, tuple(map(tuple, by_output.values())))


def _explained(known, answers, wrong):
    """Known mistakes with the wrong outputs that each explains; of a class, those first that explain all."""
    explains: dict[str, tuple[Mistake, list[str]]] = {}
    for name in wrong:
        for mistake in _recognised(known, answers, name):
            explains.setdefault(mistake.id, (mistake, []))[1].append(name)
    pairs = list(explains.values())
    if isinstance(known.probes[0], dict):
        return pairs
    for _, names in pairs:  # what is remembered wrongly explains what comes out wrongly
        names.sort(key=lambda name: not name.startswith("running"))
    chosen: list[tuple[Mistake, list[str]]] = []
    left = set(wrong)
    while left and pairs:
        most = max(len(left & set(names)) for _, names in pairs)
        best = [(m, names) for m, names in pairs if most and len(left & set(names)) == most]
        if not best:
            break
        chosen += best
        left -= {name for _, names in best for name in names}
    return chosen


def _recognised(known, answers, name):
    """The mistakes whose output of that name is the student's, on every probe that is compared exactly."""
    exercise, only_there = known.exercise, known.exercise.only_there or {}
    everywhere = range(len(answers))
    loose = {i for i in everywhere if known.labels[i] in (exercise.tolerances or {})}
    failed = {i for i in everywhere if name in known.right[i] and not _fits(known, answers[i], i, name)}
    if failed <= loose:
        return [only_there[known.labels[i]] for i in failed if known.labels[i] in only_there]
    found: dict[str, Mistake] = {}
    for mistake, theirs in zip(exercise.mistakes, known.mistakes, strict=True):
        firm = [i for i in everywhere if i not in loose]
        if not all(_alike(answers[i], theirs[i], name, mistake.canonical) for i in firm):
            continue
        if any(name in theirs[i].arrays for i in failed - loose) or all(theirs[i].error for i in firm):
            found.setdefault(mistake.id, mistake)
    return list(found.values())


def _alike(answer, mistake, name, canonical):
    if name not in mistake.arrays or name not in answer.arrays:
        return mistake.arrays.get(name) is answer.arrays.get(name) and _raised(mistake) == _raised(answer)
    ours, theirs = answer.arrays[name], mistake.arrays[name]
    if canonical and ours.shape == theirs.shape:
        ours, theirs = canonical(ours), canonical(theirs)
    return deviation(ours, theirs) <= (TOLERANCE if answer.fine[name] else SHORT)


def _raised(answer):
    """The exception's words in any order: a product may be written either way, and NumPy's shapes follow it."""
    return sorted(answer.troubles[0].split()) if answer.error else []


def _largest(known, answers, name):
    """Where the answer is farthest from the right one, in words."""
    for answer, right, label in zip(answers, known.right, known.labels, strict=True):
        ours, wanted = answer.arrays.get(name), right.get(name)
        if wanted is None or ours is None or ours.shape != wanted.shape or deviation(ours, wanted) <= TOLERANCE:
            continue
        with np.errstate(all="ignore"):
            gap = np.abs(ours - wanted)
        where = np.unravel_index(np.argmax(np.where(np.isnan(gap), np.inf, gap)), gap.shape)
        place = f"[{', '.join(str(int(k)) for k in where)}]" if where else ""
        return (
            f"Your {name} is farthest off at {name}{place} of the probe “{label}”: {ours[where]:.6g} came, "
            f"expected {wanted[where]:.6g}."
        )
    return f"Your {name} is missing."


def _report(exercise, troubles, named, broken, right):
    lines = [f"{exercise.id}: not yet."]
    lines += troubles[:3]
    for k, (mistake, names) in enumerate(named):
        more = f", and likewise {' and '.join(names[1:])}," if 1 < len(names) <= len(exercise.outputs) else ""
        your = "Or your" if k and names == named[k - 1][1] else "Your"
        lines += [f"{your} {names[0]}{more} {mistake.words} ({mistake.id}).", f"  Reread: {mistake.reread}"]
    lines += [f"{b.words[0].upper()}{b.words[1:]}" for b in broken]
    if broken or not named:
        lines += [f"Reread the chapter “{exercise.chapter}”; hint({exercise.id!r}) says where to begin."]
    lines += [f"Right already: {', '.join(right)}."] if right else []
    return "\n".join(lines)


def check(exercise, function, seed=0):
    """Check your answer to an exercise, and show a short report that names the mistake where it is a known one.

    Parameters
    ----------
    exercise : str or Exercise
        A name from `exercises()`.
    function : callable
        Yours; a class where the exercise asks for one.
    seed : int
        Of the inputs that it is tried on.

    Returns
    -------
    Result
        `passed`, `diagnoses`, `message`, `score`.

    Raises
    ------
    KeyError
        If there is no such exercise; the error lists the nearest names.

    Examples
    --------
    >>> result = check("batch-norm-forward", lambda x, gamma, beta, eps: (
    ...     gamma * (x - x.mean(0)) / (x.std(0) + eps) + beta))
    batch-norm-forward: not yet.
    Your y adds ε to σ, outside of the root, and not to the variance inside of it (F01).
      Reread: the definition of x̂: its denominator is √(σ² + ε).
    >>> result.passed, result.diagnoses
    (False, ('F01',))
    """
    return judge(exercise, run(function, probes(exercise, seed)), seed).show()
