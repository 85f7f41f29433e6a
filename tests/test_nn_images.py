"""Convolution and pooling against SciPy, and against loops over windows."""

import numpy as np
import pytest
from numerical import assert_close, random_batch
from scipy.signal import correlate

from normlib.nn import AvgPool2d, Conv2d, GlobalAvgPool, MaxPool2d


def conv(*args, **kwargs):
    """A convolution with random weight and bias."""
    layer, rng = Conv2d(*args, rng=np.random.default_rng(0), **kwargs), np.random.default_rng(1)
    for name, values in layer.params.items():
        layer.params[name] = rng.standard_normal(values.shape)
    return layer


def by_scipy(x, weight, bias, stride, padding):
    """One correlation for each sample and kernel, over all channels at once; every `stride`-th place of it."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    full = [[correlate(image, kernel, mode="valid")[0] for kernel in weight] for image in x]
    return np.array(full)[:, :, ::stride, ::stride] + bias[:, None, None]


@pytest.mark.parametrize("kernel_size", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_convolution_agrees_with_scipy(kernel_size, stride, padding):
    layer = conv(3, 4, kernel_size, stride=stride, padding=padding)
    x = random_batch((2, 3, 7, 5))
    y = layer(x)
    assert y.shape == (2, 4, *((size + 2 * padding - kernel_size) // stride + 1 for size in (7, 5)))
    assert_close(y, by_scipy(x, layer.params["weight"], layer.params["bias"], stride, padding), 1e-13)


@pytest.mark.parametrize("padding", [0, 1])
def test_the_gradient_in_the_input_is_a_full_convolution_with_the_kernel_turned_round(padding):
    layer, x = conv(3, 4, 3, padding=padding, bias=False), random_batch((2, 3, 7, 5))
    dy = np.random.default_rng(2).standard_normal(layer(x).shape)
    turned = layer.params["weight"][:, :, ::-1, ::-1].swapaxes(0, 1)
    wanted = by_scipy(dy, turned, np.zeros(3), 1, 2 - padding)
    assert_close(layer.backward(dy), wanted, 1e-13)


def test_pixels_that_no_window_reaches_change_nothing_and_get_no_gradient():
    layer, x = conv(1, 1, 2, stride=2), random_batch((1, 1, 5, 5))
    y = layer(x)
    dx = layer.backward(np.ones_like(y))
    assert dx[:, :, :4, :4].all()
    assert not dx[:, :, 4].any()
    assert not dx[:, :, :, 4].any()
    x[:, :, 4] = x[:, :, :, 4] = 99
    np.testing.assert_array_equal(layer(x), y)


def test_padding_makes_room_for_a_window_that_is_larger_than_the_image():
    layer, x = conv(3, 4, 3, padding=1), random_batch((2, 3, 1, 2))
    assert_close(layer(x), by_scipy(x, layer.params["weight"], layer.params["bias"], 1, 1), 1e-13)


def test_without_bias_there_is_none():
    layer = conv(2, 3, 2, bias=False)
    y = layer(random_batch((1, 2, 3, 3)))
    layer.backward(y)
    assert set(layer.params) == set(layer.grads) == {"weight"}
    assert not layer(np.zeros((1, 2, 3, 3))).any()


def windows(x, kernel_size, stride):
    """Every window by loops: places and their pixels."""
    for p in range((x.shape[2] - kernel_size) // stride + 1):
        for q in range((x.shape[3] - kernel_size) // stride + 1):
            i, j = p * stride, q * stride
            yield (p, q), x[:, :, i : i + kernel_size, j : j + kernel_size]


@pytest.mark.parametrize(("layer", "function"), [(MaxPool2d, np.max), (AvgPool2d, np.mean)])
@pytest.mark.parametrize(("kernel_size", "stride"), [(1, None), (2, None), (3, 1), (2, 3), (3, 2)])
def test_pooling_agrees_with_loops_over_windows(layer, function, kernel_size, stride):
    layer, x = layer(kernel_size, stride), random_batch((2, 3, 7, 5))
    y, seen = layer(x), 0
    for (p, q), window in windows(x, kernel_size, stride or kernel_size):
        assert_close(y[:, :, p, q], function(window, axis=(2, 3)), 1e-15)
        seen += 1
    assert y.shape[2] * y.shape[3] == seen


def test_of_equal_pixels_the_first_takes_the_whole_gradient():
    layer = MaxPool2d(2)
    layer(np.ones((1, 1, 2, 2)))
    np.testing.assert_array_equal(layer.backward(np.array([[[[3.0]]]])), [[[[3.0, 0.0], [0.0, 0.0]]]])


def test_a_pixel_that_wins_in_overlapping_windows_collects_from_each():
    layer, x = MaxPool2d(2, stride=1), np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 5.0
    layer(x)
    dx = layer.backward(np.array([[[[1.0, 2.0], [4.0, 8.0]]]]))
    assert dx[0, 0, 1, 1] == dx.sum() == 15.0


@pytest.mark.parametrize("layer", [MaxPool2d, AvgPool2d])
def test_overlapping_windows_add_up_in_single_precision_for_half(layer):
    x, dy = np.zeros((1, 1, 5, 5)), np.ones((1, 1, 3, 3))
    x[0, 0, 2, 2], dy[0, 0, 2, 2] = 5.0, 2048.0  # in all nine windows; in half precision 2048 + 1 is 2048
    gradients = []
    for dtype in (np.float16, np.float32):
        pool = layer(3, stride=1)
        pool(x.astype(dtype))
        gradients.append(pool.backward(dy.astype(dtype)))
    np.testing.assert_array_equal(gradients[0], gradients[1].astype(np.float16))


def test_the_windows_of_a_max_pool_hand_nan_on():
    x = random_batch((1, 1, 2, 4))
    x[0, 0, 1, 1] = np.nan
    np.testing.assert_array_equal(np.isnan(MaxPool2d(2)(x)), [[[[True, False]]]])


def test_the_global_mean_is_that_of_each_channel():
    x = random_batch((2, 3, 4, 5))
    assert_close(GlobalAvgPool()(x), x.reshape(2, 3, -1).mean(axis=2), 1e-15)


def test_windows_that_touch_share_out_the_gradient_without_loss():
    x, dy = random_batch((2, 3, 4, 6)), np.random.default_rng(1).standard_normal((2, 3, 2, 3))
    for layer in (AvgPool2d(2), MaxPool2d(2)):
        layer(x)
        assert_close(layer.backward(dy).reshape(2, 3, 2, 2, 3, 2).sum(axis=(3, 5)), dy, 1e-14)
