"""The page of the speed record, run cell by cell on records that the tests made up."""

import ast
import json
import re
from pathlib import Path

import jupytext
import myst_nb
import pytest
from bs4 import BeautifulSoup

PAGE = Path(__file__).parents[1] / "book" / "speed.md"
RECORD = PAGE.parents[1] / "benchmarks" / "record.json"
OTHERS = ("torch", "numpy_ml", "textbook", "bandwidth")


def made_up():
    """A record in which no two numbers are alike; numpy-ml has no GN."""
    count, norms = iter(range(1, 1000)), []
    for case, shape in {"BN (8,4)": [8, 4], "LN (8,4)": [8, 4], "GN (2,4,3,3)": [2, 4, 3, 3]}.items():
        for dtype in ("float32", "float64"):
            for which in ("forward", "inference", "backward", "fw+bw"):
                row = {"case": case, "norm": case[:2], "shape": shape, "dtype": dtype, "pass": which}
                row |= {"seconds": next(count) / 1e5, **{name: next(count) / 100 for name in OTHERS}}
                norms.append(row | ({"numpy_ml": None} if case[:2] == "GN" else {}))
    required = [
        {"what": "reaches the aim", "measured": 0.41, "required": 0.8, "aim": 0.5},
        {"what": "keeps the limit", "measured": 0.61, "required": 0.8, "aim": 0.5},
        {"what": "misses both", "measured": 0.91, "required": 0.8, "aim": 0.5},
    ]
    machine = {"date": "2001-02-03", "processor": "A <fast> & new one", "cores": 2, "numpy-ml": None}
    return {
        "machine": machine | {"threads": 1, "processes": 3},
        "norms": norms,
        "required": required,
        "accuracy": [{"norm": "BN", "ours": 0.71, "textbook": 5432.1, "torch": 3.21}],
        "training": [{"network": "3 × 100", "ours_ms": 0.55, "torch_ms": 1.21, "ratio": 0.46}],
        "memory": [{"case": "BN (8,4)", "times_input": 3.14}],
        "import_ms": {"normlib": 92.4, "numpy": 81.3},
    }


class Run:
    """What the cells showed and glued, run in a folder beside `benchmarks`."""

    def __init__(self, folder, record, patch, left_out=frozenset()):
        (folder / "benchmarks").mkdir()
        (folder / "book").mkdir()
        if record:
            (folder / "benchmarks" / "record.json").write_text(json.dumps(record), encoding="utf-8")
        patch.chdir(folder / "book")
        self.shown, self.glued = [], {}
        patch.setattr(myst_nb, "glue", lambda name, value, display: self.glued.update({name: value}))
        space = {"display": lambda *shown: self.shown.extend(shown), "__name__": "page"}
        self.cells = [c for c in jupytext.read(PAGE, fmt="md:myst").cells if c.cell_type == "code"]
        for cell in self.cells:
            if left_out & set(cell.metadata.get("tags", ())):
                continue
            tree = ast.parse(cell.source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, str(PAGE), "exec"), space)
            shown = eval(compile(ast.Expression(last.value), str(PAGE), "eval"), space) if last else None
            self.shown += [] if shown is None else [shown]
        self.soup = BeautifulSoup("".join(item.data for item in self.shown), "html.parser")

    def table(self, words):
        [found] = [t for t in self.soup("table") if words in t.caption.text]
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        yield Run(tmp_path_factory.mktemp("clone"), made_up(), patch)


@pytest.mark.parametrize("which", ["Forward, training", "Forward, inference", "Backward:", "Forward and backward"])
def test_a_table_holds_every_row_of_the_record_and_no_other(run, which):
    key = {"Forward, t": "forward", "Forward, i": "inference", "Backward:": "backward", "Forward an": "fw+bw"}[
        which[:10]
    ]
    wanted = [
        [row["case"], row["dtype"], f"{1e3 * row['seconds']:.3f}"]
        + ["–" if row[name] is None else f"{row[name]:.2f}" for name in OTHERS]
        for row in made_up()["norms"]
        if row["pass"] == key
    ]
    rows = [[cell.text for cell in row(["th", "td"])] for row in run.table(which).tbody("tr")]
    assert rows == wanted


def test_every_table_has_a_caption_and_every_number_a_row_and_a_column(run):
    tables = run.soup("table")
    assert len(tables) == 9
    assert len({t.caption.text for t in tables}) == 9
    for table in tables:
        heads = table.thead("th", scope="col")
        for row in table.tbody("tr"):
            assert [cell.name for cell in row.find_all(recursive=False)] == ["th"] + ["td"] * (len(heads) - 1)
            assert row.th["scope"] == "row"


