"""What every chapter promises: what is taught, how long cells are, and what each part of it carries."""

import re
from pathlib import Path
from statistics import median

import pytest
import yaml

BOOK = Path(__file__).parents[1] / "book"
SYLLABUS = {"N": 7, "I": 4, "C": 5, "B": 9, "G": 8, "T": 6, "D": 11, "K": 10, "W": 5, "X": 12}
CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```$", re.S | re.M)
DRAWS = re.compile(r"\b(?:np\.random\.(?!default_rng|Generator|BitGenerator|SeedSequence)\w+|default_rng\(\s*\))")


def source(name):
    return (BOOK / name).read_text(encoding="utf-8")


def front_matter(text):
    return yaml.safe_load(text.split("---\n", 2)[1]) if text.startswith("---\n") else {}


def taught(text):
    return front_matter(text).get("syllabus", [])


PAGES = sorted(p.name for p in BOOK.glob("*.md"))
CHAPTERS = [name for name in PAGES if "## Summary" in source(name)]


class Cell:
    """One code cell: its header, its code, and its tags."""

    def __init__(self, text):
        header = re.match(r"---\n(.*?)^---\n", text, re.S | re.M) or re.match(r"((?:^:.*\n)+)", text, re.M)
        self.code = text[header.end() :] if header else text
        words = header[1] if header else ""
        self.header = yaml.safe_load(words if not words.startswith(":") else re.sub(r"^:", "", words, flags=re.M)) or {}
        self.tags = set(self.header.get("tags", []))
        self.lines = [line for line in self.code.splitlines() if line.strip()]

    @property
    def visible(self):
        return not self.tags & {"remove-cell", "remove-input", "hide-input", "hide-cell"}


def cells(name):
    return [Cell(text) for text in CELL.findall(source(name))]


def test_there_are_chapters():
    assert len(CHAPTERS) >= 10


def test_no_cell_uses_what_does_not_count_for_the_cache_of_results():
    assert [name for name in PAGES for cell in cells(name) if re.search(r"normlib.*\bclassroom\b", cell.code)] == []


def test_every_item_of_the_syllabus_is_taught_and_no_other_is_named():
    items = {f"{part}{k}" for part, count in SYLLABUS.items() for k in range(1, count + 1)}
    found = {item for name in PAGES for item in taught(source(name))}
    assert items - found == set(), "taught nowhere"
    assert found - items == set(), "not in the syllabus"


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_begins_and_ends_as_all_do(name):
    text = source(name)
    headings = re.findall(r"^## (.*)$", CELL.sub("", text), re.M)
    assert headings[0] == "What you will be able to do"
    assert "Exercises" in headings
    assert taught(text)
    assert len(front_matter(text)["myst"]["html_meta"]["description"]) > 60
    summary = text.split("## Summary", 1)[1].split("\n## ", 1)[0]
    assert len(re.findall(r"^(?:- |\d\. )", summary, re.M)) == 5
    assert "{cite" in text


@pytest.mark.parametrize("name", CHAPTERS)
def test_cells_are_short_and_text_stands_between_them(name):
    seen = [cell for cell in cells(name) if cell.visible]
    assert median(len(cell.lines) for cell in seen) <= 7
    assert [cell.code for cell in seen if len(cell.lines) > 15] == []
    unseen = re.compile(r"^```\{code-cell\} ipython3\n:tags: \[remove-cell\]\n.*?^```\n\n", re.S | re.M)
    joined = re.findall(r"^```\n\n```\{code-cell\} ipython3\n(.*?)^```$", unseen.sub("", source(name)), re.S | re.M)
    assert [text for text in joined if Cell(text).visible and "check" not in Cell(text).tags] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_a_solution_that_folds_out(name):
    text = source(name)
    asked = re.findall(r"^`{3,}\{exercise(?:-start)?\}.*?^:label: (\S+)$", text, re.S | re.M)
    solved = re.findall(r"^`{3,}\{solution(?:-start)?\} (\S+)\n(.*?)(?:^`{3,}$|\n\n)", text, re.S | re.M)
    assert 4 <= len(asked) <= 12
    assert sorted(asked) == sorted(label for label, _ in solved)
    assert all(":class: dropdown" in options for _, options in solved)


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_has_a_name_a_caption_and_words_for_who_cannot_see_it(name):
    for cell in cells(name):
        meta = cell.header.get("mystnb", {})
        draws = re.search(r"\bplt\.show\(\)", cell.code)
        assert bool(meta.get("figure")) == bool(draws) or not draws, cell.code
        if draws:
            assert len(meta["figure"]["caption"]) > 40
            assert meta["figure"]["name"].startswith("fig-")
            assert len(meta["image"]["alt"]) > 40


@pytest.mark.parametrize("name", PAGES)
def test_every_random_draw_has_a_seed(name):
    assert [found for cell in cells(name) for found in DRAWS.findall(cell.code)] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_results_in_the_text_are_glued_by_cells_that_nobody_sees(name):
    assert len(re.findall(r"\{glue:\w*\}`", source(name))) >= 3
    assert [c.code for c in cells(name) if "glue(" in c.code and "remove-cell" not in c.tags] == []
