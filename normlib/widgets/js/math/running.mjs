// normlib.widgets.running_statistics, with the update of normlib.norms.BatchNorm. No DOM, no model.
import { moments } from "./core.mjs";

const [MEAN, STD, STEPS, EPS] = [3, 2, 200, 1e-5];

/** BatchNorm's running mean and variance of one channel, moved towards a batch; momentum null is the average of all. */
export function keep({ mean, var: variance, seen }, batch, count, momentum) {
  const weight = momentum ?? 1 / (seen + 1);
  return {
    mean: mean * (1 - weight) + weight * batch.mean,
    var: variance * (1 - weight) + ((weight * count) / (count - 1)) * batch.var,
    seen: seen + 1,
  };
}

export function batchOf(draws, step, size, drift) {
  const n = draws.length;
  const batch = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const at = step * size + i;
    const stride = 1 + ((Math.floor(at / n) * 389) % (n - 1));
    batch[i] = MEAN + STD * draws[((at % n) * stride) % n] + (drift * step) / 100;
  }
  return batch;
}

/** Mean and biased variance of each batch, as they are without a drift. */
export function batchMoments(draws, size) {
  return Array.from({ length: STEPS }, (_, step) => moments(batchOf(draws, step, size, 0)));
}

export function history(draws, size, drift, momentum, still = batchMoments(draws, size)) {
  const mean = MEAN + STD * moments(draws).mean;
  const batches = still.map((batch, step) => ({ mean: batch.mean + (drift * step) / 100, var: batch.var }));
  const h = {
    mean: batches.map((batch) => batch.mean),
    var: batches.map((batch) => batch.var),
    keptVar: batches.map((batch) => (size > 1 ? (batch.var * size) / (size - 1) : NaN)),
    trueMean: batches.map((_, step) => mean + (drift * step) / 100),
  };
  for (const [name, weight] of [["running", momentum], ["average", null]]) {
    const kept = [{ mean: 0, var: 1, seen: 0 }];
    for (const batch of batches) kept.push(size > 1 ? keep(kept.at(-1), batch, size, weight) : kept[0]);
    h[`${name}Mean`] = kept.map((one) => one.mean);
    h[`${name}Var`] = kept.map((one) => one.var);
  }
  return h;
}

/** Mean, variance and the probe's output: of the last batch, running, of all batches alike, and of the whole set. */
export function snapshot(draws, h, step, size, momentum, probe) {
  const source = (mean, variance) => [mean, variance, (probe - mean) / Math.sqrt(variance + EPS)];
  return {
    batch: step && size > 1 ? source(h.mean[step - 1], h.var[step - 1]) : [NaN, NaN, NaN],
    running: source(h.runningMean[step], h.runningVar[step]),
    average: source(h.averageMean[step], h.averageVar[step]),
    true: source(h.trueMean[Math.max(step - 1, 0)], STD * STD * moments(draws).var),
    keptVar: step ? h.keptVar[step - 1] : NaN,
    start: size > 1 ? (1 - momentum) ** step : 1,
  };
}
