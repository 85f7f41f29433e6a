// normlib.widgets.activation_histogram.signals: one unit's batch at its four stations. No DOM, no model.
import { normalize } from "./core.mjs";
import {
  relu, reluDerivative, saturatedShare, sigmoid, sigmoidDerivative, tanh, tanhDerivative,
} from "./activations.mjs";

const FLAT = 0.05; // a slope below this share of the steepest counts as saturated, as in saturatedShare
const beyond = (edge) => [[-Infinity, -edge], [edge, Infinity]];

const ACTIVATIONS = {
  sigmoid: {
    f: sigmoid, derivative: sigmoidDerivative, steepest: 0.25, flat: beyond(2 * Math.atanh(Math.sqrt(1 - FLAT))),
  },
  tanh: { f: tanh, derivative: tanhDerivative, steepest: 1, flat: beyond(Math.atanh(Math.sqrt(1 - FLAT))) },
  relu: { f: relu, derivative: reluDerivative, steepest: 1, flat: [[-Infinity, 0]] },
};

/** Where an activation function is flat: intervals of its input. */
export const flatRanges = (activation) => ACTIVATIONS[activation].flat;

export function signals(z, gamma, beta, eps, activation) {
  const { f, derivative, steepest } = ACTIVATIONS[activation];
  const { xHat } = normalize(z, eps);
  const y = xHat.map((v) => gamma * v + beta);
  const slopes = y.map(derivative);
  const raw = z.map(derivative);
  const mean = (xs) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return {
    z,
    xHat,
    y,
    a: y.map(f),
    saturated: saturatedShare(slopes, steepest),
    saturatedRaw: saturatedShare(raw, steepest),
    slope: mean(slopes),
    slopeRaw: mean(raw),
  };
}
