"""What the numerical tests share: derivatives without calculus, and when two arrays count as equal."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# Property tests draw the same examples every time, so that a failure is never a matter of luck.
properties = settings(derandomize=True, deadline=None, database=None, max_examples=100)
few = settings(properties, max_examples=20)  # where a test runs for every norm and path


def central_differences(loss, x, step=1e-3):
    """Gradient of the number ``loss(x)`` in each entry of `x`, from four values around it: exact to O(step⁴)."""
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        total = 0.0
        for shift, weight in ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12)):
            moved = x.copy()
            moved[i] += shift * step
            total += weight * loss(moved)
        grad[i] = total / step
    return grad


def assert_close(got, wanted, tolerance=1e-12, scale=None):
    """Both have one shape and differ by at most `tolerance` times the largest entry of `wanted` (or `scale`)."""
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    assert got.shape == wanted.shape
    scale = np.abs(wanted).max(initial=0.0) if scale is None else scale
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * scale)


def assert_gradient(got, loss, at):
    """`got` is the gradient of `loss` at `at`, to eight digits, and not zero by accident."""
    wanted = central_differences(loss, at)
    assert np.abs(wanted).max() > 1e-3
    assert_close(got, wanted, 1e-8)


def random_batch(shape, seed=0, offset=3.0, spread=2.0):
    """Normal draws in float64 whose mean is far from zero."""
    return offset + spread * np.random.default_rng(seed).standard_normal(shape)


# Batches (m, 3) of multiples of 1/8, no two alike: off-centre, and no feature constant.
batches = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 9), st.just(3)),
    elements=st.integers(-800, 800).map(lambda k: k / 8),
    unique=True,
)
seeds = st.integers(0, 2**32 - 1)
