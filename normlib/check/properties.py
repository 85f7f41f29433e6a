"""What a right answer has and a wrong one lacks, in words: for wrong answers that are on no list."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .answers import deviation

NEAR = 1e-5  # two patterns are one where they differ by less, as a share of the larger one


class Broken(NamedTuple):
    """A property that does not hold: a stable id, and a sentence."""

    id: str
    words: str


@dataclass(frozen=True)
class Evidence:
    """What an answer showed, by the name of the probe: its inputs, what came, what is right.

    `complete` where every output has the right shape on every probe.
    """

    probes: dict
    came: dict
    right: dict
    tolerances: dict
    complete: bool

    @classmethod
    def of(cls, known, answers):
        """Gather it from a `Case` and the answers that were read."""
        labels = known.labels
        complete = all(
            name in answer.arrays and answer.arrays[name].shape == wanted.shape
            for answer, right in zip(answers, known.right, strict=True)
            for name, wanted in right.items()
        )
        return cls(
            dict(zip(labels, known.probes, strict=True)),
            {label: answer.arrays for label, answer in zip(labels, answers, strict=True)},
            dict(zip(labels, known.right, strict=True)),
            {label: known.tolerance(i) for i, label in enumerate(labels)},
            complete,
        )

    def fits(self, label, name):
        """Whether an output is right on a probe."""
        wanted = self.right[label][name]
        return deviation(self.came[label].get(name, np.empty(0)), wanted) <= self.tolerances[label]


def broken_properties(evidence, names, own):
    """At most three broken properties for the outputs `names`, the most telling ones first.

    Parameters
    ----------
    evidence : Evidence
    names : list of str
    own : tuple of callable
        Properties that belong to the exercise: each takes the evidence and an output's name.

    Returns
    -------
    list of Broken
    """
    found = []
    with np.errstate(all="ignore"):
        for name in names:
            usable = {label for label, came in evidence.came.items() if name in came}
            for prop in (*GENERAL, *own):
                if "main" in usable and evidence.came["main"][name].shape == evidence.right["main"][name].shape:
                    found += [b for b in [prop(evidence, name)] if b]
    return list(dict.fromkeys(found))[:3]


GENERAL = ()
