"""How long a chapter takes: what counts, and that every chapter says it."""

import re

import pytest
from docutils import nodes
from docutils.utils import new_document

from booksite.reading import minutes


def document(*parts):
    whole = new_document("page")
    whole.extend(parts)
    return whole


def words(count, **more):
    return nodes.paragraph("", "word " * count, **more)


def cell(tag, code, figures=0):
    """A code cell as MyST-NB writes it, with some listings and some figures."""
    given = nodes.container("", *(nodes.literal_block("", "a") for _ in range(code)), classes=["cell_input"])
    drawn = nodes.container("", *(nodes.figure() for _ in range(figures)), classes=["cell_output"])
    return nodes.container("", given, drawn, classes=["cell", tag])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([words(2000)], 10),
        ([words(20)], 5),
        ([words(2000), nodes.math_block("", "a " * 5000), nodes.comment("", "no word " * 900)], 10),
        ([words(2000), *(nodes.math_block("", "a") for _ in range(30))], 20),
        ([words(2000), *(nodes.literal_block("", "a\n" * 99) for _ in range(15))], 15),
        ([words(2000), nodes.admonition("", words(4000), classes=["solution", "dropdown"])], 10),
        ([words(2000), cell("", code=30)], 20),
        ([words(2000), cell("tag_hide-input", code=30)], 10),
        ([words(2000), cell("tag_hide-input", code=1, figures=30)], 20),
    ],
)
def test_words_count_and_formulas_and_code_once_but_nothing_folded(parts, expected):
    assert minutes(document(*parts)) == expected


def test_every_chapter_says_how_long_it_takes_and_no_other_page(soups):
    for name, soup in soups.items():
        lines = [p.text for p in soup.select("h1 ~ p.reading-time")]
        chapter = soup.select_one("h1 > .section-number") is not None
        assert len(lines) == chapter, name
        for line in lines:
            told, exercises = map(
                int, re.fullmatch(r"About (\d+) minutes to read; then (\d+) exercises\.", line).groups()
            )
            assert 15 <= told <= 90, name
            assert exercises == len(soup.select("div.exercise")), name
