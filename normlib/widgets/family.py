"""The norms as axes of one block: which axes each takes, what its line of code is, and what it becomes at the edge."""

from typing import NamedTuple

#: Name, and axes of (N, C, H, W); those of group norm hold inside a group.
NORMS = {
    "BN": ("Batch norm", (0, 2, 3)),
    "LN": ("Layer norm", (1, 2, 3)),
    "IN": ("Instance norm", (2, 3)),
    "GN": ("Group norm", (1, 2, 3)),
    "RMS": ("RMS norm", (1, 2, 3)),
}
OWN = "own axes"


class Plan(NamedTuple):
    """A norm of a block.

    Attributes
    ----------
    known : str
        A key of `NORMS`; "" for axes of one's own that are none of BN's, LN's and IN's.
    title : str
        Its name, as a sentence begins.
    axes : tuple of int
        Of (N, C, H, W) that means are taken over; may be empty.
    groups : int
        Into which channels are split.
    code : str
        An expression of ``x``, ``N``, ``C``, ``H``, ``W``, ``G`` and `normlib.normalize`.
    remark : str
        What it means, or becomes at the edge, in one sentence.
    """

    known: str
    title: str
    axes: tuple[int, ...]
    groups: int
    code: str
    remark: str


def plan(norm, groups, own, samples, channels):
    """What a choice of norm comes down to.

    Parameters
    ----------
    norm : str
        A key of `NORMS`, or `OWN`.
    groups : int
        Number of groups, for "GN".
    own : sequence of int
        The axes, in rising order, for `OWN`.
    samples, channels : int
        Lengths N and C of the block.

    Returns
    -------
    Plan

    Examples
    --------
    >>> plan("own axes", 1, (2, 3), samples=4, channels=6).remark
    'This is instance norm.'
    """
    title, axes = NORMS.get(norm, ("Own axes", tuple(own)))
    known = norm if norm in NORMS else next((k for k in ("BN", "LN", "IN") if NORMS[k][1] == axes), "")
    code = f"normalize(x, axes={axes})"
    if norm == "GN":
        code = "normalize(x.reshape(N, G, C//G, H, W), axes=(2, 3, 4))"
    if norm == "RMS":
        code = code.replace(")", "), centered=False", 1)
    if norm == OWN:
        name = NORMS[known][0] if known else ""
        remark = f"This is {name[0].lower()}{name[1:]}." if known else "These axes have no name in this book."
    else:
        remark = _remark(norm, groups, samples, channels)
    return Plan(known, title, axes, groups if norm == "GN" else 1, code, remark)


def _remark(norm, groups, samples, channels):
    if norm == "BN" and samples == 1:
        return "With one sample in training, these are instance norm's means."
    if norm == "GN" and groups == 1:
        return "With one group, these are layer norm's means."
    if norm == "GN" and groups == channels:
        return "With one channel in a group, these are instance norm's means."
    return {
        "BN": "In training, each sample depends on its batch.",
        "LN": "Each sample goes by itself.",
        "IN": "Each channel of each sample goes by itself.",
        "GN": f"Each sample goes by itself, {channels // groups} channels at a time.",
        "RMS": "These are layer norm's cells, but no mean is subtracted.",
    }[norm]
