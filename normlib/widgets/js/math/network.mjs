// normlib.experiments.network, trained as normlib.train.fit does: two hidden layers, in float64, without allocating in
// a step. No DOM.
import { F, SLOPE, linear, normalize, normalizeBackward, outer, sharing, times } from "./layers.mjs";
import { mulberry32, permutation } from "./random.mjs";

const MOMENTUM = 0.1;
const WIDTHS = [2, 16, 16, 2];
const ROWS = 256; // points in all, and so the most that pass at once
const zeros = (count) => new Float64Array(count);
const SCRATCH = WIDTHS.slice(1).map((n) => Object.fromEntries( // of one pass, and so shared by all networks
  ["xHat", "y", "a", "d", "mean", "var", "invStd"].map((name) => [name, zeros(ROWS * n)]),
));

function layer(k, settings, draws) {
  const [p, n, norm] = [WIDTHS[k], WIDTHS[k + 1], k < 2 ? settings.norm : "none"];
  const params = { weight: Float64Array.from(draws, (z) => settings.init * (Math.sqrt(2 / p) * z)) };
  if (norm !== "batch") params.bias = zeros(n);
  if (norm !== "none") params.gamma = zeros(n).fill(1);
  if (norm === "batch" || norm === "layer") params.beta = zeros(n);
  const grads = Object.fromEntries(Object.keys(params).map((name) => [name, zeros(params[name].length)]));
  return { p, n, norm, params, grads, runningMean: zeros(n), runningVar: zeros(n).fill(1), ...SCRATCH[k] };
}

/** A network at its first weights: `settings` are norm, rate, init, activation, batch; `draws` standard normal. */
export function network(settings, draws, points, seed) {
  let from = 0;
  const layers = [0, 1, 2].map((k) => layer(k, settings, draws.slice(from, from += WIDTHS[k] * WIDTHS[k + 1])));
  const size = points.length / 2; // the points are of class 0, 1, 0, 1, …
  return {
    ...settings, layers, points, size, x: zeros(2 * size), labels: new Uint8Array(size), order: new Int32Array(size),
    draw: mulberry32(seed), at: size, step: 0, losses: [], diverged: false,
  };
}

function forward({ layers, activation }, input, rows, training) {
  const f = F[activation];
  layers.forEach((l, k) => {
    const { p, n, norm, params: { weight, bias, gamma, beta }, y, xHat, a } = l;
    const x = k ? layers[k - 1].a : input;
    const z = norm === "none" ? y : xHat;
    linear(x, weight, bias, z, rows, p, n);
    if (norm !== "none") {
      const given = norm === "batch" && !training;
      normalize(z, given ? l.runningMean : l.mean, given ? l.runningVar : l.var, l.invStd, sharing(norm, rows, n), norm !== "rms", given);
      if (norm === "batch" && training) keep(l, rows);
      for (let i = 0; i < rows * n; i += 1) y[i] = gamma[i % n] * z[i] + (beta ? beta[i % n] : 0);
    }
    if (k < 2) for (let i = 0; i < rows * n; i += 1) a[i] = f(y[i]);
  });
  return layers[2].y;
}

function keep({ n, mean, var: variance, runningMean, runningVar }, rows) {
  for (let j = 0; j < n; j += 1) {
    runningMean[j] = (1 - MOMENTUM) * runningMean[j] + MOMENTUM * mean[j];
    runningVar[j] = (1 - MOMENTUM) * runningVar[j] + ((MOMENTUM * rows) / (rows - 1)) * variance[j];
  }
}

/** nn.SoftmaxCrossEntropy for two classes: the loss, and its gradient in `d`. */
function softmaxCrossEntropy(y, labels, rows, d) {
  let loss = 0;
  for (let i = 0; i < rows; i += 1) {
    const [u, v] = [y[2 * i], y[2 * i + 1]];
    const top = u > v ? u : v;
    const [e, g] = [Math.exp(u - top), Math.exp(v - top)];
    const total = e + g;
    loss += Math.log(total) - ((labels[i] ? v : u) - top);
    d[2 * i] = (e / total - 1 + labels[i]) / rows;
    d[2 * i + 1] = (g / total - labels[i]) / rows;
  }
  return loss / rows;
}

