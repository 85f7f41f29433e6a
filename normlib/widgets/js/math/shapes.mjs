// normlib.widgets.shapes: the same names, the same formulas. No DOM, no model.
import { normalPdf } from "./distributions.mjs";

const PEAK = 0.9;
const OWN = Math.sqrt(1 - PEAK ** 2);

/** Skewness and kurtosis, which no shifting and scaling changes. */
export const SHAPES = {
  normal: [0, 3], uniform: [0, 1.8], Laplace: [0, 6], "two-peaked": [0, 3 - 2 * PEAK ** 4], skewed: [2, 9],
};
const STANDARD = {
  normal: (z) => normalPdf(z, 0, 1),
  uniform: (z) => (Math.abs(z) <= Math.sqrt(3) ? 1 / Math.sqrt(12) : 0),
  Laplace: (z) => Math.exp(-Math.SQRT2 * Math.abs(z)) / Math.SQRT2,
  "two-peaked": (z) => (normalPdf(z, -PEAK, OWN) + normalPdf(z, PEAK, OWN)) / 2,
  skewed: (z) => (z >= -1 ? Math.exp(-z - 1) : 0),
};

export const density = (x, shape, mean, std) => STANDARD[shape]((x - mean) / std) / std;
