"""The experiments at a tiny size: what their tables hold, and that the numbers are the networks' own."""

import sys
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
from numerical import assert_close, assert_gradient, random_batch

from normlib import experiments
from normlib.experiments import __main__ as command
from normlib.experiments import networks, smoothness
from normlib.nn import SoftmaxCrossEntropy, normal_init, xavier_init
from normlib.optim import SGD
from normlib.train import ActivationPercentiles, accuracy, fit

ERRORS = ["test_error", "train_error", "diverged"]
# Settings that take a moment, what the table must hold left and right of the seed, and how many rows for each seed.
TINY = {
    "input_distributions": ({"steps": 4, "every": 2}, ["norm", "step"], ["test_accuracy", "p15", "p50", "p85"], 6),
    "learning_rates": ({"rates": [0.1], "steps": 3}, ["norm", "lr"], ERRORS, 5),
    "initial_scales": ({"scales": [0.1], "steps": 2}, ["norm", "scale"], ERRORS, 3),
    "batch_sizes": ({"sizes": [1000, 500], "norms": ["none", "batch"], "epochs": 1}, ["norm", "batch_size"], ERRORS, 4),
    "convolutional_batch_sizes": ({"sizes": [600], "norms": ["layer"], "epochs": 1}, ["norm", "batch_size"], ERRORS, 1),
    "depths": ({"depths": [1, 2], "steps": 3}, ["norm", "depth"], ERRORS, 4),
    "gradient_norms": (
        {"depths": [2], "activations": ["tanh"]},
        ["norm", "activation", "init", "depth", "layer"],
        ["gradient_norm"],
        18,
    ),
    "dropout": ({"rates": [0.0, 0.5], "steps": 3}, ["norm", "dropout"], [*ERRORS, "gap", "loss"], 4),
    "noisy_batch_norm": (
        {"rates": [0.1], "steps": 4, "every": 2},
        ["norm", "lr", "step"],
        ["test_accuracy", "loss", "jump"],
        6,
    ),
    "landscape": (
        {"steps": 4, "every": 2, "lengths": [0.1, 0.2]},
        ["norm", "step"],
        ["loss_range", "gradient_change", "smoothness"],
        4,
    ),
    "races": (
        {"sweeps": {"learning rate": [0.1], "batch size": [600]}, "norms": ["none"], "steps": 15, "epochs": 1},
        ["sweep", "value", "norm", "point"],
        ["seen", "test_error", "diverged"],
        32,
    ),
    "recurrent_layer_norm": (
        {"rates": [0.1], "sizes": [1, 8], "steps": 4, "every": 2},
        ["norm", "lr", "batch_size", "step"],
        ["test_accuracy"],
        12,
    ),
    "photograph_contrast": (
        {"norms": ["instance"]},
        ["norm", "change", "channel"],
        ["mean_before", "std_before", "mean_after", "std_after", "difference"],
        9,
    ),
}


def tiny(name, seeds=(0,), **settings):
    return getattr(experiments, name)(seeds=seeds, progress=False, **TINY[name][0], **settings)


@cache
def seed_zero(name):
    return tiny(name)


@pytest.mark.parametrize("name", TINY)
def test_every_experiment_returns_the_table_that_its_docstring_promises(name):
    _, left, right, rows = TINY[name]
    table = seed_zero(name)
    assert list(table) == [*left, "seed", *right]
    assert len(table) == rows
    assert not table.duplicated([*left, "seed"]).any()
    assert np.isfinite(table[right].to_numpy(float)).all()
    returns = getattr(experiments, name).__doc__.split("Returns")[1]
    assert all(f"`{column}`" in returns for column in table)


@pytest.mark.parametrize("name", TINY)
def test_a_seed_gives_the_same_rows_in_every_run_and_other_seeds_give_others(name):
    first, together = seed_zero(name), tiny(name, seeds=(1, 0))
    again, other = (together[together["seed"] == seed].reset_index(drop=True) for seed in (0, 1))
    pd.testing.assert_frame_equal(again, first, check_exact=True)
    assert not other[TINY[name][2]].equals(first[TINY[name][2]])


def test_the_list_of_experiments_is_complete():
    assert set(TINY) == set(command.BY) <= set(experiments.__all__)
    for name, by in command.BY.items():
        assert set(by) <= set(TINY[name][1])


# Findings that need no long run


