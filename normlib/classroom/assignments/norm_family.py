"""Layer, instance and group norm: samples in columns, channels last, and groups given by their size."""

from functools import partial

import numpy as np

from ...check import Mistake, variant
from ...check.catalogue import find
from ...check.catalogue.words import PER_CHANNEL
from .task import Assignment, Task


def _turned(dy=None, **inputs):
    """Samples in columns for samples in rows, and back."""
    return ({} if dy is None else {"dy": dy.T}) | inputs | {"x": inputs["x"].T}


def _channels_last(x, **rest):
    return {"x": np.moveaxis(x, 1, -1), **rest}


def _channels_second(x, **rest):
    return {"x": np.moveaxis(x, -1, 1), **rest}


def _images_back(y, **inputs):
    return np.moveaxis(y, 1, -1)


def _with_group_size(x, gamma, beta, num_groups, eps):
    size = x.shape[1] // num_groups
    return {"x": np.moveaxis(x, 1, -1), "gamma": gamma, "beta": beta, "group_size": size, "eps": eps}


def _with_group_count(x, gamma, beta, group_size, eps):
    count = x.shape[-1] // group_size
    return {"x": np.moveaxis(x, -1, 1), "gamma": gamma, "beta": beta, "num_groups": count, "eps": eps}


def _along_width(forward, x, gamma, beta, *rest):
    x_hat = _images_back(forward(np.moveaxis(x, -1, 1), np.ones_like(gamma), np.zeros_like(beta), *rest))
    return gamma[:, None] * x_hat + beta[:, None]


def _group_along_width(x, gamma, beta, group_size, eps):
    return _along_width(find("group-norm-forward").reference, x, gamma, beta, x.shape[-1] // group_size, eps)


ALONG_WIDTH = ("multiplies γ and β along the width, and not along the channels, the last axis", PER_CHANNEL)

LAYER = variant(
    find("layer-norm-forward"),
    "columns-layer-norm",
    task="Layer norm of x (D, N): every column is a sample.",
    offer=_turned,
    take=_turned,
    give=lambda y, **inputs: y.T,
)
INSTANCE = variant(
    find("instance-norm-forward"),
    "channels-last-instance-norm",
    task="Instance norm of images x (N, H, W, C).",
    offer=_channels_last,
    take=_channels_second,
    give=_images_back,
    words={"S08": ALONG_WIDTH},
    mistakes=(Mistake("S08", partial(_along_width, find("instance-norm-forward").reference), *ALONG_WIDTH),),
)
GROUP = variant(
    find("group-norm-forward"),
    "channels-last-group-norm",
    task="Group norm of images x (N, H, W, C), each group of `group_size` neighbouring channels.",
    parameters=("x", "gamma", "beta", "group_size", "eps"),
    offer=_with_group_size,
    take=_with_group_count,
    give=_images_back,
    words={
        "S08": ALONG_WIDTH,
        "G12": ("takes group_size for the number of groups", "what the task gives: how many channels a group has."),
    },
    mistakes=(Mistake("S08", _group_along_width, *ALONG_WIDTH),),
)
LAYER_BACKWARD = variant(
    find("layer-norm-backward"),
    "columns-layer-norm-backward",
    task="Gradients of layer norm of x (D, N): every column is a sample.",
    offer=_turned,
    take=_turned,
    give=lambda gradients, **inputs: (gradients[0].T, *gradients[1:]),
)

ASSIGNMENT = Assignment(
    "norm-family",
    "Layer, instance and group norm in other layouts",
    (
        Task("layer-norm", "Layer norm, samples in columns", 3, LAYER, "layer_norm"),
        Task("instance-norm", "Instance norm, channels last", 3, INSTANCE, "instance_norm"),
        Task("group-norm", "Group norm by group size", 4, GROUP, "group_norm"),
        Task("layer-norm-gradients", "Layer norm, backward", 6, LAYER_BACKWARD, "layer_norm_backward"),
    ),
)
