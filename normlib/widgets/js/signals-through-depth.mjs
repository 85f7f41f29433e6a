// Signals through depth: what becomes of signals and gradients in a deep network before it has learned anything.
import { BINS, DEEPEST, layerHistogram, roomFor, throughDepth } from "./math/depth.mjs";
import { chart, fitted } from "./ui/chart.mjs";
import { html, say, svg } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { multiples } from "./ui/multiples.mjs";
import { fixed, plain } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const HALF = 30; // px: a bar of a quarter of the numbers, or more
const WITH = { none: "without a norm", BN: "with batch norm", LN: "with layer norm" };

/** A number of any size, not negative, in two digits. */
export function rough(value) {
  if (value >= 0.1 && value < 1e4) return fixed(value, value < 10 ? 2 : 0);
  if (value === 0 || (value >= 1e-3 && value < 0.1)) return plain(value, 2);
  return value.toExponential(1).replace("+", "").replace("-", "\u2212");
}

export const percent = (share) => `${Math.floor(100 * share + 0.5)} %`;

export function changeOnTheWay(last, first) {
  if (last > 100 * first) return `on its way down it shrinks by a factor of ${rough(last / first)}`;
  if (first > 100 * last) return `on its way down it grows by a factor of ${rough(first / last)}`;
  return `on its way down it keeps its size, up to a factor of ${rough(Math.max(first / last, last / first))}`;
}

/** What the picture shows, in words: the same sentences as SignalsThroughDepth.describe() in Python. */
export function describe({ layers, width, activation, norm, init, scale }, { gradient, spread, saturated }) {
  const end = layers - 1;
  const network = `${layers} layer${end ? "s" : ""} of ${width} ${activation} units ${WITH[norm]}, ${init} weights times `
    + `${plain(scale, 3)}: what enters the activations has deviation ${rough(spread[0])}`;
  if (!end) {
    return `${network}; ${percent(saturated[0])} of them are saturated. The gradient in the weights is ${rough(gradient[0])} long.`;
  }
  return `${network} in layer 1 and ${rough(spread[end])} in layer ${layers}; ${percent(saturated[0])} and `
    + `${percent(saturated[end])} of them are saturated. The gradient in the weights is ${rough(gradient[end])} long in layer `
    + `${layers} and ${rough(gradient[0])} in layer 1: ${changeOnTheWay(gradient[end], gradient[0])}.`;
}

/** One layer: its number, and the deviation of what enters g. */
function panel(grid, number) {
  const box = html("div", { class: "nl-layer" }, grid);
  const title = html("div", {}, box);
  html("b", { text: number }, title);
  return { box, spread: html("span", {}, title) };
}

/** All layers' bars as two paths over the panels, in tenths of a pixel: what enters g above each line, what leaves it below. */
function barsOver(grid, panels) {
  const tenths = svg("g", { transform: "scale(.1)" }, svg("svg", { class: "nl-over" }, grid));
  const paths = ["nl-green", "nl-purple"].map((hue) => svg("path", { class: `nl-bars ${hue}` }, tenths));
  let [places, shown] = [[], [[], []]];

  function draw() {
    paths.forEach((path, side) => {
      const unit = 10 * (HALF - 1) * (side ? 1 : -1);
      let d = "";
      shown[side].forEach((values, l) => {
        const { start, line, ends } = places[l];
        const counts = layerHistogram(values);
        d += start;
        for (let i = 0; i < BINS; i += 1) d += `V${line + Math.round(unit * Math.min(1, 4 * counts[i] / values.length))}${ends[i]}`;
        d += `V${line}Z`;
      });
      path.setAttribute("d", d);
    });
  }

  function place() {
    places = panels.map(({ box }) => {
      const [left, line, width] = [box.offsetLeft, box.offsetTop + box.offsetHeight - HALF, box.offsetWidth].map((v) => 10 * v);
      return { line, start: `M${left} ${line}`, ends: Array.from({ length: BINS }, (_, i) => `H${Math.round(left + width * (i + 1) / BINS)}`) };
    });
    draw();
  }

  fitted(grid, 740, place);
  new ResizeObserver(place).observe(panels[0].box); // larger letters move the lines
  return (...both) => {
    shown = both;
    draw();
  };
}

/** Powers of ten around positive numbers, two apart at least. */
function decades(values) {
  const powers = values.map(Math.log10);
  const low = Math.floor(Math.min(...powers));
  return [10 ** low, 10 ** Math.max(low + 2, Math.ceil(Math.max(...powers)))];
}

export function render(context) {
  return mount(context, ({ picture }) => {
    picture.classList.add("nl-depth");
    legend(picture, [["what enters g (its deviation above)", "nl-box nl-green"], ["what leaves g", "nl-box nl-purple"]]);
    const grid = multiples(picture, 10, 58);
    const panels = Array.from({ length: DEEPEST }, (_, i) => panel(grid, i + 1));
    const bars = barsOver(grid, panels);
    html("p", { class: "nl-hint nl-plain", text: "each layer: values from \u22124 to 4, all beyond in the outermost bars; full height: a quarter of the numbers, or more" }, picture);
    const pair = multiples(picture, 2, 250);
    const made = (yLabel, hue, shape, yLog) => {
      const plot = chart(pair, { width: 370, height: 200, xLabel: "layer", yLabel, yLog });
      const [line, dots] = [plot.curve(hue), plot.dots(hue.split(" ")[0], 3.5, shape)];
      return { plot, draw: (xs, ys) => [line, dots].forEach((mark) => mark(xs, ys)) };
    };
    const gradients = made("gradient in weights", "nl-blue", "circle", true);
    const flat = made("saturated, %", "nl-orange nl-dashed", "square");
    let room = null;

    return (values) => {
      const { layers, width } = values;
      if (room?.width !== width) room = roomFor(width);
      const depth = throughDepth(values, room);
      const { y, a, gradient, spread, saturated } = depth;
      panels.forEach(({ box, spread: text }, i) => {
        box.classList.toggle("nl-absent", i >= layers);
        say(text, i < layers ? rough(spread[i]) : "");
      });
      bars(y, a);
      const numbers = Array.from(y, (_, i) => i + 1);
      const end = [5, 10, DEEPEST].find((most) => layers <= most) + 0.5; // an axis that seldom changes
      const [bottom, top] = decades(gradient);
      gradients.plot.frame(0.5, end, top, bottom);
      gradients.draw(numbers, gradient);
      flat.plot.frame(0.5, end, 105, -5);
      flat.draw(numbers, saturated.map((s) => 100 * s));
      return {
        words: describe(values, depth),
        readout: [
          ["gradient, layer 1", rough(gradient[0])],
          [`layer ${layers}`, rough(gradient[layers - 1])],
          [`saturated, layer ${layers}`, percent(saturated[layers - 1])],
        ],
      };
    };
  });
}
