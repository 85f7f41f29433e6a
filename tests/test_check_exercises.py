"""Each mistake is rejected and named, each right answer passes whatever its form, and what no list has is described."""

import inspect
import re

import numpy as np
import pytest

from normlib.check import check, exercises, fault, hint, judge, known_mistakes, mutation_report, probes, run
from normlib.check.catalogue import every, find
from normlib.check.judging import case
from normlib.check.unlisted import UNLISTED

NAMES = list(every())
SEEDS = [1, 987654321]
# Every mistake of the collection, but L14, which is a matter of training and not of one call.
COLLECTED = """
    F01 F02 F03 F04 F05 F06 F09 F10 F11 F12 F14 F15 F16 F17 F18
    B01 B02 B03 B05 B06 B07 B08 B09 B10 B13 B15 B18 B19 B20 B21 B23 P01 P02 P03 P05 P06
    L01 L02 L03 L04 L06 L07 L08 L10 L11 S01 S03 S05 G01 G03 G04 G07 G08 G09 G11
    R01 R02 R03 R05 R06 R07 R08 R12 R15 R16
"""


def mistakes_of(exercise):
    return (*exercise.mistakes, *(exercise.only_there or {}).values())


@pytest.fixture(autouse=True, scope="module")
def forget_cases():
    yield
    case.cache_clear()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_every_mistake_is_rejected_and_named_and_every_right_form_passes(name, seed):
    exercise, inputs = find(name), probes(name, seed)
    for mistake in mistakes_of(exercise):
        result = judge(name, run(mistake.function, inputs), seed)
        assert not result.passed, mistake.id
        assert mistake.id in result.diagnoses, (mistake.id, result.diagnoses, result.message)
        assert len(result.diagnoses) <= 2, (mistake.id, result.diagnoses)
        assert mistake.words in result.message
        assert result.score < 1
    for form, function in {"reference": exercise.reference, **(exercise.accepted or {})}.items():
        result = judge(name, run(function, inputs), seed)
        assert result.passed, (form, result.message)
        assert (result.diagnoses, result.broken, result.score) == ((), (), 1.0)


def test_the_collection_is_complete():
    assert set(re.findall(r"\w+", COLLECTED)) <= set(known_mistakes())


def test_the_report_on_the_checker_counts_what_happened():
    rows = mutation_report(seed=5)
    assert [row.exercise for row in rows] == NAMES
    for row in rows:
        assert row.rejected == row.named == row.mistakes
        assert row.accepted == row.forms >= 1
        assert row.unlisted_rejected == row.unlisted
    unlisted, fitting = sum(row.unlisted for row in rows), sum(row.fitting for row in rows)
    assert unlisted == len(UNLISTED) >= 30
    assert fitting >= 0.9 * unlisted
    pairs = {pair for row in rows for pair in row.together if "as-given" not in pair}
    assert pairs == {"B01 + B19", "R05 + R16"}  # one function each


@pytest.mark.parametrize("unlisted", UNLISTED, ids=lambda u: f"{u.exercise}: {u.words}")
def test_what_no_list_has_is_rejected_with_a_broken_property(unlisted):
    result = check(unlisted.exercise, unlisted.function, seed=6)
    assert not result.passed
    assert result.broken
    assert "Reread the chapter" in result.message


def test_outputs_are_diagnosed_one_by_one_and_score_one_by_one():
    def two_mistakes(dy, x, gamma, eps):
        std = np.sqrt(x.var(0) + eps)
        g = dy * gamma
        return (g - g.mean(0)) / std, (dy * x).sum(0), dy.sum(0)

    result = check("batch-norm-backward", two_mistakes)
    assert result.diagnoses == ("B02", "P01")
    assert result.score == pytest.approx(1 / 3)
    assert "Your dx equals the right one without the path through the variance (B02)." in result.message
    assert "Right already: dbeta." in result.message


def test_a_mistake_that_shows_as_an_exception_is_named():
    result = check(
        "layer-norm-forward", lambda x, gamma, beta, eps: gamma * (x - x.mean(1)) / np.sqrt(x.var(1) + eps) + beta
    )
    assert "Your code raised ValueError" in result.message
    assert result.diagnoses == ("L01",)


def test_another_exception_of_the_same_class_is_not_the_known_mistake():
    def slip(x, mu, sigma):
        return undefined_name  # noqa: F821

    assert check("fault-bell", slip).diagnoses == ()
    result = check("layer-norm-forward", lambda x, *rest: x + np.ones(len(x) + 1))
    assert "Your code raised ValueError" in result.message
    assert result.diagnoses == ()


def test_a_product_the_other_way_round_raises_the_same_mistake():
    def forward(x, gamma, beta, eps):
        mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        return (x - mean) / np.sqrt(var + eps) * gamma + beta

    assert check("spatial-batch-norm-forward", forward).diagnoses == ("S08",)


def test_a_mistake_that_shows_as_a_wrong_shape_is_named():
    right = find("layer-norm-backward").reference
    result = check("layer-norm-backward", lambda dy, x, gamma, eps: (*right(dy, x, gamma, eps)[:2], dy.sum(axis=1)))
    assert "Your dbeta has shape (8,); expected (5,)." in result.message
    assert result.diagnoses == ("L08",)


