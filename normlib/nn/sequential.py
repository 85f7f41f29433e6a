"""Layers one after the other."""

from ..module import Module


class Sequential(Module):
    """Pass the input through `layers` in order; the gradient comes back in reverse order.

    ``model[i]`` is the i-th layer, ``model[1:3]`` a tuple of layers, ``len(model)`` their number.

    Parameters
    ----------
    *layers : Module
        At least one, no layer twice.

    Raises
    ------
    TypeError
        If one of `layers` is not a layer, such as a class without its parentheses.
    ValueError
        If there is no layer, or one comes twice: a layer remembers one forward pass, not two.

    Notes
    -----
    An error in a layer passes through as it is, with a note that says which layer it was. After an error in the
    forward pass the buffers of all layers are as before, and `backward` asks for a new forward pass. What a
    `Dropout` drew stays drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from normlib.nn import Linear, ReLU
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(4, 8, rng=rng), ReLU(), Linear(8, 3, rng=rng))
    >>> model(np.ones((5, 4))).shape
    (5, 3)
    """

    def __init__(self, *layers):
        super().__init__()
        if not layers:
            raise ValueError("Sequential got no layer; expected at least one")
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(
                    f"layer {i} is {layer!r}; expected a layer, such as ReLU() with its parentheses. "
                    f"Layers are given one by one: Sequential(first, second), or Sequential(*layers) for a list"
                )
            if any(layer is other for other in layers[:i]):
                raise ValueError(f"layer {i} ({type(layer).__name__}) came before; build a new layer for each place")
        self.layers = layers
        self._keepers = [module for layer in layers for module in layer.modules() if module.buffers]

    def __getitem__(self, i):
        return self.layers[i]

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)

    def children(self):
        """The layers, from the input to the output."""
        return self.layers

    def forward(self, x):
        """The output of the last layer; each layer gets the output of the one before."""
        before = [{name: a.copy() for name, a in module.buffers.data.items()} for module in self._keepers]
        for i, layer in enumerate(self.layers):
            try:
                x = layer(x)
            except Exception as error:
                for module, buffers in zip(self._keepers, before, strict=True):
                    module.buffers.update(buffers)
                for module in self.modules():
                    module._cache = None  # half of the caches are of the new batch, and half of the old
                _note(error, i, layer, "forward")
                raise
        return x

    def backward(self, dy):
        """Gradient in the input, given `dy`, that in the output; every layer writes its own `grads`."""
        for i in reversed(range(len(self.layers))):
            try:
                dy = self.layers[i].backward(dy)
            except Exception as error:
                _note(error, i, self.layers[i], "backward")
                raise
        return dy


def _note(error, i, layer, direction):
    error.add_note(f"This came from layer {i} of the Sequential, {type(layer).__name__}, on its way {direction}.")
