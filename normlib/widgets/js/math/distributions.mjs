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

/** The mean of one normal density per value of the sample, at each point of the grid. */
export function kernelDensity(grid, sample, bandwidth) {
  const scale = 1 / (sample.length * bandwidth * ROOT_TWO_PI);
  return grid.map((x) => {
    let sum = 0;
    for (const v of sample) {
      const z = (x - v) / bandwidth;
      if (z < 39 && z > -39) sum += Math.exp(-0.5 * z * z); // beyond, the kernel is zero in float64
    }
    return sum * scale;
  });
}
