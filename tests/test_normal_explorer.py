"""The normal explorer: its sample, its second curve of any shape, its still picture, and a reader's own numbers."""

import re
from itertools import pairwise

import numpy as np
import pytest
from javascript import JavaScript
from matplotlib.patches import StepPatch
from numerical import assert_close
from scipy import integrate, stats

from normlib.widgets import NormalExplorer
from normlib.widgets.shapes import PEAK, SHAPES, density

ROOT3 = 3**0.5
SCIPY = {
    "normal": stats.norm(),
    "uniform": stats.uniform(-ROOT3, 2 * ROOT3),
    "Laplace": stats.laplace(scale=0.5**0.5),
    "skewed": stats.expon(-1),
}


def test_the_sample_is_the_first_draws_moved_and_stretched():
    bell = NormalExplorer(mu=2, sigma=0.5, size=25)
    np.testing.assert_array_equal(bell.sample, 2 + 0.5 * bell.standard_draws[:25])


# Shapes


@pytest.mark.parametrize("shape", SCIPY)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (-2.5, 0.3), (1.0, 2.5)])
def test_densities_are_those_of_scipy(shape, mean, std):
    x = np.linspace(-9.013, 9, 400)
    assert_close(density(x, shape, mean, std), SCIPY[shape].pdf((x - mean) / std) / std, 1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (-1.5, 0.4)])
def test_every_shape_has_its_mean_spread_skewness_and_kurtosis_wherever_it_stands(shape, mean, std):
    edges = [mean + std * z for z in (-30, -ROOT3, -1, -PEAK, 0, PEAK, ROOT3, 60)]

    def moment(power):
        def integrand(x):
            return ((x - mean) / std) ** power * density(np.array(x), shape, mean, std)

        return sum(integrate.quad(integrand, low, high, epsabs=1e-11)[0] for low, high in pairwise(edges))

    assert_close([moment(p) for p in range(5)], [1, 0, 1, *SHAPES[shape]], 1e-7, scale=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_densities_agree_with_javascript(shape):
    rng = np.random.default_rng(4)
    rows = [
        [float(rng.uniform(-8, 8)), shape, float(rng.uniform(-4, 4)), float(rng.uniform(0.2, 3))] for _ in range(300)
    ]
    with JavaScript() as js:
        there = js.each("math/shapes.mjs", "density", rows)
    np.testing.assert_allclose(there, [density(np.array(x), *rest) for x, *rest in rows], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("shape", SHAPES)
def test_standardizing_is_said_to_keep_the_shape(shape):
    words = NormalExplorer(second=shape, mu2=-1.5, sigma2=0.4).describe()
    assert f"Second curve: {shape}, with mean -1.5 and standard deviation 0.40, skewness " in words
    words = NormalExplorer(second=shape, mu2=-1.5, sigma2=0.4, standardized=True).describe()
    assert f"{shape}, standardized from mean -1.5 and standard deviation 0.40 to mean 0" in words
    assert words.endswith("it is still a normal curve." if shape == "normal" else "it is still no normal curve.")


def test_words_follow_the_controls():
    widget = NormalExplorer(mu=-1.25, size=10)
    assert re.match(r"Normal curve with mean -1\.2 and .* A sample of 10: mean", widget.describe())
    assert "Second curve" not in widget.describe()
    widget.second = "uniform"
    assert widget.describe().endswith(
        "Second curve: uniform, with mean 2.0 and standard deviation 1.50, skewness 0 and kurtosis 1.80."
    )


# The still picture


def test_the_still_bell_draws_the_sample_its_kernel_estimate_and_both_densities():
    widget = NormalExplorer(mu=1.5, sigma=0.5, size=100, bins=10, kde=True, second="normal", mu2=-2, sigma2=0.75)
    [ax] = widget.still().axes
    [steps] = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    heights, edges, _ = steps.get_data()
    assert (edges[0], edges[-1], len(heights)) == (-0.5, 3.5, 10)
    assert_close(heights, np.histogram(widget.sample, edges, density=True)[0])
    wanted = [stats.norm(1.5, 0.5).pdf, stats.gaussian_kde(widget.sample), stats.norm(-2, 0.75).pdf]
    for line, curve in zip(ax.lines, wanted, strict=True):
        assert_close(line.get_ydata(), curve(line.get_xdata()), 1e-9)
    widget.standardized = True
    before, after = widget.still().axes[0].lines[2:]
    assert_close(before.get_ydata(), stats.norm(-2, 0.75).pdf(before.get_xdata()), 1e-9)
    assert_close(after.get_ydata(), stats.norm.pdf(after.get_xdata()), 1e-9)
    widget.kde, widget.second = False, "none"
    assert len(widget.still().axes[0].lines) == 1


# A reader's own numbers

AWAY = "None of them lies between −8 and 8, where the picture is: standardize them first."
OWN = [
    ([], "A sample of 0. No numbers came, so there is nothing to draw."),
    ([2.0], "A sample of 1: mean 2.000. One number alone has no spread."),
    ([0.1, 0.1, 0.1], "All 3 numbers are the same: they have no spread."),
    ([1, np.nan, 2, np.inf], "2 of 4 numbers are NaN or infinite, and left out."),
    ([165, 170, 180], AWAY),
    ([np.nan, 170.0], f"1 of 2 numbers is NaN or infinite, and left out. One number alone has no spread. {AWAY}"),
    ([7.0, 9.0], "standard deviation 1.414."),
]


@pytest.mark.parametrize(("data", "words"), OWN, ids=repr)
def test_odd_numbers_are_drawn_as_far_as_they_can_be_and_spoken_of_in_both_languages(data, words):
    widget = NormalExplorer(data=data)
    assert widget.describe().endswith(words)
    assert widget.still().axes
    with JavaScript() as js:
        sample = js("normal-explorer.mjs", "sampleOf", widget.values(), widget.standard_draws)
        np.testing.assert_array_equal(sample, widget.sample)
        assert js("normal-explorer.mjs", "describe", widget.values(), sample) == widget.describe()
