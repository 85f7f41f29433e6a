// normlib.distributions: the same names, the same formulas. No DOM, no model.

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

export function normalPdf(x, mean, std) {
  const z = (x - mean) / std;
  return Math.exp(-0.5 * z * z) / (std * ROOT_TWO_PI);
}

export function normalEntropy(std) {
  return Math.log(std) + 0.5 * Math.log(2 * Math.PI * Math.E);
}

export function binEdges(low, high, bins) {
  const width = (high - low) / bins;
  return Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + width * i));
}

/** Share of xs per bin and unit of width; values outside count in the total. A bin holds its left edge, the last both. */
export function histogramDensity(xs, edges) {
  const counts = new Float64Array(edges.length - 1);
  for (const x of xs) {
    const bin = binOf(x, edges);
    if (bin >= 0) counts[bin] += 1;
  }
  return counts.map((count, i) => count / (xs.length * (edges[i + 1] - edges[i])));
}

function binOf(x, edges) {
  const last = edges.length - 1;
  if (!(x >= edges[0] && x <= edges[last])) return -1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x >= edges[middle]) low = middle;
    else high = middle;
  }
  return low;
}

/** Scott's rule: the unbiased standard deviation times n to the power of -1/5. */
export function kernelBandwidth(sample) {
  return unbiasedStd(sample) * sample.length ** -0.2;
}

export function unbiasedStd(sample) {
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
  return Math.sqrt(sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sample.length - 1));
}

/**
 * The mean of one normal density per value of the sample, at each point of an even grid. A value's kernel is one
 * exponential at the grid's nearest point; `j` points on it is that times ratio ** j times exp(-(j step)² / 2).
 */
export function kernelDensity(grid, sample, bandwidth) {
  const last = grid.length - 1;
  const step = (grid[last] - grid[0]) / last / bandwidth;
  const reach = Math.min(last, Math.floor(Math.min(37, 12 + step) / step)); // beyond 12, a kernel is below 1e-31
  const falls = Float64Array.from({ length: reach + 1 }, (_, j) => Math.exp(-0.5 * (j * step) ** 2));
  const sums = new Float64Array(grid.length);
  for (const v of sample) {
    const near = Math.max(0, Math.min(last, Math.round((v - grid[0]) / bandwidth / step)));
    const z = (grid[near] - v) / bandwidth;
    const peak = Math.exp(-0.5 * z * z);
    sums[near] += peak;
    for (const side of [-1, 1]) {
      const ratio = Math.exp(-side * z * step);
      const end = Math.min(reach, side > 0 ? last - near : near);
      for (let j = 1, power = peak; j <= end; j += 1) sums[near + side * j] += (power *= ratio) * falls[j];
    }
  }
  return sums.map((sum) => sum / (sample.length * bandwidth * ROOT_TWO_PI));
}
