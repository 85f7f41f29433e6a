// Normal explorer: a bell, a sample of it, and another density that may be of any shape.
import {
  binEdges, histogramDensity, kernelBandwidth, kernelDensity, normalEntropy, normalPdf, unbiasedStd,
} from "./math/distributions.mjs";
import { kept } from "./math/own.mjs";
import { density, SHAPES } from "./math/shapes.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { legend } from "./ui/legend.mjs";
import { fixed, shown } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const GRID = binEdges(-8, 8, 320);
const mean = (sample) => sample.reduce((sum, x) => sum + x, 0) / sample.length;

export const sampleOf = (values, draws) => draws.slice(0, values.size).map((z) => values.mu + values.sigma * z);

/** One line about a sample that is odd, or "". */
function noteOn(sample) {
  const [x, note] = kept(sample);
  const away = x.length && !x.some((v) => Math.abs(v) <= 8);
  return away ? `${note} None of them lies between \u22128 and 8, where the picture is: standardize them first.`.trim() : note;
}

function describeSecond({ second, mu2, sigma2, standardized }) {
  if (second === "none") return "";
  const [skewness, kurtosis] = SHAPES[second];
  const powers = `skewness ${fixed(skewness, 0)} and kurtosis ${fixed(kurtosis, 2)}`;
  const moments = `mean ${fixed(mu2, 1)} and standard deviation ${fixed(sigma2, 2)}`;
  if (!standardized) return `Second curve: ${second}, with ${moments}, ${powers}.`;
  return `Second curve: ${second}, standardized from ${moments} to mean 0 and standard deviation 1; ${powers} `
    + `as before, so it is still ${second === "normal" ? "a normal curve" : "no normal curve"}.`;
}

/** What the picture shows, in words: the same sentences as NormalExplorer.describe() in Python. */
export function describe(values, sample) {
  const [x] = kept(sample);
  const spread = x.length > 1 ? `, standard deviation ${fixed(unbiasedStd(x), 3)}` : "";
  const words = `Normal curve with mean ${fixed(values.mu, 1)} and standard deviation ${fixed(values.sigma, 2)}, entropy `
    + `${fixed(normalEntropy(values.sigma), 3)} nats. A sample of ${x.length}`
    + (x.length ? `: mean ${fixed(mean(x), 3)}${spread}.` : ".");
  return [words, describeSecond(values), noteOn(sample)].filter(Boolean).join(" ");
}

export function render(context) {
  return mount(context, ({ picture, draws }) => {
    const plot = chart(picture, { width: 720, height: 330, xLabel: "x", yLabel: "density" });
    const drawBars = plot.bars("nl-bars nl-blue");
    const drawBell = plot.curve("nl-blue");
    const drawKernel = plot.curve("nl-orange nl-dashed");
    const drawBefore = plot.curve("nl-muted nl-dotted nl-thin");
    const drawSecond = plot.curve("nl-purple nl-dashdot");
    const name = legend(picture, [
      ["", "nl-box nl-blue"], ["", "nl-blue"], ["", "nl-orange nl-dashed"], ["", "nl-purple nl-dashdot"], ["", "nl-muted nl-dotted"],
    ]);

    return (values) => {
      const { mu, sigma, bins, kde, second, mu2, sigma2, standardized } = values;
      const sample = sampleOf(values, draws);
      const [x] = kept(sample);
      const edges = binEdges(mu - 4 * sigma, mu + 4 * sigma, bins);
      const bars = x.length ? histogramDensity(x, edges) : [];
      const width = kde && x.some((v) => v !== x[0]) ? kernelBandwidth(x) : 0;
      const kernel = width ? kernelDensity(GRID, x, width) : [];
      const shape = (m, s) => GRID.map((v) => density(v, second, m, s));
      const other = second === "none" ? [] : standardized ? shape(0, 1) : shape(mu2, sigma2);
      const before = other.length && standardized ? shape(mu2, sigma2) : [];
      const peak = Math.max(...bars, ...kernel, ...other, ...before, normalPdf(mu, mu, sigma));
      plot.frame(-8, 8, roomFor(peak * 1.04));
      drawBars(edges, bars);
      drawBell(GRID, GRID.map((v) => normalPdf(v, mu, sigma)));
      drawKernel(GRID, kernel);
      drawBefore(GRID, before);
      drawSecond(GRID, other);
      const after = standardized ? `${second}, standardized` : second;
      name([
        x.length && `sample of ${x.length}`, "density", width && "kernel estimate", other.length && after,
        before.length && "before",
      ]);
      return {
        words: describe(values, sample),
        note: noteOn(sample),
        readout: [
          ["sample mean", x.length ? shown(mean(x), 3) : "none"],
          ["sample sd, 1/(n−1)", x.length > 1 ? shown(unbiasedStd(x), 3) : "none"],
          ["entropy of the model", `${shown(normalEntropy(sigma), 3)} nats`],
        ],
      };
    };
  });
}
