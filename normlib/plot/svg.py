"""Figures as SVG that stands inside a page and follows its theme."""

import io
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl

from .palette import PALETTE
from .style import STYLE

#: The namespace of SVG.
SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"


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
                node.set("href", f"#{prefix}-{value[1:]}" if value.startswith("#") else value)
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
