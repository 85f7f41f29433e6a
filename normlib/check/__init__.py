"""Checks for your own code: is the gradient the gradient, is the exercise solved, and if not, which mistake is it?"""

from .asking import ExerciseList, exercises, fault, hint
from .calling import Outcome, run
from .exercise import Exercise, Mistake, variant
from .gradients import check_gradients, numerical_gradient
from .judging import check, judge, probes
from .report import GradientReport, GradientRow
from .result import Result

__all__ = [
    "Exercise",
    "ExerciseList",
    "GradientReport",
    "GradientRow",
    "Mistake",
    "Outcome",
    "Result",
    "check",
    "check_gradients",
    "exercises",
    "fault",
    "hint",
    "judge",
    "numerical_gradient",
    "probes",
    "run",
    "variant",
]
