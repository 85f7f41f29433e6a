"""What a check found, and how it is shown."""

import html
import sys
from dataclasses import dataclass, field


@dataclass
class Result:
    """What a check found; printed, it is a short report.

    Attributes
    ----------
    exercise : str
    passed : bool
    diagnoses : tuple of str
        Ids of the known mistakes in it; two for one output where they can't be told apart. Empty where none is known.
    message : str
        The report.
    score : float
        From 0 to 1: share of the outputs that are right on every probe; half of it where the code changes its inputs.
    broken : tuple of str
        Ids of the properties that the answer should have and has not.
    by_output : tuple of tuple of str
        The diagnoses, those of one output together: which of them it is can't be told.
    """

    exercise: str
    passed: bool
    diagnoses: tuple[str, ...]
    message: str
    score: float
    broken: tuple[str, ...] = ()
    by_output: tuple[tuple[str, ...], ...] = ()
    _shown_in: object = field(default=None, repr=False, compare=False)

    def __str__(self):
        return self.message

    def __repr__(self):
        found = ", ".join(self.diagnoses or self.broken)
        return f"<{self.exercise}: {'passed' if self.passed else 'not yet'}{f', {found}' if found else ''}>"

    def _repr_html_(self):
        head, *rest = map(html.escape, self.message.split("\n"))
        mark, color = ("✓", "#1a7f37") if self.passed else ("✗", "#b35900")
        style = f"border-left:4px solid {color};padding:.3em .8em;margin:.3em 0;white-space:pre-wrap"
        lines = "".join(f"<div>{line}</div>" for line in rest)
        return f'<div style="{style}"><strong>{mark} {head}</strong>{lines}</div>'

    def _ipython_display_(self):
        """Show it, unless this very cell has shown it already: `check(...)` may be a cell's last line."""
        display, cell = _notebook()
        if display and self._shown_in != cell:
            display({"text/plain": self.message, "text/html": self._repr_html_()}, raw=True)

    def show(self):
        """Show the report: in a notebook as its display, elsewhere as printed text.

        Returns
        -------
        Result
            Itself.
        """
        display, cell = _notebook()
        if display:
            self._ipython_display_()
            self._shown_in = cell
        else:
            print(self.message)
        return self


def _notebook():
    """IPython's display function and the number of the running cell; None twice outside of IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return None, None
    return sys.modules["IPython.display"].display, (id(shell), shell.execution_count)
