"""Normal explorer: a bell, a sample of it, and another density that may be of any shape."""

import numpy as np

from .. import plot
from ..distributions import bin_edges, histogram_density, kernel_bandwidth, kernel_density, normal_entropy, normal_pdf
from .base import LiveWidget
from .controls import Choice, Slider, Switch
from .own import kept
from .shapes import SHAPES, density

REACH = 8.0
GRID = bin_edges(-REACH, REACH, 320)
SECOND = ("second", *SHAPES)


class NormalExplorer(LiveWidget):
    """The density of N(mu, sigma²) over a histogram of a sample from it; a second density to compare with.

    With `data`, the sample is ``mu + sigma * data``: at the start your numbers as they are, beside the standard normal.

    Parameters
    ----------
    mu, sigma : float
        Mean, from -4 to 4, and standard deviation, from 0.2 to 3, of the model.
    size : int
        Number of draws in the sample, from 5 to 1000.
    bins : int
        Number of bins of the histogram between mu - 4 sigma and mu + 4 sigma, from 4 to 60.
    kde : bool
        Whether a kernel density estimate of the sample is drawn.
    second : {"none", "normal", "uniform", "Laplace", "two-peaked", "skewed"}
        Shape of the second density.
    mu2, sigma2 : float
        Mean and standard deviation of the second density.
    standardized : bool
        Whether the second density is drawn for (x - mu2) / sigma2, beside what it was before.
    """

    module = "normal-explorer"
    heights = (713, 832)
    controls = ("mu", "sigma", "size", "bins", "kde", "second", "mu2", "sigma2", "standardized")
    draws_count = 1000
    takes_data = True

    mu = Slider(0.0, low=-4, high=4, step=0.1, label="mean μ")
    sigma = Slider(1.0, low=0.2, high=3, step=0.05, label="standard deviation σ")
    size = Slider(400, low=5, high=1000, step=5, label="sample size", integer=True)
    bins = Slider(24, low=4, high=60, step=1, label="bins", integer=True)
    kde = Switch(True, label="kernel density estimate")
    second = Choice("none", values=("none", *SHAPES), label="second curve")
    mu2 = Slider(2.0, low=-4, high=4, step=0.1, label="its mean μ₂", when=SECOND)
    sigma2 = Slider(1.5, low=0.2, high=3, step=0.05, label="its deviation σ₂", when=SECOND)
    standardized = Switch(False, label="standardize it", when=SECOND)

    @property
    def sample(self):
        """The sample that is drawn now: ndarray of shape (size,)."""
        return self.mu + self.sigma * self.standard_draws[: self.size]

    def describe(self):
        x, note = kept(self.sample)
        spread = f", standard deviation {x.std(ddof=1):z.3f}" if x.size > 1 else ""
        if x.size and not np.any(np.abs(x) <= REACH):
            note += " None of them lies between −8 and 8, where the picture is: standardize them first."
        words = (
            f"Normal curve with mean {self.mu:z.1f} and standard deviation {self.sigma:z.2f}, entropy "
            f"{normal_entropy(self.sigma):z.3f} nats. A sample of {x.size}"
            + (f": mean {x.mean():z.3f}{spread}." if x.size else ".")
        )
        return " ".join(part for part in (words, self.describe_second(), note.strip()) if part)

    def describe_second(self):
        """The second density in words; none where there is none."""
        if self.second == "none":
            return ""
        skewness, kurtosis = SHAPES[self.second]
        powers = f"skewness {skewness:z.0f} and kurtosis {kurtosis:z.2f}"
        moments = f"mean {self.mu2:z.1f} and standard deviation {self.sigma2:z.2f}"
        if not self.standardized:
            return f"Second curve: {self.second}, with {moments}, {powers}."
        verdict = "a normal curve" if self.second == "normal" else "no normal curve"
        return (
            f"Second curve: {self.second}, standardized from {moments} to mean 0 and standard deviation 1; {powers} "
            f"as before, so it is still {verdict}."
        )

    def still(self):
        figure, [ax] = plot.still(height=3.3)
        x, edges = kept(self.sample)[0], bin_edges(self.mu - 4 * self.sigma, self.mu + 4 * self.sigma, self.bins)
        if x.size:
            bars = histogram_density(x, edges)
            name = f"sample of {x.size}"
            ax.stairs(bars, edges, fill=True, facecolor=plot.BLUE_FILL, edgecolor=plot.PAPER, label=name)
        ax.plot(GRID, normal_pdf(GRID, self.mu, self.sigma), color=plot.BLUE, label="density")
        if self.kde and x.size > 1 and np.ptp(x) > 0:
            estimate = kernel_density(GRID, x, kernel_bandwidth(x))
            ax.plot(GRID, estimate, color=plot.ORANGE, linestyle="--", label="kernel estimate")
        if self.second != "none":
            self.draw_second(ax)
        ax.set(xlim=(-REACH, REACH), ylim=(0, None), xticks=np.arange(-8, 9, 2))
        plot.label(ax, x="x", y="density", legend=True)
        return figure

    def draw_second(self, ax):
        """The second density, and where it is standardized the one that it was before."""
        if self.standardized:
            before = density(GRID, self.second, self.mu2, self.sigma2)
            ax.plot(GRID, before, color=plot.MUTED, linestyle=":", linewidth=1.4, label=f"{self.second}, before")
        mean, std, name = (0, 1, ", standardized") if self.standardized else (self.mu2, self.sigma2, "")
        ax.plot(
            GRID, density(GRID, self.second, mean, std), color=plot.PURPLE, linestyle="-.", label=self.second + name
        )
