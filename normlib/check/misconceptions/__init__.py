"""26 misconceptions, each a question with a number for its answer: say yours first, then see it computed."""

from functools import cache

from ..catalogue import unknown
from ..listing import Listing
from ..result import Result


@cache
def every_question():
    """All questions by name, in the order of the misconceptions.

    Returns
    -------
    dict of str to Question
    """
    from . import of_statistics, of_training

    by_number = sorted((*of_statistics.QUESTIONS, *of_training.QUESTIONS), key=lambda q: q.misconception)
    return {question.id: question for question in by_number}


def questions():
    """List the questions that `answer` takes a prediction for.

    Returns
    -------
    Listing
    """
    return Listing(tuple((q.id, q.text) for q in every_question().values()), ("name", "question"))


def answer(name, number):
    """Predict a number; only then it is computed and shown.

    Parameters
    ----------
    name : str
        One from `questions()`.
    number : float
        Your prediction; ``...`` where there is none yet, which shows the question and computes nothing.

    Returns
    -------
    Result
        `passed` where the prediction is near enough; ``diagnoses`` holds "misconception-2", say, where it is what that
        misconception leads to.

    Raises
    ------
    KeyError
        If there is no such question; the error lists the nearest names.
    TypeError
        If `number` is no number.

    Examples
    --------
    >>> answer("bn-gaussian", 0.0).diagnoses
    bn-gaussian: not so.
    Exponential draws have skewness 2. Which skewness do they have after batch norm?
    You said 0; computed: 2.01.
    That is what follows from: “Batch norm makes activations Gaussian.”
    It is a shift and a scale for each feature: skewness and kurtosis stay what they were.
    ('misconception-2',)
    """
    if name not in every_question():
        raise KeyError(unknown(name, every_question()))
    question = every_question()[name]
    if number is ...:
        message = f"{name}: not yet.\n{question.text}\nPut your prediction, a number, in the place of the dots."
        return Result(name, False, (), message, 0.0).show()
    try:
        said = float(number)
    except (TypeError, ValueError):
        raise TypeError(f"number = {number!r} came; expected your prediction, a number such as 0.5") from None
    computed = question.demonstrate()
    shown = 0.0 if abs(computed) < 1e-12 else computed  # rounding alone
    passed = abs(said - computed) <= question.tolerance
    near = said == question.believed or abs(said - question.believed) <= question.tolerance
    fooled = near and not passed
    lines = [f"{name}: {'right' if passed else 'not so'}.", question.text]
    lines += [f"You said {said:.4g}; computed: {shown:.3g}."]
    lines += [f"That is what follows from: “{question.belief}”"] if fooled else []
    diagnoses = (f"misconception-{question.misconception}",) if fooled else ()
    return Result(name, passed, diagnoses, "\n".join([*lines, question.why]), float(passed)).show()
