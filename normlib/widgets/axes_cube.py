"""Axes cube: the (N, C, H, W) block, and which of its cells share a mean under each norm."""

import matplotlib as mpl
import numpy as np

from .. import plot
from ..plot.sheets import axes_sheets
from .base import LiveWidget
from .controls import Choice, Slider, Switch
from .family import NORMS, OWN, plan

CHANNELS, HEIGHT, WIDTH = 6, 3, 3


class AxesCube(LiveWidget):
    """An image batch, taken apart into its sheets: touch a cell, and all that share its mean light up.

    Parameters
    ----------
    norm : {"BN", "LN", "IN", "GN", "RMS", "own axes"}
    samples : int
        N, from 1 to 8; there are 6 channels of 3 by 3 positions.
    n, c, h, w : int
        The touched cell, from 0; an `n` beyond the batch means its last sample.
    apart : float
        0 for one solid block, 1 for sheets that hide nothing of each other.
    groups : {1, 2, 3, 6}
        Number of groups of "GN".
    over_n, over_c, over_h, over_w : bool
        The axes of "own axes".
    """

    module = "axes-cube"
    heights = (543, 880)
    controls = ("norm", "samples", "n", "c", "h", "w", "apart", "groups", "over_n", "over_c", "over_h", "over_w")

    norm = Choice("BN", values=(*NORMS, OWN), label="norm")
    samples = Slider(4, low=1, high=8, step=1, label="samples N", integer=True)
    n = Slider(0, low=0, high=7, step=1, label="cell: sample n", integer=True)
    c = Slider(2, low=0, high=CHANNELS - 1, step=1, label="cell: channel c", integer=True)
    h = Slider(1, low=0, high=HEIGHT - 1, step=1, label="cell: row h", integer=True)
    w = Slider(1, low=0, high=WIDTH - 1, step=1, label="cell: column w", integer=True)
    apart = Slider(1.0, low=0, high=1, step=0.05, label="taken apart")
    groups = Slider(2, values=(1, 2, 3, 6), label="groups G", integer=True, when=("norm", "GN"))
    over_n = Switch(True, label="over N, samples", when=("norm", OWN))
    over_c = Switch(False, label="over C, channels", when=("norm", OWN))
    over_h = Switch(True, label="over H, rows", when=("norm", OWN))
    over_w = Switch(True, label="over W, columns", when=("norm", OWN))

    @property
    def shape(self):
        """Lengths (N, C, H, W) of the block that is drawn now."""
        return self.samples, CHANNELS, HEIGHT, WIDTH

    @property
    def cell(self):
        """Index (n, c, h, w) of the touched cell."""
        return min(self.n, self.samples - 1), self.c, self.h, self.w

    @property
    def plan(self):
        """What the choice of norm comes down to: see `normlib.widgets.family.Plan`."""
        ticked = (self.over_n, self.over_c, self.over_h, self.over_w)
        return plan(self.norm, self.groups, np.flatnonzero(ticked).tolist(), self.samples, CHANNELS)

    @property
    def shares(self):
        """Which cells have one mean with the touched one: ndarray of bool, `shape`."""
        if self.plan.axes:
            return plot.sharing_cells(self.shape, self.plan.axes, self.plan.groups, self.cell)
        alone = np.zeros(self.shape, dtype=bool)
        alone[self.cell] = True
        return alone

    @property
    def note(self):
        """What is odd about this choice, in a line; "" where nothing is."""
        if not self.plan.axes:
            return "Without an axis each number is its own mean, and normalize refuses."
        if self.shares.sum() == 1:
            return "One number is its own mean: every number becomes 0."
        return (
            f"The batch ends at sample {self.samples - 1}: the touched cell is there." if self.n >= self.samples else ""
        )

    def describe(self):
        p, (n, c, h, w), many = self.plan, self.cell, int(self.shares.sum())
        kind, means = "mean square" if self.norm == "RMS" else "mean", self.shares.size // many
        together = f"is one of {many} that share a {kind}" if many > 1 else f"has a {kind} of its own"
        return (
            f"{p.title}: the touched cell (n={n}, c={c}, h={h}, w={w}) {together}: {self.members()}. "
            f"Axes {self.axes_text()}: {_count(means, kind)} in all, {_count(many, 'number')} each. {p.remark}"
        )

    def members(self):
        """The cells that light up, in words, axis by axis."""
        axes, groups, (n, c, h, w) = self.plan.axes, self.plan.groups, self.cell
        size = CHANNELS // groups
        first = c // size * size
        samples = "all samples" if 0 in axes and self.samples > 1 else f"sample {n}"
        channels = f"channels {first} to {first + size - 1}" if groups > 1 else "all channels"
        if 1 not in axes or size == 1:
            channels = f"channel {c}"
        rows, columns = "all rows" if 2 in axes else f"row {h}", "all columns" if 3 in axes else f"column {w}"
        return f"{samples}, {channels}, {'all positions' if {2, 3} <= set(axes) else f'{rows}, {columns}'}"

    def axes_text(self):
        """The axes as the line of code has them."""
        return "(2, 3, 4) of (N, G, C/G, H, W)" if self.norm == "GN" else str(self.plan.axes)

    def still(self):
        p = self.plan
        color = plot.NORM_COLOURS[p.known] if p.known else plot.PURPLE
        with mpl.rc_context(plot.STYLE):
            figure, [ax] = plot.still(width=6.4, height=4.6)
            axes_sheets(ax, self.shares, color, self.cell, self.apart)
            ax.set_title(f"{p.title}: {p.code}")
        return figure


def _count(many, name):
    return f"{many} {name}{'s' if many > 1 else ''}"
