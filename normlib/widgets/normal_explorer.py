"""Normal explorer: a bell, a sample of it, and what mean, spread and sample size do to both."""

import numpy as np

from .. import plot
from ..distributions import bin_edges, histogram_density, kernel_bandwidth, kernel_density, normal_entropy, normal_pdf
from .base import LiveWidget
from .controls import Slider, Switch

GRID = bin_edges(-8.0, 8.0, 320)


class NormalExplorer(LiveWidget):
    """The density of N(mu, sigma²) over a histogram of a sample from it; a second density to compare with.

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
    compare : bool
        Whether a second density, of N(mu2, sigma2²), is drawn.
    """

    module = "normal-explorer"
    controls = ("mu", "sigma", "size", "bins", "kde", "compare", "mu2", "sigma2")
    draws_count = 1000

    mu = Slider(0.0, low=-4, high=4, step=0.1, label="mean μ")
    sigma = Slider(1.0, low=0.2, high=3, step=0.05, label="standard deviation σ")
    size = Slider(400, low=5, high=1000, step=5, label="sample size", integer=True)
    bins = Slider(24, low=4, high=60, step=1, label="bins", integer=True)
    kde = Switch(True, label="kernel density estimate")
    compare = Switch(False, label="second curve")
    mu2 = Slider(2.0, low=-4, high=4, step=0.1, label="its mean μ₂", when="compare")
    sigma2 = Slider(1.5, low=0.2, high=3, step=0.05, label="its deviation σ₂", when="compare")

    @property
    def sample(self):
        """The sample that is drawn now: ndarray of shape (size,)."""
        return self.mu + self.sigma * self.standard_draws[: self.size]

    def describe(self):
        x = self.sample
        second = f" Second curve: mean {self.mu2:z.1f}, standard deviation {self.sigma2:z.2f}." if self.compare else ""
        return (
            f"Normal curve with mean {self.mu:z.1f} and standard deviation {self.sigma:z.2f}, entropy "
            f"{normal_entropy(self.sigma):z.3f} nats. A sample of {self.size}: mean {x.mean():z.3f}, "
            f"standard deviation {x.std(ddof=1):z.3f}.{second}"
        )

    def still(self):
        figure, [ax] = plot.still(height=3.3)
        x, edges = self.sample, bin_edges(self.mu - 4 * self.sigma, self.mu + 4 * self.sigma, self.bins)
        bars = histogram_density(x, edges)
        ax.stairs(
            bars, edges, fill=True, facecolor=plot.BLUE_FILL, edgecolor=plot.PAPER, label=f"sample of {self.size}"
        )
        ax.plot(GRID, normal_pdf(GRID, self.mu, self.sigma), color=plot.BLUE, label="density")
        if self.kde:
            estimate = kernel_density(GRID, x, kernel_bandwidth(x))
            ax.plot(GRID, estimate, color=plot.ORANGE, linestyle="--", label="kernel estimate")
        if self.compare:
            second = normal_pdf(GRID, self.mu2, self.sigma2)
            ax.plot(GRID, second, color=plot.PURPLE, linestyle=":", label="second density")
        ax.set(xlim=(-8, 8), ylim=(0, None), xticks=np.arange(-8, 9, 2))
        plot.label(ax, x="x", y="density", legend=True)
        return figure
