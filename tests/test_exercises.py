"""The checked exercises: where each stands, that its stub is not yet right and its solution is, and who sees it."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from test_chapters import CELL, CHAPTERS, Cell, source

from normlib.check import check, exercises, hint
from normlib.check.catalogue import find

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
HUNT = "in-practice"  # its broken snippets may ask again for what another chapter teaches
BLOCK = r"^```\{{{0}-start\}}(?P<title>[^\n]*)\n(?P<options>(?::[^\n]*\n)*)```\n(?P<body>.*?)^```\{{{0}-end\}}"


def blocks(kind, name):
    """The exercises or solutions of a chapter: title and options, and the code cells of each."""
    found = re.finditer(BLOCK.format(kind), source(name), re.S | re.M)
    return [(f"{m['title']}\n{m['options']}", cells_of(m["body"])) for m in found]


def cells_of(text):
    return [Cell(found) for found in CELL.findall(text)]


def checked(name):
    """The exercises of a chapter that are checked: label, id, stub, check, and the solution's code up to its test."""
    solutions = {title.split("\n")[0].strip(): cells for title, cells in blocks("solution", name)}
    for title, cells in blocks("exercise", name):
        label = re.search(r":label: (\S+)", title)[1]
        stubs = [c for c in cells if "stub" in c.tags]
        checks = [c for c in cells if "check" in c.tags]
        if stubs or checks:
            (stub,), (call,) = stubs, checks
            test = f"assert {call.code.strip()}.passed"
            codes = [c.code.strip() for c in solutions[label]]
            assert codes.count(test) == 1, f"{label}: the solution lacks the cell: {test}"
            answer = "\n\n".join(codes[: codes.index(test)])
            yield SimpleNamespace(
                label=label,
                id=re.match(r'check\("([\w-]+)", \w+\)$', call.code.strip())[1],
                stub=stub.code.strip(),
                check=call.code.strip(),
                answer=answer,
            )


CHECKED = [(Path(name).stem, exercise) for name in CHAPTERS for exercise in checked(name)]
each = pytest.mark.parametrize("exercise", [e for _, e in CHECKED], ids=[e.label for _, e in CHECKED])


def result_of(code, call):
    """What the check says of code that has NumPy and nothing else."""
    names = {"np": np, "check": check}
    exec(code, names)
    return eval(call, names)


def test_every_exercise_stands_in_the_chapter_that_it_names_and_in_no_other():
    for name, *_ in exercises():
        homes = {chapter for chapter, exercise in CHECKED if exercise.id == name}
        assert homes - {HUNT} == {find(name).chapter} - {HUNT}, name
        assert find(name).chapter in homes, name


@each
def test_stub_is_not_yet_right_and_says_so(exercise):
    result = result_of(exercise.stub, exercise.check)
    assert not result.passed
    assert result.message.startswith(f"{exercise.id}: not yet.")
    if exercise.stub.endswith("raise NotImplementedError"):
        assert "not written yet" in result.message
        assert result.diagnoses == result.broken == ()
    assert len(exercise.stub.splitlines()) <= 15


@each
def test_solution_passes_its_check(exercise):
    result = result_of(exercise.answer, exercise.check)
    assert result.passed, result.message


@each
def test_solution_has_the_signature_of_the_stub(exercise):
    signature = r"^(?:def|    def|class) (\w+(?:\([^)]*\))?)"
    public = {
        "stub": re.findall(signature, exercise.stub, re.M),
        "answer": re.findall(signature, exercise.answer, re.M),
    }
    assert {re.sub(r"\(Remembering\)", "", name) for name in public["stub"]} <= {
        re.sub(r"\(Remembering\)", "", name) for name in public["answer"]
    }


def test_faults_that_are_to_be_found_are_named_by_the_check():
    """A stub that holds broken code shows known mistakes, or fails at once; which ones, stands here."""
    faults = {
        e.label: result_of(e.stub, e.check) for _, e in CHECKED if not e.stub.endswith("raise NotImplementedError")
    }
    assert {label: set(result.diagnoses) for label, result in faults.items()} == {
        "ex-bn-reshape": {"S01"},
        "ex-bp-images": {"S05", "S07"},
        "ex-bp-three": {"B06", "P01", "P05"},
        "ex-ti-fault": {"R01", "R05", "R16"},
        "ex-ti-params": {"R08"},
        "ex-family-gn-faults": set(),
        "ex-family-dgamma": {"S07"},
        "ex-family-gamma-out": {"L11"},
        "ex-practice-shift": {"F12"},
    }
    assert "TypeError" in faults["ex-family-gn-faults"].message


@pytest.mark.parametrize("chapter", sorted({chapter for chapter, _ in CHECKED}))
def test_student_notebook_holds_stub_and_check_and_not_the_answer(chapter):
    notebook = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    codes = [cell.source.strip() for cell in cells]
    mine = [e for name, e in CHECKED if name == chapter]
    for exercise in mine:
        assert codes.index(exercise.stub) < codes.index(exercise.check, codes.index(exercise.stub))
        assert not any(
            part in code for part in exercise.answer.split("\n\n") if part.startswith("def ") for code in codes
        )
    assert not any("Solution to" in cell.source for cell in notebook.cells)
    shown = [cell for cell in cells if "check" in cell.metadata.get("tags", ())]
    assert len(shown) == len(mine)
    assert all("jupyter" not in cell.metadata for cell in shown), "what the check says must be seen"


@pytest.mark.parametrize("name", [name for name, *_ in exercises()])
def test_hint_and_words_never_hold_the_solution(name):
    lines = {line.strip() for _, e in CHECKED if e.id == name for line in e.answer.splitlines()}
    for level in (1, 2, 3):
        assert not any(len(line) > 25 and line in hint(name, level) for line in lines)
