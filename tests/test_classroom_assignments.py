"""The assignments: solvable, not by the book's own solutions, and released with nbgrader without their solutions."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from classroom import grade, hand_in, need_box, notebook, points, results, solution_of

from normlib.check import judge, probes, run
from normlib.check.catalogue import every
from normlib.check.catalogue.words import WORDS
from normlib.classroom.assignments import MODULES, Task, find_assignment, text_of, try_out
from normlib.classroom.release import source_notebook

ROOT = Path(__file__).resolve().parent.parent
TASKS = [(name, task.id) for name in MODULES for task in find_assignment(name).coded]


def solution(name, task, change=str):
    """The function that solves a task, or what a change of its source makes of it."""
    names = {"np": np}
    source = next(cell["source"] for cell in notebook(name)["cells"] if solution_of(cell) == task)
    exec(change(source), names)
    return names[find_assignment(name).task(task).function]


def verdict(exercise, function, seed=7):
    return judge(exercise, run(function, probes(exercise, seed)), seed)


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_the_solution_is_right_for_every_seed(name, task):
    exercise = find_assignment(name).task(task).exercise
    assert all(verdict(exercise, solution(name, task), seed).passed for seed in range(5))


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_every_mistake_of_a_variant_is_rejected_and_named(name, task):
    exercise = find_assignment(name).task(task).exercise
    assert exercise.mistakes
    for mistake in exercise.mistakes:
        found = verdict(exercise, mistake.function)
        assert not found.passed
        assert mistake.id in found.diagnoses
        assert len(found.diagnoses) <= 2


@pytest.mark.parametrize(
    ("name", "task", "foreign"),
    [
        ("running-statistics", "statistics", "momentum"),
        ("running-statistics", "folding", "rows"),
        ("norm-family", "instance-norm", "the last axis, the width"),
        ("norm-family", "group-norm", "the last axis, the width"),
    ],
)
def test_a_variants_words_are_those_of_its_own_task(name, task, foreign):
    exercise = find_assignment(name).task(task).exercise
    labels = exercise.probes(np.random.default_rng(0))
    words = [words for mistake in exercise.mistakes for words in (mistake.words, mistake.reread)]
    assert not [said for said in (*labels, *words) if foreign in said]
    assert exercise.tolerances.keys() <= labels.keys()


ALONG_WIDTH = {"return gamma *": "return gamma[:, None] *", "+ beta": "+ beta[:, None]"}
LIKELY = [
    ("statistics", {"np.sqrt(var)": "var"}, "A04"),
    ("statistics", {"np.sqrt(var)": "var", "batch.var(axis=1, ddof=1)": "batch.std(axis=1)"}, "A03"),
    ("statistics", {"batch.var(axis=1, ddof=1)": "batch.std(axis=1, ddof=1)"}, "R17"),
    ("inference", {"running_std**2": "running_std"}, "A05"),
    ("folding", {"running_std**2": "running_std"}, "A05"),
    ("folding", {"weight * scale": "weight * scale[:, None]"}, "C04"),
    ("instance-norm", ALONG_WIDTH, "S08"),
    ("group-norm", ALONG_WIDTH, "S08"),
]


@pytest.mark.parametrize(("task", "slips", "id"), LIKELY)
def test_a_likely_slip_in_the_solution_is_named(task, slips, id):
    def change(source):
        for right, wrong in slips.items():
            assert right in source
            source = source.replace(right, wrong)
        return source

    name = "norm-family" if "norm" in task else "running-statistics"
    found = verdict(find_assignment(name).task(task).exercise, solution(name, task, change))
    assert id in found.diagnoses


def test_an_experiments_mistakes_have_ids_that_mean_nothing_else():
    ids = {mistake.id for task in find_assignment("batch-noise").coded for mistake in task.exercise.mistakes}
    others = {
        id
        for name in MODULES
        if name != "batch-noise"
        for task in find_assignment(name).coded
        for id in (mistake.id for mistake in task.exercise.mistakes)
    }
    assert not ids & {*WORDS, *others}


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_no_exercise_of_the_book_is_solved_by_the_same_function(name, task):
    exercise = find_assignment(name).task(task).exercise
    for published in every().values():
        assert not verdict(exercise, published.reference).passed


@pytest.mark.parametrize("name", MODULES)
def test_solutions_get_all_points_in_the_box_and_stubs_none(name, tmp_path):
    need_box()
    stub = notebook(name)
    for cell in stub["cells"]:
        if cell["cell_type"] == "code" and solution_of(cell):
            cell["source"] = cell["source"].split("### BEGIN")[0] + "raise NotImplementedError"
    hand_in(tmp_path / "class", "ada", notebook(name), f"{name}.ipynb")
    hand_in(tmp_path / "class", "bo", stub, f"{name}.ipynb")
    found = grade(tmp_path / "class", tmp_path / "grades", assignment=name)
    assert points(found["ada"]) == {task.id: task.points for task in find_assignment(name).coded}
    assert {entry["state"] for entry in found["bo"]["tasks"]} == {"untouched"}


@pytest.mark.parametrize("name", MODULES)
def test_every_check_cell_of_a_solved_notebook_passes(name, capsys):
    names = {}
    for cell in notebook(name)["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], names)
    said = capsys.readouterr().out
    assert said.count(": right.") == len(find_assignment(name).coded)


def test_check_cells_work_without_the_texts_that_hold_the_solutions(tmp_path):
    shutil.copytree(ROOT / "normlib", tmp_path / "normlib", ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    calls = "".join(f"try_out({name!r}, {task!r}, lambda *inputs: None)\n" for name, task in TASKS)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport normlib; print(normlib.__file__)\n"
    said = run_alone("-P", "-c", f"{program}from normlib.classroom.assignments import try_out\n{calls}")
    assert said[0] == str(tmp_path / "normlib/__init__.py")
    assert sum(line.endswith(": not yet.") for line in said) == len(TASKS)


def test_quick_feedback_names_the_mistake(capsys):
    result = try_out("batch-norm", "log-std", lambda x, eps: np.log(x.var(axis=1) + eps))
    assert result.diagnoses == ("A02",)
    assert "twice that of σ" in capsys.readouterr().out


def test_feedback_offers_no_hint_that_is_not_there(capsys):
    try_out("batch-norm", "forward", lambda x, gamma, beta, eps: x)
    said = capsys.readouterr().out
    assert "Reread the chapter “batch-norm-forward”" in said
    assert "hint(" not in said


def test_points_in_the_text_are_those_of_the_tasks():
    for name in MODULES:
        for task in find_assignment(name).tasks:
            assert f"({task.points} points)" in text_of(name)


def test_an_assignment_that_makes_no_sense_is_refused():
    with pytest.raises(KeyError, match="no assignment 'x'; expected one of batch-norm"):
        find_assignment("x")
    with pytest.raises(ValueError, match="expected an exercise or a rubric"):
        Task("a", "A", 1)
    with pytest.raises(ValueError, match="don't add up to 3"):
        Task("a", "A", 3, rubric=((1, "words"),))
    with pytest.raises(KeyError, match="no task 'x' in batch-norm"):
        find_assignment("batch-norm").task("x")


def test_a_text_without_a_cell_for_a_task_is_refused(monkeypatch):
    from normlib.classroom import assignments

    text = text_of("batch-norm").replace(":role: check", ":role: solution", 1)
    monkeypatch.setattr(assignments, "text_of", lambda name: text)
    with pytest.raises(ValueError, match=r"cells .*'log-std', 'check'.* are missing"):
        source_notebook("batch-norm")


# nbgrader, in processes of its own: it warns a good deal


def need_nbgrader():
    if find_spec("nbgrader") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nbgrader is not installed")


def run_alone(*words):
    """Run Python; the lines that it printed."""
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


GRADEBOOK = """
import sys
from pathlib import Path
from normlib.classroom.__main__ import main
from normlib.classroom.gradebook import _open

