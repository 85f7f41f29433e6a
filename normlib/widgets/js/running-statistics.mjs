// Running statistics: batches arrive, their means and variances jump, and what batch norm keeps of them follows.
import { batchMoments, history, snapshot } from "./math/running.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { legend } from "./ui/legend.mjs";
import { multiples } from "./ui/multiples.mjs";
import { fixed, shown } from "./ui/numbers.mjs";
import { table } from "./ui/table.mjs";
import { mount } from "./ui/widget.mjs";

const number = (value) => (value === value ? shown(value, 2) : "–");
const upTo = (count, first) => Array.from({ length: count }, (_, i) => i + first);
const REFUSED = "One value has no spread: in training BatchNorm refuses batches of 1, so nothing is kept.";

/** What the picture shows, in words: the same sentences as RunningStatistics.describe() in Python. */
export function describe({ momentum, size, step, probe }, s) {
  const begun = `${step} batches of ${size} seen, momentum ${fixed(momentum, 2)} in PyTorch, ${fixed(1 - momentum, 2)} `
    + `in Keras and the papers. Running mean ${fixed(s.running[0], 2)}, true mean ${fixed(s.true[0], 2)}; running `
    + `variance ${fixed(s.running[1], 2)}, true variance ${fixed(s.true[1], 2)}; the start weighs `
    + `${fixed(100 * s.start, 0)} %. Evaluation makes ${fixed(s.running[2], 2)} of the input ${fixed(probe, 1)}`;
  const apart = Math.abs(s.batch[2] - s.running[2]);
  return apart === apart
    ? `${begun}, training with the last batch ${fixed(s.batch[2], 2)}: ${fixed(apart, 2)} apart.` : `${begun}.`;
}

function panel(parent, yLabel) {
  const plot = chart(parent, { width: 370, height: 250, xLabel: "batches seen", yLabel, xTicks: 5 });
  const [dots, truth] = [plot.dots("nl-muted", 2.2), plot.curve("nl-green nl-dotted")];
  const [average, running] = [plot.curve("nl-orange nl-dashed"), plot.curve("nl-blue")];
  return (step, ofBatch, kept, alike, wanted) => {
    const all = [0, 1, ...wanted, ...ofBatch.filter((v) => v === v)];
    const low = Math.min(...all);
    plot.frame(0, [25, 50, 100, 200].find((s) => s >= step), roomFor(Math.max(...all) * 1.04), low && -roomFor(-low));
    dots(upTo(step, 1), ofBatch.slice(0, step));
    truth(upTo(wanted.length, 1), wanted);
    average(upTo(step, 1), alike.slice(1, step + 1));
    running(upTo(step + 1, 0), kept.slice(0, step + 1));
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, draws }) => {
    const grid = multiples(picture, 2, 280);
    const [means, variances] = ["mean", "variance"].map((name) => panel(grid, name));
    legend(picture, [
      ["one batch", "nl-muted nl-dot"], ["running", "nl-blue"], ["all batches alike (momentum None)", "nl-orange nl-dashed"],
      ["true", "nl-green nl-dotted"],
    ]);
    const update = table(bench, {
      caption: "Training uses the last batch, evaluation what is running",
      columns: ["", "last batch", "running", "all alike", "true"],
    });
    let [drawn, batches, key, h] = [];

    return (values) => {
      const { momentum, size, step, drift, probe } = values;
      if (size !== drawn) batches = batchMoments(draws, size);
      drawn = size;
      const now = [size, drift, momentum].join();
      if (now !== key) h = history(draws, size, drift, momentum, batches); // a step leaves it as it is
      key = now;
      const s = snapshot(draws, h, step, size, momentum, probe);
      means(step, h.mean, h.runningMean, h.averageMean, h.trueMean);
      variances(step, h.keptVar, h.runningVar, h.averageVar, h.trueMean.map(() => s.true[1]));
      const sources = [s.batch, s.running, s.average, s.true];
      const [mean, variance, output] = [0, 1, 2].map((k) => sources.map((source) => number(source[k])));
      update([
        ["mean", ...mean], ["variance", ...variance], ["× m/(m−1)", number(s.keptVar), "", "", ""],
        [`output of ${shown(probe, 1)}`, ...output],
      ]);
      const [fresh, old] = [fixed(momentum, 2), fixed(1 - momentum, 2)];
      return {
        words: describe(values, s),
        note: size === 1 ? REFUSED : "",
        readout: [
          ["running =", `${old} · running + ${fresh} · batch`],
          ["momentum", `${fresh} in PyTorch, ${old} in Keras and the papers`],
          ["the start weighs", `${fixed(100 * s.start, 0)} %`],
          ["training − evaluation", number(s.batch[2] - s.running[2])],
        ],
      };
    };
  }, { player: { name: "step", perSecond: 8, label: "batches" } });
}
