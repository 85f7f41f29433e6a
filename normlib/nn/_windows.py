"""The square windows of an image, and their backward pass: all that convolution and pooling share."""

import numpy as np


def unfold(x, kernel_size, stride):
    """Every window of `x`, as a view: (N, C, H, W) becomes (N, C, k, k, H', W').

    Entry (n, c, i, j, p, q) is the pixel in row i and column j of the window in row p and column q.
    Rows and columns at the end that fill no whole window belong to none.
    """
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].transpose(0, 1, 4, 5, 2, 3)


def fold(dwindows, shape, stride):
    """Gradient in the image, given that in its windows: a pixel collects from each window that holds it."""
    kernel_size, (height, width) = dwindows.shape[2], dwindows.shape[4:]
    dx = np.zeros(shape, dwindows.dtype)
    for i in range(kernel_size):
        for j in range(kernel_size):
            dx[:, :, i : i + stride * height : stride, j : j + stride * width : stride] += dwindows[:, :, i, j]
    return dx


def check_image(x, layer, channels, kernel_size, padding=0):
    """Raise unless `x` is (N, C, H, W), has `channels` (any number if None), and one window fits into it."""
    fits = x.ndim == 4 and channels in (None, x.shape[1]) and min(x.shape[2:]) + 2 * padding >= kernel_size
    if not fits:
        wanted = "C" if channels is None else channels
        raise ValueError(
            f"{layer} got an array of shape {x.shape}; expected (N, {wanted}, H, W), H and W at least "
            f"{max(kernel_size - 2 * padding, 1)}. Move the channels to axis 1 with np.moveaxis, add a missing "
            f"axis with x[:, None], or take a smaller window"
        )
