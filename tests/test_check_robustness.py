"""The checker survives what students hand in, leaves no mess, and takes plain data that went through a file."""

import io
import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import normlib.check.calling
from normlib.check import Outcome, Result, check, judge, probes, run, variant
from normlib.check.catalogue import every, find

RIGHT = find("batch-norm-forward").reference
BACKWARD = find("batch-norm-backward").reference


def raises(*inputs):
    raise RuntimeError("<b>no</b>")


def raises_without_words(*inputs):
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    raise Mute


def overwrites(x, gamma, beta, eps):
    y = RIGHT(x, gamma, beta, eps)
    x -= x.mean(0)
    return y


class Odd:
    """Answers every question with an exception."""

    def __getattr__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "Your code raised RuntimeError: <b>no</b>"),
        (raises_without_words, "Your code raised Mute"),
        (lambda *inputs: sys.exit("bye"), "Your code raised SystemExit: bye"),
        (lambda *inputs: None, "Your function returned None. Is `return` missing?"),
        (lambda x, *rest: x.tolist(), "Your y is a list; expected a NumPy array."),
        (lambda x, *rest: (x, x), "Your y is a tuple; expected a NumPy array."),
        (lambda x, *rest: {"y": x}, "Your y is of type dict; expected a NumPy array."),
        (lambda *inputs: "y", "Your y is of type str; expected a NumPy array."),
        (lambda *inputs: Odd(), "Your y is of type Odd; expected a NumPy array."),
        (lambda x, *rest: x.astype(object), "Your y has dtype object; expected floating-point numbers"),
        (lambda x, *rest: x + 1j, "Your y has dtype complex128"),
        (lambda x, *rest: x > 0, "Your y has dtype bool"),
        (lambda x, *rest: x[:, :0], "Your y has shape (8, 0); expected (8, 5)."),
        (lambda x, *rest: np.zeros(2_000_000), "Your y has 2000000 entries, far more than expected."),
        (lambda x, *rest: x * np.nan, "Your y holds NaN or infinity"),
        (lambda x, *rest: x * np.inf, "Your y holds NaN or infinity"),
        (lambda x, *rest: 0.0, "Your y has shape (); expected (8, 5)."),
        (overwrites, "Your code changed its input x"),
        (lambda x, gamma: x, "Your function can't be called with the inputs of this exercise: too many positional"),
        (7, "An object of type int came; expected a function"),
        (None, "An object of type NoneType came; expected a function"),
    ],
)
def test_what_is_no_answer_gets_a_message_of_its_own(function, said):
    result = check("batch-norm-forward", function)
    assert not result.passed
    assert said in result.message
    assert result.score in (0.0, 0.5)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda *inputs: BACKWARD(*inputs)[:2], "Your function returned 2 things; expected 3: dx, dgamma, dbeta."),
        (lambda *inputs: BACKWARD(*inputs)[0], "Your function returned one ndarray; expected 3 things"),
        (lambda *inputs: (*BACKWARD(*inputs)[:2], None), "Your dbeta is None; expected a NumPy array."),
        (lambda *inputs: {"dx": inputs[0]}, "Your function returned one dict; expected 3 things: dx, dgamma, dbeta."),
    ],
)
def test_a_wrong_tuple_gets_a_message_of_its_own(function, said):
    assert said in check("batch-norm-backward", function).message


def test_a_wrong_signature_is_told_the_right_one():
    assert "Asked for is f(x, gamma, beta, eps) -> y." in check("batch-norm-forward", lambda x: x).message


def test_an_answer_that_is_right_but_overwrites_its_input_has_half_the_score():
    result = check("batch-norm-forward", overwrites)
    assert (result.passed, result.score, result.diagnoses) == (False, 0.5, ())


def test_changing_an_input_halves_the_score_whatever_else_is_wrong():
    def wrong_dx(dy, x, gamma, eps):
        dx, *others = BACKWARD(dy, x, gamma, eps)
        dy *= 2
        return 2 * dx, *others

    def right(dy, x, gamma, eps):
        found = BACKWARD(dy, x, gamma, eps)
        dy *= 2
        return found

    assert check("batch-norm-backward", wrong_dx).score == pytest.approx(1 / 3)
    assert check("batch-norm-backward", right).score == pytest.approx(1 / 2)


