"""Training: the loop over mini-batches, what it records, and how well a model does."""

from .callbacks import ActivationPercentiles, Evaluate, GradientNorms
from .evaluation import accuracy, evaluating, predict
from .loop import History, TrainingState, fit
from .outputs import recorded_outputs

__all__ = [
    "ActivationPercentiles",
    "Evaluate",
    "GradientNorms",
    "History",
    "TrainingState",
    "accuracy",
    "evaluating",
    "fit",
    "predict",
    "recorded_outputs",
]
