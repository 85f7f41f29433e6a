"""Record what PyTorch makes of fixed inputs, for the machines that have no PyTorch: `python tests/record_pytorch.py`.

It writes `pytorch_values.npz` beside itself: PyTorch's version, and one vector of numbers a case. PyTorch has no
switchable norm; it stands here as the paper's formulas in PyTorch's operations, with autograd for the gradients.
"""

import itertools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = Path(__file__).with_name("pytorch_values.npz")
IMAGES, LONG = (8, 16, 12, 12), (40, 512)
SHAPES = {
    "BatchNorm": [(7, 5), (4, 3, 6), (3, 4, 5, 6), (700, 24), IMAGES],
    "LayerNorm": [(6, 5), (4, 3, 6), (2, 3, 4, 5), LONG, IMAGES],
    "InstanceNorm": [(4, 3, 7), (3, 4, 5, 6), (40, 8, 60), IMAGES],
    "GroupNorm": [(5, 6), (4, 6, 5), (3, 4, 5, 6), IMAGES],
    "RMSNorm": [(6, 5), (4, 3, 6), (2, 3, 4, 5), LONG, IMAGES],
    "SwitchableNorm": [(4, 3, 7), (3, 4, 5, 6), IMAGES],
}
LEARNED = {"LayerNorm": lambda shape: shape[1:] if len(shape) != 3 else shape[2:]}
LEARNED["RMSNorm"] = LEARNED["LayerNorm"]
GROUPS = {5: 1, 6: 2, 4: 2, 16: 4}  # by the number of channels
RUNNING = ("BatchNorm", "SwitchableNorm")


class Case(NamedTuple):
    """One layer and the shape of its inputs."""

    norm: str
    shape: tuple
    affine: bool
    dtype: str
    eps: float
    momentum: float | None

    def __str__(self):
        size = "x".join(map(str, self.shape))
        momentum = f", momentum {self.momentum}" if self.norm in RUNNING else ""
        return f"{self.norm} {size} {self.dtype}{', affine' if self.affine else ''}, eps {self.eps}{momentum}"

    @property
    def param_shape(self):
        """Shape of gamma and beta."""
        return LEARNED.get(self.norm, lambda shape: shape[1:2])(self.shape)


def cases():
    """Every norm with each of its shapes, both dtypes, with gamma and beta and without; eps and momentum take turns."""
    for norm, shapes in SHAPES.items():
        eps, momentum = itertools.cycle([1e-5, 1e-2, 0.3]), itertools.cycle([0.1, 0.3, None, 0.3])
        for shape, affine, dtype in itertools.product(shapes, (True, False), ("float64", "float32")):
            for _ in range(3 if norm == "BatchNorm" else 1):
                yield Case(norm, shape, affine, dtype, next(eps), next(momentum) if norm in RUNNING else None)


def uniform(seed, shape, low=-1.0, high=1.0):
    """Numbers that are the same with every NumPy: the bits of PCG64, whose stream NumPy promises to keep."""
    bits = np.random.PCG64(seed).random_raw(math.prod(shape))
    return low + (high - low) * (bits >> np.uint64(11)).reshape(shape) * 2.0**-53


def inputs(case):
    """What goes into a case, by name: three batches x (the last for evaluation), dy for two, parameters, statistics.

    Each channel of each sample has a mean and a spread of its own, and dy goes along with x: so every moment differs
    from every other, and the sums in the gradients do not cancel, which would cost PyTorch's float32 its digits.
    """
    channels, dtype, ones = case.shape[1:2], case.dtype, (1,) * (len(case.shape) - 2)
    arrays = {}
    for i in range(3):
        own = [uniform(40 + 10 * k + i, case.shape[:2], 1.0, 4.0).reshape(*case.shape[:2], *ones) for k in range(2)]
        arrays[f"x{i}"] = own[0] + own[1] * uniform(i, case.shape)
        arrays[f"dy{i}"] = arrays[f"x{i}"] * uniform(10 + i, case.shape, -0.2, 1.0) - 0.5
    arrays = {name: a.astype(dtype) for name, a in arrays.items()}
    arrays |= {"gamma": uniform(20, case.param_shape, -1.0, 2.0), "beta": uniform(21, case.param_shape)}
    arrays |= {"running_mean": uniform(22, channels), "running_var": uniform(23, channels, 0.5, 2.0)}
    arrays |= {"mean_logits": uniform(24, (3,)), "var_logits": uniform(25, (3,))}
    # Parameters fit into float32, so that both libraries hold the same numbers in either dtype.
    return {k: a if k[0] in "xd" else a.astype(np.float32).astype(np.float64) for k, a in arrays.items()}


