"""Broken, odd and tricky submissions: read without a box, each with its own clear words."""

import copy
import io
import json
import os
import stat
import time
import zipfile

import nbformat
import pytest
from classroom import FULL, grade, hand_in, need_box, notebook, points, results, solution_of

from normlib.classroom.assignments import find_assignment
from normlib.classroom.notebooks import LARGEST, Unreadable, read_work
from normlib.classroom.submissions import find_submissions, readable

ASSIGNMENT = find_assignment("batch-norm")
SOURCES = {solution_of(c): c["source"] for c in notebook()["cells"] if solution_of(c)}


def work_of(content):
    return read_work(content if isinstance(content, bytes) else json.dumps(content).encode(), ASSIGNMENT)


def found(place):
    return {one.student: one for one in find_submissions(place, "batch-norm")}


def zipped(path, members):
    """A zip of names and contents; a name may come twice."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


# What a notebook may look like


def test_solution_cells_are_found_in_the_notebooks_order():
    assert work_of(notebook()).cells == SOURCES
    assert work_of(notebook()).notes == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (json.dumps(notebook()).encode()[:900], "damaged or cut off"),
        (b"[" * 100_000, "damaged or cut off"),
        (b'{"cells": 1' + b"0" * 5000 + b"}", "damaged or cut off"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"%PDF-1.7", "damaged or cut off"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": 3}', "no notebook"),
        (b" " * LARGEST + b"{}", "larger than 20 MB"),
    ],
)
def test_a_file_that_is_no_notebook_says_why(data, words):
    with pytest.raises(Unreadable, match=words):
        work_of(data)


@pytest.mark.parametrize(
    "damage", [None, 3, "text", {"cell_type": 3, "source": {"a": 1}, "metadata": [1]}, {"metadata": {"nbgrader": 7}}]
)
def test_cells_of_any_form_are_passed_over(damage):
    made = notebook()
    made["cells"].insert(1, damage)
    assert work_of(made).cells == SOURCES


def test_reordered_cells_are_run_in_the_notebooks_order():
    made = notebook()
    made["cells"].reverse()
    assert work_of(made).cells == SOURCES
    assert list(work_of(made).cells) == list(SOURCES)[::-1]


def test_of_copied_cells_the_last_that_defines_the_function_counts():
    made = notebook()
    cell = next(c for c in made["cells"] if solution_of(c) == "forward")
    for source in ("def forward(*inputs): return 1", "# nothing here"):
        other = copy.deepcopy(cell)
        other["source"] = source
        made["cells"].append(other)
    work = work_of(made)
    assert work.cells["forward"] == "def forward(*inputs): return 1"
    assert work.notes == ["There are 3 cells for “Forward”; the last that defines forward counts."]


def test_for_a_deleted_cell_another_that_defines_the_function_counts():
    made = notebook()
    for cell in made["cells"]:
        if solution_of(cell) == "forward":
            cell["metadata"] = {}
    work = work_of(made)
    assert work.cells["forward"] == SOURCES["forward"]
    assert "The cell for “Forward” is gone; cell 7 defines forward and counts." in work.notes
    made["cells"] = [cell for cell in made["cells"] if "def forward" not in cell["source"]]
    assert "forward" not in work_of(made).cells
    assert "no other cell defines forward" in work_of(made).notes[0]


def test_another_assignments_notebook_is_named():
    assert work_of(notebook("running-statistics")).notes[0].startswith("No cell of this notebook belongs to")


@pytest.mark.parametrize("minor", [3, 2])
def test_notebooks_of_old_formats_are_read(minor):
    modern = nbformat.from_dict(notebook())
    old = nbformat.convert(modern, 3)
    if minor == 2:
        old.nbformat = 2
    assert "worksheets" in old
    assert work_of(nbformat.v3.writes_json(old).encode()).cells == SOURCES


def test_source_may_be_a_list_of_lines_and_start_with_a_byte_order_mark():
    made = notebook()
    for cell in made["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert work_of(b"\xef\xbb\xbf" + json.dumps(made).encode()).cells == SOURCES


def test_magics_are_left_out_and_python_is_not():
    made = notebook(forward="%matplotlib inline\n!ls\n" + SOURCES["forward"], backward="x = 5 \\\n% 3")
    work = work_of(made)
    assert "matplotlib" not in work.cells["forward"]
    assert "def forward" in work.cells["forward"]
    assert work.cells["backward"] == "x = 5 \\\n% 3"
    assert work.notes == ["In cell 7 the lines that begin with %, ! or ? were left out."]


def test_a_cell_of_empty_lines_takes_no_time():
    sources = ["\n" * 30_000 + "%", "\n" * 30_000 + "x = = 1", " " * 30_000 + "x"]
    start = time.monotonic()
    for source in sources:
        work_of(notebook(forward=source, backward=f"\n\n  %time\n{source}"))
    assert time.monotonic() - start < 3  # a tenth of it, as measured; a search of every gap takes many seconds


# Where notebooks lie


def test_folders_files_and_nbgraders_course(tmp_path):
    hand_in(tmp_path / "submitted", "ada", notebook(), "batch-norm/batch-norm.ipynb")
    (tmp_path / "submitted/ada/batch-norm/timestamp.txt").write_text("2026-11-21 18:00:00.5 UTC")
    hand_in(tmp_path / "submitted", "ada", notebook("norm-family"), "norm-family/norm-family.ipynb")
    one = found(tmp_path)["ada"]
    assert work_of(one.read("batch-norm")).cells == SOURCES
    assert one.notes == []
    assert one.handed_in() == "2026-11-21 18:00:00.5 UTC"
    flat = tmp_path / "flat"
    for name in ("bo.ipynb", "cy_batch-norm.ipynb"):
        hand_in(flat, ".", notebook(), name)
    assert list(found(flat)) == ["bo", "cy"]


def test_of_nbgraders_course_only_this_assignment_counts(tmp_path):
    place = tmp_path / "submitted"
    for student, name in (("ada", "batch-noise"), ("ada", "batch-norm"), ("bo", "batch-noise")):
        hand_in(place, student, notebook(name), f"{name}/{name}.ipynb")
        hand_in(place, student, name.encode(), f"{name}/timestamp.txt")
    for where in (tmp_path, place):
        assert list(found(where)) == ["ada"]
        assert found(where)["ada"].handed_in() == "batch-norm"


def test_a_wrong_file_name_is_taken_and_told(tmp_path):
    hand_in(tmp_path, "ada", notebook(), "my homework (final).ipynb")
    hand_in(tmp_path, "bo", notebook(), "batch-norm.ipynb")
    hand_in(tmp_path, "bo", b"{}", "another.ipynb")
    hand_in(tmp_path, "cy", b"words", "homework.docx")
    (tmp_path / "di").mkdir()
    class_ = found(tmp_path)
    assert work_of(class_["ada"].read("batch-norm")).cells == SOURCES
    assert class_["ada"].notes == ["The notebook is called my homework (final).ipynb; expected batch-norm.ipynb."]
    assert work_of(class_["bo"].read("batch-norm")).cells == SOURCES
    assert class_["bo"].notes == ["There are 2 notebooks; batch-norm.ipynb was graded."]
    with pytest.raises(Unreadable, match=r"No notebook was found, only homework\.docx"):
        class_["cy"].read("batch-norm")
    with pytest.raises(Unreadable, match="No notebook was found"):
        class_["di"].read("batch-norm")


def test_whose_folder_yields_nothing_is_not_lost(tmp_path):
    place = tmp_path / "class"
    hand_in(place, "ada", notebook(), ".ipynb_checkpoints/batch-norm.ipynb")
    hand_in(place, "bo", notebook(), "a/b/c/d/e/batch-norm.ipynb")
    (place / "cy/homework").mkdir(parents=True)
    made = [("ada/.ipynb_checkpoints/batch-norm.ipynb", notebook()), ("bo/", b""), ("cy/homework/", b""), ("cy/", b"")]
    made += [("di/", b""), ("di/batch-norm.ipynb", notebook()), ("__MACOSX/x", b"")]
    inner = zipped(tmp_path / "inner.zip", [("class/", b""), *((f"class/{name}", data) for name, data in made)])
    for where, others in ((place, []), (zipped(tmp_path / "class.zip", made), ["di"]), (inner, ["di"])):
        class_ = found(where)
        assert list(class_) == ["ada", "bo", "cy", *others]
        for student in ("ada", "bo", "cy"):
            with pytest.raises(Unreadable, match=r"No notebook was found, only (\(empty folder\)|d)"):
                class_[student].read("batch-norm")
        assert all(len(class_[student].files) == 1 for student in others)


def test_links_and_special_files_are_not_opened(tmp_path):
    secret = hand_in(tmp_path / "elsewhere", "teacher", notebook())
    place = tmp_path / "class"
    hand_in(place, "honest", notebook())
    (place / "linker").mkdir()
    (place / "linker/batch-norm.ipynb").symlink_to(secret)
    (place / "folder-link").symlink_to(place / "honest", target_is_directory=True)
    (place / "pipe").mkdir()
    os.mkfifo(place / "pipe/batch-norm.ipynb")
    class_ = found(place)
    for student in ("linker", "folder-link", "pipe"):
        with pytest.raises(Unreadable, match=r"link to another place|no ordinary file|No notebook"):
            class_[student].read("batch-norm")


def test_a_file_that_becomes_a_link_after_it_was_found_is_not_followed(tmp_path):
    secret = hand_in(tmp_path / "elsewhere", "teacher", notebook())
    path = hand_in(tmp_path / "class", "ada", notebook())
    one = found(tmp_path / "class")["ada"]
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(Unreadable, match="can't be opened"):
        one.read("batch-norm")


# Zips


def test_zips_of_moodle_and_canvas_tell_two_students_of_one_name_apart(tmp_path):
    made = [
        ("Kim Lee_101_assignsubmission_file_/batch-norm.ipynb", notebook()),
        ("Kim Lee_202_assignsubmission_file_/batch-norm.ipynb", notebook(forward="")),
        ("Żółć Ñandú_303_assignsubmission_file_batch-norm.ipynb", notebook()),
    ]
    class_ = found(zipped(tmp_path / "moodle.zip", made))
    assert [one.name for one in class_.values()] == ["Kim Lee (101)", "Kim Lee (202)", "Żółć Ñandú (303)"]
    assert work_of(class_["Kim Lee_202"].read("batch-norm")).cells["forward"] == ""
    canvas = [("leekim_LATE_77_9001_batch-norm.ipynb", notebook()), ("leekim_78_9002_batch-norm-1.ipynb", notebook())]
    class_ = found(zipped(tmp_path / "canvas.zip", canvas))
    assert {student: one.late for student, one in class_.items()} == {"leekim_77": True, "leekim_78": False}


def test_one_folder_around_a_zip_is_left_out(tmp_path):
    made = [(f"class/{student}/batch-norm.ipynb", notebook()) for student in ("ada", "bo")]
    assert list(found(zipped(tmp_path / "a.zip", made))) == ["ada", "bo"]


def test_paths_in_a_zip_lead_nowhere(tmp_path):
    names = ["../../evil/batch-norm.ipynb", "/etc/batch-norm.ipynb", "C:\\windows\\batch-norm.ipynb", "..\\x.ipynb"]
    class_ = found(zipped(tmp_path / "inner.zip", [(name, notebook()) for name in names]))
    assert sorted(class_) == ["C:", "etc", "evil", "x"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner.zip"]
    assert work_of(class_["evil"].read("batch-norm")).cells == SOURCES


def test_bombs_links_and_locks_in_a_zip(tmp_path):
    path = tmp_path / "bombs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/batch-norm.ipynb", bytes(200_000_000))
        link = zipfile.ZipInfo("link/batch-norm.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("honest/batch-norm.ipynb", json.dumps(notebook()))
        archive.writestr("liar/batch-norm.ipynb", bytes(50_000_000))
    data = path.read_bytes()
    size = (50_000_000).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (1000).to_bytes(4, "little")))  # says that it is small
    class_ = found(path)
    for student, words in {"bomb": "larger than 20 MB", "link": "link to another place"}.items():
        with pytest.raises(Unreadable, match=words):
            class_[student].read("batch-norm")
    with pytest.raises(Unreadable):
        work_of(class_["liar"].read("batch-norm"))
    assert work_of(class_["honest"].read("batch-norm")).cells == SOURCES


def test_a_damaged_member_costs_its_owner_alone(tmp_path):
    path = zipped(tmp_path / "class.zip", [("ada/batch-norm.ipynb", notebook()), ("bo/batch-norm.ipynb", notebook())])
    data = bytearray(path.read_bytes())
    data[200:220] = bytes(20)
    path.write_bytes(bytes(data))
    class_ = found(path)
    with pytest.raises(Unreadable, match="can't be unpacked"):
        class_["ada"].read("batch-norm")
    assert work_of(class_["bo"].read("batch-norm")).cells == SOURCES


def test_a_damaged_time_is_noted_and_stops_nobody(tmp_path):
    hand_in(tmp_path, "ada", notebook())
    stamp = hand_in(tmp_path, "ada", b"2026-11-21 18:00:00 UTC", "timestamp.txt")
    one = found(tmp_path)["ada"]
    stamp.unlink()
    assert one.handed_in() == ""
    assert one.notes == ["When it was handed in is not known: The file can't be opened: No such file or directory."]


def test_a_zip_that_is_none_and_a_place_that_is_not_there(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="can't be opened as a zip"):
        find_submissions(tmp_path / "x.zip", "batch-norm")
    with pytest.raises(FileNotFoundError, match="no such folder or zip"):
        find_submissions(tmp_path / "y", "batch-norm")


def test_two_names_that_look_the_same_stay_two_students(tmp_path):
    hand_in(tmp_path, "ada", notebook())
    hand_in(tmp_path, "a\u200bda", notebook(forward=""))
    assert sorted(found(tmp_path)) == ["ada", "ada #2"]
    assert readable("a\u202edcb\n<b>") == "adcb <b>"


# All of it through the grader


def test_names_of_every_kind_get_a_page_of_their_own_inside_the_folder(tmp_path):
    need_box()
    names = ["Zoë Ångström 王小明", "🦉", "..", "con", "a/b", "=1+1", "x" * 180, "<script>alert(1)</script>"]
    members = [(f"{name}_{k}_assignsubmission_file_/batch-norm.ipynb", notebook()) for k, name in enumerate(names)]
    members += [("damaged_99_assignsubmission_file_/batch-norm.ipynb", b'{"cells": [')]
    out = tmp_path / "grades"
    class_ = grade(zipped(tmp_path / "class.zip", members), out)
    honest = [record for student, record in class_.items() if "damaged" not in student]
    assert all(points(record) == FULL for record in honest)
    assert len(honest) == len(names)
    assert len(list((out / "batch-norm/feedback").iterdir())) == len(names) + 1
    assert {path.parent.parent.name for path in out.rglob("*.html")} <= {"batch-norm", "grades"}
    assert all(path.name.isascii() and len(path.name) < 70 for path in out.rglob("*"))
    assert "damaged or cut off" in results(out)["damaged_99"]["problem"]
    assert io.StringIO((out / "batch-norm/grades.csv").read_text("utf-8-sig")).readline().startswith("student,name")
