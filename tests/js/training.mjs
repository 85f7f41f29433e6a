// Trains a network as the widget does, for test_training_network.py: in the order and form that normlib keeps.
const { evaluate, network, trainStep } = await import(new URL("math/network.mjs", `file://${process.argv[2]}/`));

export function trained(settings, draws, points, seed, steps, layer) {
  const net = network(settings, draws, points, seed);
  while (!net.diverged && net.step < steps) trainStep(net);
  const found = evaluate(net, layer);
  const buffers = net.layers.filter(({ norm }) => norm === "batch").flatMap((l) => [...l.runningMean, ...l.runningVar]);
  return {
    losses: net.losses, diverged: net.diverged, step: net.step, loss: found.loss, accuracy: found.accuracy,
    received: found.received.slice(), buffers: Float64Array.from(buffers),
    vector: Float64Array.from(net.layers.flatMap(({ params: { weight, bias, gamma, beta } }) => [
      ...weight, ...(bias ?? []), ...(gamma ?? []), ...(beta ?? [])])),
  };
}

const { report } = await import(new URL("training-network.mjs", `file://${process.argv[2]}/`));
const { lean } = await import(new URL("math/network.mjs", `file://${process.argv[2]}/`));

function stepped(settings, draws, points, seed, steps) {
  const net = network(settings, draws, points, seed);
  while (!net.diverged && net.step < steps) trainStep(net);
  return net;
}

export function reported(settings, draws, points, seed, steps, layer) {
  const { step, diverged, loss, accuracy, mean, deviation } = report(stepped(settings, draws, points, seed, steps), layer);
  return { step, diverged, loss, accuracy, mean, deviation };
}

export function leaning(settings, draws, points, seed, steps, grid) {
  const out = new Float64Array(grid.length / 2);
  lean(stepped(settings, draws, points, seed, steps), grid, out.length, out);
  return out;
}

const { mulberry32, permutation } = await import(new URL("math/random.mjs", `file://${process.argv[2]}/`));

export function shuffled(seed, size, times) {
  const draw = mulberry32(seed);
  return { orders: Array.from({ length: times }, () => [...permutation(new Int32Array(size), draw)]), next: draw() };
}
