// Activation histogram: one unit's batch on its way through normalization, scale and shift, and a nonlinearity.
import { binEdges, histogramDensity } from "./math/distributions.mjs";
import { moments } from "./math/core.mjs";
import { signals } from "./math/signals.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { html } from "./ui/dom.mjs";
import { mount } from "./ui/widget.mjs";

const BINS = 24;
const STATIONS = [
  ["z", "z, before", "nl-orange"],
  ["xHat", "x̂, normalized", "nl-blue"],
  ["y", "y = γ x̂ + β", "nl-green"],
  ["a", "a = g(y)", "nl-purple"],
];

export const batchOf = (values, draws) => draws.slice(0, values.size).map((z) => values.shift + values.scale * z);

/** The γ and β that turn x̂ back into z: the square root of the batch's variance plus ε, and the batch's mean. */
export function giveBackInput(values, draws) {
  const m = moments(batchOf(values, draws));
  return { gamma: Math.sqrt(m.var + values.eps), beta: m.mean };
}

/** What the picture shows, in words: the same sentence as ActivationHistogram.describe() in Python. */
export function describe(values, s) {
  const at = (xs) => {
    const m = moments(xs);
    return [m.mean, Math.sqrt(m.var)];
  };
  const [[zm, zs], [hm, hs], [ym, ys]] = [at(s.z), at(s.xHat), at(s.y)];
  return `A batch of ${values.size}: z has mean ${zm.toFixed(2)} and deviation ${zs.toFixed(2)}; x̂ has mean `
    + `${Math.abs(hm).toFixed(2)} and deviation ${hs.toFixed(2)}; y has mean ${ym.toFixed(2)} and deviation `
    + `${ys.toFixed(2)}. Saturated units of ${values.activation}: ${(100 * s.saturated).toFixed(0)} % with normalization, `
    + `${(100 * s.saturatedRaw).toFixed(0)} % without; mean derivative ${s.slope.toFixed(3)} with, `
    + `${s.slopeRaw.toFixed(3)} without.`;
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
  return mount(context, (picture, draws) => {
    const grid = html("div", { class: "nl-four" }, picture);
    const panels = STATIONS.map(([station, xLabel, look]) => {
      const plot = chart(grid, { width: 230, height: 190, xLabel, xTicks: 4, yTicks: 3 });
      return { station, plot, drawBars: plot.bars(`nl-bars ${look}`), xLabel };
    });

    return (values) => {
      const s = signals(batchOf(values, draws), values.gamma, values.beta, values.eps, values.activation);
      const words = describe(values, s);
      for (const { station, plot, drawBars, xLabel } of panels) {
        const [low, high] = domain(station, values.activation, s);
        const edges = binEdges(low, high, BINS);
        const shares = histogramDensity(s[station], edges).map((d, i) => d * (edges[i + 1] - edges[i]));
        plot.frame(low, high, roomFor(Math.max(...shares)));
        drawBars(edges, shares);
        plot.describe(`${xLabel}. ${words}`);
      }
      const percent = (share) => `${(100 * share).toFixed(0)} %`;
      return {
        words,
        readout: [
          ["saturated, with normalization", percent(s.saturated)],
          ["without", percent(s.saturatedRaw)],
          ["mean derivative, with", s.slope.toFixed(3)],
          ["without", s.slopeRaw.toFixed(3)],
        ],
      };
    };
  }, [back]);
}
