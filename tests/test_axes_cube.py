"""The axes cube: which cells share a mean, what its line of code computes, and the drawing of the block taken apart."""

import itertools
import math

import numpy as np
import pytest
from javascript import JavaScript
from matplotlib.colors import to_hex
from numerical import assert_close
from states import states

from normlib import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, normalize, plot
from normlib.plot import sheets
from normlib.widgets import AxesCube, family

LAYERS = {
    "BN": lambda groups: BatchNorm(6, affine=False),
    "LN": lambda groups: LayerNorm((6, 3, 3), affine=False),
    "IN": lambda groups: InstanceNorm(6, affine=False),
    "GN": lambda groups: GroupNorm(groups, 6, affine=False),
    "RMS": lambda groups: RMSNorm((6, 3, 3), affine=False),
}
NAMED = [(norm, groups) for norm in LAYERS for groups in ((1, 2, 3, 6) if norm == "GN" else (1,))]
SUBSETS = [s for k in range(5) for s in itertools.combinations(range(4), k)]
APART = [0.0, 0.05, 0.35, 0.8, 1.0]


def block(widget, seed=3):
    return np.random.default_rng(seed).normal(1.0, 2.0, widget.shape)


def own(axes, **values):
    return AxesCube(norm="own axes", **{f"over_{'nchw'[axis]}": axis in axes for axis in range(4)}, **values)


def run(widget, x):
    """Run the line of code that the widget shows: what it standardizes `x` to, and its cache."""
    names = dict(zip("NCHW", widget.shape, strict=True)) | {"G": widget.groups, "x": x, "normalize": normalize}
    x_hat, cache = eval(widget.plan.code, names)
    return x_hat.reshape(x.shape), cache


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


# The line of code, and the cells it means


@pytest.mark.parametrize(("norm", "groups"), NAMED)
@pytest.mark.parametrize("samples", [1, 2, 5])
def test_the_line_of_code_computes_what_the_layer_does(norm, groups, samples):
    widget = AxesCube(norm=norm, groups=groups, samples=samples)
    x = block(widget)
    assert_close(run(widget, x)[0], LAYERS[norm](groups)(x), 1e-12)


@pytest.mark.parametrize("widget", [AxesCube(norm=n, groups=g) for n, g in NAMED] + [own(s) for s in SUBSETS if s])
def test_the_cells_that_light_up_are_those_whose_statistic_the_touched_cell_moves(widget):
    rng = np.random.default_rng(8)
    for _ in range(3):
        widget.n, widget.c, widget.h, widget.w = map(int, rng.integers(widget.shape))
        x = block(widget)
        poked = x.copy()
        poked[widget.cell] += 1.0
        (x_hat, cache), (other, _) = run(widget, x), run(widget, poked)
        np.testing.assert_array_equal(widget.shares, other != x_hat)
        many = int(widget.shares.sum())
        assert cache.inv_std.size * many == x.size
        kind = "mean square" if widget.norm == "RMS" else "mean"
        means = f"{cache.inv_std.size} {kind}{'s' if cache.inv_std.size > 1 else ''} in all, {many} numbers each"
        assert means in widget.describe()
        assert f"is one of {many} that share a {kind}:" in widget.describe()


def test_a_remark_names_another_norm_where_it_gives_the_same_and_nowhere_else():
    words = {"LN": "layer norm's means", "IN": "instance norm's means"}
    for norm, groups in NAMED:
        for samples in range(1, 9) if norm in ("BN", "GN") else ():
            widget = AxesCube(norm=norm, groups=groups, samples=samples)
            x = block(widget)
            x_hat = LAYERS[norm](groups)(x)
            for other, name in words.items():
                same = np.allclose(x_hat, LAYERS[other](1)(x), rtol=1e-10)
                assert (name in widget.plan.remark) == same, (norm, groups, samples, other)


def test_rms_norm_subtracts_no_mean_and_says_so():
    widget = AxesCube(norm="RMS")
    assert "no mean is subtracted" in widget.describe()
    assert not run(widget, block(widget))[1].centered