course, out = sys.argv[1:]

def show():
    with _open(course) as book:
        found = [(s["student"], s["score"], s["needs_manual_grade"]) for s in book.submission_dicts("batch-noise")]
    print(sorted(found))

main(["scores", course, "--out", out])
show()
hand = Path(out, "batch-noise/by-hand.csv")
hand.write_text("student,task,points,comment\\nada,conclusion,5,Good\\n")
main(["scores", course, "--out", out])
show()
main(["forget", "ada", "--out", out, "--course", course])
show()
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    need_nbgrader()
    folder = tmp_path_factory.mktemp("course")
    made = run_alone("-m", "normlib.classroom", "release", "--out", folder)
    assert len(made) == len(MODULES)
    return folder


@pytest.mark.parametrize("name", MODULES)
def test_released_notebooks_hold_no_solution(course, name):
    released = json.loads((course / f"release/{name}/{name}.ipynb").read_text(encoding="utf-8"))
    kinds = {solution_of(cell): cell for cell in released["cells"] if solution_of(cell)}
    assignment = find_assignment(name)
    assert set(kinds) == {task.id for task in assignment.tasks}
    for task in assignment.coded:
        source = kinds[task.id]["source"]
        assert "".join(source).endswith("raise NotImplementedError  # your code here")
        assert f"def {task.function}(" in "".join(source)
    assert all("".join(kinds[task.id]["source"]) == "YOUR ANSWER HERE" for task in assignment.written)
    assert "SOLUTION" not in json.dumps(released)


def test_marks_go_into_the_gradebook_and_out_of_it_again(course, tmp_path):
    need_box()
    out = tmp_path / "grades"
    released = json.loads((course / "release/batch-noise/batch-noise.ipynb").read_text(encoding="utf-8"))
    answered = notebook("batch-noise")
    for student, made in {"ada": answered, "bo": released}.items():
        hand_in(tmp_path / "class", student, made, "batch-noise.ipynb")
    grade(tmp_path / "class", out, assignment="batch-noise")
    assert {entry["state"] for entry in results(out, "batch-noise")["bo"]["tasks"]} == {"untouched"}
    said = run_alone("-W", "ignore", "-c", GRADEBOOK, course, out)
    assert said[:2] == [
        "batch-noise: 2 students' marks are in the gradebook",
        str([("ada", 6.0, True), ("bo", 0.0, False)]),
    ]
    assert said[3] == str([("ada", 11.0, False), ("bo", 0.0, False)])
    assert f"  {course / 'gradebook.db'}" in said
    assert said[-1] == str([("bo", 0.0, False)])
