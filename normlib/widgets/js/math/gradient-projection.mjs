// normlib.widgets.gradient_projection: the same names, the same formulas. No DOM, no model.
import { normalize, normalizeBackward } from "./core.mjs";

const across = (v) => (v[0] - v[1]) / Math.SQRT2;
const beyond = (v) => (v[0] + v[1] - 2 * v[2]) / Math.sqrt(6);
const upwards = (v) => (v[0] + v[1] + v[2]) / Math.sqrt(3);
const [sin, cos] = [Math.sin, Math.cos].map((f) => (degrees) => f(degrees * Math.PI / 180));
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Batch norm's backward pass in three stages: remove the part along 1, then the part along x̂, then scale. */
export function gradientProjection(x, dy, gamma, eps) {
  const cache = normalize(x, eps);
  const { xHat } = cache;
  const [mean, along] = [dot(dy, x.map(() => 1)) / x.length, dot(dy, xHat) / x.length];
  const withoutOne = dy.map((v) => v - mean);
  return {
    xHat,
    withoutOne,
    withoutBoth: withoutOne.map((v, i) => v - xHat[i] * along),
    dx: normalizeBackward(dy.map((v) => gamma * v), cache),
    factor: gamma * cache.invStd,
    left: eps / (cache.var + eps),
  };
}

/** The three numbers of an arrow, from its angle around the direction 1 and that above the plane across it. */
export function arrow(turn, tilt, length) {
  const flat = length * cos(tilt);
  const [a, b, up] = [flat * cos(turn) / Math.SQRT2, flat * sin(turn) / Math.sqrt(6), length * sin(tilt) / Math.sqrt(3)];
  return [up + a + b, up - a + b, up - 2 * b];
}

/** Where a point of the space is seen, `[right, up]`, with the direction 1 upwards. */
export function project(point, view, height) {
  const [a, b] = [across(point), beyond(point)];
  const near = a * cos(view) + b * sin(view);
  return [b * cos(view) - a * sin(view), upwards(point) * cos(height) - near * sin(height)];
}

/** Angle of a vector around the direction 1, in degrees: the `turn` of `arrow`. */
export function azimuth(v) {
  return Math.atan2(beyond(v), across(v)) * 180 / Math.PI;
}

/** Angle between two vectors in degrees; NaN beside a vector that is zero but for rounding. */
export function angle(a, b) {
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths > 1e-12 ? (Math.acos(Math.max(-1, Math.min(1, dot(a, b) / lengths))) * 180) / Math.PI : NaN;
}