@pytest.mark.parametrize("axes", SUBSETS)
def test_axes_of_ones_own_have_a_name_exactly_where_they_are_a_norms(axes):
    name = {v[1]: v[0] for k, v in family.NORMS.items() if k in ("BN", "LN", "IN")}.get(axes)
    widget = own(axes)
    assert widget.plan.remark == (f"This is {name.lower()}." if name else "These axes have no name in this book.")
    assert widget.plan.title == "Own axes"


def test_without_an_axis_the_widget_says_that_normalize_refuses_and_it_does():
    widget = own(())
    assert widget.note == "Without an axis each number is its own mean, and normalize refuses."
    assert "has a mean of its own: sample 0, channel 2, row 1, column 1. Axes (): 216 means" in widget.describe()
    assert np.argwhere(widget.shares).tolist() == [list(widget.cell)]
    with pytest.raises(ValueError, match="expected at least one"):
        run(widget, block(widget))


def test_a_mean_of_one_number_is_noted_and_makes_every_number_zero():
    widget = own((0,), samples=1)
    assert widget.note == "One number is its own mean: every number becomes 0."
    assert not run(widget, block(widget))[0].any()
    assert own((0,), samples=2).note == ""


def test_a_touched_sample_beyond_the_batch_is_its_last_and_noted():
    widget = AxesCube(samples=3, n=6)
    assert widget.cell == (2, 2, 1, 1)
    assert widget.note == "The batch ends at sample 2: the touched cell is there."
    widget.samples = 7
    assert (widget.cell[0], widget.note) == (6, "")


def test_the_words_say_which_cells_in_the_order_of_the_axes():
    said = {
        AxesCube(c=3): "(n=0, c=3, h=1, w=1) is one of 36 that share a mean: all samples, channel 3, all positions. "
        "Axes (0, 2, 3): 6 means in all, 36 numbers each.",
        AxesCube(norm="GN", groups=3, n=1, c=3): "sample 1, channels 2 to 3, all positions. Axes (2, 3, 4) of "
        "(N, G, C/G, H, W): 12 means in all, 18 numbers each.",
        AxesCube(norm="GN", groups=6, c=5): "sample 0, channel 5, all positions.",
        own((1, 2), w=2): "sample 0, all channels, all rows, column 2. Axes (1, 2): 12 means in all, 18 numbers each.",
        own((0, 1, 2, 3)): "all samples, all channels, all positions. Axes (0, 1, 2, 3): 1 mean in all",
    }
    for widget, part in said.items():
        assert part in widget.describe()


# The drawing


def seen_centre(shape, cell, face, apart):
    x, y = sheets.sheet_origin(shape, *cell[:2], apart)
    corners = np.array(sheets.cell_faces(shape, *cell[2:])[face])
    return corners.mean(axis=0) + np.array([x, y])


@pytest.mark.parametrize("shape", [(4, 6, 3, 3), (8, 6, 3, 3), (1, 2, 4, 2)])
def test_taken_apart_no_face_hides_another(shape):
    for cell in np.ndindex(shape):
        for face in range(len(sheets.cell_faces(shape, *cell[2:]))):
            assert sheets.cell_at(shape, *seen_centre(shape, cell, face, 1.0), 1.0) == cell


def test_put_together_only_the_outside_of_one_block_is_seen():
    shape = samples, _, height, width = 3, 6, 3, 2
    left, top, right, bottom = sheets.block_box(shape, 0.0)
    points = itertools.product(np.linspace(left, right, 160), np.linspace(top, bottom, 120))
    seen = {sheets.cell_at(shape, x, y, 0.0) for x, y in points} - {None}
    outside = {
        (n, c, h, w) for n, c, h, w in np.ndindex(shape) if c == 0 or h == 0 or (n == samples - 1 and w == width - 1)
    }
    assert seen == outside
    assert sheets.cell_at(shape, width + 0.2, 1.5, 0.0) == (1, 0, 1, 0)  # not the side of the sample before it
    assert (right, bottom) == (pytest.approx(samples * width + 6 * sheets.DEPTH[0]), height)


