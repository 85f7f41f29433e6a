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
  return Float64Array.from({ length: size }, (_, i) => {
    const at = step * size + i;
    const stride = 1 + ((Math.floor(at / n) * 389) % (n - 1));
    return MEAN + STD * draws[((at % n) * stride) % n] + (drift * step) / 100;
  });
}

export function history(draws, size, drift, momentum) {
  const mean = moments(draws).mean;
  const h = { mean: [], var: [], keptVar: [], trueMean: [] };
  const kept = [["running", momentum], ["average", null]].map(([name, weight]) => {
    [h[`${name}Mean`], h[`${name}Var`]] = [[0], [1]];
    return { name, weight, state: { mean: 0, var: 1, seen: 0 } };
  });
  for (let step = 0; step < STEPS; step += 1) {
    const batch = moments(batchOf(draws, step, size, drift));
    h.mean.push(batch.mean);
    h.var.push(batch.var);
    h.keptVar.push(size > 1 ? (batch.var * size) / (size - 1) : NaN);
    h.trueMean.push(MEAN + STD * mean + (drift * step) / 100);
    for (const one of kept) {
      if (size > 1) one.state = keep(one.state, batch, size, one.weight);
      h[`${one.name}Mean`].push(one.state.mean);
      h[`${one.name}Var`].push(one.state.var);
    }
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
