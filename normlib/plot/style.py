"""One style for every figure: how it is set, how axes are labelled, and figures outside pyplot."""

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

from .palette import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PAPER, PURPLE

#: The book's settings of matplotlib: use them with ``mpl.rc_context(STYLE)``, or for good with `use_style`.
STYLE: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "figure.facecolor": PAPER,
    "figure.figsize": (7.2, 3.4),
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 10.5,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 2,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "normlib",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


def use_style():
    """Draw every later figure of this session in the book's style, as SVG where a notebook shows it."""
    import seaborn as sns  # here, because it takes a second, and widgets need the palette alone

    sns.set_theme(style="ticks", rc=STYLE)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # no notebook around: files are written in whatever format they are asked for
        return
    set_matplotlib_formats("svg", metadata={"Date": None, "Creator": None})


def label(ax, x, y, title=None, legend=False):
    """Name both axes of a plot, and give it a title and a legend where asked for.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : str
        What the axis shows, with its unit where there is one.
    title : str, optional
    legend : bool
        Draw a legend from the artists' own labels, so that it cannot name what was not drawn.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Raises
    ------
    ValueError
        If an axis would stay without a name.
    """
    if not x or not y:
        raise ValueError(f"x = {x!r} and y = {y!r} came; expected what each axis shows, in words")
    ax.set(xlabel=x, ylabel=y)
    if title:
        ax.set_title(title)
    if legend:
        ax.legend()
    return ax


def still(width=7.2, height=3.4, columns=1):
    """A figure outside pyplot in the book's style, with `columns` axes beside each other.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : list of matplotlib.axes.Axes
        They are made in the style; draw on them under `mpl.rc_context(STYLE)` too.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, list(figure.subplots(1, columns, squeeze=False)[0])
