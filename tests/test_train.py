"""The training loop: what it does, what it records, and that recording disturbs nothing."""

import sys

import numpy as np
import pytest
from numerical import assert_close, random_batch
from sklearn.datasets import load_digits

from normlib import BatchNorm
from normlib.module import Module
from normlib.nn import (
    MSE,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
)
from normlib.optim import SGD, Adam, Momentum
from normlib.train import (
    ActivationPercentiles,
    Evaluate,
    GradientNorms,
    accuracy,
    evaluating,
    fit,
    predict,
    recorded_outputs,
)

CLASSES = np.arange(50) % 3


def rng(seed=0):
    return np.random.default_rng(seed)


def network(seed=0):
    one = rng(seed)
    return Sequential(
        Linear(4, 8, bias=False, rng=one), BatchNorm(8), ReLU(), Dropout(0.2, rng=one), Linear(8, 3, rng=one)
    )


def data(dtype=np.float64):
    """50 samples of three classes that lie apart."""
    x = random_batch((50, 4), offset=0.0, spread=1.0)
    x[:, :3] += 2 * np.eye(3)[CLASSES]
    return x.astype(dtype), CLASSES


def train(model=None, *, lr=0.1, seed=1, dtype=np.float64, **kwargs):
    """A model and the history of a short run."""
    model = model or network()
    arguments = {"batch_size": 16, "rng": rng(seed), "progress": False, **kwargs}
    x, y = data(dtype)
    return model, fit(model, SoftmaxCrossEntropy(), SGD(model, lr), x, y, **arguments)


def arrays(model):
    return [{n: a.tolist() for n, a in (*m.params.items(), *m.buffers.items())} for m in model.modules()]


# The run


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    order = rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order]
    return x[:1347], y[:1347], x[1347:], y[1347:]


def test_a_small_network_with_batch_norm_learns_the_digits(digits):
    x, y, x_test, y_test = digits
    one = rng(0)
    layers = (
        layer for inputs in (64, 50) for layer in (Linear(inputs, 50, bias=False, rng=one), BatchNorm(50), ReLU())
    )
    model = Sequential(*layers, Linear(50, 10, rng=one))
    history = fit(
        model, SoftmaxCrossEntropy(), Momentum(model, 0.05), x, y,
        batch_size=60, epochs=8, rng=one, validation=(x_test, y_test), progress=False,
    )  # fmt: skip
    assert history.accuracy[0] < 0.3
    assert history.accuracy[-1] > 0.95
    assert history.accuracy[-1] == accuracy(model, x_test, y_test)


def test_a_small_convolutional_network_learns_the_digits(digits):
    x, y, x_test, y_test = digits
    one = rng(0)
    model = Sequential(
        Conv2d(1, 16, 3, padding=1, bias=False, rng=one), BatchNorm(16), ReLU(), MaxPool2d(2),
        Conv2d(16, 32, 3, padding=1, bias=False, rng=one), BatchNorm(32), ReLU(), Flatten(), Linear(512, 10, rng=one),
    )  # fmt: skip
    images, test_images = (a.reshape(-1, 1, 8, 8) for a in (x, x_test))
    fit(model, SoftmaxCrossEntropy(), Adam(model, 0.01), images, y, batch_size=60, epochs=3, rng=one, progress=False)
    assert accuracy(model, test_images, y_test) > 0.95


