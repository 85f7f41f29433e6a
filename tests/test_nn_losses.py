"""Softmax, cross-entropy and squared error."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, assert_gradient, batches, properties, random_batch
from scipy.special import log_softmax

from normlib.nn import MSE, Loss, SoftmaxCrossEntropy, softmax

LABELS = np.array([2, 0, 1, 2, 2])


@properties
@given(z=batches, shift=st.integers(-800, 800))
def test_softmax_is_positive_sums_to_one_and_does_not_see_a_shift(z, shift):
    p = softmax(z)
    assert (p >= 0).all()
    assert_close(p.sum(axis=1), np.ones(len(z)), 1e-14)
    assert_close(softmax(z + shift), p, 1e-12)


def test_softmax_agrees_with_the_definition_over_any_axis():
    z = random_batch((3, 4, 2))
    for axis in (0, 1, -1):
        assert_close(softmax(z, axis), np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True), 1e-14)


def test_cross_entropy_agrees_with_scipy():
    logits = random_batch((5, 3))
    wanted = -log_softmax(logits, axis=1)[np.arange(5), LABELS].mean()
    loss = SoftmaxCrossEntropy()(logits, LABELS)
    assert type(loss) is float
    assert math.isclose(loss, wanted, rel_tol=1e-14)


def test_cross_entropy_of_a_large_logit_is_neither_infinite_nor_nan():
    loss = SoftmaxCrossEntropy()
    assert loss(np.array([[1e4, 0.0]]), np.array([1])) == 1e4
    np.testing.assert_array_equal(loss.backward(), [[1.0, -1.0]])
    assert loss(np.array([[1e4, 0.0]]), np.array([0])) == 0.0


def test_the_gradient_of_cross_entropy_is_right():
    loss, logits = SoftmaxCrossEntropy(), random_batch((5, 3))
    loss(logits, LABELS)
    assert_gradient(loss.backward(), lambda z: SoftmaxCrossEntropy()(z, LABELS), logits)


@pytest.mark.parametrize("shape", [(5, 3), (4,), (2, 3, 2)])
def test_the_squared_error_is_a_mean_over_all_entries_and_its_gradient_is_right(shape):
    loss, y, target = MSE(), random_batch(shape), random_batch(shape, seed=1)
    value = loss(y, target)
    pairs = zip(y.ravel().tolist(), target.ravel().tolist(), strict=True)
    assert math.isclose(value, math.fsum((a - b) ** 2 for a, b in pairs) / y.size, rel_tol=1e-14)
    assert type(value) is float
    assert_gradient(loss.backward(), lambda y: MSE()(y, target), y)


def called(loss, dtype=np.float64):
    """A loss and what it is called with."""
    y = random_batch((5, 3)).astype(dtype)
    return (loss(), y, LABELS) if loss is SoftmaxCrossEntropy else (loss(), y, random_batch((5, 3), seed=1))


both = pytest.mark.parametrize("loss", [SoftmaxCrossEntropy, MSE])


@both
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_gradient_has_the_dtype_of_the_outputs(loss, dtype):
    loss, y, target = called(loss, dtype)
    value = loss(y, target)
    gradient = loss.backward()
    assert gradient.dtype == dtype
    exact, _, _ = called(type(loss))
    assert math.isclose(value, exact(y.astype(np.float64), target), rel_tol=1e-6)
    assert_close(gradient, exact.backward(), 1e-3 if dtype == np.float16 else 1e-6)


def test_the_dtype_of_softmax_is_kept():
    assert [softmax(np.ones(2, dtype)).dtype for dtype in (np.float16, np.float32)] == [np.float16, np.float32]
    wide = softmax(np.array([3.0, 9.0], np.float32))
    np.testing.assert_array_equal(softmax(np.array([3.0, 9.0], np.float16)), wide.astype(np.float16))


@both
def test_backward_needs_one_loss_each_time(loss):
    loss, y, target = called(loss)
    message = f"{type(loss).__name__}.backward came before a loss; call the loss on outputs and targets first"
    with pytest.raises(RuntimeError, match=message):
        loss.backward()
    loss(y, target)
    loss.backward()
    with pytest.raises(RuntimeError, match=message):
        loss.backward()


@both
def test_inputs_stay_as_they_are_and_results_are_the_callers(loss):
    loss, y, target = called(loss)
    y, target = np.asfortranarray(y), target.copy()
    kept = y.copy(), target.copy()
    y.flags.writeable = target.flags.writeable = False
    loss(y, target)
    gradient = loss.backward()
    first = gradient.copy()
    loss(y + 1, target)
    loss.backward()[:] = 99
    np.testing.assert_array_equal(gradient, first)
    np.testing.assert_array_equal(y, kept[0])
    np.testing.assert_array_equal(target, kept[1])


BAD = [
    (SoftmaxCrossEntropy, np.ones((5, 3), int), LABELS, TypeError, "logits has dtype int64; expected a real floating"),
    (SoftmaxCrossEntropy, np.ones((5, 3)), LABELS * 1.0, TypeError, "labels have dtype float64; expected integers"),
    (SoftmaxCrossEntropy, np.ones((5, 3)), LABELS > 1, TypeError, "labels have dtype bool; expected integers"),
    (SoftmaxCrossEntropy, np.ones((4, 3)), LABELS, ValueError, r"logits have shape \(4, 3\) and labels \(5,\); expec"),
    (SoftmaxCrossEntropy, np.ones((5, 3)), np.ones((5, 3), int), ValueError, r"labels\.argmax\(axis=1\)"),
    (SoftmaxCrossEntropy, np.ones(5), LABELS, ValueError, r"logits have shape \(5,\).*expected \(N, C\) and \(N,\)"),
    (SoftmaxCrossEntropy, np.ones((0, 3)), LABELS[:0], ValueError, "N at least 1"),
    (SoftmaxCrossEntropy, np.ones((5, 2)), LABELS, ValueError, "labels from 0 to 2 came for 2 logits a row; .* 0 to 1"),
    (SoftmaxCrossEntropy, np.ones((5, 3)), LABELS - 1, ValueError, "labels from -1 to 1 came"),
    (MSE, np.ones((5, 1)), np.ones(5), ValueError, r"y has shape \(5, 1\) and target \(5,\); .*target\.reshape"),
    (MSE, np.ones(0), np.ones(0), ValueError, "expected equal shapes with at least one entry"),
    (MSE, np.ones(2, int), np.ones(2), TypeError, "y has dtype int64"),
    (MSE, np.ones(2), np.ones(2, int), TypeError, "target has dtype int64"),
]


@pytest.mark.parametrize(("loss", "y", "target", "kind", "message"), BAD)
def test_what_does_not_fit_is_refused_and_the_last_loss_still_counts(loss, y, target, kind, message):
    loss, right_y, right_target = called(loss)
    loss(right_y, right_target)
    with pytest.raises(kind, match=message):
        loss(y, target)
    got = loss.backward()
    loss(right_y, right_target)
    np.testing.assert_array_equal(got, loss.backward())


def test_the_base_of_losses_is_none():
    with pytest.raises(NotImplementedError, match="Loss defines no loss"):
        Loss()(np.ones(1), np.ones(1))
