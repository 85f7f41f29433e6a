import re
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from normlib import plot

TEXT = ["ink", "muted", "blue", "orange", "green", "purple", "magenta", "gold", "violet"]


def luminance(colour):
    """Relative luminance of ``#rrggbb``, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def figure():
    """A figure with everything that ours have: clipped curves, markers, bars, text, a legend."""
    figure, [left, right] = plot.still(columns=2)
    with mpl.rc_context(plot.STYLE):
        x = np.linspace(-2.37, 3.11, 50)
        left.plot(x, np.sin(x), color=plot.BLUE, marker="o", label="sine")
        left.plot(x, np.cos(x), color=plot.ORANGE, linestyle="--", label="cosine")
        left.set(ylim=(-0.7, 0.7))
        right.stairs([1.234, 2.5, 0.3], [0, 1, 2.2, 3], fill=True, facecolor=plot.GREEN_FILL, edgecolor=plot.PAPER)
        right.axhline(1.0, color=plot.PURPLE)
        plot.label(left, "x", "y < 1 & more", legend=True)
        plot.label(right, "x̂", "share", title="Bars")
    return figure


@pytest.fixture(scope="module")
def drawn():
    """What matplotlib wrote, and what became of it."""
    written = []
    module = sys.modules["normlib.plot.svg"]
    themed = plot.themed_svg

    def keep(svg, alt, prefix):
        written.append(svg)
        return themed(svg, alt, prefix)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "themed_svg", keep)
        result = plot.figure_svg(figure(), alt='two curves, "quoted" & <angled>', prefix="fig-1")
    return written[0], result


# The palette


def test_the_measure_of_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("half", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("colour", TEXT)
def test_text_and_lines_stand_out_from_the_paper(colour, half):
    assert contrast(plot.PALETTE[colour][half], plot.PALETTE["paper"][half]) >= 4.5


def test_no_two_names_share_a_light_colour_so_each_can_be_told_from_the_other_in_svg():
    assert len({light for light, _ in plot.PALETTE.values()}) == len(plot.PALETTE)


def test_the_style_sheet_holds_both_halves_and_goes_dark_only_on_screen():
    light, dark = plot.palette_css().strip().split("\n")
    for i, css in enumerate((light, dark)):
        assert dict(re.findall(r"--nl-([\w-]+):(#\w{6});", css)) == {
            name: half[i] for name, half in plot.PALETTE.items()
        }
    assert light.startswith(":root{")
    assert dark.startswith(f"@media screen{{{plot.DARK}{{")


# SVG for a page


def test_colours_of_the_palette_follow_the_theme(drawn):
    before, after = drawn
    light = {half[0]: name for name, half in plot.PALETTE.items()}
    used = {light[c] for c in re.findall(r"#[0-9a-f]{6}", before) if c in light}
    assert {"ink", "muted", "grid", "paper", "blue", "orange", "purple", "green-fill"} <= used
    assert set(re.findall(r"var\(--nl-([\w-]+), ", after)) == used
    for name, fallback in re.findall(r"var\(--nl-([\w-]+), (#\w{6})\)", after):
        assert plot.PALETTE[name][0] == fallback
    bare = re.sub(r"var\([^)]*\)", "", after)
    assert not [c for c in light if c in bare]


def test_ids_are_unique_and_prefixed_and_every_reference_finds_one(drawn):
    _, after = drawn
    ids = re.findall(r'\bid="([^"]*)"', after)
    assert ids
    assert len(ids) == len(set(ids))
    assert all(i.startswith("fig-1-") for i in ids)
    assert set(re.findall(r'href="#([^"]*)"', after)) | set(re.findall(r"url\(#([^)]*)\)", after)) == set(ids)


def test_two_figures_with_different_prefixes_have_no_id_in_common():
    one, two = (set(re.findall(r'\bid="([^"]*)"', plot.figure_svg(figure(), "words", p))) for p in ("a", "b"))
    assert one
    assert not one & two


def test_a_picture_inside_a_figure_keeps_its_data():
    fig, [ax] = plot.still()
    ax.imshow(np.eye(3))
    assert 'href="data:image/png;base64,' in plot.figure_svg(fig, "words", "a")


def test_nothing_is_left_that_would_reach_the_rest_of_the_page(drawn):
    before, after = drawn
    assert "<style" in before
    assert not re.search(r"<(?:\w+:)?(?:style|metadata|script)\b|<\?xml|<!DOCTYPE|font-family|xlink", after)
    root = ET.fromstring(after)
    assert not {"width", "height"} & set(root.attrib)
    assert "viewBox" in root.attrib


def test_metadata_goes_too():
    svg = f'<svg xmlns="{plot.SVG}" width="1pt" height="1pt"><metadata><a/></metadata><g/></svg>'
    assert plot.themed_svg(svg, "words", "p").count("<") == 3


def test_alt_text_is_the_name_of_the_picture(drawn):
    root = ET.fromstring(drawn[1])
    assert (root.get("role"), root.get("aria-label")) == ("img", 'two curves, "quoted" & <angled>')


@pytest.mark.parametrize("alt", ["", " \n"])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(ValueError, match="without alt text came; say in words what is to be seen"):
        plot.figure_svg(figure(), alt, "p")


def test_rounding_moves_no_coordinate_by_more_than_a_twentieth_of_a_point(drawn):
    trees = [ET.fromstring(svg) for svg in drawn]
    nodes = [[n for n in tree.iter() if n.tag.rpartition("}")[2] in ("path", "use", "rect", "text")] for tree in trees]
    assert [n.tag for n in nodes[0]] == [n.tag for n in nodes[1]]
    moved = 0
    for before, after in zip(*nodes, strict=True):
        for key in ("d", "x", "y", "points"):
            if key not in before.attrib:
                assert key not in after.attrib
                continue
            one, two = (
                [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", n.get(key))] for n in (before, after)
            )
            np.testing.assert_allclose(two, one, rtol=0, atol=0.05 + 1e-9)
            moved += np.sum(np.array(one) != two)
    assert moved > 50


def test_the_same_figure_is_the_same_bytes():
    assert plot.figure_svg(figure(), "words", "p") == plot.figure_svg(figure(), "words", "p")


def test_text_stays_text(drawn):
    words = "".join(ET.fromstring(drawn[1]).itertext())
    for text in ("y < 1 & more", "x̂", "Bars", "sine", "cosine"):
        assert text in words


# Labels


def test_an_axis_without_a_name_is_refused():
    _, [ax] = plot.still()
    with pytest.raises(ValueError, match=r"x = 'x' and y = '' came; expected what each axis shows"):
        plot.label(ax, "x", "")


def test_the_legend_names_what_was_drawn():
    _, [ax] = plot.still()
    ax.plot([0, 1], label="line")
    assert plot.label(ax, "x", "y", legend=True) is ax
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["line"]
