"""The picture that goes with a link to a page, where links are shown with pictures."""

import io
import textwrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from normlib import normal_pdf
from normlib.plot import BLUE, INK, ORANGE, PAPER

WIDTH, HEIGHT = 1200, 630  # pixels; what social sites ask for
COLOURS = 64


def address(docname):
    """Where a page's card stands in the site."""
    return f"cards/{docname.replace('/', '-')}.png"


def draw(path, title, book):
    """Write one card: the page's title, the book's, and a bell before and after normalization.

    Parameters
    ----------
    path : pathlib.Path
    title : str
    book : str
    """
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 0.44))
    axes.set_axis_off()
    x = np.linspace(-6, 10, 400)
    for mean, std, color in ((4.0, 1.9, ORANGE), (0.0, 1.0, BLUE)):
        axes.fill_between(x, normal_pdf(x, mean, std), color=color, alpha=0.25, linewidth=0)
        axes.plot(x, normal_pdf(x, mean, std), color=color, linewidth=5)
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 0.42))
    words: dict[str, Any] = {"x": 0.06, "color": INK, "ha": "left", "parse_math": False}
    figure.text(y=0.93, s=book, fontsize=22, va="top", **words)
    figure.text(y=0.84, s=textwrap.fill(title, 30), fontsize=44, weight="bold", va="top", linespacing=1.2, **words)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(image).convert("RGB").quantize(COLOURS).save(path, optimize=True)
