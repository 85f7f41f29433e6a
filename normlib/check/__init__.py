"""Checks for your own code: is the gradient the gradient, is the exercise solved, and if not, which mistake is it?"""

from .asking import exercises, fault, hint
from .calling import Outcome, run
from .exercise import Exercise, Mistake, variant
from .gradients import check_gradients, numerical_gradient
from .judging import check, judge, probes
from .listing import Listing
from .misconceptions import answer, questions
from .mutation import MutationRow, known_mistakes, mutation_report
from .report import GradientReport, GradientRow
from .result import Result

__all__ = [
    "Exercise",
    "GradientReport",
    "GradientRow",
    "Listing",
    "Mistake",
    "MutationRow",
    "Outcome",
    "Result",
    "answer",
    "check",
    "check_gradients",
    "exercises",
    "fault",
    "hint",
    "judge",
    "known_mistakes",
    "mutation_report",
    "numerical_gradient",
    "probes",
    "questions",
    "run",
    "variant",
]
