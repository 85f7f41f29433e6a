"""What a right answer has and a wrong one lacks, in words: for wrong answers that are on no list."""

from collections.abc import Callable
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

    def comparable(self, label, name):
        """Whether an output came, and with the right shape."""
        return name in self.came[label] and self.came[label][name].shape == self.right[label][name].shape

    def fits(self, label, name):
        """Whether an output is right on a probe."""
        if not self.comparable(label, name):
            return False
        return deviation(self.came[label][name], self.right[label][name]) <= self.tolerances[label]


def broken_properties(evidence, names, own):
    """At most three broken properties for each of the outputs `names`, the most telling ones first.

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
            if evidence.comparable("main", name):
                each = [b for prop in (*GENERAL, *own) if (b := prop(evidence, name))]
                says_all = [b for b in each if b.id in ("order", "finite", "zero", "digits")]
                found += says_all[:1] or list(dict.fromkeys(each))[:3]
    return found


def alike(a, b):
    """Whether two arrays, or what broadcasts to one, are the same but for rounding.

    Parameters
    ----------
    a, b : array_like

    Returns
    -------
    bool
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), b)
    return deviation(a, b) <= NEAR


def another_output(evidence, name):
    """It is what another output should be."""
    came = evidence.came["main"][name]
    for other, wanted in evidence.right["main"].items():
        if other != name and wanted.shape == came.shape and alike(came, wanted):
            return Broken("order", f"Your {name} is what {other} should be: do the outputs stand in the right order?")
    return None