def test_lists_of_arrays_float32_and_numpy_numbers_are_as_good_as_they_are():
    assert check("batch-norm-backward", lambda *inputs: list(BACKWARD(*inputs))).passed
    half = check("batch-norm-forward", lambda *inputs: RIGHT(*inputs).astype(np.float16).astype(np.float64))
    assert half.broken == ("digits",)


def test_what_the_student_prints_stays_and_the_report_comes_once(capsys):
    def talks(x, gamma, beta, eps):
        print("here")
        return RIGHT(x, gamma, beta, eps)

    check("batch-norm-forward", talks)
    out = capsys.readouterr().out
    assert out.count("here") == len(probes("batch-norm-forward"))
    assert out.count("batch-norm-forward: right.") == 1


def test_a_stub_is_told_that_it_is_not_written_yet():
    def stub(x, gamma, beta, eps):
        raise NotImplementedError

    result = check("batch-norm-forward", stub)
    assert "batch-norm-forward: not yet.\nYour function is not written yet" in result.message


def test_an_endless_loop_ends_with_an_interrupt_and_leaves_no_mess():
    def endless(x, gamma, beta, eps):
        while not interrupted:  # endless, but for the test's own sake
            x = x + 0.0

    def interrupt(*_):
        interrupted.append(True)
        raise KeyboardInterrupt

    interrupted: list[bool] = []

    before = np.geterr(), list(warnings.filters)
    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            check("batch-norm-forward", endless)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert (np.geterr(), list(warnings.filters)) == before
    assert check("batch-norm-forward", RIGHT).passed


def test_a_class_that_fails_half_way_keeps_what_was_seen():
    class Half(find("batch-norm-layer").reference):
        def backward(self, dy):
            raise ValueError("later")

    result = check("batch-norm-layer", Half)
    assert "Your code raised ValueError: later" in result.message
    assert 0 < result.score < 1


def test_a_backward_that_returns_one_array_is_told_so():
    class One(find("batch-norm-layer").reference):
        def backward(self, dy):
            return super().backward(dy)[0]

    assert "Your backward(dy) must return three things: dx, dgamma, dbeta." in check("batch-norm-layer", One).message


# Outcomes from elsewhere


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(),
        Outcome(value={"0 forward": 3}),
        Outcome(value=np.array([object()])),
        Outcome(value=np.array(["<script>"])),
        Outcome(value=np.zeros((0, 5))),
        Outcome(value=np.datetime64("2026-01-01")),
        Outcome(value=[[1.0], [1.0, 2.0]]),
        Outcome(value=np.full((8, 5), 1e308)),
        Outcome(value=-(2**70)),
        Outcome(error="X" * 10, message="\n" * 5, changed=("x", "y")),
        Outcome(value=np.array([1, 2], dtype=[("a", "i4")][0][1])),
    ],
    ids=lambda outcome: type(outcome.value).__name__,
)
@pytest.mark.parametrize("name", ["batch-norm-forward", "batch-norm-backward", "batch-norm-layer", "fold-batch-norm"])
def test_judging_bears_any_value(name, outcome):
    result = judge(name, [outcome] * len(probes(name)))
    assert not result.passed
    assert result.message.startswith(f"{name}: not yet.")


def test_judging_wants_one_outcome_for_each_probe():
    with pytest.raises(ValueError, match="1 outcomes came; expected 9, one for each probe"):
        judge("batch-norm-forward", [Outcome()])


def through_files(thing):
    """Plain data through JSON, its arrays through a .npz file."""
    arrays = {}

    def put(value):
        if isinstance(value, (np.ndarray, np.generic)):
            arrays[f"a{len(arrays)}"] = value
            return {"array": f"a{len(arrays) - 1}"}
        if isinstance(value, dict):
            return {"dict": [[k, put(v)] for k, v in value.items()]}
        return [put(v) for v in value] if isinstance(value, (list, tuple)) else value

    def get(value):
        if isinstance(value, list):
            return [get(v) for v in value]
        if isinstance(value, dict):
            return stored[value["array"]] if "array" in value else {k: get(v) for k, v in value["dict"]}
        return value

    text, file = json.dumps(put(thing)), io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        return get(json.loads(text))


