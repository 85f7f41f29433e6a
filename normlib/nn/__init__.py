"""Layers of small networks that are not normalizations."""

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

__all__ = [
    "ReLU",
    "Sigmoid",
    "Tanh",
    "relu",
    "relu_derivative",
    "saturated_share",
    "sigmoid",
    "sigmoid_derivative",
    "tanh",
    "tanh_derivative",
]