def test_batch_norm_holds_the_gradient_of_a_deep_sigmoid_network_that_vanishes_without_it():
    table = experiments.gradient_norms(seeds=[0], activations=["sigmoid"], inits=["xavier"], progress=False)
    norms = table.set_index(["norm", "layer"])["gradient_norm"]
    assert norms["none", 1] < 1e-5 * norms["none", 11]
    assert norms["batch", 1] > 0.1 * norms["batch", 11]


def test_a_deep_sigmoid_network_learns_with_batch_norm_alone():
    table = experiments.depths(seeds=[0], depths=[6], steps=60, progress=False).set_index("norm")
    assert table.loc["none", "train_error"] > 80
    assert table.loc["batch", "train_error"] < 30


def test_instance_norm_alone_forgets_each_channels_contrast_and_layer_norm_a_common_one():
    table = experiments.photograph_contrast(seeds=[3], progress=False)
    worst = table.groupby(["norm", "change"])["difference"].max()
    assert worst["instance", "per channel"] < 1e-12
    assert worst["instance", "alike"] < 1e-12
    assert worst["layer", "alike"] < 1e-12
    assert min(worst["layer", "per channel"], worst["batch", "alike"], worst["batch", "per channel"]) > 0.1
    assert (worst[:, "none"] == 0).all()
    given = table[table["change"] == "per channel"].groupby("channel")["std_before"].first()
    assert given.nunique() == 3
    after = table[table["norm"] == "instance"]
    np.testing.assert_allclose(after[["mean_after", "std_after"]], [[0.0, 1.0]] * len(after), atol=1e-12)


def test_a_run_that_diverges_is_a_row_that_says_so():
    table = experiments.learning_rates(seeds=[0], rates=[0.1, 1e4], norms=["none"], steps=20, progress=False)
    assert table["diverged"].tolist() == [False, True]
    assert table["test_error"][1] >= 80
    stopped = experiments.noisy_batch_norm(seeds=[0], rates=[1e4], norms=["none"], steps=20, every=5, progress=False)
    assert stopped["step"].tolist() == [5, 10, 15, 20]  # a row that is missing would flatter the mean over the seeds
    assert stopped["test_accuracy"].max() < 0.2
    assert stopped["loss"].isna().all()
    curves = experiments.input_distributions(seeds=[0], norms=["none"], lr=1e38, steps=6, every=2, progress=False)
    assert curves["step"].tolist() == [0, 2, 4, 6]
    assert curves["p50"].isna().tolist()[-1]
    looked = experiments.landscape(seeds=[0], norms=["none"], lr=1e4, steps=20, lengths=[1e4], every=1, progress=False)
    assert len(looked) < 20


# An experiment with one case, and the same run by hand: the settings, then initial weights, rate, steps and batch size.
BY_HAND = [
    ("learning_rates", {"rates": [0.3], "steps": 5}, [64, *[100] * 5, 10], {}, (0.3, 5, 60)),
    ("initial_scales", {"scales": [0.2], "steps": 9}, [64, *[100] * 5, 10], {"init": normal_init(0.2)}, (0.1, 9, 60)),
    ("batch_sizes", {"sizes": [300], "epochs": 2}, [64, 100, 100, 100, 10], {}, (0.2 * 300 / 64, 8, 300)),
    ("convolutional_batch_sizes", {"sizes": [64], "epochs": 1, "lr": 0.2}, None, {}, (0.2, 21, 64)),
    (
        "depths",
        {"depths": [2], "steps": 40},
        [64, 100, 100, 10],
        {"activation": "sigmoid", "init": xavier_init},
        (0.5, 40, 60),
    ),
]


@pytest.mark.parametrize(("name", "settings", "sizes", "how", "run"), BY_HAND, ids=[case[0] for case in BY_HAND])
def test_errors_are_those_of_the_trained_network(name, settings, sizes, how, run):
    split, weights, order = networks.digits_and_streams(5, images=sizes is None)
    build = experiments.convolutional_network if sizes is None else partial(experiments.network, sizes, **how)
    model, (lr, steps, batch_size) = build(norm="layer", rng=weights), run
    loss = SoftmaxCrossEntropy()
    fit(model, loss, SGD(model, lr), *split[:2], steps=steps, batch_size=batch_size, rng=order, progress=False)
    row = getattr(experiments, name)(seeds=[5], norms=["layer"], progress=False, **settings).iloc[0]
    assert row["test_error"] < 88  # it has learned something, so that equal errors mean the same network
    assert row["test_error"] == 100 * (1 - accuracy(model, split.x_test, split.y_test))
    assert row["train_error"] == 100 * (1 - accuracy(model, split.x_train, split.y_train))


