// normlib.widgets.batch_norm_graph and normlib.check.numerical_gradient: the same names and formulas. No DOM, no model.

const sum = (a) => a.reduce((total, v) => total + v, 0);

/** Every number on the way from a batch of one feature to batch norm's output, and from its gradient back. */
export function batchNormGraph(x, dy, gamma, beta, eps) {
  const m = x.length;
  const mu = sum(x) / m;
  const d = x.map((v) => v - mu);
  const q = d.map((v) => v * v);
  const v = sum(q) / m;
  const s = Math.sqrt(v + eps);
  const r = 1 / s;
  const xhat = d.map((a) => a * r);
  const u = xhat.map((a) => gamma * a);
  const y = u.map((a) => a + beta);
  const dbeta = sum(dy);
  const dgamma = sum(dy.map((a, i) => a * xhat[i]));
  const dxhat = dy.map((a) => gamma * a);
  const direct = dxhat.map((a) => r * a);
  const dr = sum(dxhat.map((a, i) => a * d[i]));
  const ds = -dr / s ** 2;
  const dv = ds / (2 * s);
  const dq = x.map(() => dv / m);
  const dd = direct.map((a, i) => a + 2 * d[i] * dq[i]);
  const dmu = -sum(dd);
  const dx = dd.map((a) => a + dmu / m);
  return { x, mu, d, q, v, s, r, xhat, u, y, dy, dbeta, dgamma, dxhat, direct, dr, ds, dv, dq, dd, dmu, dx };
}

/** Gradient of `f` in each entry of x by central differences of one step. */
export function numericalGradient(f, x, step) {
  return x.map((_, i) => {
    const at = (h) => f(x.map((v, j) => (i === j ? v + h : v)));
    return (at(step) - at(-step)) / (x[i] + step - (x[i] - step));
  });
}

/** What the drawing shows after so many steps: by node, the name of its number and that of its gradient. */
export function reached(steps, first, step) {
  const values = { gamma: "gamma", beta: "beta" };
  const gradients = {};
  steps.slice(0, step + 1).forEach(({ node, result }, i) => {
    if (i < first) values[node] = result;
    else if (result !== "check") gradients[node] = result;
    if (result === "dbeta") gradients.u = "dy"; // through an addition a gradient passes as it is
  });
  return [values, gradients];
}
