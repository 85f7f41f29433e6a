"""The cube of cells that share a mean, the colours of the norms, and figures on dark paper."""

import itertools
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.image import imread

from normlib import normalize, plot
from normlib.plot.cube import visible_faces

# Machado, Oliveira and Fernandes (2009), table 1, severity 1; for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
FAMILY = {"BN": ((0, 2, 3), 1), "LN": ((1, 2, 3), 1), "IN": ((2, 3), 1), "GN": ((1, 2, 3), 3), "one pixel": ((1,), 2)}
FAMILY |= {
    "BN of a table": ((0,), 1),
    "LN of a table": ((1,), 1),
    "all": ((0, 1, 2, 3), 1),
    "GN, one each": ((1, 2, 3), 6),
}


def lab(colour, vision):
    """A colour ``#rrggbb`` in CIELAB (D65), as an eye with that vision sees it."""
    encoded = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(np.array(VISION[vision]) @ linear, 0, 1) / XYZ.sum(axis=1)
    f = [np.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Which cells share a mean


def grouped_mean(x, axes, groups):
    """The mean that each cell of `x` is shifted by: channels in groups, over `axes`, put back in the shape of `x`."""
    n, c, *rest = x.shape
    split = x.reshape(n, groups, c // groups, *rest)
    over = tuple(a if a == 0 else a + 1 for a in axes)
    if 1 not in axes:
        split, over = x, axes
    return np.broadcast_to(split.mean(axis=over, keepdims=True), split.shape).reshape(x.shape)


@pytest.mark.parametrize("name", FAMILY)
def test_a_cell_shares_its_mean_with_the_cells_whose_mean_it_moves(name):
    axes, groups = FAMILY[name]
    shape = (3, 6) if "table" in name else (3, 6, 2, 4)
    rng = np.random.default_rng(4)
    x = rng.normal(size=shape)
    for _ in range(6):
        cell = tuple(int(rng.integers(size)) for size in shape)
        poked = x.copy()
        poked[cell] += 1.0
        moved = grouped_mean(poked, axes, groups) != grouped_mean(x, axes, groups)
        np.testing.assert_array_equal(plot.sharing_cells(shape, axes, groups, cell), moved)


def test_picture_and_code_mean_the_same_by_axes():
    x = np.random.default_rng(5).normal(size=(3, 4, 2, 2))
    for axes in itertools.chain.from_iterable(itertools.combinations(range(4), k) for k in (1, 2, 3)):
        poked = x.copy()
        poked[0, 0, 0, 0] += 1.0
        moved = normalize(poked, axes)[0] != normalize(x, axes)[0]
        np.testing.assert_array_equal(plot.sharing_cells(x.shape, axes), moved)


def test_groups_that_do_not_fit_are_refused():
    for groups in (4, 0, -1):
        with pytest.raises(ValueError, match=rf"groups = {groups} came for 6 channels; expected a number that divides"):
            plot.sharing_cells((2, 6, 3), (1, 2), groups)


def test_a_cell_with_too_few_indices_is_refused():
    with pytest.raises(ValueError, match="zip"):
        plot.sharing_cells((2, 6, 3), (0,), cell=(1, 1))


# The cube


def test_each_cell_that_can_be_seen_is_drawn_once_on_each_outer_side():
    shape = (3, 4, 2)
    faces = list(visible_faces(shape))
    cells = [cell for cell, _ in faces]
    outside = sum((n == 0) + (c == 3) + (h == 0) for n, c, h in np.ndindex(shape))
    assert len(faces) == outside
    assert set(cells) == {(n, c, h) for n, c, h in np.ndindex(shape) if n == 0 or c == 3 or h == 0}


def test_faces_lie_side_by_side_and_cover_the_outline_of_the_block():
    def area(corners):
        x, y = np.array(corners).T
        return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2

    samples, channels, pixels = shape = (3, 4, 2)
    (right, up), origin = np.subtract(*(dict(visible_faces((2, 1, 1)))[n, 0, 0][0] for n in (1, 0))), (0, 0)
    whole = channels * pixels + samples * (pixels * right + channels * up)
    assert sum(area(corners) for _, corners in visible_faces(shape)) == pytest.approx(whole)
    assert dict(visible_faces(shape))[0, 0, 0] != origin


def cube(axes, groups=1, **options):
    _, [ax] = plot.still()
    assert plot.axes_cube(ax, axes, groups, **options) is ax
    return ax


@pytest.mark.parametrize("name", ["BN", "LN", "IN", "GN"])
def test_the_cells_that_share_a_mean_are_coloured_and_hatched_and_no_others(name):
    axes, groups = FAMILY[name]
    shape = (4, 6, 5)
    patches = cube(axes, groups, color=plot.NORM_COLOURS[name]).patches
    shares = plot.sharing_cells(shape, [a for a in axes if a < 3], groups)
    expected = [bool(shares[cell]) for cell, _ in visible_faces(shape)]
    assert any(expected)
    assert not all(expected)
    assert [to_hex(p.get_facecolor()) == plot.NORM_COLOURS[name] for p in patches] == expected
    assert [bool(p.get_hatch()) for p in patches] == expected
    corners = [corner for _, corner in visible_faces(shape)]
    for patch, drawn in zip(patches, corners, strict=True):
        np.testing.assert_allclose(patch.get_xy()[:4], drawn)


def test_edges_are_named_and_everything_lies_inside_the_picture():
    ax = cube((0, 2, 3), title="BN")
    assert {t.get_text() for t in ax.texts} == {"N", "C", "H·W"}
    assert ax.get_title() == "BN"
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    points = np.concatenate([p.get_xy() for p in ax.patches] + [[t.get_position()] for t in ax.texts])
    assert left < points[:, 0].min()
    assert points[:, 0].max() < right
    assert low < points[:, 1].min()
    assert points[:, 1].max() < high


@pytest.mark.parametrize("axes", [(0, 2), (3,)])
def test_height_without_width_is_refused(axes):
    _, [ax] = plot.still()
    with pytest.raises(ValueError, match="H and W are drawn as one edge: name both 2 and 3, or neither"):
        plot.axes_cube(ax, axes)


def test_the_cubes_of_the_family_follow_the_theme():
    figure, panels = plot.still(9.6, 2.8, 4)
    with mpl.rc_context(plot.STYLE):
        for ax, name in zip(panels, ["BN", "LN", "IN", "GN"], strict=True):
            plot.axes_cube(ax, *FAMILY[name], color=plot.NORM_COLOURS[name], title=name)
    svg = plot.figure_svg(figure, "four cubes", "k")
    for colour in ("blue", "orange", "green", "magenta", "paper", "muted"):
        assert f"var(--nl-{colour}, " in svg
    assert svg.count("url(#k-") >= 4
    assert len(svg) < 100_000


# Colours of the norms


@pytest.mark.parametrize("half", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_norms_can_be_told_apart_by_every_usual_colour_vision(vision, half):
    halves = dict(zip((light for light, _ in plot.PALETTE.values()), plot.PALETTE.values(), strict=True))
    colours = {norm: halves[light][half] for norm, light in plot.NORM_COLOURS.items()}
    for one, other in itertools.combinations(colours, 2):
        apart = np.linalg.norm(lab(colours[one], vision) - lab(colours[other], vision))
        assert apart > 12, (one, other)


def test_the_measure_of_distance_is_that_of_cielab():
    np.testing.assert_allclose(lab("#ffffff", "normal"), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab("#ff0000", "normal"), [53.24, 80.09, 67.20], atol=0.02)
    red, green = (lab(c, "deuteranopia") for c in ("#b05000", "#707000"))
    seen = np.linalg.norm(lab("#b05000", "normal") - lab("#707000", "normal"))
    assert np.linalg.norm(red - green) < 0.5 * seen  # a red and a green that such an eye confuses


def test_every_norm_has_a_colour_of_its_own():
    assert set(plot.NORM_COLOURS) == {"BN", "LN", "IN", "GN", "SN", "RMS"}
    assert len(set(plot.NORM_COLOURS.values())) == 6


# Dark paper


def everything():
    figure, [left, right] = plot.still(columns=2)
    with mpl.rc_context(plot.STYLE):
        left.plot([0, 1], color=plot.BLUE, marker="o", markeredgecolor=plot.INK, label="line")
        left.scatter([0, 1], [1, 0], color=plot.ORANGE)
        left.fill_between([0, 1], [0.2, 0.4], color=plot.GREEN_FILL, alpha=0.5)
        right.stairs([1.0, 2.0], [0, 1, 2], fill=True, facecolor=plot.PURPLE_FILL, edgecolor=plot.PAPER)
        right.axvspan(0, 1, facecolor=(*to_rgb(plot.GREEN), 0.25))
        right.bar([3], [1], edgecolor="#123456", fill=False)
        right.scatter([1, 2], [1, 2], c=[0.0, 1.0], cmap="gray")
        plot.label(left, "x", "y", title="Words", legend=True)
        plot.label(right, "x", "y")
    return figure


def test_a_dark_file_holds_no_light_colour_of_the_palette(tmp_path):
    figure = everything()
    plot.save(figure, tmp_path / "light.svg")
    plot.save(figure, tmp_path / "dark.svg", dark=True)
    light, dark = ((tmp_path / f"{n}.svg").read_text(encoding="utf-8") for n in ("light", "dark"))
    used = [name for name, (colour, _) in plot.PALETTE.items() if colour in light]
    assert {"paper", "ink", "muted", "grid", "blue", "orange", "green-fill", "purple-fill"} <= set(used)
    for name in used:
        assert plot.PALETTE[name][0] not in dark, name
        assert plot.PALETTE[name][1] in dark, name
    assert "#123456" in light
    assert "#123456" in dark
    assert re.findall(r"opacity: [.\d]+", light) == re.findall(r"opacity: [.\d]+", dark)
    assert "opacity: 0.25" in light


def test_saving_in_the_dark_leaves_the_figure_light(tmp_path):
    figure = everything()
    for name, dark in (("first", False), ("a", False), ("dark", True), ("b", False)):  # the layout settles at first
        plot.save(figure, tmp_path / f"{name}.svg", dark=dark)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_figure_is_light_again_even_when_it_could_not_be_saved(tmp_path):
    figure = everything()
    with pytest.raises(ValueError, match="nonsense"):
        plot.save(figure, tmp_path / "a.nonsense", dark=True)
    assert to_hex(figure.get_facecolor()) == plot.PAPER


def test_pixels_go_dark_and_the_same_figure_is_the_same_bytes(tmp_path):
    for name, dark in (("light", False), ("dark", True), ("again", True)):
        plot.save(everything(), tmp_path / f"{name}.png", dark=dark)
    light, dark = (imread(tmp_path / f"{name}.png")[0, 0, :3] for name in ("light", "dark"))
    assert dark.max() < 0.15 < 0.9 < light.min()
    assert (tmp_path / "dark.png").read_bytes() == (tmp_path / "again.png").read_bytes()
