// normlib.widgets.signals_through_depth: a forward and a backward pass through many layers. No DOM, no model.
import { F, SLOPE, linear, normalize, normalizeBackward, outer, sharing, times } from "./layers.mjs";
import { mulberry32 } from "./random.mjs";

export const BATCH = 32;
export const DEEPEST = 20;
export const BINS = 25;
const SPAN = 4; // histograms reach from -SPAN to SPAN
const STEEPEST = { sigmoid: 0.25, tanh: 1, relu: 1 };
const STDS = { small: () => 0.01, Xavier: (width) => Math.sqrt(1 / width), He: (width) => Math.sqrt(2 / width) };

/** Standard normal numbers from a seed, an even count of them, after Box and Muller. */
export function normals(seed, count) {
  const next = mulberry32(seed);
  const z = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * (next() / 2 ** 32);
    z[i] = radius * Math.cos(angle);
    z[i + 1] = radius * Math.sin(angle);
  }
  return z;
}

/** Counts in equal bins from -4 to 4; what lies beyond is in the outermost. */
export function layerHistogram(values) {
  const counts = new Float64Array(BINS);
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i];
    if (v === v) counts[Math.max(0, Math.min(BINS - 1, Math.floor((v + SPAN) * BINS / (2 * SPAN))))] += 1;
  }
  return counts;
}

/** Room for the passes, made once. */
export function roomFor(width) {
  const rows = () => new Float64Array(BATCH * width);
  const layers = Array.from({ length: DEEPEST }, () => ({ y: rows(), a: rows(), invStd: rows(), weight: new Float64Array(width * width) }));
  return { width, layers, d: rows(), dx: rows(), mean: rows(), variance: rows(), grad: new Float64Array(width * width) };
}

/**
 * What enters (`y`) and leaves (`a`) the activations of each layer, the spread of `y`, the share of saturated units, and
 * the length of the gradient in each layer's weights.
 */
export function throughDepth({ layers, width, scale, init, activation, norm, draw }, room = roomFor(width)) {
  const [f, slope, flat] = [F[activation], SLOPE[activation], 0.05 * STEEPEST[activation]];
  const size = BATCH * width;
  const shares = norm !== "none" && sharing(norm === "BN" ? "batch" : "layer", BATCH, width);
  const drawn = (deep) => 2 * size + deep * width * width;
  if (room.draw !== draw || room.z.length < drawn(layers)) { // at first no more than are needed, later all that may be
    Object.assign(room, { draw, z: normals(draw, drawn(room.z ? DEEPEST : layers)) });
  }
  const std = scale * STDS[init](width);
  const used = room.layers.slice(0, layers);
  const x = room.z.subarray(0, size);
  used.forEach(({ y, a, invStd, weight }, l) => {
    const from = 2 * size + l * width * width;
    for (let i = 0; i < weight.length; i += 1) weight[i] = std * room.z[from + i];
    linear(l ? used[l - 1].a : x, weight, null, y, BATCH, width, width);
    if (shares) normalize(y, room.mean, room.variance, invStd, shares, true);
    for (let i = 0; i < size; i += 1) a[i] = f(y[i]);
  });

  const [gradient, spread, saturated] = [0, 0, 0].map(() => new Float64Array(layers));
  const { d, dx, grad } = room;
  d.set(room.z.subarray(size, 2 * size));
  for (let l = layers - 1; l >= 0; l -= 1) {
    const { y, a, invStd, weight } = used[l];
    let [count, sum, squares] = [0, 0, 0];
    for (let i = 0; i < size; i += 1) {
      const s = slope(a[i]);
      if (s < flat) count += 1;
      d[i] *= s;
      sum += y[i];
    }
    saturated[l] = count / size;
    const mean = sum / size;
    for (let i = 0; i < size; i += 1) squares += (y[i] - mean) ** 2;
    spread[l] = Math.sqrt(squares / size);
    if (shares) normalizeBackward(d, y, invStd, shares, true);
    outer(d, l ? used[l - 1].a : x, grad.fill(0), BATCH, width, width);
    gradient[l] = Math.sqrt(grad.reduce((total, v) => total + v * v, 0));
    times(d, weight, dx, BATCH, width, width);
    d.set(dx);
  }
  return { y: used.map((layer) => layer.y), a: used.map((layer) => layer.a), gradient, spread, saturated };
}
