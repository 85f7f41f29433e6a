// normlib.core for one feature: the same names, the same formulas, on an array of m numbers. No DOM, no model.

function mean(xs) {
  let sum = 0;
  for (const x of xs) sum += x;
  return sum / xs.length;
}

/** Mean and biased variance, in two passes. */
export function moments(x) {
  const center = mean(x);
  return { mean: center, var: mean(x.map((v) => (v - center) ** 2)) };
}

export function momentsBackward(dmean, dvar, x, center) {
  return x.map((v) => (dmean + 2 * dvar * (v - center)) / x.length);
}

export function standardize(x, center, variance, eps) {
  const invStd = 1 / Math.sqrt(variance + eps);
  return { xHat: x.map((v) => (v - center) * invStd), mean: center, var: variance, invStd };
}

export function standardizeBackward(dxHat, cache) {
  const dx = dxHat.map((d) => d * cache.invStd);
  const along = dxHat.reduce((sum, d, i) => sum + d * cache.xHat[i], 0);
  return { dx, dmean: -dx.reduce((sum, d) => sum + d, 0), dvar: -0.5 * cache.invStd ** 2 * along };
}

export function normalize(x, eps) {
  const m = moments(x);
  return standardize(x, m.mean, m.var, eps);
}

/** Remove from dxHat its part along 1 and its part along xHat, then divide by the spread. */
export function normalizeBackward(dxHat, cache) {
  const alongOne = mean(dxHat);
  const alongXHat = mean(dxHat.map((d, i) => d * cache.xHat[i]));
  return dxHat.map((d, i) => cache.invStd * (d - alongOne - cache.xHat[i] * alongXHat));
}