@pytest.mark.parametrize("apart", APART)
def test_nothing_is_drawn_outside_of_the_box(apart):
    shape = (5, 6, 3, 3)
    left, top, right, bottom = sheets.block_box(shape, apart)
    corners = np.array(
        [
            np.add(corner, sheets.sheet_origin(shape, n, c, apart))
            for n, c, h, w in np.ndindex(shape)
            for face in sheets.cell_faces(shape, h, w)
            for corner in face
        ]
    )
    assert_close(corners.min(axis=0), [left, top], scale=1)
    assert_close(corners.max(axis=0), [right, bottom], scale=1)
    for x, y in ((left - 0.1, bottom / 2), (right + 0.1, top), (left, top - 0.1), (left, bottom + 0.1)):
        assert sheets.cell_at(shape, x, y, apart) is None


@pytest.mark.parametrize("widget", [AxesCube(), AxesCube(norm="GN", groups=3), own((3,)), own((0, 1, 2, 3))])
def test_the_still_colours_each_face_of_the_cells_that_share_a_mean_and_no_other(widget):
    p = widget.plan
    hue = plot.NORM_COLOURS[p.known] if p.known else plot.PURPLE
    [ax] = widget.still().axes
    assert ax.get_title() == f"{p.title}: {p.code}"
    lit = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == hue]
    faces = [
        np.add(face, sheets.sheet_origin(widget.shape, n, c))
        for n, c, h, w in np.argwhere(widget.shares).tolist()
        for face in sheets.cell_faces(widget.shape, h, w)
    ]
    drawn = np.concatenate([patch.get_path().vertices.reshape(-1, 5, 2)[:, :4] for patch in lit])
    order = lambda polygons: sorted(np.round(polygons, 9).reshape(-1, 8).tolist())  # noqa: E731
    assert order(drawn) == order(np.array(faces))
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    for text in ax.texts:
        x, y = text.get_position()
        assert left < x < right
        assert high < y < low
    assert {t.get_text() for t in ax.texts} == {*"NCHW", *"012345"}


# The same in JavaScript


def test_geometry_and_cells_agree_with_javascript_to_the_last_bit(js):
    rng = np.random.default_rng(11)
    rows = {"sharingCells": [], "sheetOrigin": [], "cellAt": []}
    wanted = {name: [] for name in rows}
    for _ in range(300):
        shape = tuple(map(int, (rng.integers(1, 9), 6, 3, 3)))
        axes, groups, apart = SUBSETS[rng.integers(1, 16)], int(rng.choice([1, 2, 3, 6])), float(rng.random())
        cell, (x, y) = tuple(map(int, rng.integers(shape))), rng.uniform((-2, -25), (36, 5)).tolist()
        rows["sharingCells"].append([shape, axes, groups, cell])
        wanted["sharingCells"].append(plot.sharing_cells(shape, axes, groups, cell).ravel().tolist())
        rows["sheetOrigin"].append([shape, *cell[:2], apart])
        wanted["sheetOrigin"].append(list(sheets.sheet_origin(shape, *cell[:2], apart)))
        rows["cellAt"].append([shape, x, y, apart])
        found = sheets.cell_at(shape, x, y, apart)
        wanted["cellAt"].append(found and list(found))
    assert sum(found is not None for found in wanted["cellAt"]) > 40
    for name, arguments in rows.items():
        assert js.each("math/cube.mjs", name, arguments) == wanted[name]
    assert {*js.exports("math/cube.mjs")} == {*rows, "DEPTH"}


def test_words_notes_and_code_are_the_same_in_both_languages(js):
    widgets = [*states(AxesCube, 150), *map(own, SUBSETS)]
    widgets += [AxesCube(norm=n, groups=g, samples=s) for n, g in NAMED for s in (1, 3)]
    drawn = js.each("axes-cube.mjs", "state", [[w.values()] for w in widgets])
    for widget, there in zip(widgets, drawn, strict=True):
        p = widget.plan
        assert there["words"] == widget.describe()
        assert there["note"] == widget.note
        assert (there["title"], there["code"], there["remark"]) == (p.title, p.code, p.remark)
        assert (tuple(there["axes"]), there["groups"], tuple(there["cell"])) == (p.axes, p.groups, widget.cell)
        hue = plot.NORM_COLOURS[p.known] if p.known else plot.PURPLE
        assert plot.PALETTE[there["hue"]][0] == hue
        assert there["shares"] == widget.shares.ravel().tolist()
        assert math.isclose(there["means"] * there["many"], widget.shares.size)
    assert {w.norm for w in widgets} == {*family.NORMS, family.OWN}
