"""A build that cannot lie: it fails on what is wrong, again when repeated, and is the same every time."""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from booksite.swap import aside

ROOT = Path(__file__).resolve().parent.parent
JUPYTER_BOOK = Path(sysconfig.get_path("scripts")) / "jupyter-book"
FRONT = """---
jupytext:
  text_representation: {extension: .md, format_name: myst, format_version: 0.13}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A page

"""
SOUND = "A formula, $a^2$, and a link to [this page](#a-page).\n"
FAILS = "```{code-cell} ipython3\n1 / 0\n```\n"
FAULTS = {
    "a link to a file that is not there": "[gone](gone.md)\n",
    "a link to a heading that is not there": "[gone](#no-such-heading)\n",
    "a reference to a label that is not there": "{ref}`no-such-label`\n",
    "a citation of nothing": "{cite:p}`nobody1900`\n",
    "a formula that is not TeX": "$\\frac{1}{$\n",
    "a picture without words": (
        "```{code-cell} ipython3\nfrom normlib import plot\nplot.use_style()\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\n```\n"
    ),
    "a picture file without words": "![](dot.png)\n",
    "a glued number that no cell made": "{glue:text}`nothing:.2f`\n",
}


def write_book(folder, text, pages=()):
    """A book of one page, and of further `pages`, whose texts are told apart by their numbers alone."""
    (folder / "book").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    shutil.copy(ROOT / "book" / "references.bib", folder / "book")
    shutil.copytree(ROOT / "booksite" / "theme", folder / "booksite" / "theme", dirs_exist_ok=True)
    chapters = "".join(f"  - file: book/page{k}\n" for k in range(len(pages)))
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\n{'chapters:' if pages else ''}\n{chapters}")
    (folder / "book" / "index.md").write_text(FRONT + text)
    for k, more in enumerate(pages):
        (folder / "book" / f"page{k}.md").write_text(FRONT + more)
    shutil.copy(ROOT / "tests" / "dot.png", folder / "book")


