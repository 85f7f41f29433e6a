// A network that trains in the page: two copies side by side, alike but for what the reader sets otherwise.
import { binEdges, histogramDensity } from "./math/distributions.mjs";
import { decades, evaluate, lean, network, thinned, trainStep } from "./math/network.mjs";
import { flatRanges } from "./math/signals.mjs";
import { chart, roomFor } from "./ui/chart.mjs";
import { html, say } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { fixed, plain } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const [BINS, CELLS, EDGE, SEED] = [32, 40, 1.3, 1];
const [SLICE, SHORT] = [5, 2]; // ms of training in a frame, and in one that draws as well
const LEAVE = 4; // frames at the start that are left to the page, which has other widgets to bring to life
const NORMS = { none: "no norm", batch: "batch norm", layer: "layer norm", rms: "RMS norm" };
const TRAINED_BY = ["norm", "rate", "init", "activation", "batch"];
const HUES = [[53, 140, 211], [211, 123, 38]]; // blue and orange, between the palette's light and dark halves: right on both papers
const percent = (share) => fixed(100 * share, 0);

/** What a copy is trained with. */
export const settingsOf = (values, copy) => Object.fromEntries(TRAINED_BY.map((name) => [name, values[`${name}_${copy}`]]));

/** What the picture shows, in words: the same sentences as TrainingNetwork.describe() in Python. */
export function describe(values, reports) {
  const words = ["a", "b"].map((copy, i) => {
    const { norm, activation, rate, init, batch } = settingsOf(values, copy);
    const { step, diverged, loss, accuracy, mean, deviation } = reports[i];
    const who = `${copy.toUpperCase()} (${NORMS[norm]}, ${activation}, rate ${plain(rate)}, first weights times `
      + `${plain(init)}, batches of ${batch})`;
    return diverged ? `${who} diverged at step ${step}: its numbers are no longer finite, and it has stopped.`
      : `${who}: loss ${plain(loss, 3)}, ${percent(accuracy)} % of the points right; the activation of layer `
        + `${values.layer} receives mean ${plain(mean, 3)}, deviation ${plain(deviation, 3)}.`;
  });
  return `Two copies of one network learn the ${values.points} in ${values.step} steps. ${words.join(" ")}`;
}

/** Step, loss, accuracy of a network now, and mean and deviation of what a layer's activation receives. */
export function report(net, layer) {
  const found = evaluate(net, layer);
  const { received } = found;
  const mean = received.reduce((sum, v) => sum + v, 0) / received.length;
  const deviation = Math.sqrt(received.reduce((sum, v) => sum + (v - mean) ** 2, 0) / received.length);
  return { ...found, mean, deviation, step: net.step, diverged: net.diverged || !Number.isFinite(found.loss + mean + deviation) };
}

const GRID = binEdges(-EDGE, EDGE, CELLS).map((v) => v + EDGE / CELLS);

function panel(parent, copy, i) {
  const box = html("div", {}, parent);
  const title = html("p", { class: "nl-copy", text: copy.toUpperCase() }, box);
  const plane = chart(box, { width: 232, height: 232, bare: true, equal: true });
  plane.frame(-EDGE, EDGE, EDGE, -EDGE);
  const rgba = new Uint8ClampedArray(4 * CELLS * CELLS);
  const paint = plane.raster(CELLS, CELLS);
  const dots = [plane.dots("nl-blue", 2.4), plane.dots("nl-orange", 2.2, "square")];
  const below = chart(box, { width: 232, height: 128, xTicks: 4, yTicks: 2 });
  const flat = below.bands("nl-flat");
  const bars = below.bars(`nl-bars ${i ? "nl-green" : "nl-purple"}`);
  let data = "";

  function ground(net) {
    const [row, out] = [new Float64Array(2 * CELLS), new Float64Array(CELLS)];
    for (let k = 0; k < CELLS; k += 1) {
      for (let j = 0; j < CELLS; j += 1) {
        row[2 * j] = GRID[j];
        row[2 * j + 1] = GRID[CELLS - 1 - k];
      }
      lean(net, row, CELLS, out);
      for (let j = 0; j < CELLS; j += 1) {
        rgba.set(HUES[out[j] > 0 ? 1 : 0], 4 * (k * CELLS + j));
        rgba[4 * (k * CELLS + j) + 3] = 130 * Math.abs(out[j]);
      }
    }
    paint(rgba);
  }

  function numbers(values, { received, diverged, step }) {
    const name = `${copy.toUpperCase()}: ${NORMS[values[`norm_${copy}`]]}`;
    say(title, diverged ? `${name}, diverged at step ${step}` : name);
    let bound = 4;
    if (!diverged) for (const v of received) while (bound < Math.abs(v)) bound *= 2;
    const edges = binEdges(-bound, bound, BINS);
    const shares = histogramDensity(received, edges).map((d, k) => d * (edges[k + 1] - edges[k]));
    below.frame(-bound, bound, roomFor(Math.max(...shares, 0.01)));
    bars(edges, shares);
    flat(flatRanges(values[`activation_${copy}`]));
  }

  function points(name, xy) {
    if (name === data) return;
    data = name;
    dots.forEach((draw, c) => {
      const mine = (k) => xy.filter((_, at) => at % 4 === 2 * c + k);
      draw(mine(0), mine(1));
    });
  }
  return { ground, numbers, points };
}

