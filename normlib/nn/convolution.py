"""Convolution of images."""

import operator

import numpy as np

from ..arrays import as_float, compute_dtype
from ..module import Module, NamedArrays
from ._checks import generator, positive_int
from ._windows import check_image, fold, unfold
from .initializers import he_init, initial_weight


class Conv2d(Module):
    """Slide `out_channels` kernels over each image: a linear map of every window, the same at every place.

    As in every deep-learning library this is a cross-correlation: the kernel is not flipped.

    Parameters
    ----------
    in_channels, out_channels : int
        `weight` has shape (out_channels, in_channels, kernel_size, kernel_size).
    kernel_size : int
        Height and width of a window.
    stride : int
        Steps between windows, down and across.
    padding : int
        Rows and columns of zeros put around each image.
    bias : bool
        Whether to learn b, of shape (out_channels,), which starts at 0.
    init : function ``(shape, rng) -> array``
        First values of the weight.
    rng : numpy.random.Generator
        Source of the first values.

    Raises
    ------
    ValueError
        For another channel count, and for images smaller than a window. After an error nothing has changed.
    TypeError
        For an input that is not floating, and for an `rng` that is no Generator.

    Examples
    --------
    >>> layer = Conv2d(1, 1, 2, rng=np.random.default_rng(0))
    >>> layer.params["weight"] = [[[[1.0, 0.0], [0.0, -1.0]]]]
    >>> layer(np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]]]))
    array([[[[-4., -5.]]]])
    """

    def __init__(self, in_channels, out_channels, kernel_size, *, stride=1, padding=0, bias=True, init=he_init, rng):
        super().__init__()
        self.in_channels = positive_int(in_channels, "in_channels")
        self.out_channels = positive_int(out_channels, "out_channels")
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.stride = positive_int(stride, "stride")
        self.padding = operator.index(padding)
        if self.padding < 0:
            raise ValueError(f"padding = {padding} came; expected a whole number from 0 on")
        shape = (self.out_channels, self.in_channels, self.kernel_size, self.kernel_size)
        arrays = {"weight": initial_weight(init, shape, generator(rng))}
        if bias:
            arrays["bias"] = np.zeros(self.out_channels)
        self.params = NamedArrays(**arrays)

    def forward(self, x):
        """The convolved images, for `x` of shape (N, C, H, W): (N, out_channels, H', W'), dtype of `x`.

        H' is ``(H + 2 padding - kernel_size) // stride + 1``, and W' likewise.
        """
        x = as_float(x)
        check_image(x, "Conv2d", self.in_channels, self.kernel_size, self.padding)
        n, channels, height, width = x.shape
        p = self.padding
        padded = np.zeros((n, channels, height + 2 * p, width + 2 * p), compute_dtype(x.dtype))
        padded[:, :, p : p + height, p : p + width] = x
        windows = unfold(padded, self.kernel_size, self.stride)
        rows, across = windows.shape[4:]
        columns = windows.reshape(n, channels * self.kernel_size**2, rows * across)  # a window is a column
        y = self._matrix(columns.dtype) @ columns
        if "bias" in self.params:
            y += self.params["bias"].astype(y.dtype, copy=False)[:, None]
        y = y.reshape(n, self.out_channels, rows, across)
        self._cache = (y.shape, (columns, padded.shape, x.dtype))
        return y.astype(x.dtype, copy=False)

    def backward(self, dy):
        """Gradient in the input; those in weight and bias go to `grads`.

        Parameters
        ----------
        dy : ndarray of float, shape of the output

        Returns
        -------
        dx : ndarray, shape (N, in_channels, H, W)
        """
        dy = as_float(dy, "dy")
        columns, shape, dtype = self._take_cache(dy)
        k, p, places = self.kernel_size, self.padding, dy.shape[2:]
        dy = dy.astype(columns.dtype, copy=False).reshape(*dy.shape[:2], -1)
        self.grads["weight"] = np.tensordot(dy, columns, axes=((0, 2), (0, 2))).reshape(self.params["weight"].shape)
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=(0, 2))
        dcolumns = self._matrix(dy.dtype).T @ dy
        dx = fold(dcolumns.reshape(len(dy), self.in_channels, k, k, *places), shape, self.stride)
        return dx[:, :, p : shape[2] - p, p : shape[3] - p].astype(dtype, copy=False)

    def _matrix(self, dtype):
        """The weight as a matrix, one kernel a row."""
        return self.params["weight"].reshape(self.out_channels, -1).astype(dtype, copy=False)
