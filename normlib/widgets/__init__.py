"""Live widgets: the same picture under a kernel, in a static page, and on paper."""

from .activation_histogram import ActivationHistogram
from .normal_explorer import NormalExplorer

__all__ = ["ActivationHistogram", "NormalExplorer"]
