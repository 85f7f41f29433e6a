"""Figures in one style: a palette with a light and a dark half, labelled axes, and SVG that follows the page."""

from .cube import axes_cube, sharing_cells
from .dark import save
from .palette import (
    BLUE,
    BLUE_FILL,
    DARK,
    GREEN,
    GREEN_FILL,
    GRID,
    INK,
    MUTED,
    NORM_COLOURS,
    ORANGE,
    ORANGE_FILL,
    PALETTE,
    PAPER,
    PURPLE,
    PURPLE_FILL,
    palette_css,
)
from .style import STYLE, label, still, use_style
from .svg import SVG, figure_svg, themed_svg

__all__ = [
    "BLUE",
    "BLUE_FILL",
    "DARK",
    "GREEN",
    "GREEN_FILL",
    "GRID",
    "INK",
    "MUTED",
    "NORM_COLOURS",
    "ORANGE",
    "ORANGE_FILL",
    "PALETTE",
    "PAPER",
    "PURPLE",
    "PURPLE_FILL",
    "STYLE",
    "SVG",
    "axes_cube",
    "figure_svg",
    "label",
    "palette_css",
    "save",
    "sharing_cells",
    "still",
    "themed_svg",
    "use_style",
]