def test_a_step_is_forward_loss_backward_update_by_hand():
    x, y = data()
    model, history = train(steps=7)
    other, order, loss = network(), rng(1), SoftmaxCrossEntropy()
    optimizer, losses = SGD(other, 0.1), []
    for epoch in (range(3), range(3), range(1)):
        shuffled = order.permutation(50)
        for b in epoch:
            rows = shuffled[16 * b : 16 * b + 16]
            losses.append(loss(other(x[rows]), y[rows]))
            other.backward(loss.backward())
            optimizer.step()
    assert history.loss == losses
    assert arrays(model) == arrays(other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_seeds_give_equal_runs_bit_for_bit_and_other_seeds_do_not(dtype):
    (first, one), (second, two), (_, three) = (train(seed=seed, dtype=dtype, epochs=3) for seed in (1, 1, 2))
    assert one == two
    assert arrays(first) == arrays(second)
    assert one.loss != three.loss


def test_single_precision_data_is_computed_in_single_precision():
    seen = []
    train(dtype=np.float32, steps=2, callbacks=[lambda s: seen.append((s.x.dtype, s.model[0].grads["weight"].dtype))])
    assert seen == [(np.float32, np.float32)] * 2
    assert type(train(dtype=np.float32, steps=1)[1].loss[0]) is float


def test_an_epoch_shows_each_sample_at_most_once_and_drops_the_batch_that_is_not_full():
    seen = []
    _, history = train(epochs=2, callbacks=[lambda state: seen.append(state.x)])
    assert [len(x) for x in seen] == [16] * 6  # 50 samples are three batches, and two are left over
    assert len(history.loss) == 6
    epochs = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert all(len(np.unique(rows, axis=0)) == 48 for rows in epochs)
    assert (epochs[0] != epochs[1]).any()


def test_the_data_stay_as_they_are():
    x, y = data()
    kept = x.copy()
    x.flags.writeable = y.flags.writeable = False
    model = network()
    fit(model, SoftmaxCrossEntropy(), SGD(model, 0.1), x, y, batch_size=16, epochs=1, rng=rng(), progress=False)
    y.flags.writeable = True
    np.testing.assert_array_equal(x, kept)


def test_a_model_in_evaluation_mode_is_trained_in_training_mode_and_a_frozen_layer_stays_frozen():
    model = network().eval()
    train(model, steps=1)
    assert all(module.training for module in model.modules())
    model[1].eval()
    before = model[1].buffers["running_mean"].copy()
    train(model, steps=1)
    np.testing.assert_array_equal(model[1].buffers["running_mean"], before)
    assert model.training
    assert not model[1].training


def test_a_run_whose_loss_is_not_finite_stops_there_and_says_so():
    x, y = data()
    model, evaluate = Sequential(Linear(4, 3, rng=rng())), Evaluate(x, y, every=1)
    history = fit(
        model, MSE(), SGD(model, 1e6), x, np.eye(3)[y],
        batch_size=50, steps=100, rng=rng(), callbacks=[evaluate], progress=False,
    )  # fmt: skip
    assert history.diverged
    assert evaluate.steps == list(range(len(history.loss)))  # the last one is not measured again
    assert 2 < len(history.loss) < 100
    assert np.isfinite(history.loss[:-1]).all()
    assert not np.isfinite(history.loss[-1])
    assert not train(steps=3)[1].diverged


def test_an_interrupted_run_returns_the_history_so_far():
    def interrupt(state):
        if state.step == 4:
            raise KeyboardInterrupt

    x, y = data()
    model, history = train(steps=100, callbacks=[interrupt], validation=(x, y))
    assert len(history.loss) == 5
    assert history.accuracy_steps == [0, 3]
    assert not history.diverged
    assert all(module.training for module in model.modules())


def test_an_error_in_a_callback_is_not_swallowed():
    def broken(state):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        train(steps=3, callbacks=[broken])


def test_the_progress_bar_counts_the_steps(capsys):
    train(epochs=2, progress=True)
    assert "6/6" in capsys.readouterr().err
    train(epochs=2)
    assert capsys.readouterr().err == ""


def test_without_tqdm_there_is_no_bar_and_the_run_is_the_same(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert train(epochs=2, progress=True)[1] == train(epochs=2)[1]
    assert capsys.readouterr().err == ""


# Recording


def test_a_callback_is_shown_the_step_between_backward_and_update():
    x, y = data()
    states, weights = [], []

    def look(state):
        states.append(state)
        weights.append(state.model[0].params["weight"].copy())
        assert state.model[0].grads["weight"].any()

    model = network()
    start = model[0].params["weight"].copy()
    _, history = train(model, steps=3, callbacks=[look])
    assert [state.step for state in states] == [0, 1, 2]
    assert [state.loss for state in states] == history.loss
    assert all(state.model is model and state.outputs == {} for state in states)
    np.testing.assert_array_equal(weights[0], start)
    rows = rng(1).permutation(50)[:16]
    np.testing.assert_array_equal(states[0].x, x[rows])
    np.testing.assert_array_equal(states[0].y, y[rows])


def test_a_callback_may_set_the_learning_rate():
    def stop_learning(state):
        state.optimizer.lr = 1e-300

    model, fresh = network(), network()
    train(model, steps=2, callbacks=[stop_learning])
    np.testing.assert_array_equal(model[0].params["weight"], fresh[0].params["weight"])


def test_an_object_may_look_on_before_each_step_and_after_the_last():
    class Watcher:
        def __init__(self):
            self.seen = []

        def before_step(self, model, step):
            self.seen.append((step, model[1].buffers["running_mean"].any()))

        def finish(self, model, steps):
            self.seen.append(("end", steps))

    watcher = Watcher()
    train(steps=3, callbacks=[watcher])
    assert watcher.seen == [(0, False), (1, True), (2, True), ("end", 3)]


def test_recording_does_not_disturb_the_training():
    x, y = data()
    plain, history = train(steps=20)
    model = network()
    recorders = [
        Evaluate(x, y, every=3),
        ActivationPercentiles(model[1], unit=2),
        ActivationPercentiles(model[3]),
        GradientNorms(),
    ]
    _, recorded = train(model, steps=20, callbacks=recorders, validation=(x, y))
    assert recorded.loss == history.loss
    assert arrays(model) == arrays(plain)
    assert [len(r.steps) for r in recorders] == [8, 20, 20, 20]


def test_evaluate_measures_before_the_first_update_every_so_often_and_at_the_end():
    x, y = data()
    evaluate, model = Evaluate(x, y, every=3), network()
    before = accuracy(model, x, y)
    train(model, steps=7, callbacks=[evaluate])
    assert evaluate.steps == [0, 3, 6, 7]
    assert evaluate.accuracy[0] == before
    assert evaluate.accuracy[-1] == accuracy(model, x, y)
    short = network()
    train(short, steps=3)
    assert evaluate.accuracy[1] == accuracy(short, x, y)


def test_validation_is_measured_before_the_first_epoch_and_after_each():
    x, y = data()
    model, history = train(epochs=2, validation=(x, y))
    assert history.accuracy_steps == [0, 3, 6]
    assert len(history.accuracy) == 3
    assert history.accuracy[-1] == accuracy(model, x, y)


@pytest.mark.parametrize("unit", [None, 2])
def test_percentiles_are_those_of_the_layers_outputs_in_the_training_step(unit):
    model, x = network(), data()[0]
    recorder = ActivationPercentiles(model[1], (10, 50), unit=unit, every=2)
    _, _ = train(model, steps=5, callbacks=[Evaluate(x, CLASSES, every=1), recorder])
    assert recorder.steps == [0, 2, 4]
    other = network()
    output = other[1](other[0](x[rng(1).permutation(50)[:16]]))
    assert_close(recorder.values[0], np.percentile(output if unit is None else output[:, unit], (10, 50)), 1e-13)
    assert len({tuple(values) for values in recorder.values}) == 3


def test_gradient_norms_are_those_of_each_layers_weight_from_input_to_output():
    recorder, wanted = GradientNorms(every=2), []

    def by_hand(state):
        weights = (state.model[0].grads["weight"], state.model[4].grads["weight"])
        wanted.append([np.sqrt(np.sum(grad**2)) for grad in weights])

    train(steps=4, callbacks=[recorder, by_hand])
    assert recorder.steps == [0, 2]
    assert_close(recorder.values, wanted[::2], 1e-14)


def test_outputs_are_recorded_inside_the_block_alone_and_recordings_may_be_nested():
    model, x = network().eval(), data()[0]
    with recorded_outputs(model[0], model[1]) as outer:
        with recorded_outputs(model[1]) as inner:
            y = model(x)
        assert set(outer) == {model[0], model[1]}
        np.testing.assert_array_equal(outer[model[1]], inner[model[1]])
        first = inner[model[1]].copy()
        model(x + 1)
        np.testing.assert_array_equal(inner[model[1]], first)
        assert (outer[model[1]] != first).any()
    with pytest.raises(ValueError, match=r"Linear\(4, 8\)"), recorded_outputs(model[0]):
        model(x[:, :2])
    assert all("forward" not in vars(module) for module in model.modules())
    np.testing.assert_array_equal(model(x), y)
    np.testing.assert_array_equal(first, model[1](model[0](x)))


# Evaluation


def test_predictions_come_in_evaluation_mode_whatever_the_batch_size():
    model, x = network(), data()[0]
    train(model, steps=5)
    before = arrays(model), model[3].rng.bit_generator.state
    wanted = model.eval()(x)
    model.train()
    for batch_size in (1, 7, 50, 256):
        assert_close(predict(model, x, batch_size=batch_size), wanted, 1e-13)
    assert (arrays(model), model[3].rng.bit_generator.state) == before


def test_every_layer_is_afterwards_in_the_mode_that_it_was_in_even_after_an_error():
    model, x = network(), data()[0]
    model[1].eval()
    modes = [module.training for module in model.modules()]
    predict(model, x)
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(ValueError, match=r"Linear\(4, 8\)"):
        predict(model, x[:, :2])
    assert [module.training for module in model.modules()] == modes
    with evaluating(model):
        assert not any(module.training for module in model.modules())


def test_nothing_is_kept_for_a_backward_pass_after_an_evaluation():
    model, x = network(), data()[0]
    predict(model, x)
    assert all(module._cache is None for module in model.modules())


class Given(Module):
    """Returns its input."""

    def forward(self, x):
        return x.copy()


def test_accuracy_is_the_share_of_right_classes_and_nan_is_never_right():
    logits = np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 1.0], [np.nan, 1.0]])
    assert accuracy(Given(), logits, np.array([0, 1, 1, 0])) == 0.5
    assert accuracy(Given(), logits, [0, 1, 0, 1], batch_size=3) == 0.75


