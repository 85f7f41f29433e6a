"""The notebooks that the book's builder derives: a small book with every construct, and the real ones, run."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from docutils import nodes
from jupyter_cache import get_cache

from booksite import notebooks
from booksite.inline import Untranslatable
from booksite.markdown import code_span, display_math, escape, escape_start, fence, indent
from booksite.translator import Translator

ROOT = Path(__file__).resolve().parent.parent
REAL = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
kernelspec:
  display_name: Python 3
  language: python
  name: python3
syllabus: [N1]
myst:
  html_meta:
    description: A page of the tests' own little book, with every construct that a chapter may use.
---

"""
ONE = r"""
# First chapter

A line before the first section, of {cite:t}`ioffe2015` and for {cite:p}`shannon1948`, says x_hat, _edge_, 2 * 3
and \[a](b) with \*stars\*, a \<tag>, \$5 and `co``de|x`.

(sec-words)=
## Words

It is *slanted*, **strong** and ``a ` tick``; see {ref}`sec-words`, {doc}`two`, {doc}`notes`, [the other](two.md) and <https://example.org/a_b>.
A [link](https://example.org/x) leads out. The value is {glue:text}`answer:.2f`, and $a
= b$ is inline. The note stands below.[^why] See {numref}`fig-line`, {numref}`tab-symbols`, {eq}`eq-mean`, {eq}`eq-far`,
{numref}`fig-far` and {ref}`ex-one`.

[^why]: Because of *reasons*.

```{code-cell} ipython3
import matplotlib.pyplot as plt
first = 1
```

```{code-cell} ipython3
:tags: [remove-cell]

from myst_nb import glue
glue("answer", 41.999, display=False)
```

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-line
    caption: A *line* with $x|y$, after {eq}`eq-mean`.
  image:
    alt: A rising line.
---
plt.plot([first, 2])
plt.show()
```

After the figure.

```{code-cell} ipython3
:tags: [remove-input]

"only its output is on the page"
```

## Formulas

$$
\mu = \frac{1}{m} \sum_i x_i
$$ (eq-mean)

$$
a &= b \\
c &= d
$$

\begin{align*}
p &= q \\
r &= s
\end{align*}

### Deeper

Still the same cell.

## Blocks

:::{note}
A note with a list:

- one
- two
:::

:::{admonition} A title of its own
:class: tip

Inside.
:::

> Quoted words.

(tab-symbols)=
```{table} Symbols of *this* page.

| symbol | what | size |
|---|:---:|---:|
| $\|x\|$ | `a\|b` | 1 |
```

1. first
2. second
   - below

- loose

  with two paragraphs

- and another

Words between.

Term
: What it means.

**Bold term**
: Its meaning.

```{literalinclude} ../lib/source.py
:pyobject: double
```

```python
plain = "```"
```

Line one\
line two.

## Exercises

```{exercise-start} Count to $n$
:label: ex-one
```
How far?
```{exercise-end}
```

```{solution-start} ex-one
:label: sol-one
:class: dropdown
```
SECRET text.
```{code-cell} ipython3
secret = first
```
```{solution-end}
```

```{exercise}
:label: ex-two

Why? Look at {ref}`sol-one` later.
```

```{solution} ex-two
SECRET too.
```

```{exercise-start} Write it
:label: ex-three
```
Twice as much.
```{code-cell} ipython3
:tags: [stub]

def twice(x):
    raise NotImplementedError
```

```{code-cell} ipython3
:tags: [check, remove-output]

"not yet"
```
```{exercise-end}
```

```{solution-start} ex-three
:class: dropdown
```
SECRET three.
```{code-cell} ipython3
def twice(x):
    return x + x
```
```{solution-end}
```

```{code-cell} ipython3
last = 9
```
"""
TWO = r"""
# Second chapter

## Far away

See {numref}`fig-line` and {ref}`sec-words`.

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-far
    caption: Far.
  image:
    alt: A falling line.
---
import matplotlib.pyplot as plt
plt.plot([2, 1])
plt.show()
```

$$
1 = 1
$$ (eq-far)

```{code-cell} ipython3
same = 1
```

Once more:

```{code-cell} ipython3
same = 1
```
"""
INDEX = "# A little book\n\nWelcome to {doc}`one`.\n"
NOTES = "# Notes\n\nNo notebook.\n\n```{bibliography}\n```\n"
TOC = """\
format: jb-book
root: book/index
parts:
  - numbered: true
    chapters: [{file: book/one}, {file: book/two}]
  - chapters: [{file: book/notes}]
"""


