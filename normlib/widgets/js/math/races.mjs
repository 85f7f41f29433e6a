// normlib.widgets.race_records: what recorded races say. No DOM, no model.

export const NORMS = 4;
export const POINTS = 15; // after the start
export const PLACES = 6;
const [NEVER, UNKNOWN, FULL, USABLE] = [255, 255, 254, 20];

const median = (sorted) => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

const told = new WeakMap(); // of a record, the races that have been asked for

/** The race at one value of a sweep, an entry for each norm. */
export function race(record, sweep, place) {
  if (!told.has(record)) told.set(record, new Map());
  const races = told.get(record);
  const at = sweep * PLACES + place;
  if (!races.has(at)) races.set(at, read(record, at));
  return races.get(at);
}

function read({ error, stopped }, place) {
  const seeds = error.length / (3 * PLACES * NORMS * (POINTS + 1));
  return Array.from({ length: NORMS }, (_, norm) => {
    const at = place * NORMS + norm;
    const ends = stopped.subarray(at * seeds, (at + 1) * seeds).filter((point) => point !== NEVER);
    const found = { low: [], middle: [], high: [], runs: 0, diverged: ends.length, stopped: ends.length ? Math.min(...ends) : NaN };
    for (let point = 0; point <= POINTS; point += 1) {
      const from = (at * (POINTS + 1) + point) * seeds;
      const codes = error.subarray(from, from + seeds).filter((code) => code !== UNKNOWN);
      const percent = Float64Array.from(codes, (code) => 100 * code * code / FULL ** 2).sort();
      found.runs = percent.length;
      found.low.push(percent[0] ?? NaN);
      found.middle.push(percent.length ? median(percent) : NaN);
      found.high.push(percent[percent.length - 1] ?? NaN);
    }
    return found;
  });
}

/** Places of a sweep at which no run of a norm ends with an error above 20 %. */
export function usable(record, sweep, norm) {
  return Array.from({ length: PLACES }, (_, place) => place)
    .filter((place) => race(record, sweep, place)[norm].high[POINTS] <= USABLE);
}