@pytest.mark.parametrize("name", list(every()))
def test_probes_and_outcomes_survive_a_way_through_files(name):
    inputs = through_files(probes(name, seed=9))
    outcomes = [tuple(through_files(list(outcome))) for outcome in run(find(name).reference, inputs)]
    assert judge(name, outcomes, seed=9).passed


def test_calling_stands_alone():
    file = Path(normlib.check.calling.__file__)
    program = (
        "import runpy, sys, numpy as np\n"
        f"run = runpy.run_path({str(file)!r})['run']\n"
        "[outcome] = run(lambda x, k: k * x, [{'x': np.ones(2), 'k': 3}])\n"
        "print(outcome.value, 'normlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[3. 3.] False\n"


# Variants


def turned(x, **rest):
    return {"x": x.T, **rest}


FEATURES_FIRST = variant(
    find("batch-norm-forward"), "features-first", offer=turned, take=turned, give=lambda y, **inputs: y.T
)


def test_a_variant_asks_for_another_layout_and_knows_the_mistakes():
    def right(x, gamma, beta, eps):
        y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps)
        return gamma[:, None] * y + beta[:, None]

    def without_eps(x, gamma, beta, eps):
        return right(x, gamma, beta, 0.0)

    assert check(FEATURES_FIRST, right).passed
    assert not check(FEATURES_FIRST, RIGHT).passed
    assert check(FEATURES_FIRST, without_eps).diagnoses == ("F02",)
    doubled = check(FEATURES_FIRST, lambda *inputs: 2 * right(*inputs))
    assert doubled.broken == ("factor",)


def test_a_variant_may_ask_for_more_and_for_another_convention():
    def keras(batches, momentum):
        return {"batches": batches, "momentum": 1 - momentum}

    exercise = variant(
        find("running-statistics"),
        "keras-statistics",
        offer=keras,
        take=keras,
        give=lambda value, batches, momentum: (*value, np.log(value[1])),
        outputs=("running_mean", "running_var", "log_var"),
    )

    def published(batches, momentum):
        mean, var = find("running-statistics").reference(batches, momentum)
        return mean, var, np.log(var)

    assert check(exercise, lambda batches, momentum: published(batches, 1 - momentum)).passed
    assert check(exercise, published).diagnoses == ("R01",)


# How it is shown


def test_a_report_is_escaped_in_html():
    shown = check("batch-norm-forward", raises)._repr_html_()
    assert "&lt;b&gt;no&lt;/b&gt;" in shown
    assert "<b>" not in shown


CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("from normlib.check import check; import normlib.check.result, IPython.display as d")
shell.run_cell("shown = []; d.display = lambda data, raw: shown.append((number, sorted(data)))")
cells = ["check('whiten', len)", "r = check('whiten', len)", "1", "r", "check('whiten', len); 1"]
for number, cell in enumerate(cells):
    shell.push({"number": number})
    shell.run_cell(cell, store_history=True)
print("SHOWN", shell.user_ns["shown"])
"""


def test_in_a_notebook_each_check_is_shown_once_and_as_html():
    done = subprocess.run([sys.executable, "-c", CELLS], capture_output=True, text=True, check=True)
    kinds = ["text/html", "text/plain"]
    assert f"SHOWN {[(number, kinds) for number in (0, 1, 3, 4)]}" in done.stdout
    assert "whiten: not yet." not in done.stdout


def test_a_result_is_short_at_a_prompt():
    assert repr(Result("whiten", False, ("W01",), "", 0.0)) == "<whiten: not yet, W01>"


def test_a_check_takes_less_than_a_second_of_processor_time():
    slow = []
    for name, exercise in every().items():
        start = time.process_time()
        check(name, exercise.reference, seed=77)
        slow += [name] if time.process_time() - start > 1.0 else []
    assert slow == []
