// Recorded races: how fast networks with and without norms learn digits, for every value of a hyperparameter.
import { NORMS, PLACES, POINTS, race, usable } from "./math/races.mjs";
import { chart } from "./ui/chart.mjs";
import { html, say } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { multiples } from "./ui/multiples.mjs";
import { fixed, plain } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const SWEEPS = { "learning rate": "rate", "weight scale": "scale", "batch size": "size" };
const NAMES = ["no norm", "BN", "LN", "GN"];
const LOOKS = ["nl-muted nl-dotted", "nl-blue", "nl-orange nl-dashed", "nl-magenta nl-dashdot"];
const LOWEST = 0.5; // percent: where the axis of the error begins

/** Which sweep and which place in it is shown, and all values of that sweep. */
export function where(values, record) {
  const sweep = Object.keys(SWEEPS).indexOf(values.sweep);
  const all = record.value.slice(sweep * PLACES, (sweep + 1) * PLACES);
  return { sweep, all, place: all.indexOf(values[SWEEPS[values.sweep]]) };
}

/** What the picture shows, in words: the same sentences as RecordedRaces.describe() in Python. */
export function describe(values, record) {
  const { sweep, place, all } = where(values, record);
  const found = race(record, sweep, place);
  const head = `${values.sweep[0].toUpperCase()}${values.sweep.slice(1)} ${plain(all[place], 3)}`;
  const runs = Math.max(...found.map((r) => r.runs));
  if (!runs) return `${head}: no race was recorded here. normlib.experiments.races() records them.`;
  const last = (xs) => fixed(xs[POINTS], 1);
  const errors = found.map((r, i) => `${NAMES[i]} ${r.runs ? `${last(r.middle)} % (${last(r.low)} to ${last(r.high)})` : "not recorded"}`);
  const lost = found.map((r, i) => r.diverged && `${r.diverged} of ${r.runs} with ${NAMES[i]}`).filter(Boolean).join("; ");
  const works = NAMES.map((name, i) => {
    const at = usable(record, sweep, i).map((k) => plain(all[k], 3));
    return `${name} ${at.length ? `at ${at.join(", ")}` : "nowhere"}`;
  });
  return `${head}: test error after ${record.seen[sweep * PLACES + place]} digits, median of ${runs} runs (lowest to highest): `
    + `${errors.join(", ")}. ${lost ? `Runs that diverged: ${lost}. ` : ""}At most 20 % wrong in every run: ${works.join("; ")}.`;
}

export function render(context) {
  return mount(context, ({ picture, data, values, change }) => {
    picture.classList.add("nl-races");
    legend(picture, NAMES.map((name, i) => [name, LOOKS[i]]));
    const pair = multiples(picture, 2, 260);
    let ticks = [1];
    const [learning, ends] = ["while they learn", ""].map((text, i) => {
      const box = html("div", {}, pair);
      const title = html("p", { class: "nl-hint nl-plain", text }, box);
      const x = i ? { xLabel: "value tried", xLog: true, xTicks: () => ticks } : { xLabel: "digits seen, thousands" };
      const plot = chart(box, { width: 370, height: 290, yLabel: "test error, %", yLog: true, ...x });
      const [here] = i ? [plot.rules("nl-here")] : [];
      const hues = LOOKS.map((look) => look.split(" ")[0]);
      const bands = hues.map((hue) => plot.area(hue)); // behind all lines
      const marks = LOOKS.map((look, k) => ({
        band: bands[k], line: plot.curve(look), dots: plot.dots(hues[k], i ? 4 : 6, i ? "circle" : "cross"),
      }));
      return { plot, marks, here, title };
    });
    html("p", { class: "nl-hint nl-plain", text: "line: median of the runs; band: from the lowest to the highest; \u00d7: a run diverged, and all its answers count as wrong" }, picture);
    picture.addEventListener("click", (event) => {
      const at = ends.plot.at(event);
      if (!at) return;
      const { all } = where(values(), data);
      const far = (v) => Math.abs(Math.log(v / at.x));
      change({ [SWEEPS[values().sweep]]: all.reduce((best, v) => (far(v) < far(best) ? v : best)) });
    });
    const floor = (xs) => xs.map((v) => Math.max(v, LOWEST));

    return (now) => {
      const { sweep, place, all } = where(now, data);
      const found = race(data, sweep, place);
      const races = Array.from(all, (_, k) => race(data, sweep, k));
      const seen = data.seen[sweep * PLACES + place] / 1000;
      const xs = found[0].low.map((_, point) => seen * point / POINTS);
      ticks = all;
      learning.plot.frame(0, seen || 1, 110, LOWEST);
      ends.plot.frame(all[0] / 1.3, all[PLACES - 1] * 1.3, 110, LOWEST);
      say(ends.title, `at the end, by ${now.sweep}`);
      ends.here([{ x: all[place] }]);
      for (let i = 0; i < NORMS; i += 1) {
        const { low, middle, high, stopped } = found[i];
        learning.marks[i].band(xs, floor(low), floor(high));
        learning.marks[i].line(xs, floor(middle));
        learning.marks[i].dots(stopped >= 0 ? [xs[stopped]] : [], [100]);
        const at = (name) => floor(races.map((r) => r[i][name][POINTS]));
        ends.marks[i].band(all, at("low"), at("high"));
        ends.marks[i].line(all, at("middle"));
        ends.marks[i].dots(all, at("middle"));
      }
      const words = describe(now, data);
      const some = found.some((r) => r.runs);
      return {
        words,
        readout: some ? found.map((r, i) => [NAMES[i], r.runs ? `${fixed(r.middle[POINTS], 1)} %${r.diverged ? `, ${r.diverged} of ${r.runs} diverged` : ""}` : "not recorded"]) : [],
        note: some ? "" : words,
      };
    };
  });
}
