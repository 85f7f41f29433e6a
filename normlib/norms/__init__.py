"""Normalization layers: each says only over which axes it takes its moments."""

from .batch import BatchNorm

__all__ = ["BatchNorm"]