def write_book(folder, baseurl="", one=ONE):
    """A book with the real book's own configuration."""
    (folder / "book").mkdir(parents=True, exist_ok=True)
    (folder / "lib").mkdir(exist_ok=True)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["html"]["baseurl"] = baseurl
    config["sphinx"]["config"].pop("html_favicon", None)  # a file of the real book
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    shutil.copy(ROOT / "book/references.bib", folder / "book")
    (folder / "lib/source.py").write_text("def double(x):\n    return 2 * x\n\n\nother = 0\n", encoding="utf-8")
    pages = {"index": INDEX, "one": FRONT + one, "two": FRONT + TWO, "notes": NOTES}
    for name, text in pages.items():
        (folder / f"book/{name}.md").write_text(text, encoding="utf-8")
    return folder


def copy_built(folder, target, builder=notebooks.NotebookBuilder):
    return shutil.copytree(notebooks.build(builder, folder), target)


@pytest.fixture(scope="session")
def books(tmp_path_factory):
    """The notebooks of the little book: built, built again, with solutions, and for a site that has an address."""
    base = tmp_path_factory.mktemp("books")
    folder = write_book(base / "book")
    first = copy_built(folder, base / "first")
    shutil.rmtree(folder / "_build/.doctrees")
    (folder / "_build/notebooks/gone.ipynb").write_text("{}")
    again = copy_built(folder, base / "again")
    instructor = copy_built(folder, base / "instructor", notebooks.InstructorBuilder)
    write_book(folder, baseurl="https://example.org/book/")
    built = {"first": first, "again": again, "instructor": instructor, "hosted": copy_built(folder, base / "hosted")}
    return built | {"folder": folder}


@pytest.fixture(scope="session")
def one(books):
    return nbformat.read(books["first"] / "one.ipynb", as_version=4)


