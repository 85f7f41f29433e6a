"""Recorded races: how fast networks with and without norms learn digits, for every value of a hyperparameter."""

import numpy as np

from .. import plot
from ..experiments.races import POINTS, SWEEPS
from .base import LiveWidget
from .controls import Choice, Slider
from .race_records import PLACES, packed, race, usable
from .words import plain

NAMES = ("no norm", "BN", "LN", "GN")
COLOURS = (plot.MUTED, *(plot.NORM_COLOURS[name] for name in NAMES[1:]))
STYLES = (":", "-", "--", "-.")
LOWEST = 0.5  # percent: where the axis of the error begins


class RecordedRaces(LiveWidget):
    """Test error of networks without a norm, with BN, LN and GN, while they learn and at the end of their training.

    Parameters
    ----------
    races : pandas.DataFrame, optional
        What `normlib.experiments.races` returned. What it lacks is said in a note.
    key : str
        Names the widget in the page's address.
    sweep : {"learning rate", "weight scale", "batch size"}
        What is varied.
    rate, scale, size : float
        The learning rate, the scale of the first weights and the batch size, of those that were tried.
    **values : float or str
        As for `LiveWidget`.

    Raises
    ------
    TypeError, ValueError
        If `races` is no table of races: see `normlib.widgets.race_records.packed`.
    """

    module = "recorded-races"
    heights = (583, 1045)
    controls = ("sweep", "rate", "scale", "size")

    sweep = Choice("learning rate", values=tuple(SWEEPS), label="what is varied")
    rate = Slider(1.0, values=SWEEPS["learning rate"], label="learning rate", when=("sweep", "learning rate"))
    scale = Slider(0.03, values=SWEEPS["weight scale"], label="scale of weights", when=("sweep", "weight scale"))
    size = Slider(2, values=SWEEPS["batch size"], label="batch size", integer=True, when=("sweep", "batch size"))

    def __init__(self, races=None, key="", **values):
        self._record = packed(races)
        super().__init__(key=key, **values)

    def shipped(self):
        return {**self._record._asdict(), "value": np.array(list(SWEEPS.values()), dtype=float)}

    @property
    def where(self):
        """Which sweep is shown, and which place in it: two indices of the record."""
        at = list(SWEEPS).index(self.sweep)
        return at, SWEEPS[self.sweep].index(getattr(self, self.controls[1 + at]))

    @property
    def race(self):
        """The race that is shown: see `Race`."""
        return race(self._record, *self.where)

    def describe(self):
        (sweep, place), r = self.where, self.race
        head = f"{self.sweep.capitalize()} {plain(SWEEPS[self.sweep][place], 3)}"
        if not r.runs.any():
            return f"{head}: no race was recorded here. normlib.experiments.races() records them."
        ends = zip(NAMES, r.runs, r.low[:, -1], r.middle[:, -1], r.high[:, -1], strict=True)
        errors = ", ".join(
            f"{name} {middle:.1f} % ({low:.1f} to {high:.1f})" if runs else f"{name} not recorded"
            for name, runs, low, middle, high in ends
        )
        lost = "; ".join(
            f"{n} of {runs} with {name}" for name, n, runs in zip(NAMES, r.diverged, r.runs, strict=True) if n
        )
        works = "; ".join(
            f"{name} {self._places(sweep, usable(self._record, sweep, i))}" for i, name in enumerate(NAMES)
        )
        diverged = f"Runs that diverged: {lost}. " if lost else ""
        return (
            f"{head}: test error after {self._record.seen[sweep, place]} digits, median of {r.runs.max()} runs (lowest "
            f"to highest): {errors}. {diverged}At most 20 % wrong in every run: {works}."
        )

    @staticmethod
    def _places(sweep, places):
        values = list(SWEEPS.values())[sweep]
        return f"at {', '.join(plain(values[place], 3) for place in places)}" if places else "nowhere"

    def still(self):
        (sweep, place), r = self.where, self.race
        figure, [during, after] = plot.still(width=9.6, height=3.4, columns=2)
        seen = self._record.seen[sweep, place] * np.arange(POINTS + 1) / POINTS / 1000
        values = list(SWEEPS.values())[sweep]
        races = [race(self._record, sweep, i) for i in range(PLACES)]
        for i, (name, colour, style) in enumerate(zip(NAMES, COLOURS, STYLES, strict=True)):
            during.fill_between(
                seen, r.low[i].clip(LOWEST), r.high[i].clip(LOWEST), color=colour, alpha=0.2, linewidth=0
            )
            during.plot(seen, r.middle[i].clip(LOWEST), color=colour, linestyle=style, label=name)
            if r.diverged[i]:
                at = int(r.stopped[i])
                during.plot(seen[at], 100, color=colour, marker="x", markersize=9, clip_on=False)
            ends = np.array([other.middle[i, -1] for other in races]).clip(LOWEST)
            after.plot(values, ends, color=colour, linestyle=style, marker="o", markersize=4)
        after.axvline(values[place], color=plot.INK, linewidth=1)
        during.set(yscale="log", ylim=(LOWEST, 110))
        after.set(xscale="log", yscale="log", ylim=(LOWEST, 110))
        for ax in (during, after):
            ax.set_yticks((1, 10, 100), ("1", "10", "100"))
            ax.minorticks_off()
        after.set_xticks(values, [plain(value) for value in values])
        plot.label(during, x="digits seen, thousands", y="test error, %", title="while they learn", legend=True)
        plot.label(after, x=self.sweep, y="test error, %", title="at the end")
        return figure
