// Backprop by hand: the graph of batch norm on four numbers, forward and backward, one node at a time.
import { batchNormGraph, numericalGradient, reached } from "./math/batch-norm-graph.mjs";
import { html, say, svg } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { plain } from "./ui/numbers.mjs";
import { mount } from "./ui/widget.mjs";

const written = (value, digits = 4) => [value].flat().map((v) => plain(Math.abs(v) < 1e-12 ? 0 : v, digits)); // dust is zero
/** Each in no more than seven characters. */
const brief = (value) => [value].flat().map((v) => (
  [4, 3, 2].map((digits) => written(v, digits)[0]).find((text) => text.length < 8) ?? plain(v, 1)));
const largest = (list) => Math.max(...list.map(Math.abs));

/** Every number of the graph, and `check`: dx by central differences; `error` is the largest relative one between them. */
export function numbersOf({ x, dy, gamma, beta, eps }) {
  const g = batchNormGraph(x, dy, gamma, beta, eps);
  const total = (y) => y.reduce((sum, v, i) => sum + dy[i] * v, 0);
  const check = numericalGradient((at) => total(batchNormGraph(at, dy, gamma, beta, eps).y), x, 1e-5 * g.s || 1e-5);
  const size = Math.hypot(...dy.map((v, i) => v * g.y[i])) / g.s; // where dx is zero, the loss says what is small
  const error = largest(g.dx.map((v, i) => v - check[i])) / (largest([...g.dx, ...check, 1e-4 * size]) || 1);
  return { ...g, gamma, beta, eps, loss: total(g.y), check, error };
}

/** A step's formula with its numbers in it: one line, or one for each number of the batch. */
export function worked({ result, worked: form }, g) {
  const put = (value, bare) => (value < 0 && !bare ? `(${written(value)})` : written(value)[0]);
  return Array.from({ length: g[result].length ?? 1 }, (_, i) => form.replace(/\{(\w+)\*?(\w*)(\+?)\}/g, (all, a, b, plus, at) => (
    plus ? [...g[a]].map((v, j) => put(v, !j) + (b && ` · ${put(g[b][j])}`)).join(" + ")
      : put(g[a][i] ?? g[a], /[=≈] $/.test(form.slice(0, at)) || (!at && form[all.length] !== "²")))));
}

const constant = ({ x, eps }) => eps === 0 && x.every((v) => v === x[0]);

/** What the picture shows, in words: the same sentence as BackpropStepper.describe() in Python. */
export function describe({ step }, g, { steps, first }) {
  const { result, title, formula } = steps[step];
  const head = `Step ${step} of ${steps.length - 1}, ${step < first ? "forward" : "backward"}, ${title}: `;
  if ([g[result]].flat().some(Number.isNaN) || (constant(g) && step > 5)) {
    return `${head}${formula} is no number, since the batch is constant and ε is 0.`;
  }
  if (result !== "check") return `${head}${formula} = ${written(g[result]).join(", ")}.`;
  return `${head}central differences of the loss ${g.error < 1e-6 ? "agree with" : "differ from"} dx = ${written(g.dx).join(", ")}.`;
}

function graph(parent, { width, height, boxes, lines }, { steps, first }) {
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "nl-chart nl-graph" }, parent);
  const paths = lines.map(([points]) => svg("path", { d: `M${points.join("L")}` }, root));
  const nodes = boxes.map(([name, x, y, w, h, title, count]) => {
    const group = svg("g", {}, root);
    svg("rect", { x, y, width: w, height: h, rx: 7 }, group);
    svg("text", { x: x + w / 2, y: y + (count ? 19 : h / 2 + 5), "text-anchor": "middle", text: title }, group);
    const column = (right, look) => Array.from({ length: count }, (_, i) => (
      svg("text", { x: x + right, y: y + 40 + 19.5 * i, "text-anchor": "end", class: look }, group)));
    return [name, group, column(w / 2 - 3, "nl-blue"), column(w - 5, "nl-orange")];
  });

  return (step, g) => {
    const known = reached(steps, first, step);
    lines.forEach(([, when, back], i) => paths[i].setAttribute("class", (when > step ? "nl-wait" : back ? "nl-orange" : "nl-blue")
      + (when === step ? " nl-now" : "") + (back ? " nl-back" : "")));
    for (const [name, group, ...columns] of nodes) {
      const lit = steps[step].node === name ? `nl-lit ${step < first ? "nl-blue" : "nl-orange"}` : "";
      group.setAttribute("class", lit || (known[0][name] ? "" : "nl-wait"));
      columns.forEach((column, side) => {
        const texts = known[side][name] ? brief(g[known[side][name]]) : [];
        column.forEach((text, i) => say(text, texts[i] ?? ""));
      });
    }
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, data }) => {
    const plan = JSON.parse(new TextDecoder().decode(data.plan));
    const { steps, first } = plan;
    const drawGraph = graph(picture, matchMedia("(max-width: 600px)").matches ? plan.phone : plan.wide, plan);
    legend(picture, [["value, forward", "nl-blue"], ["gradient, backward", "nl-orange nl-dashed"]]);
    const card = html("div", {}, bench);
    const lines = ["place", "formula", "worked", "why", "source", "where"].map((name) => (
      html(name === "source" ? "code" : "p", { class: `nl-${name}` }, card)));

    return (values) => {
      const g = numbersOf(values);
      const { step } = values;
      const now = steps[step];
      const forward = step < first;
      drawGraph(step, g);
      card.className = `nl-step ${forward ? "nl-blue" : "nl-orange"}`;
      const texts = [`${forward ? "Forward" : "Backward"}, step ${step} of ${steps.length - 1}: ${now.title}`, now.formula,
        worked(now, g).join("\n"), now.why, now.source, now.where];
      lines.forEach((line, i) => say(line, texts[i]));
      return {
        words: describe(values, g, plan),
        readout: [
          ["loss L = Σ dy · y", written(g.loss)[0]],
          ["dx beside central differences", `largest relative error ${plain(g.error, 2)}`],
        ],
        note: constant(g) ? "The batch is constant and ε is 0, and 0/0 is no number: choose ε above 0, or other numbers." : "",
      };
    };
  }, { player: { name: "step", perSecond: 1, label: "steps through the graph" } });
}
