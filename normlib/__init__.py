"""normlib: the normalization layers of deep learning, derived and written by hand in NumPy.

`import normlib` needs NumPy alone. Figures (`normlib.plot`) and live widgets (`normlib.widgets`)
are submodules that load when they are asked for.
"""

from .core import Cache, moments, moments_backward, normalize, normalize_backward, standardize, standardize_backward
from .distributions import (
    bin_edges,
    histogram_density,
    kernel_bandwidth,
    kernel_density,
    laplace_entropy,
    normal_entropy,
    normal_pdf,
    uniform_entropy,
)
from .nn import (
    ReLU,
    Sigmoid,
    Tanh,
    relu,
    relu_derivative,
    saturated_share,
    sigmoid,
    sigmoid_derivative,
    tanh,
    tanh_derivative,
)
from .norms import BatchNorm

__version__ = "0.1.0"

__all__ = [
    "BatchNorm",
    "Cache",
    "ReLU",
    "Sigmoid",
    "Tanh",
    "bin_edges",
    "histogram_density",
    "kernel_bandwidth",
    "kernel_density",
    "laplace_entropy",
    "moments",
    "moments_backward",
    "normal_entropy",
    "normal_pdf",
    "normalize",
    "normalize_backward",
    "relu",
    "relu_derivative",
    "saturated_share",
    "sigmoid",
    "sigmoid_derivative",
    "standardize",
    "standardize_backward",
    "tanh",
    "tanh_derivative",
    "uniform_entropy",
]
