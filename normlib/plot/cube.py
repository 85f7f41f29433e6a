"""The (N, C, H·W) block as a cube of cells: which of them share one mean."""

import numpy as np
from matplotlib.patches import Polygon

from ..arrays import canonical_axes
from .palette import BLUE, INK, MUTED, PAPER
from .style import STYLE

DEPTH = (0.42, 0.36)  # one step along N, in the width and height of a cell on the page


def sharing_cells(shape, axes, groups=1, cell=None):
    """Which cells of an array have one mean with `cell`, when means are taken over `axes`.

    Parameters
    ----------
    shape : tuple of int
        Of the array, (N, C) or (N, C, H, W) or any other with the channels second.
    axes : int or iterable of int
        As in `normlib.normalize`: 0 and all but the channels for BN, (1, 2, 3) for LN, (2, 3) for IN.
    groups : int
        Where `axes` holds 1, channels share a mean only inside their group: GN is axes (1, 2, 3) with groups.
    cell : tuple of int, optional
        Index of the cell; by default the first.

    Returns
    -------
    ndarray of bool, `shape`

    Raises
    ------
    ValueError
        If `axes` are none of the array's, or the channels cannot be split into that many groups of one size.

    References
    ----------
    Wu and He, Group Normalization (2018), figure 2.

    Examples
    --------
    >>> sharing_cells((2, 4), axes=1, groups=2, cell=(1, 0))
    array([[False, False, False, False],
           [ True,  True, False, False]])
    """
    axes = canonical_axes(axes, len(shape))
    if groups < 1 or shape[1] % groups:
        raise ValueError(f"groups = {groups} came for {shape[1]} channels; expected a number that divides them evenly")
    shares = np.ones(shape, dtype=bool)
    for axis, (index, here) in enumerate(zip(np.indices(shape, sparse=True), cell or (0,) * len(shape), strict=True)):
        if axis not in axes:
            shares &= index == here
        elif axis == 1:
            width = shape[1] // groups
            shares &= index // width == here // width
    return shares


def axes_cube(ax, axes, groups=1, shape=(4, 6, 5), color=BLUE, title=None):
    """Draw an image batch as a cube of cells, and colour and hatch those that share one mean with the first cell.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    axes : tuple of int
        Axes of (N, C, H, W) that means are taken over; 2 and 3, which are drawn as one edge, both or neither.
    groups : int
        Number of groups that the channels are split into.
    shape : tuple of int
        Number of cells along N, C and H·W.
    color : str
        Of the cells that share a mean; see `NORM_COLOURS`.
    title : str, optional

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Raises
    ------
    ValueError
        If `axes` hold only one of 2 and 3; as `sharing_cells`.

    Examples
    --------
    >>> from normlib.plot import NORM_COLOURS, still
    >>> _, panels = still(columns=2)
    >>> _ = axes_cube(panels[0], axes=(0, 2, 3), color=NORM_COLOURS["BN"], title="BN")
    >>> _ = axes_cube(panels[1], axes=(1, 2, 3), groups=2, color=NORM_COLOURS["GN"], title="GN")
    """
    axes = canonical_axes(axes, 4)
    if (2 in axes) != (3 in axes):
        raise ValueError(f"axes = {axes} came; H and W are drawn as one edge: name both 2 and 3, or neither")
    shares = sharing_cells(shape, [axis for axis in axes if axis < 3], groups)
    for cell, corners in visible_faces(shape):
        look = {"facecolor": color, "hatch": "///"} if shares[cell] else {"facecolor": PAPER}
        ax.add_patch(Polygon(corners, edgecolor=PAPER if shares[cell] else MUTED, linewidth=0.7, **look))
    _outline(ax, shape, title)
    return ax


def visible_faces(shape):
    """The cells that can be seen, each with the corners of one face: the front (N = 0), the right, the top.

    Cell (n, c, h) fills the box from its index to one more; h counts downwards, n away from the reader.
    """
    samples, channels, pixels = shape
    front = [((0, c, h), [(0, c + i, h + j) for i, j in SQUARE]) for c in range(channels) for h in range(pixels)]
    right = [
        ((n, channels - 1, h), [(n + i, channels, h + j) for i, j in SQUARE])
        for n in range(samples)
        for h in range(pixels)
    ]
    top = [((n, c, 0), [(n + i, c + j, 0) for i, j in SQUARE]) for n in range(samples) for c in range(channels)]
    for cell, corners in front + right + top:
        yield cell, [_flat(corner) for corner in corners]


SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))


def _flat(point):
    n, c, h = point
    return c + DEPTH[0] * n, -h + DEPTH[1] * n


def _outline(ax, shape, title):
    """The edges' names, as large as the cells allow, and nothing else of an ordinary plot."""
    samples, channels, pixels = shape
    right, top = _flat((samples, channels, 0))
    text = {"color": INK, "fontsize": STYLE["font.size"]}
    ax.text(channels / 2, -pixels - 0.25, "C", ha="center", va="top", **text)
    ax.text(-0.25, -pixels / 2, "H·W", ha="right", va="center", rotation=90, **text)
    x, y = _flat((samples / 2, channels, pixels))
    ax.text(x + 0.2, y - 0.1, "N", ha="left", va="top", **text)
    ax.set(xlim=(-1.1, right + 0.3), ylim=(-pixels - 1.2, top + 0.3), aspect="equal")
    ax.set_axis_off()
    if title:
        ax.set_title(title)
