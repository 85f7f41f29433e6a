// Contours and descent: one gradient descent on raw, on standardized and on whitened features, side by side.
import { badlyScaled, descend, landscapes, local } from "./math/descent.mjs";
import { chart } from "./ui/chart.mjs";
import { html } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { multiples } from "./ui/multiples.mjs";
import { plain } from "./ui/numbers.mjs";
import { table } from "./ui/table.mjs";
import { mount } from "./ui/widget.mjs";

const VIEWS = [["raw", "nl-orange"], ["standardized", "nl-blue"], ["whitened", "nl-green"]];
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const few = (value) => (value < 1e6 ? plain(value, 3) : "over 10⁶");

/** Features as two columns, and targets: y less its mean, or 1 where y is above zero. */
export function dataOf({ model, ratio, correlation }, draws) {
  const n = draws.length / 3;
  const { x, y } = badlyScaled([0, n, 2 * n].map((k) => draws.subarray(k, k + n)), ratio, correlation);
  const mean = y.reduce((sum, v) => sum + v, 0) / n;
  return { x, target: y.map((v) => (model === "logistic" ? Number(v > 0) : v - mean)) };
}

/** The descent on each landscape: its rate, path, loss at the end, and how it goes. */
export function walk(values, lands, target) {
  const logistic = values.model === "logistic";
  return lands.map((land) => {
    const limit = 2 / land.largest;
    const rate = values.rates === "the same for all" ? values.rate : 2 / (land.smallest + land.largest);
    const path = descend(land.start, land.features, target, logistic, rate, values.step);
    const [first, loss, lowest] = [path[0], path.at(-1), land.best].map((w) => local(w, land.features, target, logistic)[0]);
    let status = 2 * rate > 1.001 * limit ? "zigzags" : "creeps";
    if (loss - lowest < 0.01 * (first - lowest)) status = "has arrived";
    if (!values.step) status = "has not begun";
    if (rate > limit) status = logistic ? "cannot settle" : "runs away";
    return { land, rate, limit, path, loss, lowest, status, kappa: plain(land.largest / land.smallest, 3) };
  });
}

/** What the picture shows, in words: the same sentences as ContoursAndDescent.describe() in Python. */
export function describe({ model, ratio, correlation, step }, walks) {
  const views = walks.map((w, k) => `${capital(VIEWS[k][0])}: condition number ${w.kappa}, largest stable rate `
    + `${plain(w.limit, 3)}; at rate ${plain(w.rate, 3)} the path ${w.status}`
    + `${w.rate > w.limit ? "" : `, loss ${plain(w.loss, 3)}`}.`);
  return `${capital(model)} regression, scales 1 to ${ratio}, correlation ${plain(correlation)}, after ${step} steps. `
    + `${views.join(" ")} The lowest loss is ${plain(walks[2].lowest, 3)}.`;
}

function panel(parent, [name, look]) {
  const cell = html("div", {}, parent);
  html("p", { class: "nl-view", text: name }, cell);
  const plot = chart(cell, { width: 245, height: 252, xLabel: "weight 1 →, 2 ↑", xTicks: 4, equal: true });
  const drawContours = plot.curve("nl-muted nl-level");
  const [drawPath, drawDots] = [plot.curve(`${look} nl-thin`), plot.dots(look, 2.2)];
  const drawBest = plot.dots("nl-ink", 5, "cross");
  const columns = (points) => [0, 1].map((k) => points.map((point) => point[k]));
  let seen;
  return ({ land, path }) => {
    if (seen !== land) {
      const [[low, high], [bottom, top]] = columns(land.contours[3]).map((side) => {
        const [least, most] = [Math.min(...side), Math.max(...side)];
        return [least - 0.04 * (most - least), most + 0.04 * (most - least)];
      });
      plot.frame(low, high, top, bottom);
      drawContours(...columns(land.contours.flatMap((curve) => [...curve, [NaN, NaN]])));
      drawBest(...columns([land.best]));
      seen = land;
    }
    drawPath(...columns(path));
    drawDots(...columns(path));
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, data: { draws } }) => {
    const grid = multiples(picture, 3, 130);
    const panels = VIEWS.map((view) => panel(grid, view));
    legend(grid, [["equal loss", "nl-muted nl-level"], ["one step", "nl-ink nl-dot"], ["lowest loss", "nl-ink nl-crossed"]]);
    const update = table(bench, {
      caption: "κ = λmax/λmin, stable below rate 2/λmax",
      columns: ["", ...VIEWS.map(([name]) => name)],
    });
    let [key, lands, target] = [];

    return (values) => {
      const now = [values.model, values.ratio, values.correlation].join();
      if (now !== key) { // a step or another rate leaves the land as it is
        const found = dataOf(values, draws);
        target = found.target;
        lands = landscapes(found.x, target, values.model === "logistic");
        key = now;
      }
      const walks = walk(values, lands, target);
      walks.forEach((one, k) => panels[k](one));
      update([
        ["κ", (w) => w.kappa], ["2/λmax", (w) => plain(w.limit, 3)], ["rate", (w) => plain(w.rate, 3)],
        ["loss", (w) => few(w.loss)], ["path", (w) => w.status],
      ].map(([head, of]) => [head, ...walks.map(of)]));
      return { words: describe(values, walks), readout: [["lowest loss", plain(walks[2].lowest, 3)]] };
    };
  }, { player: { name: "step", perSecond: 8, label: "steps of gradient descent" } });
}
