"""A figure's file, on light paper or on dark."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.colors import to_hex, to_rgba_array

from .palette import PALETTE
from .style import STYLE

DARK_OF = dict(PALETTE.values())
COLOURS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


def save(figure, path, dark=False):
    """Write a figure to a file, in the light half of the palette or in the dark one.

    Only the palette's colours change; a colour map or a colour of your own stays as it is. The figure itself is
    light again afterwards.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : str or path
        The ending says the format: ``.svg``, ``.png``, ``.pdf``.
    dark : bool

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from normlib.plot import label, still
    >>> figure, [ax] = still()
    >>> _ = label(ax, "x", "y")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(figure, pathlib.Path(folder) / "night.png", dark=True)
    """
    undo = recolour(figure) if dark else []
    try:
        with mpl.rc_context(STYLE):
            vector = Path(path).suffix in (".svg", ".svgz")
            figure.savefig(path, facecolor="auto", metadata={"Date": None, "Creator": None} if vector else None)
    finally:
        for setter, value in reversed(undo):
            setter(value)


def recolour(figure):
    """Give every artist of a figure the dark half of its colours; returns what would undo it, in order."""
    undo = []
    for artist in figure.findobj():
        for name in COLOURS:
            getter, setter = (getattr(artist, f"{verb}_{name}", None) for verb in ("get", "set"))
            if getter is None or setter is None:
                continue
            before = getter()
            after = darkened(before)
            if after is not None:
                undo.append((setter, before.copy() if hasattr(before, "copy") else before))
                setter(after)
    return undo


def darkened(colours):
    """The dark halves of one colour or several, as RGBA; None where none of them is of the palette."""
    if isinstance(colours, str) and colours in ("none", "auto"):
        return None
    rgba = to_rgba_array(colours)
    found = [DARK_OF.get(to_hex(colour)) for colour in rgba]
    if not any(found):
        return None
    for row, dark in zip(rgba, found, strict=True):
        if dark:
            row[:3] = to_rgba_array(dark)[0, :3]
    single = isinstance(colours, str) or (getattr(colours, "ndim", 1) == 1 and len(rgba) == 1)
    return tuple(rgba[0]) if single else rgba
