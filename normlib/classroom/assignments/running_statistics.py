"""Running statistics with a decay and standard deviations, inference from them, and folding into weight (in, out)."""

import numpy as np

from ...check import variant
from ...check.catalogue import find
from .task import Assignment, Task


def _to_std(running_var, **rest):
    return rest | {"running_std": np.sqrt(running_var)}


def _ordered(names, inputs):
    return {name: inputs[name] for name in names}


COLLECTED = variant(
    find("running-statistics"),
    "decaying-statistics",
    task="Running mean (from 0) and standard deviation (variance from 1) after all batches (T, D, N), with a decay.",
    parameters=("batches", "decay"),
    outputs=("running_mean", "running_std"),
    offer=lambda batches, momentum: {"batches": np.swapaxes(batches, 1, 2), "decay": 1 - momentum},
    take=lambda batches, decay: {"batches": np.swapaxes(batches, 1, 2), "momentum": 1 - decay},
    give=lambda found, **inputs: (found[0], np.sqrt(found[1])),
)

KNOWN = ("x", "running_mean", "running_std", "gamma", "beta", "eps")
INFERENCE = variant(
    find("batch-norm-inference"),
    "inference-from-std",
    task="Batch norm of x (D, N) in evaluation, from the running mean and standard deviation.",
    parameters=KNOWN,
    offer=lambda x, **rest: _ordered(KNOWN, _to_std(x=x.T, **rest)),
    take=lambda x, running_std, **rest: _ordered(
        find("batch-norm-inference").parameters, {"x": x.T, "running_var": running_std**2, **rest}
    ),
    give=lambda y, **inputs: y.T,
)

FOLDED = ("weight", "bias", "gamma", "beta", "running_mean", "running_std", "eps")
FOLDING = variant(
    find("fold-batch-norm"),
    "fold-into-columns",
    task="Weight (in, out) and bias (out,) that do what the linear layer x @ weight + bias and its batch norm do.",
    parameters=FOLDED,
    offer=lambda weight, **rest: _ordered(FOLDED, _to_std(weight=weight.T, **rest)),
    take=lambda weight, running_std, **rest: _ordered(
        find("fold-batch-norm").parameters, {"weight": weight.T, "running_var": running_std**2, **rest}
    ),
    give=lambda folded, **inputs: (folded[0].T, folded[1]),
)

ASSIGNMENT = Assignment(
    "running-statistics",
    "Running statistics and inference",
    (
        Task("statistics", "Running statistics with a decay", 4, COLLECTED, "running_statistics"),
        Task("inference", "Inference", 3, INFERENCE, "inference"),
        Task("folding", "Folding into the layer before", 5, FOLDING, "fold"),
    ),
)
