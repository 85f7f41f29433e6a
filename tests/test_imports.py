"""What may import what, what `import normlib` needs, and that no file or function grows too long."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import normlib
from normlib import check, classroom, convert, data, experiments, nn, norms, optim, plot, train, whitening, widgets

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
    "experiments": {"distributed", "joblib", "pandas", "threadpoolctl", "tqdm"},
    "widgets": DRAWING | {"anywidget", "traitlets"},
    "classroom": DRAWING | {"jupytext", "nbformat", "nbgrader", "tqdm", "traitlets"},
}
PACKAGES = [normlib, check, classroom, convert, data, experiments, nn, norms, optim, plot, train, whitening, widgets]


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
def test_no_file_is_longer_than_300_lines_and_no_function_longer_than_40(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 40, f"{node.name} has {lines} lines of code"


def public_names(module):
    """What a module offers: its `__all__`, or, where it has none, the functions and classes that it defines."""
    own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__ and n[0] != "_"]
    return getattr(module, "__all__", own)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.__name__)
def test_every_public_name_exists_and_has_a_docstring_of_its_own(package):
    assert package.__doc__
    assert public_names(package)
    for public in public_names(package):
        if not callable(getattr(package, public)):
            continue  # a constant: the API page tests that it has its words
        words = getattr(package, public).__doc__  # a class inherits no docstring this way
        assert words, f"{public} has no docstring"
        assert not words.startswith(f"{public}("), f"{public} has only the docstring that Python made"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.__name__)
def test_every_public_method_has_a_docstring_its_own_or_an_inherited_one(package):
    for public in public_names(package):
        thing = getattr(package, public)
        classes = thing.__mro__ if inspect.isclass(thing) else ()
        ours = [c for c in classes if c.__module__.startswith("normlib.")]
        for method in {name for c in ours for name in vars(c) if not name.startswith("_")}:
            value = getattr(thing, method)
            assert not inspect.isfunction(value) or inspect.getdoc(value), f"{public}.{method} has no docstring"


def code_lines(file):
    """Lines of a file that are neither blank nor comment nor docstring."""
    text = file.read_text(encoding="utf-8")
    words = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            words |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(i not in words and bool(line.strip()) and not line.strip().startswith("#") for i, line in lines)


def test_core_and_norms_can_be_read_in_an_evening_and_speed_is_one_small_module():
    assert code_lines(ROOT / "core.py") + sum(map(code_lines, (ROOT / "norms").glob("*.py"))) <= 450
    assert code_lines(ROOT / "speed.py") <= 200
