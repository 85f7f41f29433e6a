"""Ours against PyTorch: with the recorded values everywhere, and with PyTorch itself where it is installed."""

import numpy as np
import pytest
from layers import path_of
from numerical import assert_close
from record_pytorch import FILE, GROUPS, RUNNING, cases, inputs, record, sample, theirs

import normlib
from normlib import GroupNorm, speed

CASES = list(cases())
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda c: str(c).replace(", ", "-").replace(" ", "_"))
NO_TORCH = "PyTorch is not installed here; its recorded values are compared instead"


@pytest.fixture(scope="module")
def torch():
    """PyTorch itself, with one thread as the script has it."""
    live = pytest.importorskip("torch", reason=NO_TORCH)
    live.set_num_threads(1)
    return live


@pytest.fixture(scope="module")
def recorded():
    with np.load(FILE, allow_pickle=False) as file:
        return dict(file)


def our_layer(case):
    options = {"affine": case.affine, "eps": case.eps}
    if case.norm == "GroupNorm":
        return GroupNorm(GROUPS[case.shape[1]], case.shape[1], **options)
    if case.norm in RUNNING:
        options["momentum"] = case.momentum
    learned = case.param_shape if case.norm in ("LayerNorm", "RMSNorm") else case.shape[1]
    return getattr(normlib, case.norm)(learned, **options)


def ours(case):
    """All that we compute in a case, under the names that `theirs` has."""
    given, layer = inputs(case), our_layer(case)
    for arrays in (layer.params, layer.buffers):
        for name in set(arrays) & set(given):
            arrays[name] = given[name]
    layer(given["x0"])
    results = {}
    for step, mode in ((1, "train"), (2, "eval")):
        layer.train(mode == "train")
        results[f"{mode} y"] = layer(given[f"x{step}"])
        results[f"{mode} dx"] = layer.backward(given[f"dy{step}"])
        results |= {f"{mode} d{name}": g for name, g in layer.grads.items()}
    return {**results, **layer.buffers}


@each_case
def test_ours_are_pytorchs_recorded_values(case, recorded):
    left = recorded[str(case)]
    for name, array in sorted(ours(case).items()):
        numbers = sample(array)
        wanted, left = np.split(left, [numbers.size])
        assert np.abs(wanted).max() > 0.01, name
        assert_close(numbers, wanted, TOLERANCE[case.dtype])
    assert not left.size


@each_case
@pytest.mark.usefixtures("torch")
def test_ours_are_pytorchs_live_values(case):
    got, wanted = ours(case), theirs(case)
    assert set(got) == set(wanted)
    for name, array in got.items():
        assert_close(array, wanted[name], TOLERANCE[case.dtype])


def test_the_cases_go_both_ways_through_the_library():
    for norm in {case.norm for case in CASES} - {"SwitchableNorm"}:
        ways = set()
        for case in CASES:
            if case.norm == norm:
                layer = our_layer(case)
                layer(inputs(case)["x0"])
                ways.add((path_of(layer), case.dtype))
        assert ways == {(path, dtype) for path in ("core", "speed") for dtype in TOLERANCE}
    assert speed.SMALLEST <= 1 << 14


def test_the_script_records_the_same_again(recorded, torch):
    version = str(recorded["torch_version"])
    if torch.__version__.partition("+")[0] != version.partition("+")[0]:
        pytest.skip(f"PyTorch {torch.__version__} is installed here; the values were recorded with {version}")
    again = record()
    assert set(again) == set(recorded)
    for name in set(again) - {"torch_version"}:
        assert again[name].dtype == recorded[name].dtype
        assert_close(again[name], recorded[name], 1e-5 if "float32" in name else 1e-12)


def test_the_recorded_file_is_small_and_says_with_which_version_it_was_made(recorded):
    assert FILE.stat().st_size < 300_000
    assert str(recorded.pop("torch_version")).startswith("2.")
    assert set(recorded) == {str(case) for case in CASES}
