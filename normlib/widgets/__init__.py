"""Live widgets: the same picture under a kernel, in a static page, and on paper."""

from .activation_histogram import ActivationHistogram
from .axes_cube import AxesCube
from .backprop_stepper import BackpropStepper
from .contours_and_descent import ContoursAndDescent
from .gradient_projection import GradientProjection
from .normal_explorer import NormalExplorer
from .recorded_races import RecordedRaces
from .running_statistics import RunningStatistics
from .signals_through_depth import SignalsThroughDepth
from .training_network import TrainingNetwork

__all__ = [
    "ActivationHistogram",
    "AxesCube",
    "BackpropStepper",
    "ContoursAndDescent",
    "GradientProjection",
    "NormalExplorer",
    "RecordedRaces",
    "RunningStatistics",
    "SignalsThroughDepth",
    "TrainingNetwork",
]
