// normlib.widgets.activation_histogram.signals: one unit's batch at its four stations. No DOM, no model.
import { normalize } from "./core.mjs";
import {
  relu, reluDerivative, saturatedShare, sigmoid, sigmoidDerivative, tanh, tanhDerivative,
} from "./activations.mjs";

const ACTIVATIONS = {
  sigmoid: { f: sigmoid, derivative: sigmoidDerivative, steepest: 0.25 },
  tanh: { f: tanh, derivative: tanhDerivative, steepest: 1 },
  relu: { f: relu, derivative: reluDerivative, steepest: 1 },
};

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
