"""Running statistics with a decay and standard deviations, inference from them, and folding into weight (in, out)."""

import numpy as np

from ...check import Mistake, variant
from ...check.catalogue import find
from ...check.catalogue.words import FOLD, RUNNING, X_HAT
from .task import Assignment, Task


def _to_std(running_var, **rest):
    return rest | {"running_std": np.sqrt(running_var)}


def _ordered(names, inputs):
    return {name: inputs[name] for name in names}


DECAY = "new = decay·old + (1 − decay)·batch for mean and variance; the root of the variance comes at the end."
OTHERWISE = {m.id: (m.words, DECAY) for m in find("running-statistics").mistakes if m.reread == RUNNING} | {
    "R01": ("gives the decay to the new batch: it is the weight of the old value", DECAY),
    "R02": ("averages the biased variance; asked for is the unbiased one, with m − 1", DECAY),
    "R17": ("averages standard deviations for variances, and takes the root of that", DECAY),
}


def _averaged(spread):
    """Averages some spread of the batches as it is, and takes no root of it at the end."""

    def f(batches, decay):
        mean, std = np.zeros(batches.shape[1]), np.ones(batches.shape[1])
        for batch in batches:
            mean = decay * mean + (1 - decay) * batch.mean(axis=1)
            std = decay * std + (1 - decay) * spread(batch)
        return mean, std

    return f


AVERAGED = ("averages the batches' standard deviations; it is the variances that are averaged", DECAY)
COLLECTED = variant(
    find("running-statistics"),
    "decaying-statistics",
    task="Running mean (from 0) and standard deviation (variance from 1) after all batches (T, D, N), with a decay.",
    parameters=("batches", "decay"),
    outputs=("running_mean", "running_std"),
    offer=lambda batches, momentum: {"batches": np.swapaxes(batches, 1, 2), "decay": 1 - momentum},
    take=lambda batches, decay: {"batches": np.swapaxes(batches, 1, 2), "momentum": 1 - decay},
    give=lambda found, **inputs: (found[0], np.sqrt(found[1])),
    words=OTHERWISE,
    labels={"momentum = 1/2": "decay = 1/2", "momentum = 1": "decay = 0"},
    mistakes=(
        Mistake("A03", _averaged(lambda batch: batch.std(axis=1, ddof=1)), *AVERAGED),
        Mistake("A03", _averaged(lambda batch: batch.std(axis=1)), *AVERAGED),
        Mistake(
            "A04", _averaged(lambda batch: batch.var(axis=1, ddof=1)), "is the variance: the root is missing", DECAY
        ),
    ),
)

VARIANCE = "takes running_std for a variance: its square is missing under the root"
KNOWN = ("x", "running_mean", "running_std", "gamma", "beta", "eps")


def _inference_from_variance(x, running_mean, running_std, gamma, beta, eps):
    scale = gamma / np.sqrt(running_std + eps)
    return scale[:, None] * (x - running_mean[:, None]) + beta[:, None]


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
    words={"E03": ("takes running_std to the fourth power under the root, where its square belongs", X_HAT)},
    mistakes=(Mistake("A05", _inference_from_variance, VARIANCE, X_HAT),),
)

FOLDED = ("weight", "bias", "gamma", "beta", "running_mean", "running_std", "eps")
COLUMNS = ("has s along the inputs; it belongs to the outputs, the columns", FOLD)


def _folded_from_variance(weight, bias, gamma, beta, running_mean, running_std, eps):
    scale = gamma / np.sqrt(running_std + eps)
    return weight * scale, (bias - running_mean) * scale + beta


def _folded_along_inputs(weight, bias, gamma, beta, running_mean, running_std, eps):
    scale = gamma / np.sqrt(running_std**2 + eps)
    return weight * scale[:, None], (bias - running_mean) * scale + beta


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
    words={"C04": COLUMNS},
    mistakes=(
        Mistake("A05", _folded_from_variance, VARIANCE, FOLD),
        Mistake("C04", _folded_along_inputs, *COLUMNS),
    ),
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
