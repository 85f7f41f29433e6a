"""The list of faults is up to date, and planting works. All of them are tried by `python -m tests.mutations`."""

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest
from mutations import MUTATIONS, ROOT, is_caught


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_each_fault_has_its_place_in_the_library_and_leaves_a_program(mutation):
    assert mutation.count() == 1
    source = (ROOT / "normlib" / mutation.file).read_text(encoding="utf-8")
    ast.parse(source.replace(mutation.old, mutation.new))


def test_there_are_many_faults_and_no_two_alike():
    assert len(set(MUTATIONS)) == len(MUTATIONS) >= 40
    files = {mutation.file for mutation in MUTATIONS}
    assert {"core.py", "speed.py", "arrays.py", "module.py"} < files
    assert {f"norms/{file.name}" for file in (ROOT / "normlib/norms").glob("[!_]*.py")} < files


def test_the_first_five_faults_are_noticed():
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(is_caught, MUTATIONS[:5])) == [True] * 5
