"""Checks for your own layers: is the gradient the gradient?"""

from .gradients import check_gradients, numerical_gradient
from .report import GradientReport, GradientRow

__all__ = ["GradientReport", "GradientRow", "check_gradients", "numerical_gradient"]
