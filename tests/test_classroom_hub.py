"""A class on a JupyterHub: two students fetch, solve and submit; the teacher collects and grades."""

import json
import sys
from types import SimpleNamespace

import pytest
from classroom import FULL, LIMIT, message, need_box, notebook, points, results, solution_of
from hub import PATIENCE, Hub
from test_classroom_grading import BACKWARD, no_var

from normlib.classroom import __main__ as command
from normlib.classroom.hub import HERE, SETTINGS

NAME = "batch-norm"
WORK = f"api/contents/{NAME}/{NAME}.ipynb"
COURSE = {"course_id": "normalization", "assignment_id": NAME}
HANDED_IN = {"ada": notebook(), "bo": notebook(backward=no_var(BACKWARD))}


def solve(student, solved):
    """Fetch the assignment, put these solutions into its cells, submit; what nbgrader then lists as submitted."""
    listed = student.ask("POST", "assignments/fetch", json=COURSE)
    assert [entry["status"] for entry in listed["value"]] == ["fetched"], listed
    written = student.ask("GET", WORK)["content"]
    sources = {solution_of(cell): cell["source"] for cell in solved["cells"]}
    for cell in written["cells"]:
        if solution_of(cell):
            assert "NotImplementedError" in cell["source"]
            cell["source"] = sources[solution_of(cell)]
    student.ask("PUT", WORK, json={"type": "notebook", "format": "json", "content": written})
    listed = student.ask("POST", "assignments/submit", json=COURSE)
    assert listed["success"], listed
    return [entry for entry in listed["value"] if entry["status"] == "submitted"]


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A day of the class from the hub's start to its end, and what is left of it."""
    need_box()
    with Hub(tmp_path_factory.mktemp("class")) as hub:
        right = hub.passwords["STUDENTS_PASSWORD"]
        tried = [("ada", "wrong"), ("eve", right), ("teacher", right)]
        refused = [hub.person(name).log_in(password).status_code for name, password in tried]
        teacher, *students = [hub.person(name) for name in ("teacher", *HANDED_IN)]
        for person, password in ((teacher, hub.passwords["TEACHERS_PASSWORD"]), *((s, right) for s in students)):
            person.log_in(password).raise_for_status()
        teacher.wait()
        teacher.type(sys.executable, "-m normlib.classroom release --out course", NAME)
        teacher.type(sys.executable, "-m nbgrader release_assignment", NAME, folder="course")
        for student in students:
            student.wait()
        listed = {student.name: solve(student, HANDED_IN[student.name]) for student in students}
        other = students[1].session.get(students[0].server + WORK, timeout=PATIENCE).status_code
        teacher.type(sys.executable, "-m nbgrader collect", NAME, folder="course")
        teacher.type(
            sys.executable, f"-m normlib.classroom grade course --assignment {NAME} --out grades --limit", LIMIT
        )
    return SimpleNamespace(hub=hub, refused=refused, listed=listed, other=other)


def test_only_those_on_the_list_come_in_and_only_with_the_password(day):
    assert day.refused == [403, 403, 403]
    assert day.other == 403  # ada's notebook, asked for by bo


def test_submissions_are_listed_and_collected_under_the_students_own_names(day):
    assert {name: len(entries) for name, entries in day.listed.items()} == {"ada": 1, "bo": 1}
    assert {entry["student_id"] for entries in day.listed.values() for entry in entries} == {"ada", "bo"}
    submitted = day.hub.folder / "homes/teacher/course/submitted"
    assert sorted(place.name for place in submitted.iterdir()) == ["ada", "bo"]
    for name, solved in HANDED_IN.items():
        handed_in = json.loads((submitted / name / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
        cells = {solution_of(cell): "".join(cell["source"]) for cell in handed_in["cells"]}
        assert all(cells[solution_of(c)] == c["source"] for c in solved["cells"] if solution_of(c))


def test_the_marks_are_right_and_the_mistake_is_named(day):
    found = results(day.hub.folder / "homes/teacher/grades")
    assert points(found["ada"]) == FULL
    assert points(found["bo"]) == {**FULL, "backward": 4.0}  # dx is wrong, dlog_gamma and dbeta are right
    assert found["bo"]["tasks"][2]["diagnoses"] == ["B02"]
    assert "without the path through the variance" in message(found["bo"], "backward")


def test_no_process_outlives_the_hub(day):
    assert len(day.hub.started) >= 5  # the hub, its proxy, three servers
    assert day.hub.left == []


def test_what_a_teacher_has_changed_stays_when_the_settings_are_copied_again(tmp_path, capsys):
    (tmp_path / SETTINGS[0]).write_text("# mine")
    command.main(["hub", "--out", str(tmp_path)])
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in SETTINGS]
    assert (tmp_path / SETTINGS[0]).read_text() == "# mine"
    assert (tmp_path / SETTINGS[1]).read_bytes() == (HERE / SETTINGS[1]).read_bytes()