def build(folder, library=ROOT):
    command = [str(JUPYTER_BOOK), "build", str(folder), "-W", "-n", "--keep-going"]
    environment = {**os.environ, "PYTHONPATH": str(library)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def page(folder):
    return (folder / "_build" / "html" / "book" / "index.html").read_text(encoding="utf-8")


CELL = "```{code-cell} ipython3\nimport time\nprint(time.monotonic_ns())\n```\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A sound book, built; whoever builds it otherwise leaves it sound again, and built."""
    folder = tmp_path_factory.mktemp("built")
    write_book(folder, SOUND + CELL)
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_sound_book_builds_and_building_it_again_changes_nothing(built, tmp_path):
    assert 'class="katex"' in page(built)
    html, first = built / "_build" / "html", tmp_path / "first"
    shutil.copytree(html, first)
    assert "bd-article" in (html / "_static" / "styles" / "book.css").read_text(encoding="utf-8")
    assert build(built).returncode == 0
    assert differences(first, html) == []


def test_a_build_fails_at_a_cell_that_fails_and_goes_on_failing_until_it_is_mended(built):
    write_book(built, SOUND + FAILS)
    assert build(built).returncode != 0
    assert build(built).returncode != 0, "it was built the second time, unchanged"
    write_book(built, SOUND + CELL)
    assert build(built).returncode == 0


def test_a_build_names_every_fault_and_goes_on_until_they_are_mended(tmp_path):
    write_book(tmp_path, SOUND, [SOUND + fault for fault in FAULTS.values()])
    for time in ("first", "second"):
        done = build(tmp_path)
        assert done.returncode != 0
        for k, fault in enumerate(FAULTS):
            assert f"page{k}.md" in done.stderr, f"{fault}: nothing said the {time} time"
    write_book(tmp_path, SOUND, [SOUND for _ in FAULTS])
    assert build(tmp_path).returncode == 0


@pytest.mark.parametrize("harm", ["global.db", "base.ipynb"])
def test_a_damaged_cache_is_given_up_and_filled_anew(built, harm):
    first = page(built)
    damaged = next((built / "_build" / ".jupyter_cache").rglob(harm))
    damaged.write_bytes(damaged.read_bytes()[:50])
    write_book(built, SOUND + CELL + f"More words, {harm}.\n")
    done = build(built)
    assert done.returncode == 0, done.stderr
    assert "cannot be read; every cell runs again" in done.stdout
    assert f"More words, {harm}." in page(built)
    assert re.findall(r"\d{9,}\n", page(built)) != re.findall(r"\d{9,}\n", first) != []


def test_the_served_site_is_whole_while_the_next_is_built_and_after_a_build_that_was_killed(built):
    html, before = built / "_build" / "html", page(built)
    write_book(
        built, SOUND + "```{code-cell} ipython3\nimport os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n```\n"
    )
    files = snapshot(html)
    assert build(built).returncode != 0
    assert snapshot(html) == files
    aside(html).mkdir(exist_ok=True)
    (aside(html) / "half").write_text("written")  # what a killed build leaves
    write_book(built, SOUND + CELL + "After a build that was killed.\n")
    assert build(built).returncode == 0
    assert page(built) != before
    assert not (html / "half").exists()
    assert [p.name for p in html.parent.glob(".html*")] == []


def snapshot(folder):
    return {p.relative_to(folder): (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


def copy_of_the_library(folder):
    library = folder / "library"
    shutil.copytree(ROOT / "normlib", library / "normlib")
    shutil.copytree(ROOT / "booksite", library / "booksite", symlinks=True)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, library)
    return library


@pytest.fixture(scope="module")
def beside_its_library(tmp_path_factory):
    """A copy of the library, and a book that is built with it and shows a number of it."""
    folder = tmp_path_factory.mktemp("library")
    library, book = copy_of_the_library(folder), folder / "book"
    cell = '```{code-cell} ipython3\nfrom normlib import normal_entropy\nprint(f"{normal_entropy(1.0):.3f}")\n```\n'
    write_book(book, cell)
    assert build(book, library).returncode == 0
    assert "1.419" in page(book)
    return library, book


def test_editing_a_style_of_the_widgets_reaches_the_site(beside_its_library):
    library, book = beside_its_library
    style = library / "normlib" / "widgets" / "widgets.css"
    style.write_text(style.read_text() + "\nbody{--a-mark-of-its-own:1}\n")
    assert build(book, library).returncode == 0
    assert "--a-mark-of-its-own" in (book / "_build" / "html" / "_static" / "widgets.css").read_text()


def test_editing_the_library_runs_the_cells_again(beside_its_library):
    library, book = beside_its_library
    source = library / "normlib" / "distributions.py"
    source.write_text(
        source.read_text().replace("return float(np.log(std) + 0.5", "return 7 + float(np.log(std) + 0.5", 1)
    )
    here = "import pathlib; from booksite.notebooks import build; build(root=pathlib.Path.cwd())"
    derive = [sys.executable, "-c", here]
    subprocess.run(derive, cwd=book, env={**os.environ, "PYTHONPATH": str(library)}, check=True)
    assert build(book, library).returncode == 0
    assert "8.419" in page(book), "the other builder ran in between, and the page stayed as it was"


def test_a_clean_build_elsewhere_is_the_same_to_the_byte(tmp_path, site):
    """From the same results of cells: that these come out the same elsewhere is seen when the notebooks run."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "_build" / ".jupyter_cache", tmp_path / "_build" / ".jupyter_cache")
    assert build(tmp_path, tmp_path).returncode == 0
    assert differences(site, tmp_path / "_build" / "html") == []


def differences(one, other):
    names = {p.relative_to(top) for top in (one, other) for p in top.rglob("*") if p.is_file()}
    return sorted(str(n) for n in names if not same_file(one / n, other / n))


def same_file(one, other):
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
