import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical import assert_close, properties, random_batch, seeds
from scipy import integrate, stats

from normlib import (
    bin_edges,
    histogram_density,
    kernel_bandwidth,
    kernel_density,
    laplace_entropy,
    normal_entropy,
    normal_pdf,
    uniform_entropy,
)

scales = st.floats(1e-3, 1e3)
ENTROPIES = [
    (normal_entropy, lambda std: stats.norm(scale=std)),
    (uniform_entropy, lambda std: stats.uniform(loc=-std * 3**0.5, scale=std * 12**0.5)),
    (laplace_entropy, lambda std: stats.laplace(scale=std / 2**0.5)),
]


@properties
@given(x=st.lists(st.floats(-50, 50), min_size=1, max_size=20), mean=st.floats(-50, 50), std=st.floats(0.1, 100))
def test_normal_pdf_is_that_of_scipy(x, mean, std):
    np.testing.assert_allclose(normal_pdf(x, mean, std), stats.norm.pdf(x, mean, std), rtol=1e-9, atol=1e-300)


def test_normal_pdf_keeps_the_shape_and_lets_nan_through():
    density = normal_pdf(np.array([[0.0, np.nan, np.inf]]), 1.0, 2.0)
    assert density.shape == (1, 3)
    np.testing.assert_array_equal(np.isnan(density), [[False, True, False]])
    assert density[0, 2] == 0


@pytest.mark.parametrize(("entropy", "distribution"), ENTROPIES)
@pytest.mark.parametrize("std", [0.01, 0.2, 1.0, 3.0, 100.0])
def test_entropies_are_those_of_scipy_at_the_same_standard_deviation(entropy, distribution, std):
    assert_close(distribution(std).std(), std, 1e-12)
    assert_close(entropy(std), distribution(std).entropy(), 1e-12, scale=1)


@pytest.mark.parametrize(("entropy", "distribution"), ENTROPIES)
@pytest.mark.parametrize("std", [0.2, 1.0, 3.0])
def test_entropies_are_the_integral_of_minus_p_log_p(entropy, distribution, std):
    end = min(distribution(std).support()[1], 40 * std)

    def integrand(x):
        return -distribution(std).pdf(x) * distribution(std).logpdf(x)

    half, _ = integrate.quad(
        integrand, 0.0, end, epsabs=1e-12, epsrel=1e-12, points=[std, 3 * std][: 1 if end < 2 * std else 2]
    )
    assert_close(entropy(std), 2 * half, 1e-9, scale=1)


@properties
@given(std=scales)
def test_of_equal_spread_the_normal_has_the_largest_entropy(std):
    assert normal_entropy(std) > max(uniform_entropy(std), laplace_entropy(std))


# Histograms


@properties
@given(low=st.floats(-100, 100), width=st.floats(1e-3, 100), bins=st.integers(1, 80))
def test_bin_edges_are_evenly_spaced_and_end_exactly_at_both_ends(low, width, bins):
    edges = bin_edges(low, low + width, bins)
    assert (edges[0], edges[-1]) == (low, low + width)
    assert (np.diff(edges) > 0).all()
    np.testing.assert_allclose(edges, np.linspace(low, low + width, bins + 1), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("low", "high", "bins"), [(0, 1, 0), (0, 1, -3), (1, 1, 4), (2, 1, 4), (0, np.nan, 4)])
def test_no_bins_and_empty_ranges_are_refused(low, high, bins):
    with pytest.raises(
        ValueError, match=f"{bins} bins from {low} to {high} came; expected at least one bin and low < high"
    ):
        bin_edges(low, high, bins)


@properties
@given(seed=seeds, size=st.integers(1, 300), bins=st.integers(1, 40))
def test_histogram_density_is_that_of_numpy_when_all_values_lie_inside(seed, size, bins):
    x, edges = np.random.default_rng(seed).uniform(-2, 2, size), bin_edges(-2.0, 2.0, bins)
    density = histogram_density(x, edges)
    np.testing.assert_allclose(density, np.histogram(x, edges, density=True)[0], rtol=1e-12)
    assert_close(np.sum(density * np.diff(edges)), 1.0, 1e-12)


def test_values_outside_count_in_the_total():
    density = histogram_density(np.array([0.5, 1.5, 99.0, -99.0]), np.array([0.0, 1.0, 3.0]))
    np.testing.assert_array_equal(density, [0.25, 0.125])


def test_a_bin_holds_its_left_edge_and_the_last_one_its_right_edge_too():
    np.testing.assert_array_equal(
        histogram_density(np.array([0.0, 1.0, 2.0, 2.0]), np.array([0.0, 1.0, 2.0])), [0.25, 0.75]
    )


# Kernel density estimates


@pytest.mark.parametrize("size", [2, 7, 400])
def test_kernel_density_is_the_gaussian_kde_of_scipy_with_scotts_rule(size):
    sample, grid = random_batch((size,), seed=size), np.linspace(-8, 12, 101)
    kde = stats.gaussian_kde(sample)  # Scott's rule is its default
    assert_close(kernel_bandwidth(sample), kde.covariance[0, 0] ** 0.5, 1e-12)
    assert_close(kernel_density(grid, sample, kernel_bandwidth(sample)), kde(grid), 1e-12)


def test_a_kernel_density_has_the_area_one():
    sample = random_batch((30,))
    grid = np.linspace(-30, 40, 7001)
    assert_close(np.trapezoid(kernel_density(grid, sample, 0.7), grid), 1.0, 1e-10)


# Errors


@pytest.mark.parametrize("std", [0.0, -1.0, np.nan])
@pytest.mark.parametrize(
    "function", [normal_entropy, uniform_entropy, laplace_entropy, lambda std: normal_pdf(0.0, 0.0, std)]
)
def test_a_scale_that_is_not_positive_is_refused(function, std):
    with pytest.raises(ValueError, match=f"std = {std} came; expected a positive number"):
        function(std)


@pytest.mark.parametrize("bandwidth", [0.0, -1.0, np.nan])
def test_a_bandwidth_that_is_not_positive_is_refused(bandwidth):
    with pytest.raises(ValueError, match=f"bandwidth = {bandwidth} came; expected a positive number"):
        kernel_density(np.zeros(1), np.ones(2), bandwidth)


def test_samples_too_small_or_not_floating_are_refused():
    with pytest.raises(ValueError, match="an empty sample came; expected at least one value"):
        histogram_density(np.array([]), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="1 values came; expected at least two"):
        kernel_bandwidth(np.array([1.0]))
    with pytest.raises(TypeError, match=r"sample has dtype int64; expected .* sample\.astype\("):
        kernel_bandwidth(np.array([1, 2]))
