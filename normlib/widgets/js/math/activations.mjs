// normlib.nn.activations: the same names, the same formulas. No DOM, no model.

export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

export function sigmoidDerivative(z) {
  const s = sigmoid(z);
  return s * (1 - s);
}

export function tanh(z) {
  return Math.tanh(z);
}

export function tanhDerivative(z) {
  const t = Math.tanh(z);
  return 1 - t * t;
}

export function relu(z) {
  return Math.max(z, 0);
}

export function reluDerivative(z) {
  return z > 0 ? 1 : 0;
}

/** Share of units whose slope is below 5 % of the steepest that the function has. */
export function saturatedShare(derivative, steepest) {
  return derivative.reduce((count, d) => count + (d < 0.05 * steepest), 0) / derivative.length;
}