def test_the_percentiles_are_those_of_what_one_unit_of_the_last_hidden_layer_is_given():
    split, weights, order = networks.digits_and_streams(0)
    batch = split.x_train[order.permutation(len(split.x_train))[:60]]
    model = experiments.network(
        [64, 100, 100, 100, 10], norm="batch", activation="sigmoid", init=normal_init(0.01), rng=weights
    )
    for layer in model[:8]:  # all but the last sigmoid and the output
        batch = layer(batch)
    row = seed_zero("input_distributions").query("norm == 'batch' and step == 0").iloc[0]
    assert_close(row[["p15", "p50", "p85"]].tolist(), np.percentile(batch[:, 0], (15, 50, 85)), 1e-6)


def test_loss_and_jump_are_means_since_the_row_before():
    split, weights, order = networks.digits_and_streams(0)
    model = experiments.network([64, *[100] * 8, 10], norm="batch", rng=weights)
    loss = SoftmaxCrossEntropy()
    watch = ActivationPercentiles(model[-3], (50,), unit=0)
    history = fit(
        model, loss, SGD(model, 0.1), *split[:2], steps=4, batch_size=60, rng=order, callbacks=[watch], progress=False
    )
    medians = np.ravel(watch.values)
    rows = seed_zero("noisy_batch_norm").query("norm == 'batch'")
    assert_close(rows["loss"], [np.mean(history.loss[:2]), np.mean(history.loss[2:])], 1e-5)
    assert_close(rows["jump"], [abs(medians[1] - medians[0]), abs(medians[3] - medians[2])], 1e-5)


def test_the_noise_makes_the_distribution_jump():
    table = seed_zero("noisy_batch_norm")
    jump = table.groupby("norm")["jump"].mean()
    assert jump["noisy batch"] > 2 * jump["batch"]
    assert table.groupby("norm")["loss"].last().nunique() == 3


def test_dropout_is_measured_on_few_digits_and_the_gap_is_test_minus_training_error():
    settings = {"seeds": [0], "norms": ["none"], "rates": [0.0, 0.5], "steps": 20, "batch_size": 20, "progress": False}
    table = experiments.dropout(samples=20, **settings)
    assert_close(table["train_error"] % 5, [0.0, 0.0], 1e-12, scale=100)
    assert table["loss"].nunique() == 2
    assert (table["gap"] == table["test_error"] - table["train_error"]).all()
    assert (table["gap"] > 0).all()


def test_rate_and_batch_size_of_the_recurrent_network_count():
    table = experiments.recurrent_layer_norm(
        seeds=[0], rates=[0.01, 0.5], sizes=[2, 32], steps=20, every=20, progress=False
    )
    assert table[table["step"] == 20]["test_accuracy"].nunique() > 5
    assert table[table["step"] == 0].groupby("norm")["test_accuracy"].nunique().tolist() == [1, 1]


def test_with_eps_some_of_the_contrast_remains():
    table = experiments.photograph_contrast(seeds=[0], norms=["instance"], changes=["alike"], eps=1e-2, progress=False)
    assert table["difference"].min() > 1e-3


def test_along_the_gradient_is_what_steps_of_that_length_find():
    split, weights, order = networks.digits_and_streams(0)
    model = experiments.network([64, 20, 10], norm="batch", rng=weights)
    look = smoothness.AlongTheGradient([0.5, 2.0], every=1)
    networks.train(model, split, lr=0.1, steps=1, batch_size=60, rng=order, callbacks=[look])

    def gradient_after(length):
        split, weights, order = networks.digits_and_streams(0)
        model, loss = experiments.network([64, 20, 10], norm="batch", rng=weights), SoftmaxCrossEntropy()
        rows, optimizer = order.permutation(len(split.x_train))[:60], SGD(model, length or 1.0)
        for _ in range(2 if length else 1):
            value = loss(model(split.x_train[rows]), split.y_train[rows])
            model.backward(loss.backward())
            gradient = smoothness.gradient_vector(model)
            optimizer.step()
        return value, gradient

    (start, here), (near, there), (far, beyond) = (gradient_after(length) for length in (None, 0.5, 2.0))
    row, changes = look.rows[0], [np.linalg.norm(there - here), np.linalg.norm(beyond - here)]
    assert row["loss_range"] == max(start, near, far) - min(start, near, far)
    assert row["gradient_change"] == max(changes)
    assert row["smoothness"] == max(changes[0] / 0.5, changes[1] / 2.0) / np.linalg.norm(here)


