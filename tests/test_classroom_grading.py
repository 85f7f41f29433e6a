"""From submissions to grades: what is kept, what is done again, what the teacher adds, what the pages say."""

import csv
import html
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from classroom import FULL, LIMIT, grade, hand_in, message, need_box, notebook, points, results

from normlib.classroom import __main__ as command
from normlib.classroom import box, walls
from normlib.classroom.folder import Grades, file_name, write_whole

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def table(path):
    """A CSV as a list of dicts."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(path, rows):
    """Write the teacher's file."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("student", "task", "points", "comment"), *rows])


def page(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def no_var(source):
    return source.replace("- x_hat * along_x_hat", "")


BACKWARD = next(c["source"] for c in notebook()["cells"] if "def backward" in c["source"])


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Three students, graded."""
    need_box()
    root = tmp_path_factory.mktemp("first")
    hand_in(root / "class", "ada", notebook())
    hand_in(root / "class", "bo", notebook(backward=no_var(BACKWARD)))
    hand_in(root / "class", "cy", notebook(**{task.replace("-", "_"): "raise NotImplementedError" for task in FULL}))
    grade(root / "class", root / "grades")
    return root


@pytest.fixture
def class_(first_run, tmp_path):
    """A copy of it, to change: the places of the submissions and of the grades."""
    return [Path(shutil.copytree(first_run / name, tmp_path / name)) for name in ("class", "grades")]


def test_points_and_diagnoses(class_):
    found = results(class_[1])
    assert points(found["ada"]) == FULL
    assert points(found["bo"]) == {**FULL, "backward": 4.0}  # dx is wrong, dlog_gamma and dbeta are right
    assert found["bo"]["tasks"][2]["diagnoses"] == ["B02"]
    assert "without the path through the variance" in message(found["bo"], "backward")
    assert set(points(found["cy"]).values()) == {0.0}


ODD = {
    "def forward(x, gamma, beta, eps):\n    raise NotImplementedError": "Not begun",
    "def backward(x): return x": "defines no forward",
    "def forward(x): return x": "positional argument",
    "forward = 3": "int",
    "def forward(x, gamma, beta, eps)\n    return x": "Running it raised SyntaxError",
    "1 / 0": "Running it raised ZeroDivisionError",
    "def forward(x, gamma, beta, eps): pass": "None",
    "def forward(x, gamma, beta, eps):\n    x -= x.mean()\n    return x": "changed its input x",
    "def forward(x, gamma, beta, eps): return {'a': object()}": "the function returned a object",
    "class forward(dict):\n    def __init__(self, *inputs): pass": "the function returned a forward",
    "def forward(x, gamma, beta, eps): raise ValueError(chr(0xD800) + '\\0')": "ValueError",
    "def forward(x, gamma, beta, eps): return x * np.nan": "NaN",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """One student for each odd answer, graded."""
    need_box()
    root = tmp_path_factory.mktemp("odd")
    for number, source in enumerate(ODD):
        hand_in(root / "class", f"student {number}", notebook(forward=source))
    return grade(root / "class", root / "grades")


@pytest.mark.parametrize("number", range(len(ODD)))
def test_missing_functions_and_odd_answers_have_their_words(odd, number):
    record = odd[f"student {number}"]
    assert list(ODD.values())[number] in message(record)
    assert points(record) == {**FULL, "forward": 0.0}


def test_work_that_breaks_the_grader_costs_its_author_alone(tmp_path, monkeypatch):
    place, out = tmp_path / "class", tmp_path / "grades"
    hand_in(place, "ada", notebook())
    hand_in(place, "bo", notebook(forward="breaks"))

    def run(self, cells, tasks, slot=0):
        if "breaks" in cells:
            raise OverflowError("cannot convert float infinity to integer")
        return [box.Answer() for _ in tasks], ""

    monkeypatch.setattr(box.Box, "run", run)
    found = grade(place, out, "--unprotected")
    assert {entry["state"] for entry in found["bo"]["tasks"]} == {"stopped"}
    assert "Grading your work broke off (OverflowError)" in message(found["bo"])
    assert "broke off" not in message(found["ada"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_work_that_a_busy_machine_kept_from_ending_gets_another_try_alone(tmp_path, monkeypatch, jobs, capsys):
    need_box()
    run, tries = box.Box.run, Counter()

    def slowly(self, cells, tasks, slot=0):
        tries[cells[-1]] += 1
        if tries[cells[-1]] == 1:
            return [box.Answer("time", None) for _ in tasks], ""
        return run(self, cells, tasks, slot)

    monkeypatch.setattr(box.Box, "run", slowly)
    for student in ("ada", "bo"):
        hand_in(tmp_path / "class", student, notebook(backward=f"raise ValueError({student!r})"))
    found = grade(tmp_path / "class", tmp_path / "grades", jobs=jobs)
    assert set(tries.values()) == {jobs}  # one that ran alone had all the machine: its result stands
    assert "2 graded, 0 unchanged" in capsys.readouterr().out
    assert [points(found[student])["forward"] for student in ("ada", "bo")] == [FULL["forward"] * (jobs - 1)] * 2


# What is kept


def test_a_second_run_grades_only_what_changed(class_, capsys):
    place, out = class_
    before = {path.name: path.stat().st_mtime_ns for path in (out / "batch-norm/results").iterdir()}
    grade(place, out)
    assert "0 graded, 3 unchanged" in capsys.readouterr().out
    hand_in(place, "bo", notebook())
    assert points(grade(place, out)["bo"]) == FULL
    assert "1 graded, 2 unchanged" in capsys.readouterr().out
    after = {path.name: path.stat().st_mtime_ns for path in (out / "batch-norm/results").iterdir()}
    assert [name for name in after if before[name] != after[name]] == [f"{file_name('bo')}.json"]
    grade(place, out, "--again", "ada")
    assert "1 graded, 2 unchanged" in capsys.readouterr().out


def test_a_damaged_result_is_made_again(class_, capsys):
    place, out = class_
    (out / f"batch-norm/results/{file_name('ada')}.json").write_text('{"key": ')
    assert points(grade(place, out)["ada"]) == FULL
    assert "1 graded, 2 unchanged" in capsys.readouterr().out


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_loses_nothing_that_was_graded(tmp_path, end):
    need_box()
    place, out = tmp_path / "class", tmp_path / "grades"
    slow = "import time; time.sleep(0.3)"
    for number in range(12):
        hand_in(place, f"s{number:02}", notebook(log_std=slow))
    words = ["grade", str(place), "--out", str(out), "--assignment", "batch-norm", "--jobs", "2"]
    words += ["--limit", str(LIMIT)]
    run = [sys.executable, "-m", "normlib.classroom", *words]
    # A shell's background jobs are deaf to Ctrl-C, and so would be what they start.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    grader = subprocess.Popen(run, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    limit = time.monotonic() + 60
    while len(results(out)) < 3:
        assert time.monotonic() < limit
        time.sleep(0.05)
    grader.send_signal(end)
    said = grader.communicate()[1]
    done = results(out)
    assert 3 <= len(done) < 12
    assert all(points(record)["forward"] == FULL["forward"] for record in done.values())
    assert ("Stopped. What was graded is kept" in said) == (end == signal.SIGINT)
    times = {record["graded"]: student for student, record in done.items()}
    again = grade(place, out)
    assert len(again) == 12
    assert times.keys() <= {record["graded"] for record in again.values()}


def test_half_a_file_is_never_seen(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_whole(path, "old")
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_seed_and_grades_are_for_the_teacher_alone(class_):
    root = class_[1] / "batch-norm"
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "seed").stat().st_mode) == 0o600
    assert Grades(class_[1], "batch-norm").seed() == int((root / "seed").read_text())
    other = Grades(class_[1] / "other", "batch-norm").seed()
    assert other != Grades(class_[1], "batch-norm").seed()


def test_forgetting_a_student_leaves_no_trace(class_, capsys):
    _, out = class_
    written(out / "batch-norm/by-hand.csv", [("bo", "forward", 1, "talk to me"), ("ada", "forward", 3, "")])
    command.main(["forget", "bo", "--out", str(out)])
    assert "by-hand.csv" in capsys.readouterr().out
    assert sorted(results(out)) == ["ada", "cy"]
    for path in out.rglob("*"):
        assert "bo" not in re.split(r"[-.]", path.name)
        if path.is_file():
            assert not re.search(r"\bbo\b", path.read_text(encoding="utf-8"))
    assert [row["student"] for row in table(out / "batch-norm/by-hand.csv")] == ["ada"]
    with pytest.raises(SystemExit, match="Nothing is kept of 'bo'"):
        command.main(["forget", "bo", "--out", str(out)])


def test_forgetting_one_student_keeps_the_others_late(class_):
    place, out = class_
    hand_in(place, "ada", b"2026-11-21 18:30:00 UTC", "timestamp.txt")
    grade(place, out, "--due", "2026-11-21T18:00+01:00")
    before = [row for row in table(out / "batch-norm/grades.csv") if row["student"] != "bo"]
    assert before[0]["late"] == "1.5 h"
    other = Grades(out, "norm-family")
    command.main(["forget", "bo", "--out", str(out)])
    assert table(out / "batch-norm/grades.csv") == before
    assert not list(other.root.iterdir())
    assert "late (1.5 h)" in (out / f"batch-norm/feedback/{file_name('ada')}.html").read_text()


def test_forgetting_without_a_gradebook_deletes_nothing(class_):
    _, out = class_
    with pytest.raises(SystemExit, match=r"no gradebook|nbgrader is not installed"):
        command.main(["forget", "bo", "--out", str(out), "--course", str(out)])
    assert "bo" in results(out)


@pytest.mark.parametrize("words", [["release", "--out", "OUT"], ["scores", "OUT", "--out", "OUT"]])
def test_without_nbgrader_it_says_how_to_get_it(class_, monkeypatch, words):
    for name in ("nbgrader", "nbformat"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("nbgrader.api", "nbgrader.apps"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit, match=r'nbgrader is not installed: run pip install "\.\[classroom\]"'):
        command.main([word.replace("OUT", str(class_[1])) for word in words])


# What the teacher adds


def test_points_by_hand_count_before_the_graders(class_):
    place, out = class_
    hand = out / "batch-norm/by-hand.csv"
    written(hand, [("bo", "backward", "5,5", "dx was close")])
    grade(place, out)
    row = next(row for row in table(out / "batch-norm/grades.csv") if row["student"] == "bo")
    assert (row["backward"], row["points"]) == ("5.5", "11.5")
    feedback = (out / f"batch-norm/feedback/{file_name('bo')}.html").read_text()
    assert "dx was close" in feedback


def test_names_that_nobody_has_are_told(class_, capsys):
    place, out = class_
    hand = out / "batch-norm/by-hand.csv"
    written(hand, [("ada", "forward", 3, ""), ("Bo", "forward", 3, ""), ("Bo", "backward", 3, "")])
    grade(place, out, "--again", "cyy")
    said = capsys.readouterr().err
    assert f"{hand} names Bo: nothing was handed in under that name." in said
    assert "--again names cyy: nothing was handed in under that name." in said
    assert "ada" not in said


def test_a_comment_like_a_formula_stays_as_it_was(class_):
    place, out = class_
    hand = out / "batch-norm/by-hand.csv"
    written(hand, [("bo", "forward", 3, "- a sign was lost")])
    for _ in range(2):
        grade(place, out)
        feedback = page(out / f"batch-norm/feedback/{file_name('bo')}.html")
        assert feedback.find(string="- a sign was lost")
    assert table(hand)[0]["comment"] == "'- a sign was lost"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("bo", "backward", "7", ""), "7 points came; expected 0 to 6"),
        (("bo", "backwards", "1", ""), "no task 'backwards'"),
        (("bo", "backward", "many", ""), "could not convert"),
    ],
)
def test_a_slip_in_the_teachers_file_is_named_with_its_line(class_, row, words):
    place, out = class_
    written(out / "batch-norm/by-hand.csv", [row])
    with pytest.raises(SystemExit, match=f"line 2: .*{words}"):
        grade(place, out)


def test_a_written_answer_waits_for_the_teacher(tmp_path):
    need_box()
    place, out = tmp_path / "class", tmp_path / "grades"
    made = notebook("batch-noise")
    cell = next(c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "conclusion")
    for student, text in {"ada": f"It is -1/2. {EVIL}", "bo": "YOUR ANSWER HERE"}.items():
        cell["source"] = text
        hand_in(place, student, made, "batch-noise.ipynb")
    grade(place, out, assignment="batch-noise")
    root = out / "batch-noise"
    rows = {row["student"]: row for row in table(root / "grades.csv")}
    assert (rows["ada"]["points"], rows["ada"]["complete"]) == ("6", "no: a written answer waits")
    assert (rows["bo"]["conclusion"], rows["bo"]["complete"]) == ("0", "yes")
    text = (root / "written.html").read_text()
    assert html.escape(EVIL) in text
    assert EVIL not in text
    assert "explains why −1/2 is to be expected" in text
    hand = table(root / "by-hand.csv")
    assert [(row["student"], row["points"]) for row in hand] == [("ada", ""), ("bo", "")]
    written(root / "by-hand.csv", [("ada", "conclusion", "4", "Good.")])
    grade(place, out, assignment="batch-noise")
    rows = {row["student"]: row for row in table(root / "grades.csv")}
    assert (rows["ada"]["points"], rows["ada"]["complete"]) == ("10", "yes")


def test_late_work_is_marked(tmp_path):
    need_box()
    for student, when in {"ada": "2026-11-21 16:59:00 UTC", "bo": "2026-11-21 18:30:00.25 UTC", "cy": "soon"}.items():
        hand_in(tmp_path / "submitted", student, notebook(), "batch-norm/batch-norm.ipynb")
        (tmp_path / "submitted" / student / "batch-norm/timestamp.txt").write_text(when)
    grade(tmp_path, tmp_path / "grades", "--due", "2026-11-21T18:00+01:00")
    late = {row["student"]: row["late"] for row in table(tmp_path / "grades/batch-norm/grades.csv")}
    assert late == {"ada": "", "bo": "1.5 h", "cy": "unknown"}


# What the pages say


@pytest.fixture
def evil(tmp_path):
    """Names and messages that are markup, or formulas."""
    need_box()
    place, out = tmp_path / "class", tmp_path / "grades"
    raises = f"def forward(*inputs): raise ValueError({EVIL!r} + '\\u202e')"
    hand_in(place, EVIL.replace("/", "∕"), notebook(forward=raises))
    hand_in(place, "=HYPERLINK(1)", notebook(backward=no_var(BACKWARD)))
    hand_in(place, "+twin", notebook(backward=no_var(BACKWARD)))
    hand_in(place, "broken", EVIL.encode())
    grade(place, out)
    return out / "batch-norm"


def test_no_page_runs_or_loads_anything(evil):
    pages = [evil / "report.html", *(evil / "feedback").iterdir()]
    assert len(pages) == 5
    for path in pages:
        text, soup = path.read_text(encoding="utf-8"), page(path)
        assert soup.find(["script", "img", "iframe", "link", "object", "form"]) is None
        assert not [tag for tag in soup.find_all() if any(name.startswith("on") for name in tag.attrs)]
        assert not re.search(r"https?://(?!www\.w3\.org/)", text)
        assert "\u202e" not in text
        assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert any(html.escape("<script>alert(") in path.read_text(encoding="utf-8") for path in pages)


def test_no_cell_of_the_table_is_a_formula(evil):
    cells = [cell for row in table(evil / "grades.csv") for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(1)" in cells


def test_the_class_report_names_mistakes_and_whom_to_talk_to(evil):
    soup = page(evil / "report.html")
    chart = soup.find("svg")
    assert "Backward, through a logarithm: B02: 2" in chart["aria-label"]
    assert chart.find("path") is not None
    words = soup.get_text(" ")
    assert "equals the right one without the path through the variance" in words
    assert "damaged or cut off" in words
    assert "+twin, =HYPERLINK(1) Their solutions are the same, letter by letter." in words


def test_the_class_report_counts_mistakes_in_different_outputs_singly(tmp_path):
    need_box()
    other = BACKWARD.replace("dy.sum(axis=1)", "dy.mean(axis=1)")
    nothing = "    return dy / np.sqrt(x.var(axis=1, keepdims=True) + eps), dy[:, 0], dy[:, 0]"
    alone = f"def backward(dy, x, log_gamma, eps):\n    dy = np.exp(log_gamma)[:, None] * dy\n{nothing}"
    for student, source in {"ada": no_var(other), "bo": other, "cy": alone}.items():
        hand_in(tmp_path / "class", student, notebook(backward=source))
    grade(tmp_path / "class", tmp_path / "grades")
    rows = page(tmp_path / "grades/batch-norm/report.html").find_all("table")[1].find_all("tr")[1:]
    found = {row.th.string.rpartition(": ")[2]: [cell.string for cell in row.find_all("td")[1:]] for row in rows}
    assert found == {"P05": ["2", "ada, bo"], "B02": ["1", "ada"], "B01 or B19": ["1", "cy"]}


def test_feedback_says_what_was_right_which_mistake_and_what_to_read(class_):
    text = page(class_[1] / f"batch-norm/feedback/{file_name('bo')}.html").get_text(" ")
    assert "10 of 12 points" in text
    assert "without the path through the variance" in text
    assert "Right already: dlog_gamma, dbeta" in text
    assert "To read again: “backpropagation”" in text


# The command


def test_without_a_box_it_stops_and_says_how_to_go_on(tmp_path, monkeypatch):
    hand_in(tmp_path / "class", "ada", notebook())
    monkeypatch.setattr(walls, "missing", lambda: "bubblewrap is not installed.")
    with pytest.raises(SystemExit, match=r"No box: bubblewrap is not installed\.\n.*--unprotected"):
        grade(tmp_path / "class", tmp_path / "grades")


def test_unprotected_is_asked_for_by_name_and_says_what_it_means(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(walls, "missing", lambda: "bubblewrap is not installed.")
    hand_in(tmp_path / "class", "ada", notebook())
    hand_in(tmp_path / "class", "bo", notebook(forward="while True: pass"))
    found = grade(tmp_path / "class", tmp_path / "grades", "--unprotected")
    assert points(found["ada"]) == FULL
    assert points(found["bo"]) == {**FULL, "forward": 0.0}
    said = capsys.readouterr().err
    assert all(words in said for words in box.OPEN_DOORS)
    assert "without protection" in (tmp_path / "grades/batch-norm/report.html").read_text()


def test_the_assignment_is_found_in_the_notebooks(tmp_path, capsys):
    need_box()
    hand_in(tmp_path / "class", "ada", notebook("running-statistics"), "x.ipynb")
    command.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "grades"), "--limit", "8"])
    assert "running-statistics: 1 graded" in capsys.readouterr().out
    hand_in(tmp_path / "none", "ada", b"{}")
    with pytest.raises(SystemExit, match="Which assignment is this"):
        command.main(["grade", str(tmp_path / "none"), "--out", str(tmp_path / "grades")])


def test_of_several_assignments_it_asks_which_one_is_meant(tmp_path):
    for name in ("batch-norm", "norm-family"):
        hand_in(tmp_path / "submitted", "ada", notebook(name), f"{name}/{name}.ipynb")
    with pytest.raises(SystemExit, match=r"Which assignment is this\? Say --assignment batch-norm or norm-family$"):
        command.main(["grade", str(tmp_path), "--out", str(tmp_path / "grades"), "--unprotected"])


def test_the_commands_list_themselves(capsys):
    command.main(["list"])
    assert capsys.readouterr().out.split()[0] == "batch-norm"
    with pytest.raises(SystemExit, match="no such folder or zip"):
        command.main(["grade", "/nowhere", "--out", "/tmp/x", "--assignment", "batch-norm", "--unprotected"])
