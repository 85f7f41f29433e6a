// normlib.widgets.signals_through_depth: a forward and a backward pass through many layers. No DOM, no model.
import { mulberry32 } from "./random.mjs";
import { relu, sigmoid, tanh } from "./activations.mjs";

export const BATCH = 32;
export const DEEPEST = 20;
export const BINS = 25;
const SPAN = 4; // histograms reach from -SPAN to SPAN
const EPS = 1e-5;

const ACTIVATIONS = {
  sigmoid: { f: sigmoid, slope: (a) => a * (1 - a), steepest: 0.25 },
  tanh: { f: tanh, slope: (a) => 1 - a * a, steepest: 1 },
  relu: { f: relu, slope: (a) => (a > 0 ? 1 : 0), steepest: 1 },
};
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
  for (const v of values) {
    if (v === v) counts[Math.max(0, Math.min(BINS - 1, Math.floor((v + SPAN) * BINS / (2 * SPAN))))] += 1;
  }
  return counts;
}

/** out = a bᵀ, of rows of a and of b that are `inner` long; `columns` is a multiple of four. */
function product(out, a, b, rows, columns, inner) {
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let at = j * inner;
      for (let k = i * inner; k < (i + 1) * inner; k += 1, at += 1) {
        const v = a[k];
        s0 += v * b[at];
        s1 += v * b[at + inner];
        s2 += v * b[at + 2 * inner];
        s3 += v * b[at + 3 * inner];
      }
      const to = i * columns + j;
      out[to] = s0;
      out[to + 1] = s1;
      out[to + 2] = s2;
      out[to + 3] = s3;
    }
  }
}

function transpose(out, a, rows, columns) {
  for (let i = 0; i < rows; i += 1) for (let j = 0; j < columns; j += 1) out[j * rows + i] = a[i * columns + j];
}

/** Normalize what stands at start, start + stride, … in place; returns 1 / sqrt(var + eps). */
function normalizeAt(x, start, stride, count) {
  const end = start + stride * count;
  let mean = 0;
  let variance = 0;
  for (let i = start; i < end; i += stride) mean += x[i];
  mean /= count;
  for (let i = start; i < end; i += stride) {
    x[i] -= mean;
    variance += x[i] * x[i];
  }
  const invStd = 1 / Math.sqrt(variance / count + EPS);
  for (let i = start; i < end; i += stride) x[i] *= invStd;
  return invStd;
}

function normalizeBackwardAt(d, xHat, invStd, start, stride, count) {
  const end = start + stride * count;
  let alongOne = 0;
  let alongXHat = 0;
  for (let i = start; i < end; i += stride) {
    alongOne += d[i];
    alongXHat += d[i] * xHat[i];
  }
  for (let i = start; i < end; i += stride) d[i] = invStd * (d[i] - alongOne / count - xHat[i] * (alongXHat / count));
}

/** Room for the passes, made once: `layers` of `y` and `a`, and scratch. */
export function roomFor(width) {
  const numbers = () => new Float64Array(BATCH * width);
  const square = () => new Float64Array(width * width);
  const layers = Array.from({ length: DEEPEST }, () => ({ y: numbers(), a: numbers(), invStd: new Float64Array(Math.max(BATCH, width)) }));
  return { width, layers, weights: layers.map(square), d: numbers(), dT: numbers(), aT: numbers(), w: square(), dW: square() };
}

/**
 * What enters (`y`) and leaves (`a`) the activations of each layer, the spread of `y`, the share of saturated units, and
 * the length of the gradient in each layer's weights.
 */
export function throughDepth({ layers, width, scale, init, activation, norm, draw }, room = roomFor(width)) {
  const { f, slope, steepest } = ACTIVATIONS[activation];
  const size = BATCH * width;
  if (room.draw !== draw) Object.assign(room, { draw, z: normals(draw, 2 * size + DEEPEST * width * width) });
  const std = scale * STDS[init](width);
  const groups = { none: [], BN: [width, 1, width, BATCH], LN: [BATCH, width, 1, width] }[norm];
  const [count, apart, stride, members] = groups;
  const used = room.layers.slice(0, layers);
  const x = room.z.subarray(0, size);
  used.forEach(({ y, a, invStd }, l) => {
    const [w, from] = [room.weights[l], 2 * size + l * width * width];
    for (let i = 0; i < w.length; i += 1) w[i] = std * room.z[from + i];
    product(y, l ? used[l - 1].a : x, w, BATCH, width, width);
    for (let g = 0; g < count; g += 1) invStd[g] = normalizeAt(y, g * apart, stride, members);
    for (let i = 0; i < size; i += 1) a[i] = f(y[i]);
  });

  const [gradient, spread, saturated] = [0, 0, 0].map(() => new Float64Array(layers));
  const { d, dT, aT, w, dW } = room;
  d.set(room.z.subarray(size, 2 * size));
  for (let l = layers - 1; l >= 0; l -= 1) {
    const { y, a, invStd } = used[l];
    let flat = 0;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < size; i += 1) {
      const s = slope(a[i]);
      if (s < 0.05 * steepest) flat += 1;
      d[i] *= s;
      sum += y[i];
    }
    saturated[l] = flat / size;
    for (let i = 0; i < size; i += 1) squares += (y[i] - sum / size) ** 2;
    spread[l] = Math.sqrt(squares / size);
    for (let g = 0; g < count; g += 1) normalizeBackwardAt(d, y, invStd[g], g * apart, stride, members);
    transpose(dT, d, BATCH, width);
    transpose(aT, l ? used[l - 1].a : x, BATCH, width);
    product(dW, dT, aT, width, width, BATCH);
    let total = 0;
    for (const v of dW) total += v * v;
    gradient[l] = Math.sqrt(total);
    transpose(w, room.weights[l], width, width);
    product(aT, d, w, BATCH, width, width);
    d.set(aT);
  }
  return { y: used.map((layer) => layer.y), a: used.map((layer) => layer.a), gradient, spread, saturated };
}
