"""What may import what, what `import normlib` needs, and that no file or function grows too long."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import normlib
from normlib import nn, norms, widgets

ROOT = Path(normlib.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# Each imports only from its left. A new module takes its place here first.
ORDER = ["arrays", "distributions", "whitening", "module", "core", "speed", "norms", "convert", "nn", "optim", "data"]
ORDER += ["train", "check", "plot", "experiments", "widgets", "classroom"]
DRAWING = {"cycler", "matplotlib", "seaborn", "matplotlib_inline"}
OUTSIDE = {
    "data": {"sklearn"},
    "train": {"tqdm"},
    "plot": DRAWING,
    "experiments": DRAWING | {"joblib", "pandas", "threadpoolctl", "tqdm"},
    "widgets": DRAWING | {"anywidget", "traitlets"},
}


def part_of(file):
    """The module of `ORDER` that a file belongs to; None for normlib itself."""
    first = file.relative_to(ROOT).parts[0].removesuffix(".py")
    return None if first == "__init__" else first


def imported(file):
    """What a file imports, as full dotted names."""
    package = ["normlib", *file.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def by_name(file):
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_every_module_imports_only_from_its_left(file):
    part = part_of(file)
    assert part is None or part in ORDER, f"{part} has no place in the order {ORDER}"
    for target in imported(file):
        top, _, rest = target.partition(".")
        other = rest.partition(".")[0]
        if top != "normlib" or other == part:
            continue
        if part is None:
            assert other in ORDER[: ORDER.index("plot")], (
                f"normlib loads {other}, which must wait until it is asked for"
            )
        else:
            assert other in ORDER[: ORDER.index(part)], f"{part} imports {other} from its right"


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_every_module_imports_what_its_layer_may_need_from_outside(file):
    allowed = {"normlib", "numpy", *OUTSIDE.get(part_of(file), ())} | sys.stdlib_module_names
    assert {target.partition(".")[0] for target in imported(file)} <= allowed


NUMPY_ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {"normlib", "numpy", *sys.stdlib_module_names}:
            raise ImportError(f"{name} was asked for")

sys.meta_path.insert(0, Refuse())
import normlib
assert normlib.BatchNorm(2)(normlib.normalize(__import__("numpy").eye(2), 0)[0]).shape == (2, 2)
LAST
"""


def run(program):
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=False)


def test_importing_normlib_needs_numpy_alone():
    done = run(NUMPY_ALONE.replace("LAST", "print('normlib.plot' in sys.modules, 'normlib.widgets' in sys.modules)"))
    assert (done.stdout, done.stderr) == ("False False\n", "")
    assert "was asked for" in run(NUMPY_ALONE.replace("LAST", "import normlib.plot")).stderr  # the guard does refuse


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_no_module_is_a_drawer_for_odds_and_ends(file):
    assert file.stem.strip("_") not in {"utils", "util", "helpers", "helper", "misc", "common", "tools"}


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_no_file_is_longer_than_250_lines_and_no_function_longer_than_40(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 40, f"{node.name} has {lines} lines of code"


@pytest.mark.parametrize("package", [normlib, nn, norms, widgets], ids=lambda p: p.__name__)
def test_every_public_name_exists_is_sorted_and_has_a_docstring_of_its_own(package):
    assert package.__doc__
    assert list(package.__all__) == sorted(package.__all__)
    for public in package.__all__:
        words = getattr(package, public).__doc__  # a class inherits no docstring this way
        assert words, f"{public} has no docstring"
        assert not words.startswith(f"{public}("), f"{public} has only the docstring that Python made"


@pytest.mark.parametrize("package", [normlib, nn, norms, widgets], ids=lambda p: p.__name__)
def test_every_public_method_has_a_docstring_its_own_or_an_inherited_one(package):
    for public in package.__all__:
        thing = getattr(package, public)
        classes = thing.__mro__ if inspect.isclass(thing) else ()
        ours = [c for c in classes if c.__module__.startswith("normlib.")]
        for method in {name for c in ours for name in vars(c) if not name.startswith("_")}:
            value = getattr(thing, method)
            assert not inspect.isfunction(value) or inspect.getdoc(value), f"{public}.{method} has no docstring"
