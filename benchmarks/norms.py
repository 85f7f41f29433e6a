"""How long each norm takes, beside PyTorch, numpy-ml, the textbook's NumPy and the memory itself: one process of it.

``python -m benchmarks.norms`` prints one JSON object. All competitors take turns on the same data, on one thread; what
counts is CPU time. `benchmarks.record` starts several of these processes and writes the record that the book shows.
"""

import collections
import collections.abc
import json
import statistics
import sys
import time
import warnings

import numpy as np
import torch

import normlib

CASES = [
    ("BN (256,1024)", "BN", (256, 1024)),
    ("BN (60,100)", "BN", (60, 100)),
    ("BN (32,64,56,56)", "BN", (32, 64, 56, 56)),
    ("BN (64,32,16,16)", "BN", (64, 32, 16, 16)),
    ("LN (8192,768)", "LN", (8192, 768)),
    ("LN (32,128,1024)", "LN", (32, 128, 1024)),
    ("IN (16,64,128,128)", "IN", (16, 64, 128, 128)),
    ("GN (32,256,28,28)", "GN", (32, 256, 28, 28)),
    ("GN (2,64,56,56)", "GN", (2, 64, 56, 56)),
]
GROUPS = 32
EPS = 1e-5
SECONDS = 2.0  # about how long the rounds of one case take
ROUNDS = (5, 200)


def ours(norm, shape):
    makers = {"BN": normlib.BatchNorm, "IN": normlib.InstanceNorm, "LN": lambda _: normlib.LayerNorm(shape[-1])}
    return makers.get(norm, lambda c: normlib.GroupNorm(GROUPS, c))(shape[1])


def torchs(norm, shape, dtype):
    nn, c = torch.nn, shape[1]
    if norm == "BN":
        layer = nn.BatchNorm1d(c) if len(shape) == 2 else nn.BatchNorm2d(c)
    elif norm == "LN":
        layer = nn.LayerNorm(shape[-1])
    else:
        layer = nn.InstanceNorm2d(c, affine=True) if norm == "IN" else nn.GroupNorm(GROUPS, c)
    return layer.to(dtype)


class Ours:
    """This library's layer, called as a reader calls it."""

    def __init__(self, norm, x, dy):
        self.layer, self.x, self.dy = ours(norm, x.shape), x, dy

    def forward(self):
        self.layer.train()
        return self.layer(self.x)

    def backward(self):
        return self.layer.backward(self.dy)

    def inference(self):
        self.layer.eval()
        return self.layer(self.x)


class PyTorch:
    """The layer of the same name in PyTorch, on the CPU, on contiguous arrays."""

    def __init__(self, norm, x, dy):
        self.x, self.dy = torch.tensor(x, requires_grad=True), torch.tensor(dy)
        self.layer = torchs(norm, x.shape, self.x.dtype)

    def forward(self):
        self.layer.train()
        self.x.grad = None
        self.layer.zero_grad(set_to_none=True)
        self.y = self.layer(self.x)

    def backward(self):
        self.y.backward(self.dy)
        self.y = None

    def inference(self):
        self.layer.eval()
        with torch.no_grad():
            return self.layer(self.x)


