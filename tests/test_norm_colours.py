"""A norm's colour on the page is the one that it has in figures."""

import re

import pytest

from booksite import page
from booksite.norms import norm_of
from normlib.plot import NORM_COLOURS, PALETTE


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("BN", "bn"),
        ("batch norm, BN", "bn"),
        ("batch, in training", "bn"),
        ("layer", "ln"),
        ("IN", "in"),
        ("in code", None),
        ("instance norm", "in"),
        ("RMS", "rms"),
        ("batch size", None),
        ("group of images", None),
        ("no norm", None),
        ("weight norm", None),
    ],
)
def test_a_norm_is_known_by_its_name(text, norm):
    assert norm_of(text) == norm


def test_the_sites_colours_are_those_of_the_figures():
    style = (page.HERE / "theme" / "static" / "site.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"\.norm-(\w+)\{--norm:var\(--nl-(\w+)\)\}", style))
    assert {norm.upper(): PALETTE[name][0] for norm, name in colours.items()} == NORM_COLOURS


def test_rows_of_norms_carry_their_class(soups):
    rows = soups["book/backward-passes.html"].select("td.norm")
    assert [row["class"][-1] for row in rows] == [f"norm-{n}" for n in ("bn", "bn", "ln", "in", "gn", "rms", "sn")]
