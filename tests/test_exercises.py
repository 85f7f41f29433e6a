"""The checked exercises: where each stands, that its stub is not yet right and its solution is, and who sees it."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from test_chapters import CELL, CHAPTERS, Cell, source

from normlib.check import answer, check, exercises, fault, questions
from normlib.check.catalogue import find

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
HUNT = "in-practice"  # its broken snippets may ask again for what another chapter teaches
BLOCK = r"^```\{{{0}-start\}}(?P<title>[^\n]*)\n(?P<options>(?::[^\n]*\n)*)```\n(?P<body>.*?)^```\{{{0}-end\}}"
CALL = re.compile(r'check\("([\w-]+)", \w+\)')
ANSWER = re.compile(r'^answer\("([\w-]+)", \.\.\.\)$', re.M)


def blocks(kind, name):
    """The exercises, or solutions, of a chapter: label and code cells of each."""
    for found in re.finditer(BLOCK.format(kind), source(name), re.S | re.M):
        label = found["title"].strip() if kind == "solution" else re.search(r":label: (\S+)", found["options"])[1]
        yield label, [Cell(text) for text in CELL.findall(found["body"])]


def checked(name):
    """What a chapter checks: label and id of the exercise, its stub, its check, and the solution up to its test."""
    solutions = dict(blocks("solution", name))
    for label, cells in blocks("exercise", name):
        stubs = [c.code.strip() for c in cells if "stub" in c.tags]
        calls = [c.code.strip() for c in cells if "check" in c.tags and CALL.match(c.code.strip())]
        codes, start = [c.code.strip() for c in solutions[label]], 0
        assert len(stubs) == len(calls), label
        for stub, call in zip(stubs, calls, strict=True):
            end = codes.index(f"assert {call}.passed", start)  # so the build stops at a solution that is wrong
            solution, start = "\n\n".join(codes[start:end]), end + 1
            parts = {"label": label, "id": CALL.fullmatch(call)[1], "stub": stub, "call": call, "solution": solution}
            yield SimpleNamespace(chapter=Path(name).stem, **parts)


CHECKED = [exercise for name in CHAPTERS for exercise in checked(name)]
each = pytest.mark.parametrize("exercise", CHECKED, ids=[f"{e.label}-{e.id}" for e in CHECKED])
CELLS = {Path(name).stem: [cell for _, cells in blocks("exercise", name) for cell in cells] for name in CHAPTERS}


def result_of(code, call):
    """What the check says of code that has NumPy and nothing else."""
    names = {"np": np, "check": check}
    exec(code, names)
    return eval(call, names)


def test_every_exercise_stands_in_the_chapter_that_it_names_and_in_no_other():
    for name, *_ in exercises():
        home = find(name).chapter
        homes = {e.chapter for e in CHECKED if e.id == name}
        assert home in homes, name
        assert homes <= {home, HUNT}, name


@each
def test_stub_is_not_yet_right_and_says_so(exercise):
    result = result_of(exercise.stub, exercise.call)
    assert not result.passed
    assert result.message.startswith(f"{exercise.id}: not yet.")
    assert len(exercise.stub.splitlines()) <= 15
    if exercise.id.startswith("fault-"):
        assert exercise.stub == fault(exercise.id).strip()
    elif exercise.stub.endswith("raise NotImplementedError"):
        assert "not written yet" in result.message
        assert result.diagnoses == result.broken == ()


@each
def test_solution_passes_its_check(exercise):
    result = result_of(exercise.solution, exercise.call)
    assert result.passed, result.message


def test_broken_stubs_of_the_chapters_own_are_named():
    own = [e for e in CHECKED if not e.id.startswith("fault-") and not e.stub.endswith("raise NotImplementedError")]
    assert {e.label: set(result_of(e.stub, e.call).diagnoses) for e in own} == {
        "ex-bn-reshape": {"S01"},
        "ex-bp-three": {"B06", "P01", "P05"},
        "ex-family-dgamma": {"S07"},
        "ex-family-gamma-out": {"L11"},
        "ex-practice-shift": {"F12"},
    }


def asked(chapter):
    """Names of the questions that a chapter's exercises ask."""
    return [name for cell in CELLS[chapter] if "check" in cell.tags for name in ANSWER.findall(cell.code)]


def test_every_question_is_asked_once_in_its_own_words_and_says_nothing_before_a_number():
    assert sorted(name for chapter in CELLS for name in asked(chapter)) == sorted(name for name, _ in questions())
    words = dict(questions())
    for chapter in CELLS:
        text = " ".join(source(f"{chapter}.md").split())
        for name in asked(chapter):
            assert f"`{name}`: {words[name]}" in text
            assert answer(name, ...).message.startswith(f"{name}: not yet.")


@pytest.mark.parametrize("name", CHAPTERS)
def test_predictions_of_the_solutions_pass(name):
    given = {}
    for _, cells in blocks("solution", name):
        code = "\n".join(c.code for c in cells)
        if "assert answer(" in code:
            given |= {k: float(v) for k, v in re.findall(r'"([\w-]+)"[:,] (-?[\d.]+)', code)}
    assert sorted(given) == sorted(asked(Path(name).stem))
    assert all(answer(question, number).passed for question, number in given.items())


def notebook_cells(chapter):
    notebook = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    assert not any("Solution to" in cell.source for cell in notebook.cells)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("chapter", CELLS)
def test_student_notebook_holds_stub_and_check_and_not_the_solution(chapter):
    cells = notebook_cells(chapter)
    codes = [cell.source.strip() for cell in cells]
    mine = [e for e in CHECKED if e.chapter == chapter]
    stubs = {e.stub for e in mine}  # layer norm of a table is the broken layer norm of images
    for exercise in mine:
        at = codes.index(exercise.stub)
        assert exercise.call in codes[at + 1 : at + 3]
        assert exercise.solution.split("\n\n")[-1] not in set(codes) - stubs
    shown = [cell for cell in cells if "check" in cell.metadata.get("tags", ())]
    assert len(shown) == sum("check" in cell.tags for cell in CELLS[chapter])
    assert all("jupyter" not in cell.metadata for cell in shown), "what a check says must be seen"
    assert all(cell.source.count("assert answer(") == 0 for cell in cells)
