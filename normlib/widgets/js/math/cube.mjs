// normlib.plot: which cells share a mean, and where a block's cells are when it is taken apart.

export const DEPTH = [0.42, 0.36];

/** For each cell of an array, row by row, whether it has one mean with `cell`. */
export function sharingCells(shape, axes, groups, cell) {
  const part = (axis, i) => (!axes.includes(axis) ? i : axis === 1 ? Math.floor(i * groups / shape[1]) : 0);
  return shape.reduce((shares, size, axis) => shares.flatMap((is) => Array.from({ length: size },
    (_, i) => is && part(axis, i) === part(axis, cell[axis]))), [true]);
}

export function sheetOrigin(shape, n, c, apart) {
  return [n * (shape[3] + apart * 0.9) + c * DEPTH[0], -c * (DEPTH[1] + apart * (shape[2] + 0.5))];
}

/** The cell that is seen at a point, or null. */
export function cellAt(shape, x, y, apart) {
  const [samples, channels, height, width] = shape;
  for (let c = 0; c < channels; c += 1) { // from the front to the back
    for (let n = samples - 1; n >= 0; n -= 1) {
      const [left, top] = sheetOrigin(shape, n, c, apart);
      const depth = Math.max(0, (top - y) / DEPTH[1], (x - left - width) / DEPTH[0]); // behind the front
      const u = x - left - depth * DEPTH[0];
      const v = y - top + depth * DEPTH[1];
      if (depth <= 1 && u >= 0 && u <= width && v >= 0 && v <= height) {
        return [n, c, Math.min(Math.floor(v), height - 1), Math.min(Math.floor(u), width - 1)];
      }
    }
  }
  return null;
}