# What is refused

x, y = data()
BAD_RUNS = [
    ({"epochs": None}, "epochs = None and steps = None came; expected exactly one of them"),
    ({"steps": 3}, "epochs = 1 and steps = 3 came; expected exactly one of them"),
    ({"epochs": 0}, "epochs = 0 came; expected a whole number from 1 on"),
    ({"batch_size": 51}, "batch_size = 51 came for 50 samples; expected at most 50"),
    ({"batch_size": 0}, "batch_size = 0 came"),
    ({"callbacks": [ActivationPercentiles(Linear(2, 2, rng=rng()))]}, "asks for the outputs of .*Linear.* no part of"),
    ({"validation": (x[:3], y)}, r"x of shape \(3, 4\) came with y of shape \(50,\); expected one class for each"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_RUNS)
def test_a_run_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        train(**{"epochs": 1, **arguments})


def test_other_things_that_make_no_sense_are_refused():
    model = network()
    with pytest.raises(ValueError, match="50 samples came with 49 targets; expected one target for each sample"):
        fit(model, SoftmaxCrossEntropy(), SGD(model, 0.1), x, y[:49], batch_size=5, epochs=1, rng=rng())
    with pytest.raises(TypeError, match=r"rng is 0; expected a numpy\.random\.Generator"):
        train(epochs=1, rng=0)
    with pytest.raises(ValueError, match=r"percentiles \(15, 101\) came; expected numbers from 0 to 100"):
        ActivationPercentiles(Linear(2, 2, rng=rng()), (15, 101))
    with pytest.raises(ValueError, match="every = 0 came"):
        GradientNorms(every=0)
    with pytest.raises(ValueError, match=r"x of shape \(0, 4\) came; expected \(N, \.\.\.\) with at least one"):
        predict(model, x[:0])
