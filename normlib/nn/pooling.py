"""Layers that make images smaller, or a single number of each channel."""

import numpy as np

from ..arrays import as_float, compute_dtype
from ..module import Module
from ._checks import positive_int
from ._windows import check_image, fold, unfold


class _Pool2d(Module):
    """One number for each window of each channel."""

    def __init__(self, kernel_size, stride=None):
        super().__init__()
        self.kernel_size = positive_int(kernel_size, "kernel_size")
        self.stride = self.kernel_size if stride is None else positive_int(stride, "stride")

    def _windows(self, x):
        check_image(x, type(self).__name__, None, self.kernel_size)
        return unfold(x, self.kernel_size, self.stride)


class MaxPool2d(_Pool2d):
    """The largest value of each window of each channel.

    Where a window holds its largest value twice, the first of them, in reading order, gets the whole gradient.

    Parameters
    ----------
    kernel_size : int
        Height and width of a window.
    stride : int, optional
        Steps between windows; `kernel_size` unless given, so that windows touch and do not overlap.

    Raises
    ------
    ValueError
        For an input that is not (N, C, H, W), or smaller than a window.

    Examples
    --------
    >>> MaxPool2d(2)(np.array([[[[1.0, 2.0, 0.0, 7.0], [3.0, 4.0, 5.0, 6.0]]]]))
    array([[[[4., 7.]]]])
    """

    def forward(self, x):
        """The pooled images (N, C, H', W') of `x`, of shape (N, C, H, W); H' is ``(H - k) // stride + 1``."""
        x = as_float(x)
        windows = self._windows(x)
        flat = windows.reshape(*windows.shape[:2], -1, *windows.shape[4:])
        winner = flat.argmax(axis=2)[:, :, None]
        y = np.take_along_axis(flat, winner, axis=2)[:, :, 0]
        self._cache = (y.shape, (winner, x.shape, x.dtype))
        return y

    def backward(self, dy):
        """Each number of `dy` goes to the pixel that won its window; a pixel that won several gets the sum."""
        dy = as_float(dy, "dy")
        winner, shape, dtype = self._take_cache(dy)
        k, places = self.kernel_size, dy.shape[2:]
        dwindows = np.zeros((*dy.shape[:2], k * k, *places), compute_dtype(dtype))
        np.put_along_axis(dwindows, winner, dy[:, :, None].astype(dwindows.dtype, copy=False), axis=2)
        dwindows = dwindows.reshape(*dy.shape[:2], k, k, *places)
        return fold(dwindows, shape, self.stride).astype(dtype, copy=False)


class AvgPool2d(_Pool2d):
    """The mean of each window of each channel.

    Parameters
    ----------
    kernel_size : int
        Height and width of a window.
    stride : int, optional
        Steps between windows; `kernel_size` unless given.

    Raises
    ------
    ValueError
        For an input that is not (N, C, H, W), or smaller than a window.

    Examples
    --------
    >>> AvgPool2d(2)(np.array([[[[1.0, 2.0, 0.0, 8.0], [3.0, 4.0, 5.0, 7.0]]]]))
    array([[[[2.5, 5. ]]]])
    """

    def forward(self, x):
        """The pooled images (N, C, H', W') of `x`, of shape (N, C, H, W); H' is ``(H - k) // stride + 1``."""
        x = as_float(x)
        y = self._windows(x).mean(axis=(2, 3), dtype=compute_dtype(x.dtype))
        self._cache = (y.shape, (x.shape, x.dtype))
        return y.astype(x.dtype, copy=False)

    def backward(self, dy):
        """Each number of `dy` is shared out evenly over its window."""
        dy = as_float(dy, "dy")
        shape, dtype = self._take_cache(dy)
        k, (n, channels, rows, across) = self.kernel_size, dy.shape
        share = dy.astype(compute_dtype(dtype), copy=False)[:, :, None, None] / k**2
        dwindows = np.broadcast_to(share, (n, channels, k, k, rows, across))
        return fold(dwindows, shape, self.stride).astype(dtype, copy=False)


class GlobalAvgPool(Module):
    """The mean of each channel over all places: (N, C, *spatial) becomes (N, C).

    Raises
    ------
    ValueError
        For an input without a spatial axis, or without a single place.

    Examples
    --------
    >>> GlobalAvgPool()(np.array([[[1.0, 2.0, 6.0]]]))
    array([[3.]])
    """

    def forward(self, x):
        """The means, of shape (N, C), of `x`, of shape (N, C, *spatial)."""
        x = as_float(x)
        if x.ndim < 3 or 0 in x.shape[2:]:
            raise ValueError(
                f"GlobalAvgPool got an array of shape {x.shape}; expected (N, C, *spatial), at least one axis of "
                f"places after the channels. For (N, C) there is nothing to pool: leave the layer out"
            )
        y = x.mean(axis=tuple(range(2, x.ndim)), dtype=compute_dtype(x.dtype))
        self._cache = (y.shape, (x.shape, x.dtype))
        return y.astype(x.dtype, copy=False)

    def backward(self, dy):
        """Each number of `dy` is shared out evenly over all places of its channel."""
        dy = as_float(dy, "dy")
        shape, dtype = self._take_cache(dy)
        places = shape[2:]
        share = dy.astype(compute_dtype(dtype), copy=False) / np.prod(places)
        spread = np.broadcast_to(share.reshape(*shape[:2], *[1] * len(places)), shape)
        return spread.astype(dtype)  # a copy, since the broadcast array is one number many times