function backward({ layers, x: input, activation }, rows) {
  const slope = SLOPE[activation];
  for (let k = 2; k >= 0; k -= 1) {
    const { p, n, norm, params, grads, xHat, a, d, invStd } = layers[k];
    for (const name in grads) grads[name].fill(0);
    if (k < 2) for (let i = 0; i < rows * n; i += 1) d[i] *= slope(a[i]);
    if (norm !== "none") {
      for (let i = 0; i < rows * n; i += 1) {
        grads.gamma[i % n] += d[i] * xHat[i];
        if (grads.beta) grads.beta[i % n] += d[i];
        d[i] *= params.gamma[i % n];
      }
      normalizeBackward(d, xHat, invStd, sharing(norm, rows, n), norm !== "rms");
    }
    const x = k ? layers[k - 1].a : input;
    for (let i = 0; grads.bias && i < rows * n; i += 1) grads.bias[i % n] += d[i];
    outer(d, x, grads.weight, rows, p, n);
    if (k) times(d, params.weight, layers[k - 1].d, rows, p, n);
  }
}

/** One mini-batch: forward, backward, w ← w - rate · gradient. A loss that is no finite number ends the run. */
export function trainStep(net) {
  const { layers, points, order, x, labels, batch, size } = net;
  if (net.at + batch > size) {
    permutation(order, net.draw);
    net.at = 0;
  }
  for (let i = 0; i < batch; i += 1) {
    const from = order[net.at + i];
    x[2 * i] = points[2 * from];
    x[2 * i + 1] = points[2 * from + 1];
    labels[i] = from % 2;
  }
  net.at += batch;
  const loss = softmaxCrossEntropy(forward(net, x, batch, true), labels, batch, layers[2].d);
  net.losses.push(loss);
  if (!Number.isFinite(loss)) {
    net.diverged = true;
    return;
  }
  backward(net, batch);
  for (const { params, grads } of layers) {
    for (const name in params) for (let i = 0; i < params[name].length; i += 1) params[name][i] -= net.rate * grads[name][i];
  }
  net.step += 1;
}

/** In evaluation mode, over all points: loss, share that is right, and what layer `which`'s activation receives. */
export function evaluate(net, which) {
  const { layers, points, size, labels } = net;
  const y = forward(net, points, size, false);
  for (let i = 0; i < size; i += 1) labels[i] = i % 2;
  let right = 0;
  for (let i = 0; i < size; i += 1) right += labels[i] ? y[2 * i + 1] > y[2 * i] : y[2 * i] >= y[2 * i + 1];
  return { loss: softmaxCrossEntropy(y, labels, size, layers[2].d), accuracy: right / size, received: layers[which - 1].y };
}

/** In evaluation mode: how much more class 1 than class 0, -1 to 1, at each point of a row. */
export function lean(net, points, rows, out) {
  const y = forward(net, points, rows, false);
  for (let i = 0; i < rows; i += 1) out[i] = Math.tanh((y[2 * i + 1] - y[2 * i]) / 2);
}

/** Losses of single mini-batches as means of 1, 2, 4, … of them, so that they are at most 160. */
export function thinned(losses) {
  let width = 1;
  while (losses.length > 160 * width) width *= 2;
  const [xs, ys] = [[], []];
  for (let i = 0; i < losses.length; i += width) {
    const part = losses.slice(i, i + width);
    xs.push(i + (part.length - 1) / 2);
    ys.push(part.reduce((sum, v) => sum + v, 0) / part.length);
  }
  return { xs, ys };
}

/** The powers of ten around thinned losses, 0.1 to 1 at least and 0.0001 to 100 at most. */
export function decades(...curves) {
  const means = curves.flatMap((losses) => thinned(losses).ys).filter((v) => v > 0 && v < Infinity);
  const power = (round, v) => 10 ** round(Math.log10(v));
  return [Math.max(1e-4, power(Math.floor, Math.min(...means, 0.2))), Math.min(100, power(Math.ceil, Math.max(...means, 0.9)))];
}
