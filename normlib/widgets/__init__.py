"""Live widgets: the same picture under a kernel, in a static page, and on paper."""

from .activation_histogram import ActivationHistogram
from .backprop_stepper import BackpropStepper
from .normal_explorer import NormalExplorer
from .signals_through_depth import SignalsThroughDepth

__all__ = ["ActivationHistogram", "BackpropStepper", "NormalExplorer", "SignalsThroughDepth"]
