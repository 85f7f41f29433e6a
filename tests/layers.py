"""Every norm with inputs that fit it, on either path: what the tests of all norms share."""

import contextlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from normlib import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, SwitchableNorm, speed


class Norm(NamedTuple):
    """How to make a norm for a shape, a small and a large shape, and which axes of them share a mean."""

    make: Callable
    small: tuple
    large: tuple
    axes: tuple
    has_speed: bool = True

    def view(self, x):
        """`x` with axes of its own for the groups, so that `axes` are what shares a mean."""
        return x.reshape(len(x), 2, x.shape[1] // 2, *x.shape[2:]) if self.make is two_groups else x


def per_channel(kind):
    return lambda shape, **options: kind(shape[1], **options)


def last(kind, count):
    return lambda shape, **options: kind(shape[-count:], **options)


def two_groups(shape, **options):
    return GroupNorm(2, shape[1], **options)


IMAGES = (8, 16, 12, 12)
NORMS = {
    "BN of a table": Norm(per_channel(BatchNorm), (6, 3), (700, 24), (0,)),
    "BN of sequences": Norm(per_channel(BatchNorm), (3, 2, 17), (40, 8, 60), (0, 2)),
    "BN of images": Norm(per_channel(BatchNorm), (3, 2, 4, 5), IMAGES, (0, 2, 3)),
    "LN of a table": Norm(last(LayerNorm, 1), (4, 17), (40, 512), (1,)),
    "LN of sequences": Norm(last(LayerNorm, 1), (2, 3, 17), (8, 10, 256), (2,)),
    "LN of images": Norm(last(LayerNorm, 3), (3, 2, 3, 4), IMAGES, (1, 2, 3)),
    "IN of sequences": Norm(per_channel(InstanceNorm), (3, 2, 17), (40, 8, 60), (2,)),
    "IN of images": Norm(per_channel(InstanceNorm), (2, 3, 4, 5), IMAGES, (2, 3)),
    "GN of a table": Norm(two_groups, (3, 6), (700, 24), (2,), False),
    "GN of images": Norm(two_groups, (2, 4, 4, 5), IMAGES, (2, 3, 4)),
    "RMS of a table": Norm(last(RMSNorm, 1), (4, 17), (40, 512), (1,)),
    "RMS of images": Norm(last(RMSNorm, 3), (3, 2, 3, 4), IMAGES, (1, 2, 3)),
    "SN of sequences": Norm(per_channel(SwitchableNorm), (3, 2, 6), (40, 8, 60), (), False),
    "SN of images": Norm(per_channel(SwitchableNorm), (3, 2, 2, 3), IMAGES, (), False),
}
MODES = ["train", "eval"]
# Every norm on both of its paths: `core` alone, and `speed`, whose limits are moved so that it takes small arrays too.
BOTH_PATHS = [(name, path) for name, norm in NORMS.items() for path in ("core", "speed")[: 1 + norm.has_speed]]


def by_path(function):
    """Run a test for each norm on each of its paths; it gets `name` and `path`."""
    return pytest.mark.parametrize(("name", "path"), BOTH_PATHS, ids=lambda s: s.replace(" ", "_"))(function)


def by_name(function):
    """Run a test for each norm; it gets `name`."""
    return pytest.mark.parametrize("name", NORMS, ids=lambda s: s.replace(" ", "_"))(function)


def take(path, monkeypatch, block=64):
    """Send layers one way until the test ends: by `core`, or by `speed` in blocks of `block` numbers."""
    monkeypatch.setattr(speed, "SMALLEST", 1 if path == "speed" else 10**12)
    monkeypatch.setattr(speed, "BLOCK", block)


@contextlib.contextmanager
def going(path, block=64):
    """The same for the lines inside, as property tests need it."""
    with pytest.MonkeyPatch.context() as patch:
        take(path, patch, block)
        yield


def path_of(layer):
    """The way that the last forward pass went."""
    return "speed" if isinstance(layer._cache[1], speed.Kept) else "core"


def with_history(name, shape, mode="train", seed=7, **options):
    """A layer whose parameters are random, and whose running statistics are nobody's moments."""
    layer, rng = NORMS[name].make(shape, **options), np.random.default_rng(seed)
    for param in layer.params.values():
        param[...] = rng.standard_normal(param.shape)
    if layer.buffers:
        layer.buffers["running_mean"] = rng.standard_normal(shape[1])
        layer.buffers["running_var"] = rng.uniform(0.5, 2.0, shape[1])
    return layer.train(mode == "train")


def options_of(name, **options):
    """`options`, less what this norm does not have."""
    return {k: v for k, v in options.items() if k not in ("momentum", "unbiased") or name[:2] in ("BN", "SN")}


def draws(shape, seed=1, dtype=np.float64):
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
