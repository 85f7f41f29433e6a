"""How long one training step takes, beside PyTorch's: one process of it.

``python -m benchmarks.training`` prints one JSON object: median CPU milliseconds a step, taking turns, on one thread.
"""

import json
import statistics
import sys
import time
from itertools import pairwise

import numpy as np
import torch

import normlib as nl
from normlib.data import digits

BATCH, TURNS, LR = 60, 30, 0.1
STEPS = 20  # of one network, before the other has its turn: nobody trains two networks step by step


def our_networks(rng):
    """The two networks, by name, with their input: a table or images."""
    wide = [64, 100, 100, 100]
    dense = [
        layer
        for a, b in pairwise(wide)
        for layer in (nl.Linear(a, b, bias=False, rng=rng), nl.BatchNorm(b), nl.Sigmoid())
    ]
    images = []
    for a, b in ((1, 16), (16, 32)):
        images += [nl.Conv2d(a, b, 3, padding=1, bias=False, rng=rng), nl.BatchNorm(b), nl.ReLU(), nl.MaxPool2d(2)]
    return {
        "3 × 100 sigmoid, BN": nl.Sequential(*dense, nl.Linear(100, 10, rng=rng)),
        "small CNN, BN": nl.Sequential(*images, nl.Flatten(), nl.Linear(32 * 2 * 2, 10, rng=rng)),
    }


def torch_twin(model):
    """The same network in PyTorch, with the same weights."""
    nn, layers = torch.nn, []
    for layer in model:
        kind = type(layer).__name__
        if kind == "Linear":
            twin = nn.Linear(*layer.params["weight"].shape[::-1], bias="bias" in layer.params)
        elif kind == "Conv2d":
            out, into, k, _ = layer.params["weight"].shape
            twin = nn.Conv2d(into, out, k, padding=1, bias=False)
        elif kind == "BatchNorm":
            twin = (nn.BatchNorm2d if isinstance(layers[-1], nn.Conv2d) else nn.BatchNorm1d)(layer.num_features)
        else:
            twin = nn.MaxPool2d(2) if kind == "MaxPool2d" else getattr(nn, kind)()
        for name in ("weight", "bias"):
            if kind in ("Linear", "Conv2d") and name in layer.params:
                getattr(twin, name).data = torch.tensor(layer.params[name], dtype=torch.float32)
        layers.append(twin)
    return nn.Sequential(*layers)


class Ours:
    def __init__(self, model):
        self.model, self.loss, self.optimizer = model, nl.SoftmaxCrossEntropy(), nl.SGD(model, lr=LR)

    def step(self, x, y):
        value = self.loss(self.model(x), y)
        self.model.backward(self.loss.backward())
        self.optimizer.step()
        return value


class PyTorch:
    def __init__(self, model):
        self.model, self.loss = model, torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=LR)

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        value = self.loss(self.model(torch.from_numpy(x)), torch.from_numpy(y))
        value.backward()
        self.optimizer.step()
        return value.item()


def main():
    torch.set_num_threads(1)
    rng, found = np.random.default_rng(0), []
    table = digits(rng, dtype=np.float32)
    for name, model in our_networks(rng).items():
        print(f"{name} …", file=sys.stderr, flush=True)
        x = table.x_train.reshape(-1, 1, 8, 8) if "CNN" in name else table.x_train
        rivals = {"torch": PyTorch(torch_twin(model)), "ours": Ours(model)}
        times, losses = {key: [] for key in rivals}, dict.fromkeys(rivals, 0.0)
        for _ in range(TURNS):
            batches = [(x[rows], table.y_train[rows]) for rows in rng.integers(len(x), size=(STEPS, BATCH))]
            for key, rival in rivals.items():
                start = time.process_time_ns()
                for batch in batches:
                    losses[key] = rival.step(*batch)
                times[key].append((time.process_time_ns() - start) / 1e6 / STEPS)
        assert abs(losses["ours"] - losses["torch"]) < 1e-2 * losses["torch"], losses
        ours, theirs = (statistics.median(times[key]) for key in ("ours", "torch"))
        found.append({"network": name, "ours_ms": ours, "torch_ms": theirs})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
