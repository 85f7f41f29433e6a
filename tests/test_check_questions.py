"""The misconceptions: what is computed passes, what the misconception says does not and is named."""

import time

import numpy as np
import pytest

from normlib.check import answer, questions
from normlib.check.misconceptions import every_question

QUESTIONS = every_question()
# What is known without the library, for those that have a formula.
KNOWN = {
    **{"bn-range": 0.5, "bn-gaussian": 2.0, "bn-shift": 2.0, "smoothness-proof": 0.1, "bn-decorrelates": 0.9},
    **{"bias-before": 0.0, "eval-is-worse": 10 * (1 - 0.9**5), "train-mode-at-test": -np.sqrt(3)},
    **{"momentum-one": np.sqrt(0.5), "momentum-words": 0.01, "frozen": 0.4, "no-grad": 3.0, "batch-of-one": 3.0},
    **{"larger-batch": 4.0, "gn-always": 0.0, "ln-running": 0.0, "ln-axes": 32.0, "in-is-bn-of-one": 10.0},
    **{"weight-decay": 4.0, "dropout": 0.5, "eps-scale": np.sqrt(1 / 11), "gradient-check": 0.0, "sum-as-loss": 0.0},
    "independent-samples": -(1 + 2 / 3.5) / (4 * np.sqrt(3.5)),
}


def test_there_is_a_question_for_each_misconception():
    assert [q.misconception for q in QUESTIONS.values()] == list(range(1, 27))
    assert len(questions()) == 26
    assert "bn-gaussian" in repr(questions())


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_computed_number_passes_and_the_believed_one_is_named(name):
    question = QUESTIONS[name]
    start = time.process_time()
    computed = question.demonstrate()
    assert time.process_time() - start < 1
    assert question.demonstrate() == computed
    assert answer(name, computed).passed
    result = answer(name, question.believed)
    assert not result.passed
    assert result.diagnoses == (f"misconception-{question.misconception}",)
    assert question.belief in result.message
    assert question.why in result.message


@pytest.mark.parametrize("name", KNOWN)
def test_the_computed_number_is_what_the_formula_says(name):
    assert abs(QUESTIONS[name].demonstrate() - KNOWN[name]) <= QUESTIONS[name].tolerance


def test_a_number_that_is_neither_is_just_not_so():
    result = answer("bn-gaussian", -7)
    assert (result.passed, result.diagnoses) == (False, ())
    assert "You said -7; computed: 2.01." in result.message


def test_a_question_that_there_is_not_and_an_answer_that_is_no_number_say_what_is_expected():
    with pytest.raises(KeyError, match="bn-gaussian"):
        answer("bn-gausian", 1)
    with pytest.raises(TypeError, match=r"number = 'two' came; expected your prediction, a number such as 0\.5"):
        answer("bn-gaussian", "two")
