"""What an exercise is: a task, its right answer, the inputs that tell right from wrong, and the usual mistakes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that students really give.

    Attributes
    ----------
    id : str
        Stable, such as "B02". Several ways to write the same mistake share it.
    function : callable
        The mistake itself, with the parameters of the exercise.
    words : str
        What is wrong, to follow "Your dx": "lacks the path through the variance".
    reread : str
        The step of the derivation to go back to.
    canonical : callable, optional
        Takes an output to a form in which answers are compared, where the mistake leaves something open (the signs of
        principal components).
    """

    id: str
    function: Callable
    words: str
    reread: str
    canonical: Callable | None = None


@dataclass(frozen=True, eq=False)
class Exercise:
    """A task that `check` can judge.

    Attributes
    ----------
    id : str
    task : str
        One line.
    parameters, outputs : tuple of str
        Names of what goes in, in this order, and of what comes out. A class has the parameters of ``__init__``, and
        its outputs are named by its script.
    reference : callable
        The right answer.
    probes : callable
        Takes a Generator; returns a dict of inputs by the name of what they test. One named "main" is a must.
    mistakes : tuple of Mistake
    accepted : dict of str to callable
        Right answers in other forms.
    properties : tuple of callable
        Each takes an `Evidence` and returns a `Broken` or None.
    hints : tuple of str
        From a nudge to nearly there; never the solution.
    chapter : str
        The page of the book to reread.
    tolerances : dict of str to float
        By probe: largest deviation, as a share of the largest right entry. 1e-6 where nothing is said.
    only_there : dict of str to Mistake
        By probe: the mistake of an answer that is right everywhere else and wrong there.
    """

    id: str
    task: str
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    reference: Callable
    probes: Callable[[Any], dict]
    mistakes: tuple[Mistake, ...] = ()
    accepted: dict[str, Callable] | None = None
    properties: tuple[Callable, ...] = ()
    hints: tuple[str, ...] = ()
    chapter: str = ""
    tolerances: dict[str, float] | None = None
    only_there: dict[str, Mistake] | None = None

    @property
    def signature(self):
        """How the student's function is called, and what it returns."""
        returned = ", ".join(self.outputs)
        return f"f({', '.join(self.parameters)}) -> {f'({returned})' if len(self.outputs) > 1 else returned}"


def variant(exercise, id, *, offer, take, give=None, words=None, labels=None, **changes):
    """Make an exercise out of another, in other clothes: what is known of its mistakes goes with it.

    Parameters
    ----------
    exercise : Exercise
        Of a function.
    id : str
        Its new name.
    offer : callable
        Takes the inputs of a probe, by name; returns the new inputs, a dict in the order of the parameters.
    take : callable
        The way back: takes the new inputs by name, returns the old ones.
    give : callable, optional
        Takes what the old function returned, then the new inputs by name; returns what is asked for now.
    words : dict of str to (str, str), optional
        By id: `words` and `reread` of a mistake that has to be told otherwise in the new clothes.
    labels : dict of str to str, optional
        New names of probes.
    **changes : object
        Other attributes of the exercise: `task`, `outputs`, `hints`, `chapter`, more `mistakes`.

    Returns
    -------
    Exercise
        Without properties of its own: those of the old one look at inputs and outputs of the old form.

    Examples
    --------
    Batch norm with the features first:

    >>> from normlib.check import Exercise
    >>> from normlib.check.catalogue import find
    >>> turned = variant(
    ...     find("batch-norm-forward"),
    ...     "features-first",
    ...     offer=lambda x, **rest: {"x": x.T, **rest},
    ...     take=lambda x, **rest: {"x": x.T, **rest},
    ...     give=lambda y, **inputs: y.T,
    ... )
    >>> turned.parameters
    ('x', 'gamma', 'beta', 'eps')
    """
    parameters = changes.pop("parameters", exercise.parameters)

    def dressed(function):
        def other(*values):
            inputs = dict(zip(parameters, values, strict=True))
            value = function(*take(**inputs).values())
            return value if give is None else give(value, **inputs)

        return other

    def probes(rng):
        return {called(label): offer(**probe) for label, probe in exercise.probes(rng).items()}

    def called(label):
        return (labels or {}).get(label, label)

    def told(mistake):
        said, reread = (words or {}).get(mistake.id, (mistake.words, mistake.reread))
        return replace(mistake, function=dressed(mistake.function), words=said, reread=reread)

    more = tuple(changes.pop("mistakes", ()))
    mistakes = tuple(map(told, exercise.mistakes))
    accepted = {name: dressed(function) for name, function in (exercise.accepted or {}).items()}
    fresh = {"id": id, "parameters": parameters, "reference": dressed(exercise.reference), "probes": probes}
    fresh |= {"mistakes": mistakes + more, "accepted": accepted, "properties": ()}
    for name, told_of in (("tolerances", exercise.tolerances), ("only_there", exercise.only_there)):
        fresh[name] = {called(label): what for label, what in (told_of or {}).items()}
    return replace(exercise, **fresh | changes)
