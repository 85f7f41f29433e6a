"""What a norm does not see: the tables of two papers, and the laws behind them.

The tables are table 1 of Ba, Kiros and Hinton (2016), Layer Normalization, section 5.1, and table 1 of Zhang and
Sennrich (2019), Root Mean Square Layer Normalization, which adds RMS norm's row. Each cell follows from a line: with
``z = x Wᵀ``, adding one vector c to all rows of W adds the number ``c · x`` to all units of a sample; so layer norm
does not see it, and batch norm, which centres each unit over the samples, does. And so on.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers import NORMS, by_path, draws, going, path_of, take, with_history
from numerical import assert_close, few, seeds

from normlib import BatchNorm, LayerNorm, RMSNorm

SAMPLES, INPUTS, UNITS, SCALE = 6, 5, 17, 3.7


def row(of, scale):
    """Ones, and `scale` for row `of` alone."""
    return np.where(np.arange(len(of)) == 2, scale, 1.0)[:, None]


# What is done to the weights W (units, inputs) or to the samples x (samples, inputs).
CHANGES = {
    "weight matrix re-scaling": lambda w, x: (SCALE * w, x),
    "weight matrix re-centring": lambda w, x: (w + draws(INPUTS, seed=5), x),
    "weight vector re-scaling": lambda w, x: (row(w, SCALE) * w, x),
    "dataset re-scaling": lambda w, x: (w, SCALE * x),
    "dataset re-centring": lambda w, x: (w, x + draws(INPUTS, seed=6)),
    "single training case re-scaling": lambda w, x: (w, row(x, SCALE) * x),
}
INVARIANT = {
    BatchNorm: [True, False, True, True, True, False],
    LayerNorm: [True, True, False, True, False, True],
    RMSNorm: [True, False, False, True, False, True],
}
CELLS = [(norm, change, yes) for norm, cells in INVARIANT.items() for change, yes in zip(CHANGES, cells, strict=True)]


@pytest.mark.parametrize(("norm", "change", "invariant"), CELLS)
@pytest.mark.parametrize("path", ["core", "speed"])
def test_the_norms_see_what_the_papers_tables_say(norm, change, invariant, path, monkeypatch):
    take(path, monkeypatch)
    w, x = draws((UNITS, INPUTS), seed=1), 1.0 + draws((SAMPLES, INPUTS), seed=2)
    layer = norm(UNITS, eps=0.0, affine=False)
    y = layer(x @ w.T)
    assert path_of(layer) == path
    new_w, new_x = CHANGES[change](w, x)
    assert not (np.array_equal(new_w, w) and np.array_equal(new_x, x))
    changed = layer(new_x @ new_w.T)
    if invariant:
        assert_close(changed, y, 1e-13)
    else:
        assert np.abs(changed - y).max() > 0.5


@pytest.mark.parametrize("norm", INVARIANT)
def test_a_negative_scale_of_the_weights_flips_the_sign(norm):
    w, x = draws((UNITS, INPUTS), seed=1), 1.0 + draws((SAMPLES, INPUTS), seed=2)
    layer = norm(UNITS, eps=0.0, affine=False)
    assert_close(layer(x @ (-SCALE * w).T), -layer(x @ w.T), 1e-13)


@pytest.mark.parametrize("norm", INVARIANT)
def test_larger_weights_get_a_gradient_that_is_smaller_by_their_scale(norm):
    w, x, dy = draws((UNITS, INPUTS), seed=1), 1.0 + draws((SAMPLES, INPUTS), seed=2), draws((SAMPLES, UNITS), seed=3)
    layer = norm(UNITS, eps=0.0, affine=False)
    layer(x @ w.T)
    dw = layer.backward(dy).T @ x
    layer(x @ (SCALE * w).T)
    assert_close(SCALE * layer.backward(dy).T @ x, dw, 1e-12)


@pytest.mark.parametrize("norm", INVARIANT)
def test_eps_is_what_breaks_the_invariance_of_scale(norm):
    x, layer = draws((SAMPLES, UNITS)), norm(UNITS, eps=0.5, affine=False)
    assert np.abs(layer(SCALE * x) - layer(x)).max() > 0.1


# Laws of every norm, over its own axes and on both paths

inputs = {
    "seed": seeds,
    "offset": st.floats(-20, 20),
    "scale": st.floats(0.1, 10),
}


def pass_through(name, path, x, dy, eps):
    """Input, x_hat and both gradients, with axes for the groups: what is meant by "over its own axes"."""
    with going(path):
        layer = NORMS[name].make(x.shape, eps=eps, affine=False)
        x_hat = layer(x)
        assert path_of(layer) == path
        dx = layer.backward(dy)
    return layer, [NORMS[name].view(a) for a in (x, x_hat, dy, dx)]


def random_input(name, seed, offset, scale):
    shape = NORMS[name].small
    return scale * draws(shape, seed) + offset, draws(shape, seed + 1)


def over(name, a):
    return a.sum(axis=NORMS[name].axes) if NORMS[name].axes else a.sum()


@by_path
@few
@given(**inputs)
def test_without_eps_mean_zero_variance_one_and_a_gradient_orthogonal_to_one_and_x_hat(name, path, seed, offset, scale):
    x, dy = random_input(name, seed, offset, scale)
    layer, (x, x_hat, _, dx) = pass_through(name, path, x, dy, 0.0)
    m = x.size / over(name, x).size
    digits = 1 + abs(offset / scale)
    if NORMS[name].axes:
        assert_close(over(name, x_hat**2) / m, np.ones_like(over(name, x)), 1e-11 * digits)
        assert_close(over(name, dx * x_hat) * scale, np.zeros_like(over(name, x)), 1e-9 * digits, scale=1)
    if layer.centered and NORMS[name].axes:
        assert_close(over(name, x_hat) / m, np.zeros_like(over(name, x)), 1e-11 * digits, scale=1)
    if layer.centered:
        assert_close(over(name, dx) * scale, np.zeros_like(over(name, x)), 1e-9 * digits, scale=1)
    elif abs(offset) > scale:
        assert np.abs(over(name, x_hat)).max() / m > 0.1  # RMS norm leaves the mean where it is
    assert abs(np.sum(dx * x)) < 1e-8 * digits  # a norm that does not see scale has no gradient along it


@by_path
@few
@given(**inputs, eps=st.sampled_from([1e-3, 0.1, 2.0]))
def test_with_eps_the_variance_is_v_over_v_plus_eps_and_that_share_of_the_gradient_stays(
    name, path, seed, offset, scale, eps
):
    if not NORMS[name].axes:
        return  # a mixture has no variance of its own
    x, dy = random_input(name, seed, offset, scale)
    layer, (x, x_hat, dy, dx) = pass_through(name, path, x, dy, eps)
    m = x.size / over(name, x).size
    mean = x.mean(axis=NORMS[name].axes, keepdims=True) if layer.centered else 0
    v = over(name, (x - mean) ** 2) / m
    digits = 1 + abs(offset / scale)
    assert_close(over(name, x_hat**2) / m, v / (v + eps), 1e-11 * digits)
    left, wanted = over(name, dx * x_hat), eps / (v + eps) * over(name, dy * x_hat) / np.sqrt(v + eps)
    assert_close(left, wanted, 1e-10 * digits, scale=1 / np.sqrt(eps))


@by_path
@few
@given(**inputs, factor=st.floats(1e-3, 1e3), eps=st.sampled_from([0.0, 1e-3, 0.5]))
def test_input_times_a_and_eps_times_a_squared_give_the_same_output_and_the_gradient_over_a(
    name, path, seed, offset, scale, factor, eps
):
    x, dy = random_input(name, seed, offset, scale)
    _, (_, x_hat, _, dx) = pass_through(name, path, x, dy, eps)
    _, (_, scaled, _, scaled_dx) = pass_through(name, path, factor * x, dy, factor**2 * eps)
    digits = 1 + abs(offset / scale)
    assert_close(scaled, x_hat, 1e-11 * digits)
    assert_close(factor * scaled_dx, dx, 1e-9 * digits, scale=1 / scale)


@by_path
@few
@given(**inputs, shift=st.floats(1, 20))
def test_a_constant_added_to_all_of_the_input_cancels_unless_the_mean_stays(name, path, seed, offset, scale, shift):
    x, dy = random_input(name, seed, offset, scale)
    layer, (_, x_hat, _, dx) = pass_through(name, path, x, dy, 1e-3)
    _, (_, shifted, _, shifted_dx) = pass_through(name, path, x + shift, dy, 1e-3)
    digits = 1 + (abs(offset) + shift) / scale
    if layer.centered:
        assert_close(shifted, x_hat, 1e-11 * digits)
        assert_close(shifted_dx, dx, 1e-9 * digits, scale=1 / scale)
    else:
        assert np.abs(shifted - x_hat).max() > 1e-5


@by_path
def test_in_evaluation_an_output_depends_on_its_own_sample_alone(name, path, monkeypatch):
    take(path, monkeypatch)
    shape = NORMS[name].small
    layer, x = with_history(name, shape, "eval"), draws(shape)
    y = layer(x)
    for i in range(len(x)):
        assert_close(layer(x[i : i + 1]), y[i : i + 1], 1e-13)
    others = x.copy()
    others[1:] = 100.0
    assert_close(layer(others)[:1], y[:1], 1e-13)
    if layer.buffers:
        layer.train()
        assert np.abs(layer(others)[:1] - layer(x)[:1]).max() > 0.1