class Textbook:
    """The formulas of the 2015 paper, one NumPy expression each."""

    def __init__(self, norm, x, dy):
        n, c = x.shape[:2]
        view = (n, GROUPS, c // GROUPS, *x.shape[2:]) if norm == "GN" else x.shape
        self.x, self.dy, self.shape = x.reshape(view), dy.reshape(view), x.shape
        last = tuple(range(2, x.ndim))
        self.axes = {"BN": (0, *last), "LN": (-1,), "IN": last, "GN": tuple(range(2, len(view)))}[norm]
        form = {"LN": (x.shape[-1],), "GN": (1, GROUPS, c // GROUPS, *[1] * len(last))}
        self.form = form.get(norm, (1, c, *[1] * len(last)))
        self.gamma, self.beta = np.ones(self.form, x.dtype), np.zeros(self.form, x.dtype)
        self.count = np.prod([self.x.shape[i] for i in self.axes])
        self.shared = tuple(i for i in range(self.x.ndim) if ((1,) * self.x.ndim + self.form)[-self.x.ndim :][i] == 1)

    def forward(self):
        self.mean = self.x.mean(axis=self.axes, keepdims=True)
        self.var = self.x.var(axis=self.axes, keepdims=True)
        self.x_hat = (self.x - self.mean) / np.sqrt(self.var + self.x.dtype.type(EPS))
        return self.gamma * self.x_hat + self.beta

    def backward(self):
        dy, axes, m = self.dy, self.axes, self.x.dtype.type(self.count)
        self.dgamma = (dy * self.x_hat).sum(axis=self.shared)
        self.dbeta = dy.sum(axis=self.shared)
        dx_hat = dy * self.gamma
        std = np.sqrt(self.var + self.x.dtype.type(EPS))
        dvar = (dx_hat * (self.x - self.mean) * self.x.dtype.type(-0.5) * std**-3).sum(axis=axes, keepdims=True)
        dmean = (-dx_hat / std).sum(axis=axes, keepdims=True)
        dmean += dvar * (-2 * (self.x - self.mean)).sum(axis=axes, keepdims=True) / m
        return dx_hat / std + dvar * 2 * (self.x - self.mean) / m + dmean / m

    def inference(self):
        if self.axes[0] != 0:
            return self.forward()
        std = np.sqrt(self.var + self.x.dtype.type(EPS))
        return self.gamma * (self.x - self.mean) / std + self.beta


class Memory:
    """What no program can do without: read what comes, write what goes."""

    def __init__(self, norm, x, dy):
        self.x, self.dy, self.out = x, dy, np.empty_like(x)

    def forward(self):
        np.copyto(self.out, self.x)

    def backward(self):
        np.add(self.x, self.dy, out=self.out)

    inference = forward


class NumpyML:
    """numpy-ml's layer, on arrays laid out as it wants them (channels last)."""

    def __init__(self, norm, x, dy):
        layers = numpy_ml_layers()
        if norm == "BN":
            self.layer = (layers.BatchNorm1D if x.ndim == 2 else layers.BatchNorm2D)()
        else:
            self.layer, x, dy = layers.LayerNorm1D(), *(a.reshape(-1, a.shape[-1]) for a in (x, dy))
        self.x, self.dy = (np.ascontiguousarray(np.moveaxis(a, 1, -1)) if norm == "BN" else a for a in (x, dy))

    def forward(self):
        if self.layer.is_initialized:
            self.layer.flush_gradients()
        return self.layer.forward(self.x)

    def backward(self):
        return self.layer.backward(self.dy)

    def inference(self):
        return self.layer.forward(self.x, retain_derived=False)


def numpy_ml_layers():
    """numpy-ml's layers, with the name that it looks for where Python no longer has it; None where it is missing."""
    collections.Hashable = collections.abc.Hashable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from numpy_ml.neural_nets import layers
    except ImportError:
        return None
    return layers


def seconds(call):
    start = time.process_time_ns()
    call()
    return (time.process_time_ns() - start) / 1e9


def measure(norm, shape, dtype):
    """Median CPU seconds of each pass of each competitor, the competitors taking turns."""
    rng = np.random.default_rng(0)
    x, dy = rng.normal(0.5, 2.0, shape).astype(dtype), rng.standard_normal(shape).astype(dtype)
    kinds = {"ours": Ours, "torch": PyTorch, "textbook": Textbook, "bandwidth": Memory}
    if norm in ("BN", "LN") and numpy_ml_layers():
        kinds["numpy_ml"] = NumpyML
    rivals = {name: kind(norm, x, dy) for name, kind in kinds.items()}
    times = {name: collections.defaultdict(list) for name in rivals}
    steps, begun, done = ("forward", "backward", "inference"), time.perf_counter(), 0
    while done < ROUNDS[0] or (time.perf_counter() - begun < SECONDS and done < ROUNDS[1]):
        for name, rival in rivals.items():
            for step in steps:  # once to bring its own arrays back into the cache that the others have emptied
                getattr(rival, step)()
            took = {step: seconds(getattr(rival, step)) for step in steps}
            for step, value in (*took.items(), ("fw+bw", took["forward"] + took["backward"])):
                times[name][step].append(value)
        done += 1
    return {name: {step: statistics.median(v) for step, v in steps.items()} for name, steps in times.items()}


def main():
    torch.set_num_threads(1)
    found = []
    for case, norm, shape in CASES:
        for dtype in ("float32", "float64"):
            print(f"{case} {dtype} …", file=sys.stderr, flush=True)
            found.append({"case": case, "norm": norm, "shape": shape, "dtype": dtype, **measure(norm, shape, dtype)})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
