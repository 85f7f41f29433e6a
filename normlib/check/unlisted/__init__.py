"""Wrong answers that no exercise lists: what the checker says of them is measured, and nothing in it is built on them.

Each stands with the properties that would be fitting to name; these were written down before the checker was asked.
"""

from typing import NamedTuple

from . import batch_norm, others


class Unlisted(NamedTuple):
    """A wrong answer: to which exercise, in words, the function, and ids of fitting properties."""

    exercise: str
    words: str
    function: object
    fitting: tuple[str, ...]


UNLISTED = tuple(
    Unlisted(*row)
    for row in [
        *(("batch-norm-forward", *row) for row in batch_norm.FORWARD),
        *(("batch-norm-backward", *row) for row in batch_norm.BACKWARD),
        *others.OTHERS,
    ]
)
