"""What a gradient check found, in numbers and in words."""

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class GradientRow:
    """One array of the check.

    Attributes
    ----------
    name : str
        "x", or the parameter with the layers around it, such as "BatchNorm[1].gamma".
    checked, size : int
        How many entries were compared, and how many there are.
    error : float
        Largest deviation, divided by the largest entry of either gradient; NaN where one of them is.
    where : tuple of int
        Index of the largest deviation.
    backward, differences : float
        What the layer and what central differences say there.
    passed : bool
    hint : str
        What usually causes such an error; empty where nothing is known.
    """

    name: str
    checked: int
    size: int
    error: float
    where: tuple[int, ...]
    backward: float
    differences: float
    passed: bool
    hint: str = ""

    @property
    def deviation(self):
        """Largest distance between the two gradients."""
        return abs(self.backward - self.differences)


@dataclass(frozen=True)
class GradientReport:
    """All arrays of a gradient check; printed, it is a table with a verdict.

    Attributes
    ----------
    rows : tuple of GradientRow
        The input first, then the parameters.
    tolerance : float
        The largest error that passes.
    notes : tuple of str
        What to know about how it was done.
    """

    rows: tuple[GradientRow, ...]
    tolerance: float
    notes: tuple[str, ...] = ()

    @property
    def passed(self):
        """Whether every gradient agrees."""
        return all(row.passed for row in self.rows)

    def __str__(self):
        width = max(len(row.name) for row in self.rows)
        lines = [f"{'':5}  {'array':{width}}  {'entries checked':>15}  {'largest error':>13}"]
        for row in self.rows:
            count = f"{row.checked} of {row.size}"
            lines.append(
                f"{'ok' if row.passed else 'WRONG':5}  {row.name:{width}}  {count:>15}  {row.error:13.1e}".rstrip()
            )
        return "\n".join([*lines, "", *self._verdict(), *self.notes])

    def _repr_html_(self):
        return f"<pre>{html.escape(str(self))}</pre>"

    def _verdict(self):
        wrong = [row for row in self.rows if not row.passed]
        if not wrong:
            yield f"Backward agrees with central differences in every array (tolerance {self.tolerance:.0e})."
        else:
            names = ", ".join(row.name for row in wrong)
            yield f"Backward disagrees with central differences (tolerance {self.tolerance:.0e}) in: {names}."
        for row in wrong:
            place = f"[{', '.join(map(str, row.where))}]" if row.where else ""
            numbers = f"backward says {row.backward:.6g}, differences say {row.differences:.6g}"
            yield f"- {row.name}{place}: {numbers}. {row.hint}".rstrip()
