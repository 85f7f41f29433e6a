// normlib.widgets.descent: two features, the loss over their two weights, and a walk down. No DOM, no model.
import { sigmoid } from "./activations.mjs";
import { normalize } from "./core.mjs";

const RAYS = 48;
const apply = ([a, b, c, d], [u, v]) => [a * u + b * v, c * u + d * v];

/** normlib.data.badly_scaled from its draws. */
export function badlyScaled([z0, z1, noise], ratio, correlation) {
  const second = z1.map((z, i) => correlation * z0[i] + Math.sqrt(1 - correlation ** 2) * z);
  return { x: [z0, second.map((z) => z * ratio)], y: z0.map((z, i) => z - second[i] + noise[i]) };
}

/** Three views of two columns, and for each the map, row by row, from the weights of the last to its own. */
export function views(x) {
  const [{ xHat: s, mean: m, invStd: f }, { xHat: t, mean: n, invStd: g }] = x.map((column) => normalize(column, 0));
  const r = s.reduce((sum, v, i) => sum + v * t[i], 0) / s.length;
  const [p, q] = [0.5 / Math.sqrt(1 + r), 0.5 / Math.sqrt(1 - r)]; // the principal axes are (1, 1) and (1, -1)
  const [a, b] = [p + q, p - q];
  const mixed = (one, other) => one.map((v, i) => a * v + b * other[i]);
  return {
    features: [[x[0].map((v) => v - m), x[1].map((v) => v - n)], [s, t], [mixed(s, t), mixed(t, s)]],
    maps: [[f * a, f * b, g * b, g * a], [a, b, b, a], [1, 0, 0, 1]],
  };
}

/** The loss, its gradient (two numbers) and its Hessian (three) at the weights, in a row. */
export function local([u, v], [x, y], target, logistic) {
  const n = target.length;
  let [loss, gu, gv, a, b, d] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const z = u * x[i] + v * y[i];
    const p = logistic ? sigmoid(z) : z;
    const error = p - target[i];
    const curvature = logistic ? p * (1 - p) : 1;
    loss += logistic ? Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - target[i] * z : 0.5 * error * error;
    gu += error * x[i];
    gv += error * y[i];
    a += curvature * x[i] * x[i];
    b += curvature * x[i] * y[i];
    d += curvature * y[i] * y[i];
  }
  return [loss, gu, gv, a, b, d].map((sum) => sum / n);
}

export function eigenvalues([a, b, d]) {
  const largest = (a + d) / 2 + Math.hypot((a - d) / 2, b);
  return [(a * d - b * b) / largest, largest];
}

/** Newton's method from zero. */
export function optimum(x, target, logistic) {
  let w = [0, 0];
  for (let k = 0; k < 10; k += 1) {
    const [, u, v, a, b, d] = local(w, x, target, logistic);
    w = [w[0] - (d * u - b * v) / (a * d - b * b), w[1] - (a * v - b * u) / (a * d - b * b)];
  }
  return w;
}

/** Four curves of equal loss around the best weights, the last through the start. */
export function contours(start, best, x, target, logistic) {
  const [lowest, , , a, b, d] = local(best, x, target, logistic);
  const gap = local(start, x, target, logistic)[0] - lowest;
  return [0.25, 0.5, 0.75, 1].map((share) => Array.from({ length: RAYS + 1 }, (_, k) => {
    const [c, s] = [Math.cos((2 * Math.PI * k) / RAYS), Math.sin((2 * Math.PI * k) / RAYS)];
    let radius = share * Math.sqrt((2 * gap) / (a * c * c + 2 * b * c * s + d * s * s));
    const at = () => [best[0] + radius * c, best[1] + radius * s];
    for (let n = logistic ? 3 : 0; n; n -= 1) { // the first guess is exact for the linear model
      const [loss, u, v] = local(at(), x, target, logistic);
      radius -= (loss - lowest - gap * share * share) / (u * c + v * s);
    }
    return at();
  }));
}

/** The loss over the weights of the raw, the standardized and the whitened features. */
export function landscapes(x, target, logistic) {
  const { features, maps } = views(x);
  const [a, b] = maps[1];
  const start = [a / (b * b - a * a), b / (a * a - b * b)]; // the standardized weights (-1, 0)
  const best = optimum(features[2], target, logistic);
  const curves = contours(start, best, features[2], target, logistic);
  return features.map((view, k) => {
    const there = apply(maps[k], best);
    const [smallest, largest] = eigenvalues(local(there, view, target, logistic).slice(3));
    return {
      features: view, start: apply(maps[k], start), best: there, smallest, largest,
      contours: curves.map((curve) => curve.map((point) => apply(maps[k], point))),
    };
  });
}

export function descend(w, x, target, logistic, rate, steps) {
  const path = [w];
  for (let k = 0; k < steps; k += 1) {
    const [, u, v] = local(path[k], x, target, logistic);
    path.push([path[k][0] - rate * u, path[k][1] - rate * v]);
  }
  return path;
}