const saidOf = ({ step, diverged, loss, accuracy }) => `step ${step}, ${diverged ? "diverged"
  : `loss ${plain(loss, 3)}, ${percent(accuracy)} % right`}`;

export function render(context) {
  let nets = [];
  let behind = 0;
  return mount(context, ({ picture, draws, data, redraw }) => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? 500 : 60;
    const grid = html("div", { class: "nl-network" }, picture);
    const panels = ["a", "b"].map((copy, i) => panel(grid, copy, i));
    const right = html("div", {}, grid);
    const curves = chart(right, { width: 280, height: 290, xLabel: "step", yLabel: "loss of the mini-batch", xTicks: 4, yLog: true });
    const curve = [curves.curve("nl-purple"), curves.curve("nl-green nl-dashed")];
    const showNames = legend(right, [["A", "nl-purple"], ["B", "nl-green nl-dashed"]]);
    const hint = html("p", { class: "nl-hint" }, picture);
    const points = Object.fromEntries(Object.entries(data).map(([name, xy]) => [name, Float64Array.from(xy)]));
    let [shown, reports, job, last, fresh, named, left] = ["", [], 0, 0, 0, false, LEAVE];

    /** Nothing but the settings and the step decides what a network is; one that has gone too far starts again. */
    function follow(values) {
      ["a", "b"].forEach((copy, i) => {
        const key = JSON.stringify([values.points, settingsOf(values, copy)]);
        if (nets[i]?.key === key && nets[i].losses.length <= values.step) return;
        nets[i] = { ...network(settingsOf(values, copy), draws, points[values.points], SEED), key };
      });
    }

    function train(target, slice) {
      const until = performance.now() + slice;
      const short = () => nets.filter((net) => !net.diverged && net.step < target);
      let all = short();
      while (all.length && performance.now() < until) {
        all.sort((p, q) => p.step - q.step);
        trainStep(all[0]);
        all = short();
      }
      behind = Math.max(0, ...all.map((net) => target - net.step));
    }

    const jobs = [(values) => {
      reports = nets.map((net, i) => {
        const found = report(net, values.layer);
        panels[i].numbers(values, found);
        return found;
      });
      const [bottom, top] = decades(...nets.map((net) => net.losses));
      curves.frame(0, roomFor(Math.max(100, values.step)), top, bottom);
      curve.forEach((draw, i) => {
        const { xs, ys } = thinned(nets[i].losses);
        draw(xs, ys);
      });
    }, () => panels[0].ground(nets[0]), () => panels[1].ground(nets[1])];

    return (values) => {
      follow(values);
      panels.forEach((one) => one.points(values.points, points[values.points]));
      const awake = left === 0;
      left = Math.max(0, left - 1);
      const due = performance.now() - last > calm;
      if (awake) train(values.step, due ? SHORT : SLICE);
      const now = JSON.stringify([values, nets.map((net) => net.step)]);
      if (now !== shown) {
        fresh = 0;
        showNames(["a", "b"].map((copy) => `${copy.toUpperCase()}: ${NORMS[values[`norm_${copy}`]]}`));
        say(hint, `where the activation is flat; bars: what that of layer ${values.layer} receives for all points. Up to `
          + `${values.speed} steps a second; what you change trains its copy anew.`);
      }
      shown = now;
      if (awake && fresh < 3 && (due || !behind)) {
        jobs[job](values);
        job = (job + 1) % 3;
        fresh += 1;
        if (!job) last = performance.now();
      }
      const busy = !reports.length || behind > 0 || fresh < 3;
      const words = reports.length ? describe(values, reports) : `Two copies of one network learn the ${values.points}.`;
      picture.setAttribute("aria-busy", busy);
      if (busy) redraw();
      else if (!named) picture.setAttribute("aria-label", words); // the frame has named it before it was trained
      named ||= !busy;
      const gone = reports.map((r, i) => (r.diverged ? `${"AB"[i]} diverged at step ${r.step}: its loss is no finite number, and it has stopped.` : ""));
      return {
        words,
        readout: nets.map((net, i) => ["AB"[i], reports.length ? saidOf(reports[i]) : "step 0, loss …, … % right"]),
        note: gone.filter(Boolean).join(" "),
      };
    };
  }, { player: { name: "step", perSecond: ({ speed }) => (behind > 60 ? 0 : speed), label: "training" } });
}
