// Normal explorer: a bell, a sample of it, and what mean, spread and sample size do to both.
import {
  binEdges, histogramDensity, kernelBandwidth, kernelDensity, normalEntropy, normalPdf, unbiasedStd,
} from "./math/distributions.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { html, say } from "./ui/dom.mjs";
import { fixed, shown } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const GRID = binEdges(-8, 8, 320);
const NONE = [];

/** What the picture shows, in words: the same sentence as NormalExplorer.describe() in Python. */
export function describe(values, sample) {
  const second = values.compare
    ? ` Second curve: mean ${fixed(values.mu2, 1)}, standard deviation ${fixed(values.sigma2, 2)}.` : "";
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
  return `Normal curve with mean ${fixed(values.mu, 1)} and standard deviation ${fixed(values.sigma, 2)}, entropy `
    + `${fixed(normalEntropy(values.sigma), 3)} nats. A sample of ${values.size}: mean ${fixed(mean, 3)}, `
    + `standard deviation ${fixed(unbiasedStd(sample), 3)}.${second}`;
}

export function render(context) {
  return mount(context, ({ picture, draws }) => {
    const narrow = matchMedia("(max-width: 600px)").matches; // a phone: fewer units across, so that words stay legible
    const box = narrow ? { width: 400, height: 290, xTicks: 4 } : { width: 720, height: 330 };
    const plot = chart(picture, { ...box, xLabel: "x", yLabel: "density" });
    const drawBars = plot.bars("nl-bars nl-blue");
    const drawBell = plot.curve("nl-blue");
    const drawKernel = plot.curve("nl-orange nl-dashed");
    const drawSecond = plot.curve("nl-purple nl-dotted");
    const legend = html("ul", { class: "nl-legend", "aria-hidden": "true" }, picture);
    const key = (look, text) => html("li", { class: look, text }, legend);
    const sampleKey = key("nl-box nl-blue", "");
    key("nl-blue", "density");
    const kernelKey = key("nl-orange nl-dashed", "kernel density estimate");
    const secondKey = key("nl-purple nl-dotted", "second density");

    return (values) => {
      const { mu, sigma, size, bins, kde, compare, mu2, sigma2 } = values;
      const sample = draws.slice(0, size).map((z) => mu + sigma * z);
      const edges = binEdges(mu - 4 * sigma, mu + 4 * sigma, bins);
      const bars = histogramDensity(sample, edges);
      const bell = GRID.map((x) => normalPdf(x, mu, sigma));
      const kernel = kde ? kernelDensity(GRID, sample, kernelBandwidth(sample)) : NONE;
      const second = compare ? GRID.map((x) => normalPdf(x, mu2, sigma2)) : NONE;
      const peak = Math.max(...bars, ...kernel, normalPdf(mu, mu, sigma), compare ? normalPdf(mu2, mu2, sigma2) : 0);
      plot.frame(-8, 8, roomFor(peak * 1.04));
      drawBars(edges, bars);
      drawBell(GRID, bell);
      drawKernel(kde ? GRID : NONE, kernel);
      drawSecond(compare ? GRID : NONE, second);
      say(sampleKey, `sample of ${size}`);
      kernelKey.hidden = !kde;
      secondKey.hidden = !compare;
      const mean = sample.reduce((sum, x) => sum + x, 0) / size;
      return {
        words: describe(values, sample),
        readout: [
          ["sample mean", shown(mean, 3)],
          ["sample sd, 1/(n−1)", shown(unbiasedStd(sample), 3)],
          ["entropy of the model", `${shown(normalEntropy(sigma), 3)} nats`],
        ],
      };
    };
  });
}
