"""Where the nodes and arrows of batch norm's graph stand: one geometry for the page, the phone, and paper."""

from typing import NamedTuple

from matplotlib.patches import FancyBboxPatch

from .. import plot
from .batch_norm_steps import STEPS, reached

#: Column and row of each node, what is written on it, and whether it holds four numbers.
NODES: dict[str, tuple[int, int, str, bool]] = {
    "x": (0, 0, "x", True),
    "mu": (1, 0, "μ = Σx / 4", False),
    "d": (2, 0, "d = x − μ", True),
    "q": (3, 0, "q = d²", True),
    "v": (4, 0, "v = Σq / 4", False),
    "s": (4, 1, "s = √(v + ε)", False),
    "r": (3, 1, "r = 1 / s", False),
    "xhat": (2, 1, "x̂ = d · r", True),
    "u": (1, 1, "u = γ · x̂", True),
    "y": (0, 1, "y = u + β", True),
    "gamma": (1, 2, "γ", False),
    "beta": (0, 2, "β", False),
}
#: Arrows of the drawing, each with the result whose step goes back along it.
EDGES = (
    ("x", "mu", "dx"),
    ("x", "d", "dx"),
    ("mu", "d", "dmu"),
    ("d", "q", "dd"),
    ("q", "v", "dq"),
    ("v", "s", "dv"),
    ("s", "r", "ds"),
    ("r", "xhat", "dr"),
    ("d", "xhat", "direct"),
    ("xhat", "u", "dxhat"),
    ("gamma", "u", "dgamma"),
    ("u", "y", "dbeta"),
    ("beta", "y", "dbeta"),
)


class Size(NamedTuple):
    """Lengths of a drawing: of all of it, from box to box, of the boxes, and half the distance of the two arrows."""

    width: int
    pitch: int
    box: int
    tall: int
    short: int
    rows: tuple[int, int, int]
    apart: int
    numbers: bool


WIDE = Size(720, 149, 122, 112, 50, (58, 206, 318), 5, numbers=True)
PHONE = Size(330, 69, 52, 62, 40, (33, 121, 195), 4, numbers=False)  # its numbers stand below the graph


def drawing(size):
    """All that a drawing is made of.

    Parameters
    ----------
    size : Size

    Returns
    -------
    dict
        ``width``, ``height``; ``boxes``, rows of name, x, y, width, height, title, how many numbers are shown in it;
        ``lines``, rows of the points of an arrow, the step that it is drawn at, and whether it leads back.
    """
    boxes = []
    for name, (column, row, title, four) in NODES.items():
        tall = size.tall if four else size.short
        count = (4 if four else 1) if size.numbers else 0
        shown = title if size.numbers else title.split()[0]
        boxes.append((name, 1 + column * size.pitch, size.rows[row] - tall / 2, size.box, tall, shown, count))
    lines = [
        (_arrow(a, b, back, size), _when(b, result, back), back) for a, b, result in EDGES for back in (False, True)
    ]
    return {"width": size.width, "height": size.rows[2] + size.short / 2 + 2, "boxes": boxes, "lines": lines}


def _when(node, result, back):
    """Number of the step that goes along an arrow to `node`; or back, with that result."""
    return next(i for i, step in enumerate(STEPS) if (step.result == result if back else step.node == node))


def _arrow(start, end, back, size):
    """Points of an arrow from box to box, with its two barbs; the one that leads back runs beside the other."""
    (c0, r0, *_), (c1, r1, *_) = NODES[start], NODES[end]
    points = []
    for name, to in ((start, (c1 - c0, r1 - r0)), (end, (c0 - c1, r0 - r1))):
        column, row, _, four = NODES[name]
        across, down = (sign(to[0]), 0) if to[0] else (0, sign(to[1]))
        x = 1 + column * size.pitch + size.box / 2 + across * size.box / 2
        y = size.rows[row] + down * (size.tall if four else size.short) / 2
        over = (start, end) == ("x", "d")  # above the mean's box
        points.append((x, y - (size.tall + size.short) / 4 * over))
    if back:
        points.reverse()
    (x0, y0), (x1, y1) = points
    ux, uy = sign(x1 - x0), sign(y1 - y0)
    side = size.apart if back else -size.apart
    (x0, y0), (x1, y1) = (
        (x0 + side * abs(uy), y0 + side * abs(ux)),
        (x1 + side * abs(uy) - ux, y1 + side * abs(ux) - uy),
    )
    h = 4.5
    barbs = [(x1 - h * ux + s * h * uy, y1 - h * uy + s * h * ux) for s in (0.8, -0.8)]
    return [(round(x, 1), round(y, 1)) for x, y in [(x0, y0), (x1, y1), barbs[0], (x1, y1), barbs[1]]]


def sign(number):
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)


def draw_graph(ax, step, texts, backward):
    """Draw the graph after so many steps on a pair of axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : int
    texts : callable
        Of the name of a number, gives what is written: a list of one text or four.
    backward : bool
        Whether the step belongs to the backward pass.
    """
    plan = drawing(WIDE)
    ax.set(xlim=(0, plan["width"]), ylim=(plan["height"], 0), aspect="equal")
    ax.set_axis_off()
    values, gradients = reached(step)
    for points, when, back in plan["lines"]:
        if when <= step or not back:
            colour = plot.GRID if when > step else plot.ORANGE if back else plot.BLUE
            ax.plot(*zip(*points, strict=True), color=colour, linewidth=2.4 if when == step else 1.3)
    for name, x, y, width, height, title, count in plan["boxes"]:
        lit = STEPS[step].node == name
        edge = (plot.ORANGE if backward else plot.BLUE) if lit else plot.MUTED
        fill = (plot.ORANGE_FILL if backward else plot.BLUE_FILL) if lit else plot.PAPER
        box = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=7", fc=fill, ec=edge)
        box.set(linewidth=2.4 if lit else 1, linestyle="-" if name in values else ":")
        ax.add_patch(box)
        ax.text(x + width / 2, y + 19, title, ha="center", size=9)
        for known, right, colour in ((values, width / 2 - 3, plot.BLUE), (gradients, width - 5, plot.ORANGE)):
            for i, text in enumerate(texts(known[name])[:count] if name in known else ()):
                ink = plot.INK if lit else colour
                ax.text(x + right, y + 40 + 19.5 * i, text, ha="right", size=8.5, color=ink)
