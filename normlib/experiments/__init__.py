"""Experiments: functions that train small networks for several seeds and return what came out as a table.

Each runs alone, on several cores (``jobs=2``) or on a Dask cluster (``cluster="tcp://…"``), with equal results;
``python -m normlib.experiments`` does the same from the command line.
"""

from .batches import batch_sizes, convolutional_batch_sizes
from .contrast import photograph_contrast
from .depth import depths, gradient_norms
from .input_shift import input_distributions
from .networks import convolutional_network, network
from .noise import noisy_batch_norm
from .races import races
from .recurrence import recurrent_layer_norm
from .regularizing import dropout
from .running import grid, run
from .smoothness import landscape
from .sweeps import initial_scales, learning_rates
from .tables import summary, usable_range

__all__ = [
    "batch_sizes",
    "convolutional_batch_sizes",
    "convolutional_network",
    "depths",
    "dropout",
    "gradient_norms",
    "grid",
    "initial_scales",
    "input_distributions",
    "landscape",
    "learning_rates",
    "network",
    "noisy_batch_norm",
    "photograph_contrast",
    "races",
    "recurrent_layer_norm",
    "run",
    "summary",
    "usable_range",
]
