"""What is handed on: zip files of the same bytes, lasting anchors, other hosts' links, and workflows that can run."""

import http.server
import re
import subprocess
import sys
import threading
import zipfile

import pytest
import yaml
from test_build import ROOT

from booksite import anchors, outside, pack

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_a_zip_file_depends_on_names_and_contents_alone(tmp_path):
    (tmp_path / "two").mkdir()
    for name in ("two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        for file in ("b.txt", "a.txt") if name == "one" else ("a.txt", "b.txt"):
            (tmp_path / name / file).write_text(file)
        pack.pack(tmp_path / f"{name}.zip", pack.files_of(tmp_path / name, "book"))
    (tmp_path / "one" / "a.txt").chmod(0o600)
    pack.pack(tmp_path / "three.zip", pack.files_of(tmp_path / "one", "book"))
    one, two, three = ((tmp_path / f"{n}.zip").read_bytes() for n in ("one", "two", "three"))
    assert one == two == three
    (tmp_path / "one" / "a.txt").write_text("other")
    pack.pack(tmp_path / "three.zip", pack.files_of(tmp_path / "one", "book"))
    assert (tmp_path / "three.zip").read_bytes() != one


def test_the_site_is_packed_whole(site):
    names = {name.removeprefix("book/") for name in pack.files_of(site, "book")}
    assert names == {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()} - {".buildinfo"}


def test_a_packed_notebook_finds_the_library(tmp_path):
    pack.pack(tmp_path / "notebooks.zip", pack.notebook_files(ROOT))
    with zipfile.ZipFile(tmp_path / "notebooks.zip") as packed:
        assert not [name for name in packed.namelist() if "__pycache__" in name]
        packed.extractall(tmp_path)
    folder = tmp_path / pack.NAME / "notebooks"
    notebook = yaml.safe_load((folder / "batch-norm-forward.ipynb").read_text(encoding="utf-8"))
    setup = "".join(notebook["cells"][1]["source"])
    elsewhere = "import sys, os; sys.path = [p for p in sys.path if not os.path.isdir(os.path.join(p, 'normlib'))]"
    code = f"{elsewhere}\n{setup}\nimport normlib.core; print(normlib.core.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, env={})
    assert done.stdout.startswith(str(tmp_path)), done.stderr


def test_no_listed_anchor_has_disappeared(site):
    listed = anchors.LIST.read_text(encoding="utf-8").split()
    assert len(listed) > 500
    assert anchors.gone(site, listed) == []


def test_a_missing_anchor_is_named(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    page = '<article><section id="here"><div class="math-block" id="equation-eq-a"></div><p id="aside"></p></article>'
    (tmp_path / "book" / "one.html").write_text(page)
    assert anchors.anchors(tmp_path) == ["book/one.html#equation-eq-a", "book/one.html#here"]
    monkeypatch.setattr(anchors, "LIST", tmp_path / "anchors.txt")
    anchors.main([str(tmp_path), "--renew"])
    anchors.main([str(tmp_path)])
    (tmp_path / "book" / "one.html").write_text(page.replace("here", "there"))
    with pytest.raises(SystemExit, match=r"book/one\.html#here"):
        anchors.main([str(tmp_path)])


@pytest.fixture
def host():
    """Another host: it has a page and a place that is closed to programs, and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response({"/page": 200, "/closed": 403}.get(self.path, 404))
            self.end_headers()

        def log_message(self, format, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("path", "lost"), [("page", 0), ("closed", 0), ("gone", 1)])
def test_a_lost_page_of_another_host_is_named(host, tmp_path, monkeypatch, capsys, path, lost):
    (tmp_path / "one.html").write_text(f'<a href="{host}/{path}#part">x</a><a href="two.html">y</a>')
    monkeypatch.setattr(sys, "argv", ["outside", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        outside.main()
    assert end.value.code == bool(lost)
    said = capsys.readouterr().out
    assert f"1 addresses of other hosts: {lost} lost." in said
    assert (f"{host}/{path}, on one.html" in said) == (path != "page")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_little_and_calls_what_is_there(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for job in workflow["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
            elif step["run"].startswith("make "):
                assert set(step["run"].split()[1:]) <= targets
            elif step["run"].startswith("."):
                assert (ROOT / step["run"]).is_file()


def test_the_site_is_published_by_those_who_may_and_only_tested():
    jobs = yaml.safe_load((WORKFLOWS[0].parent / "publish.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert ".ci/run" in [step.get("run") for step in jobs["build"]["steps"]]


def test_binder_installs_the_library_with_what_its_notebooks_need():
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert ".[notebooks]" in lines
    [constraints] = [line.removeprefix("-c ") for line in lines if line.startswith("-c ")]
    assert (ROOT / "binder" / constraints).resolve() == ROOT / "constraints.txt"
    assert (ROOT / "binder" / "runtime.txt").read_text().strip() == "python-3.11"
