"""Layers of small networks that are not normalizations."""

from .activations import ReLU, Sigmoid, Tanh, relu, sigmoid

__all__ = ["ReLU", "Sigmoid", "Tanh", "relu", "sigmoid"]