def no_number(evidence, name):
    """NaN, infinity, or nothing but zeros."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    if not np.isfinite(came).all() and np.isfinite(wanted).all():
        return Broken("finite", f"Your {name} holds NaN or infinity: was something divided by 0, or a root negative?")
    if np.abs(came).max() < 1e-12 * np.abs(wanted).max():
        return Broken("zero", f"Your {name} is zero everywhere.")
    return None


def constant_factor(evidence, name):
    """It is right but for one factor."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    factor = float(np.sum(came * wanted) / np.sum(wanted * wanted))
    if not factor or not alike(came, factor * wanted) or alike(came, wanted):
        return None
    causes = {-1.0: "a sign is lost", 2.0: "a 2 too many", 0.5: "a 2 is lost"}
    probe = evidence.probes["main"]
    x = max((v for v in probe.values() if np.ndim(v)), key=np.size) if isinstance(probe, dict) else wanted
    for m in dict.fromkeys((*x.shape, x.size, *(x.size // n for n in x.shape))):
        for value, words in ((m, "a sum for a mean"), (1 / m, "a mean for a sum")):
            causes.setdefault(value, f"that is {'m' if value > 1 else '1/m'} for m = {m}: {words}, perhaps")
        for power, root in ((1, ""), (0.5, "the root of "), (-1, "the inverse of "), (-0.5, "one over the root of ")):
            if m > 1:
                causes.setdefault(
                    (m / (m - 1)) ** power, f"that is {root}m/(m − 1) for m = {m}: biased or unbiased variance?"
                )
    cause = next((words for value, words in causes.items() if abs(factor / value - 1) < NEAR), "")
    return Broken("factor", f"Your {name} is right but for the factor {factor:.6g}{f'; {cause}' if cause else ''}.")


def _sharing(shape):
    """Which axes entries may share, and what such a set is called."""
    if len(shape) == 4:
        return {"channel": (0, 2, 3), "sample": (1, 2, 3), "channel of each sample": (2, 3)}
    return {"column": (0,), "row": (1,)} if len(shape) == 2 else {}


def factor_of_each(evidence, name):
    """Each column, row or channel is right but for a factor of its own."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    for what, axes in _sharing(wanted.shape).items():
        factor = np.sum(came * wanted, axes, keepdims=True) / np.sum(wanted * wanted, axes, keepdims=True)
        if alike(came, factor * wanted) and not alike(factor, factor.ravel()[0]):
            words = f"Each {what} of your {name} is right but for a factor of its own{_same_as(evidence, factor)}."
            return Broken("factor-of-each", words)
    return None


def offset_of_each(evidence, name):
    """What is wrong is the same number throughout, or in each column, row or channel."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    error = came - wanted
    everything = tuple(range(wanted.ndim))
    for what, axes in {"entry": everything, **_sharing(wanted.shape)}.items():
        constant = error.mean(axes, keepdims=True)
        if wanted.size > constant.size and alike(constant, error):
            same = _same_as(evidence, constant)
            return Broken("offset-of-each", f"Your {name} is off by the same number in each {what}{same}.")
    return None


def _same_as(evidence, found):
    """Which input such numbers are, or the sign, square or inverse of."""
    probe = evidence.probes["main"]
    forms: dict[str, Callable] = {"": np.asarray, "minus ": np.negative, "one over ": np.reciprocal}
    forms |= {"the sign of ": np.sign, "the size of ": np.abs, "the square of ": np.square}
    inputs = probe if isinstance(probe, dict) else {}
    fitting = {n: v for n, v in inputs.items() if isinstance(v, np.ndarray) and v.size == found.size > 1}
    for name, value in fitting.items():
        for words, form in forms.items():
            if alike(found.ravel(), form(value.astype(float)).ravel()):
                return f": {words}{name}"
    return ""


def right_only_where(evidence, name):
    """Right on the probes where something is trivial, and wrong on the main one."""
    if evidence.fits("main", name):
        return None
    special = [label for label in WHERE if label in evidence.right and evidence.fits(label, name)]
    if not special:
        return None
    words = " and ".join(WHERE[label][0] for label in special[:2])
    look = WHERE[special[0]][1]
    return Broken(f"right where {special[0]}", f"Your {name} is right where {words}, and wrong elsewhere: {look}")


WHERE = {
    "γ = 1": ("γ = 1", "look where γ stands."),
    "β = 0": ("β = 0", "look where β stands."),
    "ε = 0": ("ε = 0", "look where ε stands."),
    "N = D": ("all axes have the same length", "look at the axes, and at every product of lengths."),
    "momentum = 1/2": ("momentum = 1/2", "look which side momentum and 1 − momentum weigh."),
    "momentum = 1": ("momentum = 1", "look at what becomes of the old value."),
    "one batch": ("there is one batch", "look at what the second batch does."),
    "pairs": ("a batch has two samples", "look at where the batch's size stands."),
    "σ = 1": ("σ = 1", "look where σ stands."),
    "μ = 0": ("μ = 0", "look where μ stands."),
    "b = 0": ("b = 0", "look where the old bias stands."),
    "E = 0": ("the running mean is 0", "look where the running mean stands."),
    "equal counts": ("all counts are equal", "look where the counts weigh."),
    "equal means": ("all means are equal", "look at the spread between the parts."),
    "equal logits": ("all logits are equal", "look at how logits become weights."),
    "three groups": ("there are three groups", "look where the number of groups stands."),
    "unbiased": ("biased is False", "look at the case biased = True."),
    "one part": ("there is one part", "look at what the second part does."),
}


def wrong_only_where(evidence, name):
    """Right on the main probe, and wrong on some."""
    if not evidence.fits("main", name):
        return None
    wrong = [label for label, right in evidence.right.items() if name in right and not evidence.fits(label, name)]
    return Broken(f"wrong where {wrong[0]}", f"Your {name} is right on most probes, and wrong on: {', '.join(wrong)}.")


def some_entries(evidence, name):
    """Some rows or columns are right and others are not."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    bad = ~(np.abs(came - wanted) <= NEAR * np.abs(wanted).max())
    if bad.all() or not bad.any():
        return None
    for axis in range(min(2, wanted.ndim)):
        others = tuple(i for i in range(wanted.ndim) if i != axis)
        hit = bad.any(others) if others else bad
        if not hit.all():
            places = ", ".join(str(i) for i in np.flatnonzero(hit))
            gamma = evidence.probes["main"].get("gamma") if isinstance(evidence.probes["main"], dict) else None
            negative = gamma is not None and len(gamma) == len(hit) and np.array_equal(hit, np.asarray(gamma) < 0)
            why = ": there γ is negative" if negative else ""
            return Broken("some-entries", f"Your {name} is wrong only at index {places} of axis {axis}{why}.")
    share = f"{int(bad.sum())} of its {bad.size} entries"
    for sign, words in ((1, "positive"), (-1, "negative")):
        if np.array_equal(bad, sign * wanted > NEAR * np.abs(wanted).max()):
            return Broken("some-entries", f"Your {name} is wrong only where it should be {words}.")
    return Broken("some-entries", f"Your {name} is wrong only in {share}.") if bad.mean() < 0.5 else None


def right_but_misplaced(evidence, name):
    """The right numbers, at other places or with other signs."""
    came, wanted = evidence.came["main"][name], evidence.right["main"][name]
    if alike(came, wanted):
        return None
    if alike(np.abs(came), np.abs(wanted)):
        return Broken("signs", f"Your {name} has the right numbers with wrong signs.")
    if came.size > 1 and alike(np.sort(came, None), np.sort(wanted, None)):
        return Broken("places", f"Your {name} has the right numbers at wrong places: look at each reshape.")
    return None


def few_digits(evidence, name):
    """Right to some digits, on every probe."""
    labels = [label for label, right in evidence.right.items() if name in right and label != "float32"]
    if not all(evidence.comparable(label, name) for label in labels):
        return None
    off = max(deviation(evidence.came[label][name], evidence.right[label][name]) for label in labels)
    if NEAR / 10 < off < 2e-3:
        digits = int(-np.log10(off))
        return Broken("digits", f"Your {name} is right to {digits} digits only: is something rounded, or in float32?")
    return None


def inputs_ignored(evidence, name):
    """The same answer on probes whose right answers differ."""
    for label, input_ in IGNORED.items():
        if label not in evidence.came or not evidence.comparable(label, name):
            continue
        came, wanted = ([side[where][name] for where in ("main", label)] for side in (evidence.came, evidence.right))
        if wanted[0].shape == wanted[1].shape and alike(*came) and not alike(*wanted):
            return Broken(f"ignores {input_}", f"Your {name} stays the same when {input_} changes.")
    return None


IGNORED = {"γ = 1": "γ", "β = 0": "β", "ε = 0": "ε", "momentum = 1/2": "momentum", "equal counts": "counts"}
IGNORED |= {
    "equal means": "the spread of the means",
    "unbiased": "biased",
    "b = 0": "the bias",
    "E = 0": "running_mean",
}
IGNORED |= {"equal logits": "the logits"}

GENERAL = (
    *(another_output, no_number, few_digits, constant_factor, factor_of_each, wrong_only_where, right_but_misplaced),
    *(some_entries, right_only_where, inputs_ignored, offset_of_each),
)
