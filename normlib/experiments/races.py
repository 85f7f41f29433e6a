"""Races: how the test error falls while networks that differ in their norm alone are trained side by side."""

import math
from functools import partial

from ..nn import he_init, normal_init
from ..train import Evaluate
from .networks import curve, digits_and_streams, network, train
from .running import run

#: What is varied, and the values that it takes.
SWEEPS = {
    "learning rate": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    "weight scale": (0.01, 0.03, 0.07, 0.14, 0.3, 0.6),
    "batch size": (2, 4, 8, 16, 32, 64),
}
#: Norms that run against each other.
RACERS = ("none", "batch", "layer", "group")
#: How often the test error is measured in a race, after the start.
POINTS = 15


def _one(sweep, value, norm, seed, *, steps, epochs):
    split, weights, order = digits_and_streams(seed)
    sizes, init, settings = [64, *[100] * 5, 10], he_init, {"lr": 0.1, "batch_size": 60, "steps": steps}
    if sweep == "learning rate":
        settings["lr"] = value
    elif sweep == "weight scale":
        init = normal_init(value)
    else:
        sizes = [64, 100, 100, 100, 10]
        updates = epochs * (len(split.x_train) // value)
        settings = {"lr": 0.2 * value / 64, "batch_size": value, "steps": updates}
    every = math.ceil(settings["steps"] / POINTS)
    settings["steps"] = every * POINTS
    model, evaluate = network(sizes, norm=norm, init=init, rng=weights), Evaluate(split.x_test, split.y_test, every)
    history = train(model, split, rng=order, callbacks=[evaluate], **settings)
    lived = len(history.loss) - history.diverged  # updates that were made
    rows = []
    for point, (step, accuracy) in enumerate(curve(evaluate, settings["steps"])):
        over = history.diverged and step > lived
        error = 100.0 if over else 100 * (1 - accuracy)
        rows.append({"point": point, "seen": step * settings["batch_size"], "test_error": error, "diverged": over})
    return rows


def races(*, seeds=(0, 1, 2), sweeps=None, norms=RACERS, steps=105, epochs=2, jobs=1, cluster=None, progress=True):
    """Test error during training by norm, for several learning rates, scales of the first weights and batch sizes.

    The claims: batch norm allows larger learning rates, and makes the scale of the weights matter less; it needs large
    batches. Learning rates and scales are tried in a network of 5 × 100 ReLUs, as in `learning_rates` and
    `initial_scales`; batch sizes in one of 3 × 100, with a learning rate in proportion, as in `batch_sizes`.

    Parameters
    ----------
    seeds : iterable of int
    sweeps : dict of str to iterable of float, optional
        Values of "learning rate", "weight scale" and "batch size"; `SWEEPS` unless given.
    norms : iterable of str
        As in `network`; group norm has 10 groups of 10 units.
    steps : int
        Updates with batches of 60, where the batch size is not what is varied; rounded up to a multiple of `POINTS`.
    epochs : int
        How often each batch size sees every digit.
    jobs, cluster, progress
        As for `run`.

    Returns
    -------
    pandas.DataFrame
        `sweep`, `value`, `norm`, `point` (0 before the first update, `POINTS` after the last), `seed`, `seen` (digits
        that were learned from so far, repeated ones too), `test_error` (percent), `diverged` (whether the loss had
        become infinite or NaN by then: such a run has no answers any more, and its error is 100 %).

    References
    ----------
    Ioffe and Szegedy (2015), Batch Normalization, section 3.3. Wu and He (2018), Group Normalization, section 4.1.
    """
    values = {name: list(some) for name, some in (SWEEPS if sweeps is None else sweeps).items()}
    if unknown := set(values) - set(SWEEPS):
        raise ValueError(f"sweeps came with {sorted(unknown)}; expected some of {', '.join(map(repr, SWEEPS))}")
    cases = [
        {"sweep": sweep, "value": value, "norm": norm, "seed": seed}
        for sweep, some in values.items()
        for value in some
        for norm in norms
        for seed in seeds
    ]
    task = partial(_one, steps=steps, epochs=epochs)
    return run(task, cases, index=("point",), jobs=jobs, cluster=cluster, progress=progress)