def sample(array, count=24):
    """A few numbers that speak for an array: some of its entries, and a mixture of all of them."""
    flat = np.asarray(array, dtype=np.float64).ravel()
    if flat.size <= count:
        return flat
    mixture = flat @ uniform(30, flat.shape) / math.sqrt(flat.size)
    return np.append(flat[np.arange(count) * 7919 % flat.size], mixture)


def theirs(case):
    """All that PyTorch computes in a case, by name: outputs, gradients and statistics as NumPy arrays."""
    import torch

    given = {name: torch.tensor(a, dtype=getattr(torch, case.dtype)) for name, a in inputs(case).items()}
    layer = switchable(case, given) if case.norm == "SwitchableNorm" else built_in(case, given)
    layer(given["x0"])
    results = {}
    for step, mode in ((1, "train"), (2, "eval")):
        layer.train(mode == "train")
        layer.zero_grad()
        x = given[f"x{step}"].clone().requires_grad_()
        y = layer(x)
        y.backward(given[f"dy{step}"])
        results |= {f"{mode} y": y, f"{mode} dx": x.grad}
        results |= {f"{mode} d{OURS.get(name, name)}": p.grad for name, p in layer.named_parameters()}
    results |= {name: b for name, b in layer.named_buffers() if b is not None}
    return {name: a.detach().numpy() for name, a in results.items()}


OURS = {"weight": "gamma", "bias": "beta"}  # PyTorch's name of each parameter, and ours


def built_in(case, given):
    """PyTorch's own layer, with the parameters and statistics of the case."""
    from torch import nn

    options = {"eps": case.eps, "dtype": given["x0"].dtype}
    by_channel, ndim = case.shape[1], len(case.shape)
    if case.norm in ("LayerNorm", "RMSNorm"):
        layer = getattr(nn, case.norm)(case.param_shape, elementwise_affine=case.affine, **options)
    elif case.norm == "GroupNorm":
        layer = nn.GroupNorm(GROUPS[by_channel], by_channel, affine=case.affine, **options)
    elif case.norm == "InstanceNorm":
        layer = (nn.InstanceNorm2d if ndim == 4 else nn.InstanceNorm1d)(by_channel, affine=case.affine, **options)
    else:
        kind = nn.BatchNorm2d if ndim == 4 else nn.BatchNorm1d
        layer = kind(by_channel, affine=case.affine, momentum=case.momentum, **options)
    state = {their: given[our] for their, our in OURS.items()} | given
    layer.load_state_dict({name: state.get(name, a) for name, a in layer.state_dict().items()})
    return layer


def switchable(case, given):
    """Luo et al. (2019), equations 2 to 5, in PyTorch's operations; in evaluation BN's share uses running statistics.

    Each of the three kinds of moments is taken from x itself, over its own axes.
    """
    import torch

    class Switchable(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name in ("mean_logits", "var_logits", *(("weight", "bias") if case.affine else ())):
                self.register_parameter(name, torch.nn.Parameter(given[OURS.get(name, name)].clone()))
            self.register_buffer("running_mean", given["running_mean"].clone())
            self.register_buffer("running_var", given["running_var"].clone())
            self.register_buffer("num_batches_tracked", torch.tensor(0))

        def forward(self, x):
            space = tuple(range(2, x.ndim))
            each = (1, -1) + (1,) * len(space)
            over = (space, (1, *space), (0, *space))  # instance, layer, batch
            means = [x.mean(axes, keepdim=True) for axes in over]
            variances = [x.var(axes, correction=0, keepdim=True) for axes in over]
            if self.training:
                self.num_batches_tracked += 1
                new = case.momentum if case.momentum is not None else 1 / self.num_batches_tracked.item()
                for running, batch in (
                    (self.running_mean, means[2]),
                    (self.running_var, x.var(over[2], correction=1, keepdim=True)),
                ):
                    running.mul_(1 - new).add_(new * batch.detach().flatten())
            else:
                means[2], variances[2] = self.running_mean.view(each), self.running_var.view(each)
            mean = sum(w * m for w, m in zip(torch.softmax(self.mean_logits, 0), means, strict=True))
            var = sum(w * v for w, v in zip(torch.softmax(self.var_logits, 0), variances, strict=True))
            y = (x - mean) / torch.sqrt(var + case.eps)
            return y * self.weight.view(each) + self.bias.view(each) if case.affine else y

    return Switchable()


def record():
    """The contents of the file: a vector a case, and PyTorch's version."""
    import torch

    torch.set_num_threads(1)
    vectors = {str(case): np.concatenate([sample(a) for _, a in sorted(theirs(case).items())]) for case in cases()}
    precise = {name: v.astype(np.float32) if "float32" in name else v for name, v in vectors.items()}
    return {"torch_version": np.array(torch.__version__), **precise}


if __name__ == "__main__":
    np.savez_compressed(FILE, allow_pickle=False, **record())
    print(f"{FILE} written: {len(list(cases()))} cases, {FILE.stat().st_size / 1e3:.0f} kB")
