import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import properties, seeds
from sklearn.datasets import load_digits, load_sample_images

from normlib.data import badly_scaled, covariate_shift, digits, photograph


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Any attempt to reach another machine fails the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_network_is_blocked_in_these_tests():
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.socket()


# Digits


def test_digits_come_as_1347_to_learn_from_and_450_to_test_on():
    split = digits(rng())
    assert [a.shape for a in split] == [(1347, 64), (1347,), (450, 64), (450,)]
    assert [a.dtype for a in split] == [np.float64, np.int64, np.float64, np.int64]


def test_every_digit_of_the_file_is_there_once_with_its_label():
    split, (x, y) = digits(rng(3)), load_digits(return_X_y=True)
    got = np.column_stack([np.concatenate([split.x_train, split.x_test]) * 16, np.r_[split.y_train, split.y_test]])
    wanted = np.column_stack([x, y])
    np.testing.assert_array_equal(got[np.lexsort(got.T)], wanted[np.lexsort(wanted.T)])
    assert split.x_train.min() == 0
    assert split.x_train.max() == 1


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_both_parts_have_the_same_mix_of_classes(share, seed):
    split = digits(rng(seed), share)
    counts = np.bincount(load_digits().target)
    assert len(split.y_test) == np.ceil(share * 1797)
    assert np.abs(np.bincount(split.y_test) - share * counts).max() <= 1
    assert len(split.y_train) + len(split.y_test) == 1797


def test_the_seed_decides_the_split_and_the_order():
    first, again, other = digits(rng(1)), digits(rng(1)), digits(rng(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first.y_train != other.y_train).any()
    tests = [{tuple(x) for x in split.x_test} for split in (first, other)]
    assert 0.1 < len(tests[0] & tests[1]) / 450 < 0.4  # a quarter, were both drawn by themselves


def test_neither_part_is_sorted_by_class_nor_by_place_in_the_file():
    split = digits(rng())
    place = {tuple(x): i for i, x in enumerate(load_digits().data / 16)}
    for x, y in [(split.x_train, split.y_train), (split.x_test, split.y_test)]:
        assert abs(np.corrcoef(np.arange(len(y)), y)[0, 1]) < 0.1
        assert abs(np.corrcoef(np.arange(len(y)), [place[tuple(row)] for row in x])[0, 1]) < 0.1


def test_the_same_digits_as_images_and_in_float32():
    flat, images = digits(rng(1)), digits(rng(1), images=True, dtype=np.float32)
    assert images.x_train.shape == (1347, 1, 8, 8)
    assert images.x_test.dtype == np.float32
    np.testing.assert_array_equal(images.x_train.reshape(-1, 64), flat.x_train)  # sixteenths are exact in float32
    np.testing.assert_array_equal(images.y_test, flat.y_test)


@pytest.mark.parametrize("share", [0, 1, -0.1, 450, np.nan])
def test_a_share_outside_zero_to_one_is_refused(share):
    with pytest.raises(ValueError, match=f"test_share = {share} came; expected a share between 0 and 1"):
        digits(rng(), share)


# Photographs


@pytest.mark.parametrize(("name", "place"), [("china", 0), ("flower", 1)])
def test_a_photograph_is_a_batch_of_one_with_the_channels_second(name, place):
    image, pixels = photograph(name), load_sample_images().images[place]
    assert image.shape == (1, 3, 427, 640)
    assert image.dtype == np.float64
    for channel in range(3):
        np.testing.assert_array_equal(image[0, channel], pixels[:, :, channel] / 255)
    image[:] = 0
    assert photograph(name).max() > 0.9


def test_an_unknown_photograph_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="name = 'lena' came; expected one of 'china', 'flower'"):
        photograph("lena")


# Covariate shift


def test_the_inputs_shift_and_the_curve_does_not():
    x_train, y_train, x_test, y_test = covariate_shift(rng(), 20_000, 10_000)
    assert [a.shape for a in (x_train, y_train, x_test, y_test)] == [(20_000, 1), (20_000,), (10_000, 1), (10_000,)]
    for x, y, mean, std in [(x_train, y_train, 0.5, 0.5), (x_test, y_test, 0.0, 0.3)]:
        np.testing.assert_allclose([x.mean(), x.std()], [mean, std], atol=0.02)
        rest = y - (x[:, 0] ** 3 - x[:, 0])
        np.testing.assert_allclose([rest.mean(), rest.std()], [0, 0.3], atol=0.02)
        assert abs(np.corrcoef(rest, x[:, 0])[0, 1]) < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_line_fitted_in_training_points_the_wrong_way_in_testing(seed):
    x_train, y_train, x_test, y_test = covariate_shift(rng(seed))
    assert np.polyfit(x_train[:, 0], y_train, 1)[0] > 0 > np.polyfit(x_test[:, 0], y_test, 1)[0]


def test_without_noise_the_targets_lie_on_the_curve():
    x, y, *_ = covariate_shift(rng(), noise=0.0)
    np.testing.assert_array_equal(y, x[:, 0] ** 3 - x[:, 0])


# Badly scaled features


@properties
@given(ratio=st.floats(1e-3, 1e3), correlation=st.floats(-0.95, 0.95), seed=seeds)
def test_scale_and_correlation_are_what_was_asked_for(ratio, correlation, seed):
    x, y = badly_scaled(rng(seed), 4000, ratio, correlation)
    assert x.shape == (4000, 2)
    assert y.shape == (4000,)
    np.testing.assert_allclose(x.std(axis=0) / [1, ratio], 1, atol=0.07)
    assert abs(np.corrcoef(x, rowvar=False)[0, 1] - correlation) < 0.1


def test_both_features_count_the_same_once_they_are_standardized():
    x, y = badly_scaled(rng(), 4000, ratio=100)
    weights = np.linalg.lstsq(x / [1, 100], y, rcond=None)[0]
    np.testing.assert_allclose(weights, [1, -1], atol=0.01)
    assert abs(np.std(y - x @ [1, -0.01]) - 0.1) < 0.01
    assert abs(np.mean(y > 0) - 0.5) < 0.05


def test_the_condition_number_is_the_square_of_the_ratio():
    x, _ = badly_scaled(rng(), 4000, ratio=30)
    assert abs(np.linalg.cond(x.T @ x) / 900 - 1) < 0.1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ratio": 0}, "ratio = 0 came; expected a positive number"),
        ({"ratio": np.nan}, "ratio = nan came"),
        ({"correlation": 1}, "correlation = 1 came; expected a number between -1 and 1"),
        ({"correlation": np.nan}, "correlation = nan came"),
    ],
)
def test_a_ratio_or_correlation_that_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        badly_scaled(rng(), **wrong)


@pytest.mark.parametrize("make", [digits, covariate_shift, badly_scaled])
def test_a_seed_in_place_of_a_generator_is_refused_with_the_cure(make):
    with pytest.raises(TypeError, match=r"rng is 0; expected a numpy\.random\.Generator.*default_rng\(seed\)"):
        make(0)


@pytest.mark.parametrize("make", [digits, covariate_shift, badly_scaled])
def test_nothing_but_the_generator_that_came_is_drawn_from(make):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = make(rng(5)), make(rng(5))
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