def test_looking_around_does_not_disturb_the_training():
    split = networks.digits_and_streams(0)[0]
    losses = []
    for callbacks in ([], [smoothness.AlongTheGradient([0.1], every=1)]):
        _, weights, order = networks.digits_and_streams(0)
        model = experiments.network([64, 20, 10], norm="batch", rng=weights)
        history = networks.train(model, split, lr=0.1, steps=5, batch_size=60, rng=order, callbacks=callbacks)
        losses.append([*history.loss, *model[1].buffers["running_var"]])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("name", TINY)
def test_every_experiment_hands_on_where_it_runs(name, monkeypatch):
    asked = {"jobs": 5, "cluster": "tcp://somewhere:1", "progress": False}

    def pretend(task, cases, *, index=(), **where):
        assert where == asked
        return "a table"

    experiment = getattr(experiments, name)
    monkeypatch.setattr(sys.modules[experiment.__module__], "run", pretend)
    assert experiment(**asked) == "a table"


# Networks


def test_all_norms_start_from_the_same_weights_and_see_the_same_digits():
    weights = []
    for norm in ("none", "batch", "rms"):
        split, stream, _ = networks.digits_and_streams(4)
        model = experiments.network([64, 30, 10], norm=norm, dropout=0.5 * (norm == "rms"), rng=stream)
        weights.append([split.x_train, model[0].params["weight"], model[-1].params["weight"]])
    for others in weights[1:]:
        for ours, theirs in zip(weights[0], others, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_network_has_the_layers_that_were_asked_for():
    def names(**settings):
        model = experiments.network([64, 30, 30, 10], rng=np.random.default_rng(0), **settings)
        return [type(layer).__name__ for layer in model], [
            "bias" in layer.params for layer in model if "weight" in layer.params
        ]

    assert names() == (["Linear", "ReLU", "Linear", "ReLU", "Linear"], [True] * 3)
    hidden = ["Linear", "BatchNorm", "RandomShift", "Sigmoid", "Dropout"]
    asked = names(norm="batch", shift=0.5, dropout=0.1, activation="sigmoid")
    assert asked == ([*hidden, *hidden, "Linear"], [False, False, True])
    assert names(norm="group")[0][1] == "GroupNorm"
    with pytest.raises(ValueError, match="norm = 'bach' came; expected none, batch, layer, group, instance, rms"):
        names(norm="bach")


@pytest.mark.parametrize("norm", ["none", *networks.NORMS])
def test_the_convolutional_network_takes_every_norm(norm):
    model = experiments.convolutional_network(norm=norm, rng=np.random.default_rng(0))
    assert model(np.ones((3, 1, 8, 8))).shape == (3, 10)
    assert len(model) == (11 if norm == "none" else 14)


def test_a_random_shift_moves_each_column_in_training_and_nothing_in_evaluation():
    layer, x = networks.RandomShift(0.5, rng=np.random.default_rng(0)), random_batch((50, 4))
    y, again = layer(x), layer(x)
    assert len(set(np.round(y.std(axis=0) / x.std(axis=0), 6))) == 4
    assert_close((y - y.mean(axis=0)) / y.std(axis=0), (x - x.mean(axis=0)) / x.std(axis=0), 1e-14)
    assert (y != again).all()
    wide = layer(np.array([[0.0], [1.0]]) * np.ones(20_000))
    assert_close([wide[0].mean(), (wide[1] - wide[0]).mean()], [0.0, 1.0], 0.02)  # on average it changes nothing
    np.testing.assert_array_equal(layer.eval()(x), x)


def test_the_gradient_of_a_random_shift_is_that_of_its_draw():
    x, dy = random_batch((3, 2)), random_batch((3, 2), seed=1)

    def layer():
        return networks.RandomShift(0.5, rng=np.random.default_rng(0))

    one = layer()
    one(x)
    assert_gradient(one.backward(dy), lambda moved: np.sum(layer()(moved) * dy), x)


def test_an_interrupted_run_is_no_row(monkeypatch):
    def interrupted(state):
        raise KeyboardInterrupt

    split, weights, order = networks.digits_and_streams(0)
    model = experiments.network([64, 10], rng=weights)
    with pytest.raises(KeyboardInterrupt):
        networks.train(model, split, lr=0.1, steps=5, batch_size=60, rng=order, callbacks=[interrupted])
