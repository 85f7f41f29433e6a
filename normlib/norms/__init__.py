"""Normalization layers: each says only how it views its input, and over which axes of the view it takes its moments."""

from .batch import BatchNorm
from .group import GroupNorm
from .instance import InstanceNorm
from .layer import LayerNorm, RMSNorm
from .switchable import SwitchableNorm

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm", "SwitchableNorm"]