# The probes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["batch-norm-forward", "batch-norm-backward", "group-norm-backward"])
def test_probes_keep_the_rules_for_every_seed(name, seed):
    main, square, *_ = probes(name, seed)
    x, gamma = main["x"], main["gamma"]
    assert len(set(x.shape)) == x.ndim
    assert x.shape[0] - 1 != x.shape[1]
    assert len(set(gamma)) == len(gamma)
    assert (gamma < 0).sum() == 1
    assert main["eps"] == 0.1
    assert len(set(square["x"].shape)) == 1
    if "dy" in main:
        assert main["dy"].std() > 0.5
    if "beta" in main:
        assert np.abs(main["beta"]).min() > 0.2
    if "num_groups" in main:
        size = x.shape[1] // main["num_groups"]
        assert size != main["num_groups"]
        assert size >= 2
    else:
        assert x.std(0).min() < 0.1
        assert x.std(0).max() > 2
        assert x.mean(0).max() > 9
    assert any(probe["x"].dtype == np.float32 and probe["x"].mean() > 9e3 for probe in probes(name, seed))


def test_a_seed_draws_the_same_probes_again_and_another_seed_others():
    one, again, other = (probes("batch-norm-forward", seed)[0]["x"] for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


# What can be read


def test_every_exercise_has_a_signature_a_task_three_hints_and_a_chapter():
    listed = exercises()
    assert [row[0] for row in listed] == NAMES
    for name, signature, task in listed:
        exercise = find(name)
        assert len(task) > 20
        assert [bool(hint(name, level)) for level in (1, 2, 3)] == [True] * 3
        assert exercise.chapter in {
            *("normal-distribution", "normalizing-inputs", "batch-norm-forward", "backpropagation"),
            *("training-and-inference", "norm-family", "in-practice"),
        }
        assert all(parameter in signature for parameter in exercise.parameters)
        inputs = probes(name)[0]
        assert tuple(inputs if isinstance(inputs, dict) else inputs[0][1]) == exercise.parameters


def test_no_hint_and_no_message_holds_the_solution():
    for exercise in every().values():
        for text in exercise.hints:
            assert "return" not in text
            assert "np." not in text.replace("np.linalg.eigh", "")


def test_a_hint_of_another_level_and_a_name_that_there_is_not_say_what_there_is():
    with pytest.raises(ValueError, match="level = 4 came; expected a whole number from 1 to 3"):
        hint("whiten", 4)
    with pytest.raises(KeyError, match="batch-norm-backward"):
        check("batchnorm-backwards", len)
    with pytest.raises(KeyError, match="fault-bell"):
        fault("fault-belt")


def test_a_word_of_a_mistake_follows_your_output():
    for id, words in known_mistakes().items():
        assert re.fullmatch(r"[A-Z]\d\d|as-given", id)
        assert not words[0].isupper() or words.startswith(("E[", "PCA"))
        assert not words.endswith(".")


# Find the fault

REPAIRED = {
    "fault-group-count": [("2, c // 2", "num_groups, c // num_groups")],
    "fault-group-shape": [
        ("c / num_groups", "c // num_groups"),
        ("np.sqrt(var + eps)", "np.sqrt(var + eps)).reshape(n, c, h, w)"),
        ("x_hat = (grouped", "x_hat = ((grouped"),
        ("gamma[:num_groups].reshape(1, -1, 1, 1, 1)", "gamma.reshape(1, -1, 1, 1)"),
        ("beta[:num_groups].reshape(1, -1, 1, 1, 1)", "beta.reshape(1, -1, 1, 1)"),
    ],
    "fault-running-average": [
        ("new_mean =", "running_mean ="),
        ("new_var = decay * running_var + (1 - decay)", "running_var = (1 - momentum) * running_var + momentum"),
    ],
    "fault-mixed-momentum": [
        ("momentum * running_var + (1 - momentum)", "(1 - momentum) * running_var + momentum"),
    ],
    "fault-layer-norm-images": [("axis=1", "axis=(1, 2, 3)")],
    "fault-variance-axes": [("x.var(axis=0,", "x.var(axis=(0, 2, 3),")],
    "fault-normalizer": [("(x.std(axis=0, ddof=1) + eps)", "np.sqrt(x.var(axis=0) + eps)")],
    "fault-gamma-gradient": [(".sum(axis=0)", ".sum(axis=(0, 2, 3))")],
    "fault-population-statistics": [
        ("gammas.mean(axis=0)", "gammas[-1]"),
        ("betas.mean(axis=0)", "betas[-1]"),
        ("means[-1]", "means.mean(axis=0)"),
        ("variances[-1]", "m / (m - 1) * variances.mean(axis=0)"),
    ],
    "fault-bell": [("gaussian", "bell"), ("(2 * sigma)", "(2 * sigma**2)"), ("np.pi * sigma)", "np.pi * sigma**2)")],
}


def function_of(source):
    space = {"np": np}
    exec(source, space)
    return [value for value in space.values() if inspect.isfunction(value)][-1]


@pytest.mark.parametrize("name", REPAIRED)
def test_a_broken_piece_is_rejected_as_given_and_passes_when_repaired(name):
    source = fault(name)
    result = check(name, function_of(source))
    assert not result.passed
    assert "as-given" in result.diagnoses
    for old, new in REPAIRED[name]:
        assert old in source
        source = source.replace(old, new)
    assert check(name, function_of(source)).passed


def test_every_broken_piece_has_its_repair_here():
    assert set(REPAIRED) == {name for name in NAMES if name.startswith("fault-")}
    assert len(REPAIRED) >= 8
