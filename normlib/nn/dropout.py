"""Dropout."""

from ..arrays import as_float, compute_dtype
from ..module import Module
from ._checks import generator


class Dropout(Module):
    """In training, set each number to zero with probability `p` and divide the others by ``1 - p``.

    Because of the division the expected value is that of the input, so that nothing is left to do in evaluation:
    there the layer returns its input. (This is called inverted dropout.)

    Parameters
    ----------
    p : float
        From 0 (keep all) up to but not including 1.
    rng : numpy.random.Generator
        Source of the masks.

    Raises
    ------
    ValueError
        If `p` is outside that range.
    TypeError
        For an input that is not floating, and for an `rng` that is no Generator.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout, section 10 for the division.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> layer(np.ones((1, 6)))
    array([[2., 0., 0., 0., 2., 2.]])
    >>> layer.eval()(np.ones((1, 6)))
    array([[1., 1., 1., 1., 1., 1.]])
    """

    def __init__(self, p, *, rng):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p = {p} came; expected the probability of a zero, from 0 up to but not including 1")
        self.p = p
        self.rng = generator(rng)

    def forward(self, x):
        """`x`, any shape, under a fresh mask in training and unchanged (a copy) in evaluation."""
        x = as_float(x)
        if not self.training:
            self._cache = (x.shape, (None, x.dtype))
            return x.copy()
        mask = self.rng.random(x.shape) >= self.p  # drawn in float64, so that the mask does not hang on the dtype
        scale = (mask / (1 - self.p)).astype(compute_dtype(x.dtype), copy=False)
        self._cache = (x.shape, (scale, x.dtype))
        return (x * scale).astype(x.dtype, copy=False)

    def backward(self, dy):
        """`dy` under the same mask."""
        dy = as_float(dy, "dy")
        scale, dtype = self._take_cache(dy)
        return (dy if scale is None else dy * scale).astype(dtype)