def test_the_other_tables_say_what_the_record_says(run):
    for words, row in {
        "asks of itself": ["misses both", "0.91", "0.80", "0.50", "no"],
        "Error in float32": ["BN", "0.7", "5,432.1", "3.2"],
        "One step": ["3 × 100", "0.55", "1.21", "0.46"],
        "Largest memory": ["BN (8,4)", "3.1"],
        "The machine": ["processor", "A <fast> & new one"],
    }.items():
        assert row in [[cell.text for cell in found(["th", "td"])] for found in run.table(words).tbody("tr")]
    verdicts = [row("td")[-1].text for row in run.table("asks of itself").tbody("tr")]
    assert verdicts == ["aim", "limit", "no"]
    assert ["numpy-ml", "–"] in [[c.text for c in r(["th", "td"])] for r in run.table("The machine").tbody("tr")]


def test_the_figure_has_a_dot_for_every_ratio_and_says_the_extremes(run):
    chosen = [r for r in made_up()["norms"] if (r["pass"], r["dtype"]) == ("fw+bw", "float32")]
    [svg] = run.soup("svg")
    ratios = [r["torch"] for r in chosen]
    words = svg["aria-label"]
    assert f"PyTorch: {sum(v < 1 for v in ratios)} of 3 left of 1, from {min(ratios):.2f} for BN (8,4)" in words
    assert f"to {max(ratios):.2f} for GN (2,4,3,3)" in words
    assert "numpy-ml: " in words
    assert " of 2 left of 1" in words
    text = svg.get_text(" ")
    for case in ("BN (8,4)", "LN (8,4)", "GN (2,4,3,3)", "PyTorch", "numpy-ml", "textbook"):
        assert case in text
    marks = {
        name: len(svg.find_all("use", style=re.compile(f"var\\(--nl-{name},"))) for name in ("blue", "green", "orange")
    }
    assert marks == {"blue": 3 + 1, "green": 2 + 1, "orange": 3 + 1}  # one more each in the legend


def test_every_number_in_the_text_comes_from_the_record(run):
    used = set(re.findall(r"\{glue:text\}`(\w+)", PAGE.read_text(encoding="utf-8")))
    assert used == set(run.glued)
    chosen = [r for r in made_up()["norms"] if (r["pass"], r["dtype"]) == ("fw+bw", "float32")]
    assert run.glued["cases"] == len(chosen)
    assert run.glued["torch_median"] == sorted(r["torch"] for r in chosen)[1]
    assert run.glued["LN_torch"] == chosen[1]["torch"]
    assert run.glued["textbook_faster"] == sum(r["textbook"] < 1 for r in chosen)
    assert run.glued["import_normlib"] == 92.4
    prose = re.sub(r"```.*?```|\A---.*?---", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"\b\d+\.\d+\b|\b\d+ (?:ms|times|cases|%)", prose) == []


def test_the_notebook_which_has_no_removed_cells_shows_the_same(run, tmp_path, monkeypatch):
    notebook = Run(tmp_path, made_up(), monkeypatch, left_out={"remove-cell"})
    assert notebook.glued == {}
    assert notebook.soup == run.soup


def test_numpy_ml_may_be_missing_everywhere(tmp_path, monkeypatch):
    record = made_up()
    for row in record["norms"]:
        row["numpy_ml"] = None
    run = Run(tmp_path, record, monkeypatch)
    assert "numpy-ml" not in run.soup.svg["aria-label"]


def test_without_a_record_the_notebook_says_so_and_how_to_get_one(tmp_path, monkeypatch):
    with pytest.raises(
        FileNotFoundError, match=r"no benchmarks/record.json here.*in a clone, and let `make bench` write"
    ):
        Run(tmp_path, None, monkeypatch)


def test_visible_cells_are_short(run):
    visible = [
        c for c in run.cells if not {"hide-input", "remove-input", "remove-cell"} & set(c.metadata.get("tags", ()))
    ]
    assert visible
    assert all(len(c.source.splitlines()) <= 15 for c in visible)


def test_the_page_is_in_the_book_exactly_when_there_is_a_record():
    toc = (PAGE.parents[1] / "_toc.yml").read_text(encoding="utf-8")
    assert ("file: book/speed" in toc) == RECORD.is_file()


def test_the_real_record_fits_the_page(tmp_path, monkeypatch):
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    run = Run(tmp_path, record, monkeypatch)
    cases = [r for r in record["norms"] if r["pass"] == "fw+bw"]
    assert len(run.table("Forward and backward").tbody("tr")) == len(cases) > 0
