"""What a question to a misconception is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A number to predict before it is computed.

    Attributes
    ----------
    id : str
    misconception : int
        Its number in the book's list, from 1 to 26.
    text : str
        The question.
    demonstrate : callable
        Computes the number, with the library, in less than a second.
    believed : float
        What somebody says who has the misconception.
    belief : str
        The misconception, as a sentence.
    why : str
        What is right, in a sentence or two.
    tolerance : float
        How far a prediction may be from the number.
    """

    id: str
    misconception: int
    text: str
    demonstrate: Callable[[], float]
    believed: float
    belief: str
    why: str
    tolerance: float = 0.05
