"""What every layer has: parameters, their gradients, buffers and a mode."""

from collections import UserDict

import numpy as np


class NamedArrays(UserDict):
    """A dict of float64 arrays whose names and shapes are fixed; assigning copies the values in.

    Because the arrays stay where they are, an optimizer may keep all of them as views of one vector.

    Raises
    ------
    KeyError
        If a name is assigned that was not there at the start.
    ValueError
        If the new values have another shape.

    Examples
    --------
    >>> params = NamedArrays(gamma=np.ones(2))
    >>> params["gamma"] = [3.0, 4.0]
    >>> params["gamma"]
    array([3., 4.])
    """

    def __init__(self, **arrays):
        super().__init__()
        self.data = {name: np.array(a, dtype=np.float64) for name, a in arrays.items()}

    def __setitem__(self, name, value):
        if name not in self.data:
            raise KeyError(f"{name!r} came; expected one of {', '.join(map(repr, self.data)) or 'no name at all'}")
        value, own = np.asarray(value, dtype=np.float64), self.data[name]
        if value.shape != own.shape:
            raise ValueError(f"{name} has shape {own.shape}; values of shape {value.shape} came")
        own[...] = value

    def move(self, name, place):
        """Copy the array `name` into `place`, a float64 array of its shape, and keep it there from now on."""
        if place.shape != self.data[name].shape or place.dtype != np.float64:
            raise ValueError(
                f"a place of shape {place.shape} and dtype {place.dtype} came for {name}; "
                f"expected shape {self.data[name].shape} and dtype float64"
            )
        place[...] = self.data[name]
        self.data[name] = place


class Module:
    """A differentiable function with named arrays: call it, then call `backward`.

    Attributes
    ----------
    params : NamedArrays
        What an optimizer learns.
    grads : dict of str to ndarray
        Gradient of the loss in each parameter, written by `backward`.
    buffers : NamedArrays
        What is kept but not learned, such as running statistics.
    training : bool
        True until `eval` is called.
    """

    def __init__(self):
        self.params, self.grads, self.buffers = NamedArrays(), {}, NamedArrays()
        self.training = True
        self._cache = None

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        """The output for `x`, any array that fits; what `backward` needs of it is kept until then."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward pass")

    def children(self):
        """The modules that this one is made of, in order."""
        return ()

    def modules(self):
        """This module and all that it is made of, outermost first."""
        yield self
        for child in self.children():
            yield from child.modules()

    def train(self, mode=True):
        """Use the batch's own statistics from now on, here and in all children; returns the layer."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self):
        """Use the stored statistics from now on; returns the layer."""
        return self.train(False)

    def _take_cache(self, dy):
        """The cache of the last forward pass, once; `dy` must have the shape that it returned."""
        name = type(self).__name__
        if self._cache is None:
            raise RuntimeError(f"{name}.backward came before a forward pass; call the layer on a batch first")
        shape, cache = self._cache
        if np.shape(dy) != shape:
            raise ValueError(f"{name}.backward: dy has shape {np.shape(dy)}; expected {shape}, the shape of the output")
        self._cache = None
        return cache
