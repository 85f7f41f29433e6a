"""What a norm does while a network learns: modes, momentum, gradients, weights."""

import numpy as np

from ...convert import convert_momentum
from ...core import normalize, normalize_backward
from ...module import Module
from ...nn import Dropout, Linear, ReLU, Sequential
from ...norms import BatchNorm, LayerNorm
from ..gradients import check_gradients
from .question import Question


def _weight_gradient(norm, scale):
    """Gradient in the weights in front of a norm, when they are multiplied by `scale`."""
    rng = np.random.default_rng(0)
    linear = Linear(6, 5, rng=rng)
    linear.params["weight"] = scale * linear.params["weight"]
    layer, x = norm(5, eps=0.0), rng.standard_normal((32, 6))
    y = layer(linear(x))
    linear.backward(layer.backward(rng.standard_normal(y.shape)))
    return linear


def _gradient_behind_layer_norm():
    small, large = (np.abs(_weight_gradient(LayerNorm, s).grads["weight"]).max() for s in (1.0, 10.0))
    return float(large / small)


def _relative_step():
    steps = [
        np.linalg.norm(linear.grads["weight"]) / np.linalg.norm(linear.params["weight"])
        for linear in (_weight_gradient(BatchNorm, s) for s in (1.0, 0.5))
    ]
    return float(steps[1] / steps[0])


def _running_mean_after(batches, momentum, mean, frozen=False):
    layer, rng = BatchNorm(1, momentum=momentum, affine=not frozen), np.random.default_rng(0)
    for _ in range(batches):
        x = rng.standard_normal((64, 1))
        layer(x - x.mean() + mean)
    return float(layer.buffers["running_mean"][0])


def _evaluated_after_momentum_one():
    layer, x = BatchNorm(1, momentum=1.0, eps=0.0), np.array([[-1.0], [1.0]])
    layer(x)
    return float(layer.eval()(x)[1, 0])


def _frozen():
    return _running_mean_after(1, 0.1, 4.0, frozen=True)


def _without_gradients():
    return _running_mean_after(1, 0.5, 6.0)


def _depth():
    """Power of ten that the gradient grows by, from the last of 30 layers to the first."""
    rng = np.random.default_rng(0)
    blocks = [part for _ in range(30) for part in (Linear(64, 64, bias=False, rng=rng), BatchNorm(64), ReLU())]
    network = Sequential(*blocks)
    y = network(rng.standard_normal((64, 64)))
    network.backward(rng.standard_normal(y.shape))
    first, last = (np.linalg.norm(blocks[i].grads["weight"]) for i in (0, -3))
    return float(np.log10(first / last))


def _variance_after_dropout():
    rng = np.random.default_rng(0)
    drop, layer, x = Dropout(0.5, rng=rng), BatchNorm(1, momentum=1.0), rng.standard_normal((20_000, 1))
    layer(drop(x))
    return float(layer.eval()(drop.eval()(x)).var())


def _sensitivity():
    _, cache = normalize(np.array([[1.0], [2.0], [3.0], [6.0]]), axes=0, eps=0.0)
    return float(normalize_backward(np.array([[0.0], [1.0], [0.0], [0.0]]), cache)[0, 0])


class _ConsistentlyWrong(Module):
    """Says it is a norm, subtracts the mean only, and differentiates just that."""

    def forward(self, x):
        self._cache = (x.shape, None)
        return x - x.mean(axis=0)

    def backward(self, dy):
        self._take_cache(dy)
        return dy - dy.mean(axis=0)


def _rejected():
    x = np.random.default_rng(0).standard_normal((6, 3))
    return float(sum(not row.passed for row in check_gradients(_ConsistentlyWrong(), x).rows))


def _sum_as_loss():
    layer = BatchNorm(3)
    y = layer(np.random.default_rng(0).standard_normal((8, 3)))
    return float(np.abs(layer.backward(np.ones_like(y))).max())


