// Layers of normlib over arrays that are there already, row by row: nothing is allocated in a pass. No DOM.
import { relu, sigmoid, tanh } from "./activations.mjs";

const EPS = 1e-5;

/** Activation functions, and their slopes told from a value of the function. */
export const F = { sigmoid, tanh, relu };
export const SLOPE = {
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => 1 - y * y,
  relu: (y) => (y > 0 ? 1 : 0),
};

/** Where the numbers that share a mean lie: `groups` of `count`, the first of each `next` apart, its own `step` apart. */
export const sharing = (norm, rows, n) => (norm === "batch"
  ? { groups: n, count: rows, next: 1, step: n } : { groups: rows, count: n, next: n, step: 1 });

/** core.normalize in place, by the moments of each group, or by given ones. */
export function normalize(x, mean, variance, invStd, { groups, count, next, step }, centered, given) {
  for (let g = 0; g < groups; g += 1) {
    const from = g * next;
    if (!given) {
      let sum = 0;
      for (let i = 0; centered && i < count; i += 1) sum += x[from + i * step];
      const center = sum / count;
      let squares = 0;
      for (let i = 0; i < count; i += 1) squares += (x[from + i * step] - center) ** 2;
      mean[g] = center;
      variance[g] = squares / count;
    }
    invStd[g] = 1 / Math.sqrt(variance[g] + EPS);
    for (let i = 0; i < count; i += 1) x[from + i * step] = (x[from + i * step] - mean[g]) * invStd[g];
  }
}

/** core.normalizeBackward, in place: what is left without the parts along 1 and along xHat, over the spread. */
export function normalizeBackward(d, xHat, invStd, { groups, count, next, step }, centered) {
  for (let g = 0; g < groups; g += 1) {
    let [alongOne, alongXHat] = [0, 0];
    for (let i = 0, at = g * next; i < count; i += 1, at += step) {
      alongOne += centered ? d[at] : 0;
      alongXHat += d[at] * xHat[at];
    }
    alongOne /= count;
    alongXHat /= count;
    for (let i = 0, at = g * next; i < count; i += 1, at += step) {
      d[at] = invStd[g] * (d[at] - alongOne - xHat[at] * alongXHat);
    }
  }
}

// The three products of a linear layer of p inputs and n outputs; rows and n are even, and go two by two for speed.

/** x Wᵀ + b */
export function linear(x, weight, bias, z, rows, p, n) {
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < n; j += 2) {
      let a = bias ? bias[j] : 0;
      let b = bias ? bias[j + 1] : 0;
      let c = a;
      let d = b;
      for (let at = i * p, end = at + p, to = j * p; at < end; at += 1, to += 1) {
        const x1 = x[at];
        const x2 = x[at + p];
        const w1 = weight[to];
        const w2 = weight[to + p];
        a += x1 * w1;
        b += x1 * w2;
        c += x2 * w1;
        d += x2 * w2;
      }
      z[i * n + j] = a;
      z[i * n + j + 1] = b;
      z[i * n + n + j] = c;
      z[i * n + n + j + 1] = d;
    }
  }
}

/** dᵀ x, added to grad */
export function outer(d, x, grad, rows, p, n) {
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < n; j += 2) {
      const a = d[i * n + j];
      const b = d[i * n + j + 1];
      const c = d[i * n + n + j];
      const e = d[i * n + n + j + 1];
      for (let at = i * p, end = at + p, to = j * p; at < end; at += 1, to += 1) {
        const x1 = x[at];
        const x2 = x[at + p];
        grad[to] += a * x1 + c * x2;
        grad[to + p] += b * x1 + e * x2;
      }
    }
  }
}

/** d W */
export function times(d, weight, dx, rows, p, n) {
  dx.fill(0, 0, rows * p);
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < n; j += 2) {
      const a = d[i * n + j];
      const b = d[i * n + j + 1];
      const c = d[i * n + n + j];
      const e = d[i * n + n + j + 1];
      for (let at = i * p, end = at + p, to = j * p; at < end; at += 1, to += 1) {
        const w1 = weight[to];
        const w2 = weight[to + p];
        dx[at] += a * w1 + b * w2;
        dx[at + p] += c * w1 + e * w2;
      }
    }
  }
}
