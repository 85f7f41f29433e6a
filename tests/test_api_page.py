"""The library's page: every public name has its entry, and every docstring became prose, lists and code."""

import inspect
import pkgutil
import re
import sys
from importlib import import_module
from types import ModuleType

import pytest
from bs4 import BeautifulSoup

import normlib
from booksite import api

PAGE = "book/api.html"
SUBMODULES = [import_module(f"normlib.{found.name}") for found in pkgutil.iter_modules(normlib.__path__)]
OPEN = [module for module in SUBMODULES if hasattr(module, "__all__")]


@pytest.fixture(scope="module")
def page(site):
    return BeautifulSoup((site / PAGE).read_text(encoding="utf-8"), "html.parser").select_one("article")


def heads(page):
    """The lines that name what an entry is about, by their anchors."""
    return {head["id"]: head for head in page.select("dl.py > dt") if head.has_attr("id")}


# The built page


@pytest.mark.parametrize("name", normlib.__all__)
def test_what_normlib_exports_has_an_entry_under_that_name(page, name):
    assert f"normlib.{name}" in heads(page)


@pytest.mark.parametrize("module", OPEN, ids=lambda m: m.__name__)
def test_every_public_name_of_a_submodule_has_an_entry(page, module):
    missing = {n for n in module.__all__ if not {f"normlib.{n}", f"{module.__name__}.{n}"} & set(heads(page))}
    assert missing == set()


def test_no_name_has_two_entries(page):
    names = [head["id"] for head in page.select("dl.py > dt") if head.has_attr("id")]
    assert len(names) == len(set(names))
    things = [id(thing) for module in SUBMODULES for thing in api.public_names(module).values() if callable(thing)]
    assert len(things) == len(set(things))


@pytest.mark.parametrize("module", OPEN, ids=lambda m: m.__name__)
def test_an_entry_shows_how_to_call_it(page, module):
    for name, thing in api.public_names(module).items():
        if not callable(thing):
            continue
        head = heads(page)[name]
        assert head.select_one(".sig-name").text == name.rpartition(".")[2]
        shown = [p.select_one(".n") for p in head.select(".sig-param")]
        shown = [p.text for p in shown if p and p.text not in "*/"]
        wanted = list(inspect.signature(thing).parameters)
        assert shown == wanted, name


@pytest.mark.parametrize("module", OPEN, ids=lambda m: m.__name__)
def test_an_entry_has_words_and_one_for_each_method_that_the_class_itself_explains(page, module):
    for name, thing in api.public_names(module).items():
        words = heads(page)[name].find_next_sibling("dd").get_text(" ", strip=True)
        assert len(words) > 15, name
        if not inspect.isclass(thing):
            continue
        for method, value in vars(thing).items():
            if inspect.isfunction(value) and not method.startswith("_") and value.__doc__:
                assert f"{name}.{method}" in heads(page)


def test_every_section_of_a_docstring_is_a_list_and_none_is_left_as_raw_text(page):
    fields = {dt.text.strip(": ") for dt in page.select("dl.field-list > dt")}
    assert {"Parameters", "Returns", "Raises", "Attributes"} <= fields
    text = page.get_text("\n")
    assert re.findall(r"(?m)^ *-{4,} *$|:param|:type|:rtype|:class:|:math:", text) == []
    prose = BeautifulSoup(str(page), "html.parser")
    for code in prose.select("pre, code, .sig"):
        code.decompose()
    assert re.findall(r".{0,30}(?:>>>|``|`\w|\*\*(?!\w+ \()|\\).{0,30}", prose.get_text()) == []
    assert prose.select(".problematic, .system-message") == []


def test_every_parameter_of_a_docstring_is_an_item_of_its_entry(page):
    body = heads(page)["normlib.normalize"].find_next_sibling("dd")
    [listed] = [dt.find_next_sibling("dd") for dt in body.select("dl.field-list > dt") if "Parameters" in dt.text]
    names = [strong.text for strong in listed.select("li strong, p strong")]
    assert names[:3] == ["x", "axes", "eps"]


def test_examples_are_coloured_as_python(page):
    examples = [pre for pre in page.select("div.highlight pre") if ">>>" in pre.text]
    assert len(examples) > 5
    assert all(pre.select("span.gp") and pre.select("span.n, span.nb, span.kn, span.k, span.o") for pre in examples)


def test_nothing_private_is_shown(page):
    assert [name for name in heads(page) if re.search(r"\._", name)] == []
    assert "Alias for field number" not in page.text


# What makes it


@pytest.fixture
def toy():
    """A module with a function of its own, a foreign one, a private one, and a constant."""
    module = ModuleType("toy")
    code = "def own(): 'Words.'\ndef _hidden(): pass\nCONSTANT = 1\n"
    exec(code, vars(module))
    module.foreign = inspect.signature
    return module


def test_a_module_without_all_offers_what_it_defines(toy):
    assert api.public_names(toy) == {"toy.own": toy.own}


def test_all_has_the_say_where_there_is_one(toy):
    toy.__all__ = ["CONSTANT"]
    assert api.public_names(toy) == {"toy.CONSTANT": 1}


def test_a_name_that_normlib_exports_is_called_by_its_short_name():
    names = api.public_names(sys.modules["normlib.norms"])
    assert names["normlib.BatchNorm"] is normlib.BatchNorm
    assert "normlib.norms.BatchNorm" not in names


def test_a_constant_without_words_is_refused(toy, monkeypatch):
    toy.__all__ = ["CONSTANT"]
    monkeypatch.setattr(api, "constant_words", lambda module: {})
    with pytest.raises(ValueError, match=r"toy.CONSTANT has no words: put a comment that starts with `#:` above it"):
        api.entries(toy)


def test_constants_of_one_comment_share_an_entry(toy, monkeypatch):
    toy.__all__, toy.B, toy.C = ["B", "C"], 2, 3
    monkeypatch.setattr(api, "constant_words", lambda module: {"B": ["Both."], "C": ["Both."]})
    assert api.entries(toy) == [".. py:data:: toy.B", "             toy.C", "", "   Both.", ""]


@pytest.mark.parametrize(
    ("line", "escaped"),
    [
        ("x : ndarray, shape (N, C, *spatial)", r"x : ndarray, shape (N, C, \*spatial)"),
        ("the length |x| of x", r"the length \|x\| of x"),
        ("a trailing x_ is no link", r"a trailing x\_ is no link"),
        ("x_hat and *which axes* and ``|x| (a, *b)``", "x_hat and *which axes* and ``|x| (a, *b)``"),
        (">>> f(1, *b) | x_", ">>> f(1, *b) | x_"),
        ("`x_` and (`*a`, *b)", r"`x_` and (`*a`, \*b)"),
    ],
)
def test_what_a_docstring_means_as_it_stands_stays(line, escaped):
    assert api.escape(line) == escaped
