// normlib.widgets.shuffle: the same numbers to the last bit. No DOM.

/** Draws 32-bit integers, one a call. */
export function mulberry32(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Fill `order` with 0, 1, 2, … and shuffle it. */
export function permutation(order, draw) {
  for (let i = 0; i < order.length; i += 1) order[i] = i;
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor((draw() / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
