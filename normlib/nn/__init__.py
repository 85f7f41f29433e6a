"""Layers of small networks that are not normalizations, and losses."""

from ..distributions import softmax
from .activations import (
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
from .convolution import Conv2d
from .dropout import Dropout
from .initializers import he_init, normal_init, xavier_init
from .linear import Linear
from .losses import MSE, Loss, SoftmaxCrossEntropy
from .pooling import AvgPool2d, GlobalAvgPool, MaxPool2d
from .recurrent import RNN, RNNCell
from .reshaping import Flatten, LastStep
from .sequential import Sequential

# Sorted as Python sorts, capitals before small letters.
__all__ = [
    "MSE",
    "RNN",
    "AvgPool2d",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool",
    "LastStep",
    "Linear",
    "Loss",
    "MaxPool2d",
    "RNNCell",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "he_init",
    "normal_init",
    "relu",
    "relu_derivative",
    "saturated_share",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "tanh",
    "tanh_derivative",
    "xavier_init",
]
