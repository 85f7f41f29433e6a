"""Figures in one style: a palette with a light and a dark half, labelled axes, and SVG that follows the page."""

import io
import re
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

# name: (light, dark). The light half is what matplotlib draws with; a page swaps in `var(--nl-<name>)`.
# Hues after Okabe and Ito (2008), darkened until each line has 4.5:1 on its paper.
PALETTE = {
    "paper": ("#fefefe", "#14181e"),
    "ink": ("#1f2329", "#e8eaed"),
    "muted": ("#5a646f", "#a3adb8"),
    "grid": ("#dde2e7", "#343c46"),
    "blue": ("#0060a8", "#6bb8ff"),
    "orange": ("#a84d00", "#ffa94d"),
    "green": ("#00714f", "#4fd6a5"),
    "purple": ("#8b3f94", "#dba2e6"),
    "blue-fill": ("#a9cdea", "#2b5a86"),
    "orange-fill": ("#f3c8a4", "#80501f"),
    "green-fill": ("#a4dcc8", "#1f6650"),
    "purple-fill": ("#dfc1e4", "#673c70"),
}
INK, MUTED, GRID, PAPER = (PALETTE[n][0] for n in ("ink", "muted", "grid", "paper"))
BLUE, ORANGE, GREEN, PURPLE = (PALETTE[n][0] for n in ("blue", "orange", "green", "purple"))
BLUE_FILL, ORANGE_FILL, GREEN_FILL, PURPLE_FILL = (
    PALETTE[n + "-fill"][0] for n in ("blue", "orange", "green", "purple")
)

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

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"


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


def figure_svg(figure, alt, prefix):
    """The figure as SVG text for a page: see `themed_svg`."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return themed_svg(buffer.getvalue(), alt, prefix)


def themed_svg(svg, alt, prefix):
    """Make matplotlib's SVG fit to stand inside a page.

    Colours of the palette become ``var(--nl-<name>, <light colour>)``; ids that nothing refers to go, the others
    get `prefix`, so that two figures on a page cannot clash; the style sheet, which would reach the whole page,
    becomes attributes; the size follows the page.

    Parameters
    ----------
    svg : str
        What matplotlib wrote.
    alt : str
        What is to be seen, in words.
    prefix : str
        Start of every id in the result; unique on the page.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    if not alt.strip():
        raise ValueError("a figure without alt text came; say in words what is to be seen")
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(svg)
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style")]:
            parent.remove(child)
    ids = {node.get("id") for node in root.iter()}
    used = {
        i for i in ids if i and any(f"#{i}" == v or f"url(#{i})" in v for n in root.iter() for v in n.attrib.values())
    }
    for node in root.iter():
        for key, value in list(node.attrib.items()):
            if key == "id":
                del node.attrib[key]
                if value in used:
                    node.set("id", f"{prefix}-{value}")
            elif key == XLINK:
                del node.attrib[key]
                node.set("href", f"#{prefix}-{value[1:]}")
            elif key in ("d", "x", "y", "points", "transform"):
                node.set(key, _rounded(value))
            else:
                node.set(key, _themed(value.replace("url(#", f"url(#{prefix}-")))
        if node.get("transform", "").startswith("rotate(-0 "):
            del node.attrib["transform"]
        node.text, node.tail = (t.strip() if t else t for t in (node.text, node.tail))
    for key in ("width", "height"):
        del root.attrib[key]
    root.attrib.update({"role": "img", "aria-label": alt, "class": "nl-figure", "stroke-linejoin": "round"})
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _rounded(value):
    """Coordinates to a tenth of a point: finer than any screen shows, and half as long."""
    short = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), value)
    return re.sub(r"\s+", " ", short).strip()


def _themed(value):
    value = "; ".join(part for part in value.split("; ") if not part.startswith("font-family"))
    for name, (light, _) in PALETTE.items():
        value = value.replace(light, f"var(--nl-{name}, {light})")
    return value


# What a dark page calls itself: this book's theme, JupyterLab, VS Code, Colab.
DARK = ":root[data-theme=dark],[data-jp-theme-light=false],body.vscode-dark,html[theme=dark]"


def palette_css():
    """The palette as CSS custom properties, light by default and on paper, dark where the page says that it is."""
    light, dark = ("".join(f"--nl-{name}:{half[i]};" for name, half in PALETTE.items()) for i in (0, 1))
    return f":root{{{light}}}\n@media screen{{{DARK}{{{dark}}}}}\n"
