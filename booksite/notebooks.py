"""Plain Jupyter notebooks, derived from the book one way: ``book/*.md`` becomes ``notebooks/*.ipynb``.

A Sphinx builder, so that every number, reference and glued value in a notebook is the page's own.
``python -m booksite.notebooks`` writes the notebooks; with ``--check`` it says which are out of date; with
``--instructor`` it writes those with the solutions into ``_build/instructor/`` and nothing else.
"""

import argparse
import difflib
import hashlib
import os
import shutil
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from myst_nb.core.read import create_nb_reader
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform

from .references import cited
from .translator import Code, Heading, Translator

ROOT = Path(__file__).resolve().parent.parent
HIDDEN = {
    "source_hidden": {"hide-input", "hide-cell", "remove-input"},
    "outputs_hidden": {"hide-output", "hide-cell", "remove-output"},
}

SETUP = """\
# Finds normlib: installed, or in a clone of the book (one folder up, or here){otherwise}.
import importlib.util
import sys
from pathlib import Path

if importlib.util.find_spec("normlib") is None:
    folders = [p for p in (Path.cwd().parent, Path.cwd()) if (p / "normlib/__init__.py").exists()]
    if folders:
        sys.path.insert(0, str(folders[0]))
    else:
        {last}"""


def setup_source(baseurl, version):
    """The code of the cell that finds normlib; `baseurl` is where the site stands, empty if it stands nowhere yet."""
    if baseurl:
        url = f"{baseurl.rstrip('/')}/wheels/normlib-{version}-py3-none-any.whl"
        last, otherwise = f'%pip install --quiet "normlib[notebooks] @ {url}"', "; else installs it from its site"
    else:
        hint = "normlib was not found: open this notebook in its folder in a clone of the book"
        last, otherwise = f'raise ModuleNotFoundError("{hint}")', ""
    return SETUP.format(last=last, otherwise=otherwise)