def words(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def cell_with(notebook, text):
    found = [cell for cell in notebook.cells if text in cell.source]
    assert len(found) == 1, f"{text!r} stands in {len(found)} cells"
    return found[0]


# The builder


def test_only_the_chapters_become_notebooks(books):
    assert sorted(path.name for path in books["first"].glob("*.ipynb")) == ["one.ipynb", "two.ipynb"]


def test_notebooks_are_valid_and_hold_no_results(books):
    for path in books["first"].glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.kernelspec.name == "python3"
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
        assert path.read_text(encoding="utf-8").endswith("}\n")


def test_same_book_gives_the_same_bytes_and_nothing_stale(books):
    names = [sorted(path.name for path in books[key].glob("*.ipynb")) for key in ("first", "again")]
    assert names[0] == names[1]
    for name in names[0]:
        assert (books["first"] / name).read_bytes() == (books["again"] / name).read_bytes()


def test_ids_come_from_the_content_and_are_unique(books, one):
    two = nbformat.read(books["first"] / "two.ipynb", as_version=4)
    for notebook in (one, two):
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[0-9a-f]{8}(-\d+)?", name) for name in ids)
    first, second = (cell.id for cell in two.cells if cell.source == "same = 1")
    assert second == f"{first}-2"


def test_notebook_ends_with_the_works_that_its_page_cites(books, one):
    lines = one.cells[-1].source.splitlines()
    assert lines[0] == "## References"
    assert [line for line in lines if "Shannon" in line] == [
        "- Claude E. Shannon. A mathematical theory of communication. *Bell System Technical Journal*, "
        "27(3):379–423, 1948."
    ]
    assert len([line for line in lines if line.startswith("- ")]) == 2
    two = nbformat.read(books["first"] / "two.ipynb", as_version=4)
    assert not any("## References" in cell.source for cell in two.cells)


def test_cells_of_markdown_start_at_sections(one):
    starts = [cell.source.split("\n")[0] for cell in one.cells if cell.cell_type == "markdown"]
    headings = [line for line in starts if line.startswith("#")]
    assert headings == [
        "# 1. First chapter",
        "## 1.1. Words",
        "## 1.2. Formulas",
        "## 1.3. Blocks",
        "## 1.4. Exercises",
        "## References",
    ]
    assert "### 1.2.1. Deeper\n\nStill the same cell." in cell_with(one, "Formulas").source


def test_every_code_cell_stands_once_and_in_order(one):
    setup, *rest = code(one)
    assert setup == notebooks.setup_source("", notebooks_version())
    assert rest == [
        "import matplotlib.pyplot as plt\nfirst = 1",
        "plt.plot([first, 2])\nplt.show()",
        '"only its output is on the page"',
        "# Your answer to Exercise 1.1",
        "# Your answer to Exercise 1.2",
        "def twice(x):\n    raise NotImplementedError",
        '"not yet"',
        "last = 9",
    ]


def test_hidden_cells_keep_their_code_and_their_tags(one):
    assert cell_with(one, "plt.plot").metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert cell_with(one, "only its output").metadata == {"tags": ["remove-input"], "jupyter": {"source_hidden": True}}
    assert cell_with(one, "last = 9").metadata == {}


def test_machinery_and_solutions_are_not_in_the_notebook(one):
    everything = words(one) + "\n".join(code(one))
    for trace in ("glue", "SECRET", "x + x", "secret", "sol-one", "description", "syllabus"):
        assert trace not in everything


def test_no_markup_of_the_source_is_left(books):
    for path in books["first"].glob("*.ipynb"):
        text = words(nbformat.read(path, as_version=4))
        assert not re.search(r"\{[a-z:]+\}`|:::|```\{|^\([\w-]+\)=|^\[\^", text, re.MULTILINE)
        assert not re.search(r"(?<!\\)<(?!https://)[a-z/!]|&\w+;|\b(fig|eq|ex|tab|sec)-[a-z]+\b", text)


# What stands in a paragraph


def test_text_is_escaped_only_where_markdown_would_read_it_as_markup(one):
    line = cell_with(one, "A line before").source
    assert r"says x_hat, *edge*, 2 * 3 and [a\](b)" in line
    assert r"with \*stars\*, a \<tag>, \$5 and ```co``de|x```." in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x_hat of `x` at $5", r"x_hat of \`x\` at \$5"),
        ("a * b, *c*, _d_, __e__", r"a * b, \*c\*, \_d\_, \_\_e\_\_"),
        ("1 < 2 <b> &amp; & ~~s~~", r"1 < 2 \<b> \&amp; & \~~s\~~"),
        ("[a](b) [1] a\\b \\* x]: y", r"[a\](b) [1] a\b \\\* x\]: y"),
    ],
)
def test_escape(text, expected):
    assert escape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. a", r"1\. a"),
        ("# a", r"\# a"),
        ("> a", r"\> a"),
        ("- a", r"\- a"),
        ("---", r"\---"),
        ("2024 was", "2024 was"),
        ("-0.5 is", "-0.5 is"),
    ],
)
def test_paragraphs_are_not_taken_for_other_blocks(text, expected):
    assert escape_start(text) == expected


def test_code_and_indentation_in_markdown():
    assert code_span("a`b") == "``a`b``"
    assert code_span("`") == "`` ` ``"
    assert fence("x = 1\n", "python") == "```python\nx = 1\n```"
    assert fence("```\n", "default") == "````\n```\n````"
    assert indent("a\n\nb", "> ") == "> a\n>\n> b"
    assert indent("a  \nb", "  ", first="- ") == "- a  \n  b"


def test_references_are_numbers_and_lead_to_the_other_notebook(books, one):
    text = cell_with(one, "## 1.1. Words").source
    figure = one_format("figure")
    assert (
        f"See {figure % '1.1'}, Table 1.1, (1.1), [(2.1)](two.ipynb), [{figure % '2.1'}](two.ipynb) and Exercise 1.1."
        in text
    )
    assert (
        "see Words, [Second chapter](two.ipynb), Notes, [the other](two.ipynb) and <https://example.org/a_b>." in text
    )
    assert "A [link](https://example.org/x) leads out." in text
    two = words(nbformat.read(books["first"] / "two.ipynb", as_version=4))
    assert f"See [{figure % '1.1'}](one.ipynb) and [Words](one.ipynb)." in two


def test_marks_and_values_in_a_paragraph(one):
    text = cell_with(one, "## 1.1. Words").source
    assert text.startswith("## 1.1. Words\n\nIt is *slanted*, **strong** and ``a ` tick``;")
    assert "The value is 42.00, and $a = b$ is inline." in text
    assert "The note stands below. [note 1]" in text
    assert "**Note 1.** Because of *reasons*." in words(one)
    assert "Line one  \nline two." in words(one)


def test_citations_are_plain_text_until_the_site_has_an_address(books, one):
    assert "of Ioffe and Szegedy [2015] and for [Shannon, 1948], says" in words(one)
    hosted = words(nbformat.read(books["hosted"] / "one.ipynb", as_version=4))
    assert re.search(r"Ioffe and Szegedy \[\[2015\]\(https://example\.org/book/book/notes\.html#\S+\)\]", hosted)
    assert "[Notes](https://example.org/book/book/notes.html)" in hosted
    assert "[Second chapter](two.ipynb)" in hosted


# Blocks


def test_formulas_carry_their_numbers(one):
    text = words(one)
    assert "$$\n\\mu = \\frac{1}{m} \\sum_i x_i\n\\tag{1.1}\n$$" in text
    assert "$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n$$" in text
    assert "$$\n\\begin{aligned}\np &= q \\\\\nr &= s\n\\end{aligned}\n$$" in text


def test_display_math_turns_numbered_environments_into_inner_ones():
    assert display_math("\\begin{equation}\nx\n\\end{equation}", "1.2") == "$$\nx\n\\tag{1.2}\n$$"
    assert display_math("\\begin{gather}x\\\\y\\end{gather}") == "$$\n\\begin{gathered}x\\\\y\\end{gathered}\n$$"
    assert display_math("\\begin{aligned}x\\\\y\\end{aligned}") == "$$\n\\begin{aligned}x\\\\y\\end{aligned}\n$$"
    assert display_math("x\n\n= y") == "$$\nx\n= y\n$$"


def test_captions_follow_the_cell_that_draws_the_figure(one):
    at = one.cells.index(cell_with(one, "plt.plot"))
    caption = f"**{one_format('figure') % '1.1'}.** A *line* with $x|y$, after (1.1)."
    assert one.cells[at + 1].source == f"{caption}\n\nAfter the figure."


def test_admonitions_are_quotations_with_a_title(one):
    text = words(one)
    assert "> **Note**\n>\n> A note with a list:\n>\n> - one\n> - two" in text
    assert "> **A title of its own**\n>\n> Inside." in text
    assert "> Quoted words." in text


def test_tables_keep_their_cells(one):
    table = "| symbol | what | size |\n| --- | :---: | ---: |\n| $\\vert x\\vert $ | `a\\|b` | 1 |"
    assert f"**Table 1.1.** Symbols of *this* page.\n\n{table}" in words(one)


def test_lists(one):
    text = words(one)
    assert "1. first\n2. second\n   - below" in text
    assert "- loose\n\n  with two paragraphs\n\n- and another" in text
    assert "- **Term**: What it means.\n- **Bold term**: Its meaning." in text


def test_code_in_the_text(one):
    text = words(one)
    assert "```python\ndef double(x):\n    return 2 * x\n```\n\n*From* `lib/source.py`" in text
    assert '````python\nplain = "```"\n````' in text


def test_exercises_have_a_title_and_a_cell_for_the_answer(one):
    first = one.cells.index(cell_with(one, "How far?"))
    assert one.cells[first].source.endswith("**Exercise 1.1** (Count to $n$)\n\nHow far?")
    assert one.cells[first + 1].source == "# Your answer to Exercise 1.1"
    assert one.cells[first + 2].source.startswith("**Exercise 1.2**\n\nWhy? Look at Solution to Exercise 1.1 (Count to")
    assert one.cells[first + 3].source == "# Your answer to Exercise 1.2"


def test_what_a_check_says_is_left_out_of_the_page_alone(one):
    assert cell_with(one, "not yet").metadata == {"tags": ["check"]}
    assert cell_with(one, "def twice").metadata == {"tags": ["stub"]}


def test_instructors_notebook_is_the_students_with_the_solutions(books, one):
    instructor = nbformat.read(books["instructor"] / "one.ipynb", as_version=4)
    nbformat.validate(instructor)
    rest = iter(code(instructor))
    assert all(source in rest for source in code(one))
    assert set(code(instructor)) - set(code(one)) == {"secret = first", "def twice(x):\n    return x + x"}
    text = words(instructor)
    assert "**Solution to Exercise 1.1 (Count to $n$)**\n\nSECRET text." in text
    for trace in ("How far?", "Twice as much.", "SECRET too.", "SECRET three."):
        assert trace in text


@pytest.mark.parametrize("node", [nodes.subscript(text="2"), nodes.raw("", "<b>", format="html"), nodes.image(uri="a")])
def test_a_word_without_markdown_is_an_error(node):
    paragraph = nodes.paragraph("", "", node)
    paragraph.source, paragraph.line = "book/one.md", 7
    with pytest.raises(Untranslatable, match=r"book/one\.md:7: "):
        Translator(SimpleNamespace(config=None), "one").text(nodes.section("", paragraph))


@pytest.mark.parametrize("inside", [nodes.container(design_component="grid"), nodes.figure(), nodes.line_block()])
def test_a_block_without_markdown_is_an_error(inside):
    with pytest.raises(Untranslatable):
        Translator(SimpleNamespace(config=None), "one").text(nodes.section("", inside))


def test_a_code_cell_inside_a_list_is_an_error():
    cell = nodes.container(nb_element="cell_code", cell_index=3)
    items = nodes.bullet_list("", nodes.list_item("", cell))
    with pytest.raises(Untranslatable, match="a code cell or heading inside <list_item>"):
        Translator(SimpleNamespace(config=None), "one").text(nodes.section("", items))


def test_a_cell_that_would_get_lost_stops_the_build(tmp_path, capfd):
    lost = "```{code-cell} ipython3\n:tags: [remove-input, remove-output]\n\n1\n```\n"
    write_book(tmp_path, one=f"# Title\n\n{lost}")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/one\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        notebooks.build(root=tmp_path)
    assert re.search(r"one\.md: code cells at lines \d+ got lost", "".join(capfd.readouterr()))


# The cell that finds normlib


def run_setup(folder, source, cwd=None):
    """Run the cell with nothing but the standard library; says where normlib would come from."""
    source = re.sub(r"^( *)%(pip .*)$", r"\1print(r'''\2''')", source, flags=re.MULTILINE)
    source += "\nspec = importlib.util.find_spec('normlib')\nprint(spec.origin if spec else 'no normlib')\n"
    command = [sys.executable, "-I", "-S", "-c", source]
    return subprocess.run(command, cwd=cwd or folder, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path):
    for name in ("normlib", "notebooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "normlib/__init__.py").write_text("")
    return tmp_path


def notebooks_version():
    from normlib import __version__

    return __version__


def one_format(kind):
    """The real book's word for a kind of numbered thing."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    return config.get("numfig_format", {}).get(kind, "Fig. %s")


@pytest.mark.parametrize("where", ["notebooks", "."])
def test_setup_finds_a_clone(clone, where):
    done = run_setup(clone, notebooks.setup_source("", "1.2"), cwd=clone / where)
    assert done.stderr == ""
    assert Path(done.stdout.strip()) == clone / "normlib/__init__.py"


def test_setup_leaves_an_installed_library_alone(clone):
    elsewhere = clone / "elsewhere/normlib"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").write_text("")
    installed = f"import sys; sys.path.append({str(elsewhere.parent)!r}); before = list(sys.path)\n"
    source = installed + notebooks.setup_source("https://example.org/", "1.2") + "\nassert sys.path == before"
    done = run_setup(clone, source, cwd=clone / "notebooks")
    assert done.stderr == ""
    assert Path(done.stdout.strip()) == elsewhere / "__init__.py"


def test_setup_says_what_to_do_when_there_is_no_library(tmp_path):
    done = run_setup(tmp_path, notebooks.setup_source("", "1.2"))
    assert done.returncode == 1
    assert "ModuleNotFoundError: normlib was not found: open this notebook in its folder in a clone" in done.stderr


@pytest.mark.parametrize("baseurl", ["https://example.org/book/", "https://example.org/book"])
def test_setup_installs_the_wheel_that_the_site_serves(tmp_path, baseurl):
    done = run_setup(tmp_path, notebooks.setup_source(baseurl, "1.2"))
    wheel = "https://example.org/book/wheels/normlib-1.2-py3-none-any.whl"
    assert done.stdout.splitlines()[0] == f'pip install --quiet "normlib[notebooks] @ {wheel}"'


def test_setup_is_the_second_cell_and_short(books, one):
    hosted = nbformat.read(books["hosted"] / "one.ipynb", as_version=4)
    for notebook, baseurl in ((one, ""), (hosted, "https://example.org/book/")):
        assert notebook.cells[0].source == "# 1. First chapter"
        assert notebook.cells[1].source == notebooks.setup_source(baseurl, notebooks_version())
        assert len(notebook.cells[1].source.splitlines()) <= 15
    assert notebook.cells[2].source.startswith("A line before the first section")


# sync and drift


def test_drift_tells_what_differs_and_sync_mends_it(books, tmp_path):
    target = tmp_path / "notebooks"
    written = notebooks.sync(books["first"], target)
    assert [path.name for path in written] == ["one.ipynb", "two.ipynb"]
    assert notebooks.drift(books["first"], target) == []
    assert notebooks.sync(books["first"], target) == []

    edited = nbformat.read(target / "one.ipynb", as_version=4)
    edited.cells[2].source = edited.cells[2].source.replace("A line before", "A word before")
    nbformat.write(edited, target / "one.ipynb")
    (target / "two.ipynb").rename(target / "three.ipynb")
    lines = notebooks.drift(books["first"], target)
    assert lines[0].startswith("one.ipynb: cell 3 (markdown) differs: -A word before")
    assert "| +A line before" in lines[0]
    assert lines[1:] == ["three.ipynb: stale, no chapter has this name", "two.ipynb: missing"]

    (target / "README.md").write_text("stays")
    changed = notebooks.sync(books["first"], target)
    assert [path.name for path in changed] == ["one.ipynb", "three.ipynb", "two.ipynb"]
    assert sorted(path.name for path in target.iterdir()) == ["README.md", "one.ipynb", "two.ipynb"]
    assert notebooks.drift(books["first"], target) == []


def test_drift_notices_results_and_a_broken_file(books, tmp_path):
    target = tmp_path / "notebooks"
    notebooks.sync(books["first"], target)
    run = nbformat.read(target / "one.ipynb", as_version=4)
    run.cells[1].execution_count = 1
    nbformat.write(run, target / "one.ipynb")
    (target / "two.ipynb").write_text("not a notebook")
    lines = notebooks.drift(books["first"], target)
    assert lines[0] == "one.ipynb: cell 2 (code) differs: metadata or outputs"
    assert lines[1].startswith("two.ipynb: cannot be read")


def test_command_checks_and_writes(books, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    built = {notebooks.NotebookBuilder: books["first"], notebooks.InstructorBuilder: tmp_path / "_build/instructor"}
    monkeypatch.setattr(notebooks, "build", built.get)
    assert notebooks.main(["--check"]) == 1
    assert "run `make notebooks`" in capsys.readouterr().err
    assert notebooks.main([]) == 0
    assert notebooks.main(["--check"]) == 0

    shutil.copytree(books["instructor"], tmp_path / "_build/instructor")
    before = (tmp_path / "notebooks/one.ipynb").read_bytes()
    assert notebooks.main(["--instructor"]) == 0
    assert "wrote 2 notebooks with solutions into _build/instructor" in capsys.readouterr().out
    assert (tmp_path / "notebooks/one.ipynb").read_bytes() == before


# The real notebooks


def chapters():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    texts = {Path(page).name: (ROOT / f"{page}.md").read_text(encoding="utf-8") for page in pages}
    return sorted(name for name, text in texts.items() if "\nkernelspec:" in text.split("\n---", 1)[0])


def test_every_chapter_has_its_notebook():
    assert [path.stem for path in REAL] == chapters()


def printed(cell):
    """What a cell says in text; a number of a widget's model, or of a table's style, is not the same twice."""
    said = [o for o in cell.get("outputs", ()) if o.output_type == "stream" or set(o.get("data", {})) == {"text/plain"}]
    return [o.text if o.output_type == "stream" else o.data["text/plain"] for o in said if o.get("name") != "stderr"]


def on_the_page(name):
    """The cells of a page with what they gave when the site was built."""
    [kept] = (ROOT / "_build" / ".jupyter_cache").glob("*/global.db")
    cache = get_cache(kept.parent)
    records = [record for record in cache.list_cache_records() if Path(record.uri).stem == name]
    newest = max(records, key=lambda record: record.created)
    return [cell for cell in cache.get_cache_bundle(newest.pk).nb.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom_and_says_what_the_page_says(path, site, tmp_path):
    """In its folder in a clone, from a fresh kernel; no PYTHONPATH helps it find the library."""
    script = textwrap.dedent("""
        import sys, nbclient, nbformat
        notebook = nbformat.read(sys.argv[1], as_version=4)
        nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", coalesce_streams=True).execute()
        nbformat.write(notebook, sys.argv[2])
    """)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"MPLBACKEND": "agg"}
    command = [sys.executable, "-c", script, str(path), str(tmp_path / path.name)]
    done = subprocess.run(command, cwd=path.parent, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rest = iter(on_the_page(path.stem))
    cells = [cell for cell in nbformat.read(tmp_path / path.name, as_version=4).cells if cell.cell_type == "code"]
    own = [cell for cell in cells[1:] if not cell.source.startswith("# Your answer")]  # the first looks for the library
    for cell in own:
        assert printed(cell) == next(printed(twin) for twin in rest if twin.source.rstrip() == cell.source)