QUESTIONS = (
    Question(
        "smoothness-proof",
        4,
        "Weights in front of a layer norm (ε = 0) are multiplied by 10. By what is the gradient in them multiplied?",
        _gradient_behind_layer_norm,
        1.0,
        "It is proven that batch norm's smoother landscape is the cause of its success.",
        "Layer norm divides the gradient by the weights' scale just so: smoothing is no privilege of batch norm, and "
        "large learning rates explain much.",
    ),
    Question(
        "eval-is-worse",
        8,
        "The data have mean 10. After 5 training batches with momentum 0.1, what is the running mean?",
        lambda: _running_mean_after(5, 0.1, 10.0),
        10.0,
        "Worse results in evaluation mode mean a bug in the framework.",
        "The running mean starts at 0 and is at 10·(1 − 0.9⁵) after five batches: it needs more of them.",
        0.3,
    ),
    Question(
        "momentum-one",
        10,
        "The batch is (−1, 1), momentum is 1, ε = 0. In training the sample 1 gives 1. What in evaluation?",
        _evaluated_after_momentum_one,
        1.0,
        "Training and evaluation agree when momentum = 1.",
        "The running variance is the unbiased one, 2 here: 1/√2.",
    ),
    Question(
        "momentum-words",
        11,
        "Keras says momentum = 0.99. Which momentum does the same in PyTorch?",
        lambda: float(convert_momentum(0.99, "keras", "pytorch")),
        0.99,
        "momentum means the same everywhere.",
        "Keras weighs the old value, PyTorch the new batch; neither is the optimizer's momentum.",
        0.005,
    ),
    Question(
        "frozen",
        12,
        "γ and β do not learn. One training batch of mean 4 passes, momentum is 0.1. What is the running mean?",
        _frozen,
        0.0,
        "Freezing γ and β freezes batch norm.",
        "The running statistics move with every batch in training mode: only eval() stops them.",
    ),
    Question(
        "no-grad",
        13,
        "Nothing is differentiated, and the layer is in training mode: a batch of mean 6 passes, momentum is 0.5. "
        "What is the running mean?",
        _without_gradients,
        0.0,
        "no_grad() is eval().",
        "One stops gradients, the other chooses the statistics: in training mode they move, gradients or not.",
    ),
    Question(
        "weight-decay",
        20,
        "Weight decay has halved the weights in front of batch norm (ε = 0). By what is the next step multiplied, "
        "relative to the weights?",
        _relative_step,
        1.0,
        "Weight decay before batch norm limits capacity, as usual.",
        "The function is the same; the gradient doubles while the weights are halved: 4 times the effective rate.",
    ),
    Question(
        "exploding",
        21,
        "30 layers of Linear, batch norm and ReLU, just initialized. The first layer's gradient is 10 to which power "
        "times the last one's?",
        _depth,
        0.0,
        "Batch norm prevents exploding gradients.",
        "In deep batch norm networks gradients grow with depth at the start; the learning rate is not free.",
        1.0,
    ),
    Question(
        "dropout",
        22,
        "x of variance 1 passes dropout (p = 1/2) and batch norm, whose running statistics are up to date. Which "
        "variance has the output in evaluation?",
        _variance_after_dropout,
        1.0,
        "Dropout and batch norm compose freely.",
        "Dropout doubles the variance in training and leaves it in evaluation; the running variance knows the first.",
        0.1,
    ),
    Question(
        "independent-samples",
        23,
        "The batch is (1, 2, 3, 6), ε = 0. The first sample grows by a little: by which share of that does the second "
        "one's output change?",
        _sensitivity,
        0.0,
        "Samples in a batch are independent under batch norm.",
        "Through mean and variance each sample moves all: −(1 + x̂₁x̂₂)/(mσ) here.",
    ),
    Question(
        "gradient-check",
        25,
        "A norm forgets to divide by σ, and its backward pass differentiates just that. How many arrays does a "
        "gradient check reject?",
        _rejected,
        1.0,
        "Passing a gradient check means that the layer is right.",
        "It compares backward with forward. Whether forward is the right function is another question.",
    ),
    Question(
        "sum-as-loss",
        26,
        "The loss is the sum of batch norm's outputs. How large is the largest entry of its gradient in x?",
        _sum_as_loss,
        1.0,
        "The sum of the outputs is a fair loss for a gradient check.",
        "The outputs' sum is N·β whatever x is: the gradient is 0, and so is that of many a wrong backward pass.",
        1e-6,
    ),
)
