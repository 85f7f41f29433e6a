"""The (N, C, H, W) block taken apart: samples side by side, each a stack of sheets, one a channel."""

import math

from matplotlib.patches import PathPatch
from matplotlib.path import Path

from .cube import DEPTH
from .palette import INK, MUTED, PAPER
from .style import STYLE

GAP = (0.9, 0.5)  # between samples and between channels when taken apart, in cells
SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))


def sheet_origin(shape, n, c, apart=1.0):
    """Where the sheet of sample `n` and channel `c` has its upper left front corner: x to the right, y down, in cells.

    Parameters
    ----------
    shape : tuple of int
        (N, C, H, W).
    n, c : int
    apart : float
        0 for one solid block, 1 for sheets that hide nothing of each other.

    Returns
    -------
    x, y : float
    """
    _, _, height, width = shape
    return n * (width + apart * GAP[0]) + c * DEPTH[0], -c * (DEPTH[1] + apart * (height + GAP[1]))


def block_box(shape, apart=1.0):
    """Left, top, right and bottom of the whole drawing, in cells."""
    x, y = sheet_origin(shape, shape[0] - 1, shape[1] - 1, apart)
    return 0, y - DEPTH[1], x + shape[3] + DEPTH[0], shape[2]


def cell_faces(shape, h, w):
    """The faces of a cell that its sheet shows: its front; its top in the first row; its right side in the last column.

    Returns
    -------
    list of list of (x, y)
        Four corners each, from the sheet's origin, in cells.
    """
    right, up = DEPTH
    faces = [[(w + i, h + j) for i, j in SQUARE]]
    if h == 0:
        faces.append([(w + i + j * right, -j * up) for i, j in SQUARE])
    if w == shape[3] - 1:
        faces.append([(w + 1 + i * right, h + j - i * up) for i, j in SQUARE])
    return faces


def cell_at(shape, x, y, apart=1.0):
    """The cell (n, c, h, w) that is seen at a point of the drawing, or None: the inverse of what is drawn.

    A point beside or above a sheet's front is followed back into the depth until it meets the front's edge; that is
    on the sheet's side if it takes no more than the sheet's thickness.
    """
    samples, channels, height, width = shape
    for c in range(channels):  # from the front to the back, as sheets hide each other
        for n in reversed(range(samples)):
            left, top = sheet_origin(shape, n, c, apart)
            u, v = x - left, y - top
            depth = max(0, -v / DEPTH[1], (u - width) / DEPTH[0])
            u, v = u - depth * DEPTH[0], v + depth * DEPTH[1]
            if depth <= 1 and 0 <= u <= width and 0 <= v <= height:
                return n, c, min(math.floor(v), height - 1), min(math.floor(u), width - 1)
    return None


def axes_sheets(ax, shares, color, cell=None, apart=1.0):
    """Draw the block taken apart; colour the cells that share a mean, and outline one of them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shares : ndarray of bool, shape (N, C, H, W)
        From `sharing_cells`.
    color : str
        Of the cells that share a mean; see `NORM_COLOURS`.
    cell : tuple of int, optional
        The cell to outline.
    apart : float
        0 for one solid block, 1 for sheets that hide nothing of each other.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.
    """
    shape = shares.shape
    for c in reversed(range(shape[1])):  # from the back to the front
        for n in range(shape[0]):
            _sheet(ax, sheet_origin(shape, n, c, apart), shares[n, c], color)
            if cell and cell[:2] == (n, c):
                front = _outline([cell_faces(shape, *cell[2:])[0]], sheet_origin(shape, n, c, apart))
                ax.add_patch(PathPatch(front, facecolor="none", edgecolor=INK, linewidth=2.2, joinstyle="round"))
    _names(ax, shape, apart)
    left, top, right, bottom = block_box(shape, apart)
    ax.set(xlim=(left - 1.8, right + 1.8), ylim=(bottom + 2.2, top - 1.4), aspect="equal")
    ax.set_axis_off()
    return ax


def _sheet(ax, origin, shares, color):
    shape = (1, 1, *shares.shape)
    faces = {(h, w): cell_faces(shape, h, w) for h in range(shape[2]) for w in range(shape[3])}
    plain = [face for at, every in faces.items() if not shares[at] for face in every]
    lit = [face for at, every in faces.items() if shares[at] for face in every]
    sides = [face for every in faces.values() for face in every[1:]]
    if plain:
        ax.add_patch(PathPatch(_outline(plain, origin), facecolor=PAPER, edgecolor=MUTED, linewidth=0.6))
    if lit:
        ax.add_patch(PathPatch(_outline(lit, origin), facecolor=color, edgecolor=PAPER, linewidth=0.6))
    ax.add_patch(PathPatch(_outline(sides, origin), facecolor=INK, edgecolor="none", alpha=0.14))


def _outline(faces, origin):
    """Closed polygons as one path, moved to `origin`."""
    vertices = [(x + origin[0], y + origin[1]) for corners in faces for x, y in (*corners, corners[0])]
    return Path(vertices, [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(faces))


def _names(ax, shape, apart):
    """Each sample's and channel's number, and the letters of the four axes."""
    samples, channels, height, width = shape
    text = {"color": INK, "fontsize": STYLE["font.size"], "ha": "center", "va": "center"}
    letter = text | {"fontweight": "bold"}
    below, beside = height + 0.9, width + 1.2
    last = [sheet_origin(shape, samples - 1, c, apart) for c in range(channels)]
    for n in range(samples):
        ax.text(sheet_origin(shape, n, 0, apart)[0] + width / 2, below, str(n), **text)
    for c, (x, y) in enumerate(last if apart >= 0.2 else []):
        ax.text(x + beside, y + height / 2, str(c), **text)
    ax.text(-0.9, below, "N", **letter)
    ax.text(last[0][0] + beside, below, "C", **letter)
    ax.text(-0.9, height / 2, "H", **letter)
    x, y = sheet_origin(shape, 0, channels - 1, apart)
    ax.text(x + width / 2 + DEPTH[0], y - DEPTH[1] - 0.8, "W", **letter)
