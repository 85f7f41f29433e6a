// Activation histogram: one unit's batch on its way through normalization, scale and shift, and a nonlinearity.
import { binEdges, histogramDensity } from "./math/distributions.mjs";
import { moments } from "./math/core.mjs";
import { kept } from "./math/own.mjs";
import { flatRanges, signals } from "./math/signals.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { html } from "./ui/dom.mjs";
import { multiples } from "./ui/multiples.mjs";
import { fixed, shown } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const BINS = 24;
const STATIONS = [
  ["z", "z, before", "nl-orange"],
  ["xHat", "x̂, normalized", "nl-blue"],
  ["y", "y = γ x̂ + β", "nl-green"],
  ["a", "a = g(y)", "nl-purple"],
];

const rawOf = (values, draws) => draws.slice(0, values.size).map((z) => values.shift + values.scale * z);

export const batchOf = (values, draws) => kept(rawOf(values, draws))[0];

/** One line about a batch that is odd, or "". */
export function noteOn(values, draws) {
  const [z, note] = kept(rawOf(values, draws));
  const lost = z.length && z.every((v) => v === z[0]) && values.eps === 0;
  return lost ? `${note} With ε = 0 their x̂ is 0/0, no number.` : note;
}

/** The γ and β that turn x̂ back into z: the square root of the batch's variance plus ε, and the batch's mean. */
export function giveBackInput(values, draws) {
  const m = moments(batchOf(values, draws));
  return { gamma: Math.sqrt(m.var + values.eps), beta: m.mean };
}

/** What the picture shows, in words: the same sentence as ActivationHistogram.describe() in Python. */
export function describe(values, s, note = "") {
  if (!s.z.length) return `A batch of 0. ${note}`;
  const at = (xs) => {
    const m = moments(xs);
    return [m.mean, Math.sqrt(m.var)];
  };
  const [[zm, zs], [hm, hs], [ym, ys]] = [at(s.z), at(s.xHat), at(s.y)];
  const words = `A batch of ${s.z.length}: z has mean ${fixed(zm, 2)} and deviation ${fixed(zs, 2)}; x̂ has mean `
    + `${fixed(hm, 2)} and deviation ${fixed(hs, 2)}; y has mean ${fixed(ym, 2)} and deviation `
    + `${fixed(ys, 2)}. Saturated units of ${values.activation}: ${fixed(100 * s.saturated, 0)} % with normalization, `
    + `${fixed(100 * s.saturatedRaw, 0)} % without; mean derivative ${fixed(s.slope, 3)} with, `
    + `${fixed(s.slopeRaw, 3)} without.`;
  return `${words} ${note}`.trim();
}

/** Range of the horizontal axis: fixed where the function bounds it, otherwise 4, 8, 16, … */
function domain(station, activation, s) {
  if (station === "a" && activation !== "relu") return [activation === "sigmoid" ? 0 : -1, 1];
  const rows = { xHat: [s.xHat], a: [s.a] }[station] ?? [s.z, s.y];
  let bound = 4;
  for (const row of rows) for (const v of row) while (bound < Math.abs(v)) bound *= 2;
  return [station === "a" ? 0 : -bound, bound];
}

export function render(context) {
  const back = { label: "Give back the input", press: giveBackInput };
  return mount(context, ({ picture, draws }) => {
    const grid = multiples(picture, 4);
    const panels = STATIONS.map(([station, xLabel, look]) => {
      const plot = chart(grid, { width: 230, height: 250, xLabel, xTicks: 4, yTicks: 3 });
      const drawFlat = plot.bands("nl-flat");
      return { station, plot, drawFlat, drawBars: plot.bars(`nl-bars ${look}`) };
    });
    html("p", { class: "nl-hint", text: "where g is flat: its slope is below 5 % of the steepest; bars: share of the batch" }, picture);

    return (values) => {
      const s = signals(batchOf(values, draws), values.gamma, values.beta, values.eps, values.activation);
      for (const { station, plot, drawFlat, drawBars } of panels) {
        const [low, high] = domain(station, values.activation, s);
        const edges = binEdges(low, high, BINS);
        const shares = histogramDensity(s[station], edges).map((d, i) => d * (edges[i + 1] - edges[i]) || 0);
        plot.frame(low, high, roomFor(Math.max(...shares) || 1));
        drawBars(edges, shares);
        drawFlat(station === "z" || station === "y" ? flatRanges(values.activation) : []);
      }
      const note = noteOn(values, draws);
      const percent = (share) => `${fixed(100 * share, 0)} %`;
      return {
        words: describe(values, s, note),
        note,
        readout: !s.z.length ? [] : [
          ["saturated", `${percent(s.saturated)} with normalization, ${percent(s.saturatedRaw)} without`],
          ["mean derivative", `${shown(s.slope, 3)} with, ${shown(s.slopeRaw, 3)} without`],
        ],
      };
    };
  }, { buttons: [back] });
}
