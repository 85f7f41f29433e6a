"""From one form into another: shards into one set of moments, two layers into one, one framework's arrays into ours."""

from .folding import fold_batch_norm
from .frameworks import FRAMEWORKS, Framework, convert_momentum, from_framework, to_framework
from .merging import merge_moments

__all__ = [
    "FRAMEWORKS",
    "Framework",
    "convert_momentum",
    "fold_batch_norm",
    "from_framework",
    "merge_moments",
    "to_framework",
]