def assemble(docname, parts, source, setup_cell):
    """Cells from a page's parts; a new cell of Markdown starts at each heading of level 1 or 2."""
    cells: list = []
    text: list[str] = []

    def flush():
        if text:
            cells.append(new_markdown_cell("\n\n".join(text)))
            text.clear()

    for part in parts:
        if isinstance(part, Code):
            flush()
            cells.append(new_code_cell(part.source) if part.index is None else _code(source.cells[part.index]))
        else:
            if isinstance(part, Heading) and part.level <= 2:
                flush()
            text.append(part.text if isinstance(part, Heading) else part)
            if isinstance(part, Heading) and part.level == 1:
                flush()
                cells.append(new_code_cell(setup_cell))
    flush()
    _name(docname, cells)
    metadata = {"kernelspec": dict(source.metadata["kernelspec"]), "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def _code(cell):
    """A cell of the chapter with its tags, and without what only the page needs."""
    tags = list(cell.metadata.get("tags", ()))
    if "check" in tags:  # what it says of an empty stub is nothing for the page, and the point of the notebook
        tags = [tag for tag in tags if tag != "remove-output"]
    hidden = {key: True for key, names in HIDDEN.items() if names & set(tags)}
    metadata = ({"tags": tags} if tags else {}) | ({"jupyter": hidden} if hidden else {})
    return new_code_cell(cell.source.rstrip(), metadata=metadata)


def _name(docname, cells):
    """Ids that depend on what the cells hold, so that an edit changes no other cell's id."""
    seen: dict[str, int] = {}
    for cell in cells:
        digest = hashlib.sha256(f"{docname}\0{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


class KeepCaptions(SphinxPostTransform):
    """Of the cells' outputs a notebook keeps the captions: the outputs themselves come from running it."""

    default_priority = 3  # before MyST-NB picks a MIME type for this builder

    def run(self, **kwargs):
        if self.app.builder.format != NotebookBuilder.format:
            return
        for output in list(self.document.findall(nodes.container)):
            if output.get("nb_element") == "cell_code_output":
                figures = list(output.findall(nodes.figure))
                output.clear()
                for figure in figures:
                    kept = [c for c in figure if isinstance(c, nodes.caption | nodes.legend)]
                    figure.clear()
                    figure.extend(kept)
                output.extend(figures)


class NotebookBuilder(Builder):
    """Writes ``<stem>.ipynb`` for every MyST notebook in the table of contents: the students' copy."""

    name = "notebooks"
    format = "notebooks"
    solutions = False
    epilog = "The notebooks are in %(outdir)s."

    def get_outdated_docs(self):
        return self.env.found_docs  # a notebook depends on other pages' numbers: always write all

    def prepare_writing(self, docnames):
        in_toc = self.env.collect_relations()
        self.chapters = {d: f"{Path(d).name}.ipynb" for d in sorted(in_toc) if "kernelspec" in self.env.metadata[d]}
        if len(set(self.chapters.values())) < len(self.chapters):
            raise SphinxError(f"two chapters would share a notebook: {', '.join(self.chapters)}")

    def get_target_uri(self, docname, typ=None):
        """A chapter's notebook; another page of the site, where the site has an address; otherwise nothing."""
        if docname in self.chapters:
            return self.chapters[docname]
        base = self.config.html_baseurl
        return f"{base.rstrip('/')}/{docname}.html" if base else ""

    def get_relative_uri(self, from_, to, typ=None):
        return "" if from_ == to else self.get_target_uri(to, typ)

    def write_doc(self, docname, doctree):
        if docname not in self.chapters:
            return
        from normlib import __version__

        env: Any = self.env  # MyST-NB keeps its configuration there
        path = Path(env.doc2path(docname))
        text = path.read_text(encoding="utf-8")
        source = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text).read(text)
        translator = Translator(env, docname, self.solutions)
        parts = [*translator.parts(doctree), *cited(env, docname)]
        self._check_complete(path, source, parts, translator.skipped)
        notebook = assemble(docname, parts, source, setup_source(self.config.html_baseurl, __version__))
        nbformat.validate(notebook)
        (Path(self.outdir) / self.chapters[docname]).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")

    def _check_complete(self, path, source, parts, skipped):
        """Every code cell of the chapter stands in the notebook once and in order, or has a reason not to."""
        wanted = [
            i
            for i, cell in enumerate(source.cells)
            if cell.cell_type == "code" and cell.source.strip() and i not in skipped
            and not {"remove-cell", "remove_cell"} & set(cell.metadata.get("tags", ()))
        ]  # fmt: skip
        placed = [part.index for part in parts if isinstance(part, Code) and part.index is not None]
        if placed != wanted:
            lines = ", ".join(str(source.metadata.source_map[i] + 1) for i in sorted(set(wanted) ^ set(placed)))
            hint = "A cell that shows neither code nor output on the page is either `remove-cell` or `hide-cell`."
            raise SphinxError(f"{path}: code cells at lines {lines or '(order)'} got lost. {hint}")

    def finish(self):
        for path in Path(self.outdir).glob("*.ipynb"):
            if path.name not in self.chapters.values():
                path.unlink()


class InstructorBuilder(NotebookBuilder):
    """The same notebooks with the solutions in them."""

    name = "instructor"
    solutions = True


def _notebooks(folder):
    return {path.name: path for path in sorted(folder.glob("*.ipynb"))}


def sync(built, target):
    """Make the notebooks in `target` those in `built`; what was written or deleted."""
    target.mkdir(parents=True, exist_ok=True)
    new, old, changed = _notebooks(built), _notebooks(target), []
    for name, path in new.items():
        if name not in old or old[name].read_bytes() != path.read_bytes():
            changed.append(Path(shutil.copyfile(path, target / name)))
    for name in old.keys() - new.keys():
        old[name].unlink()
        changed.append(old[name])
    return sorted(changed)


def drift(built, target):
    """What stands in `target` and is not what the book says, a line each; empty if all is well."""
    new, old = _notebooks(built), _notebooks(target)
    lines = [f"{name}: missing" for name in new.keys() - old.keys()]
    lines += [f"{name}: stale, no chapter has this name" for name in old.keys() - new.keys()]
    for name in new.keys() & old.keys():
        if new[name].read_bytes() != old[name].read_bytes():
            lines.append(f"{name}: {_first_difference(new[name], old[name])}")
    return sorted(lines)


def _first_difference(new, old):
    try:
        ours, theirs = (nbformat.read(path, as_version=4).cells for path in (new, old))
    except Exception as problem:
        return f"cannot be read ({problem})"
    for number, (a, b) in enumerate(zip_longest(theirs, ours), start=1):
        if a != b:
            before, after = (cell.source.splitlines() if cell else [] for cell in (a, b))
            diff = [line for line in difflib.unified_diff(before, after, lineterm="", n=0) if line[:1] in "+-"][2:4]
            return f"cell {number} ({(b or a).cell_type}) differs: {' | '.join(diff) or 'metadata or outputs'}"
    return "differs outside its cells"


def build(builder=NotebookBuilder, root=ROOT):
    """Run a builder through Jupyter Book on the book in `root`; the folder that it wrote."""
    book = "from jupyter_book.cli.main import main; main()"
    options = ["--builder", "custom", "--custom-builder", builder.name, "-W", "-n", "--keep-going", "-q"]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", book, "build", str(root), *options]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": paths})
    return root / "_build" / builder.name


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m booksite.notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a notebook is out of date")
    parser.add_argument("--instructor", action="store_true", help="write those with solutions into _build/instructor/")
    options = parser.parse_args(arguments)
    try:
        built = build(InstructorBuilder if options.instructor else NotebookBuilder)
    except subprocess.CalledProcessError as problem:
        return problem.returncode
    if options.instructor:
        print("wrote", len(_notebooks(built)), "notebooks with solutions into", built.relative_to(ROOT))
        return 0
    if not options.check:
        for path in sync(built, ROOT / "notebooks"):
            print("wrote" if path.exists() else "deleted", path.relative_to(ROOT))
        return 0
    lines = drift(built, ROOT / "notebooks")
    if lines:
        print("notebooks/ is not what the book says; run `make notebooks`:", *lines, sep="\n  ", file=sys.stderr)
    return 1 if lines else 0


def setup(app):
    app.add_builder(NotebookBuilder)
    app.add_builder(InstructorBuilder)
    app.add_post_transform(KeepCaptions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    sys.exit(main())
