// The gradient as a projection: batch norm's backward pass on three numbers, drawn in space.
import { angle, arrow, azimuth, gradientProjection, project } from "./math/gradient-projection.mjs";
import { roomFor } from "./ui/chart.mjs";
import { html, say, svg } from "./ui/dom.mjs";
import { legend } from "./ui/legend.mjs";
import { plain, shown } from "./ui/numbers.mjs";
import { table } from "./ui/table.mjs";
import { mount } from "./ui/widget.mjs";

const ROOM = 2.6; // how long an arrow the picture has room for, unless dx is longer
const NAMES = ["dy", "dy less its part along 1", "that less its part along x̂", "dx"];
const ROWS = ["dy", "less along 1", "less along x̂", "dx"];
const LOOKS = ["nl-orange", "nl-purple nl-dashed", "nl-green nl-dotted", "nl-blue"];
const ONES = [1, 1, 1];
const constant = ({ x }) => x.every((v) => v === x[0]);
const times = (v, factor) => v.map((c) => c * factor);
const plus = (a, b, factor = 1) => a.map((c, i) => c + factor * b[i]);
const long = (v) => Math.hypot(...v);

/** The stages of the backward pass at these values, dy among them. */
export function stagesOf({ x, turn, tilt, length, gamma, eps }) {
  const dy = arrow(turn, tilt, length);
  const noSpread = eps === 0 && constant({ x }); // rounding must not pass for a spread
  const parts = gradientProjection(noSpread ? times(x, NaN) : x, dy, gamma, eps);
  return { ...parts, stages: [dy, parts.withoutOne, parts.withoutBoth, parts.dx] };
}

/** What the picture shows, in words: the same sentence as GradientProjection.describe() in Python. */
export function describe(values, { stages, xHat, left }) {
  const { stage, eps } = values;
  const now = stages[stage];
  const head = `Stage ${stage} of 3: ${NAMES[stage]}`;
  if (constant(values) && eps === 0 && stage > 1) return `${head} is no number, since x is constant and ε is 0.`;
  const words = `${head} = (${now.map((v) => shown(v, 3)).join(", ")}), ${shown(long(now), 3)} long.`;
  if (long(now) < 1e-12) return `${words} Nothing is left.`;
  const start = `${words} Its angle to 1 is ${shown(angle(now, ONES), 1)}°`;
  if (constant(values)) return `${start}; x is constant and has no direction x̂.`;
  const rest = eps && stage > 1 ? ` ε leaves ${plain(100 * left, 3)} % of the part along x̂.` : "";
  return `${start}, to x̂ ${shown(angle(now, xHat), 1)}°.${rest}`;
}

function space(parent) {
  const root = svg("svg", { viewBox: "-180 -160 360 312", class: "nl-space" }, parent);
  const [floor, axes, drops, corners, hat, ...arrows] = [
    "nl-floor", "nl-axes", "nl-drop", "nl-corner", "nl-curve nl-hat", ...LOOKS.map((look) => `nl-curve ${look}`),
  ].map((look) => svg("path", { class: look }, root));
  const names = ["1", "x̂", "dy", "dx", "sum = 0"].map((text) => svg("text", { text, "text-anchor": "middle", dy: "0.35em" }, root));

  return ({ stage, view, height }, { stages, xHat }) => {
    const room = Math.max(ROOM, stage > 2 ? roomFor(long(stages[3]) || 1) : 0);
    const at = (point) => project(point, view, height).map((c, i) => (i ? -145 : 145) * c / room);
    const write = (points) => `M${points.map((point) => at(point).map((c) => c.toFixed(1))).join("L")}`;
    const seen = (v) => long(v) > 1e-9 * room && long(v) < Infinity;
    /** An arrow from the origin, its head in the plane of the picture. */
    const pointer = (v) => {
      if (!seen(v)) return "";
      const [x, y] = at(v);
      const [a, b] = [x, y].map((c) => c * Math.min(0.5, 11 / Math.hypot(x, y)));
      const barb = (side) => `L${[x - a + side * b, y - b - side * a].map((c) => c.toFixed(1))}`;
      return `${write([[0, 0, 0], v])}${barb(0.45)}${write([v])}${barb(-0.45)}`;
    };
    /** The mark of a right angle at `foot`, between the ways to `from` and to the origin. */
    const corner = ([from, foot]) => {
      const ways = [plus(from, foot, -1), times(foot, -1)];
      if (ways.some((way) => !(long(way) > 0.15 * room))) return "";
      const [a, b] = ways.map((way) => times(way, 0.08 * room / long(way)));
      return write([plus(foot, a), plus(plus(foot, a), b), plus(foot, b)]);
    };
    const around = azimuth(xHat) || 0;
    const ends = [arrow(0, 90, room), arrow(around, 0, room), arrow(around + 90, 0, room)];
    const feet = [1, 2].filter((i) => i <= stage && seen(stages[i])).map((i) => [stages[i - 1], stages[i]]);
    const paths = [
      `${write(Array.from({ length: 60 }, (_, i) => arrow(6 * i, 0, room)))}Z`,
      ends.map((end) => write([times(end, -1), end])).join(""),
      feet.map(write).join(""), feet.map(corner).join(""), pointer(xHat),
      ...stages.map((v, i) => (i <= stage ? pointer(v) : "")),
    ];
    [floor, axes, drops, corners, hat, ...arrows].forEach((path, i) => path.setAttribute("d", paths[i]));
    [ends[0], seen(xHat) && ends[1], stages[0], stage > 2 && seen(stages[3]) && stages[3], arrow(view + 252, 0, 0.77 * room)]
      .forEach((point, i) => {
        names[i].toggleAttribute("hidden", !point);
        const [x, y] = at(point || ends[0]);
        const away = i < 3 ? 14 / (Math.hypot(x, y) || 1) : 0;
        names[i].setAttribute("transform", `translate(${x * (1 + away)} ${y * (1 + away) + (i === 3 ? 16 : 0)})`);
      });
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, values, change }) => {
    picture.classList.add("nl-beside");
    const drawSpace = space(picture);
    legend(picture, [...NAMES.map((name, i) => [name, LOOKS[i]]), ["x̂", "nl-hat"]]);
    const sentence = html("p", { class: "nl-why" }, bench);
    const rows = table(bench, { caption: "The three numbers of each arrow", columns: ["", "1st", "2nd", "3rd", "length"] });
    picture.addEventListener("pointerdown", ({ pointerId }) => picture.setPointerCapture(pointerId));
    picture.addEventListener("pointermove", (event) => {
      const { view, height } = values();
      if (event.buttons === 1) {
        change({
          view: ((view - Math.round(event.movementX) + 540) % 360) - 180,
          height: Math.max(0, Math.min(90, height + Math.round(event.movementY))),
        });
      }
    });

    return (now) => {
      const parts = stagesOf(now);
      const words = describe(now, parts);
      drawSpace(now, parts);
      say(sentence, words);
      const row = (name, v) => [name, ...[...v, long(v)].map((c) => shown(c, 3))];
      rows([row("x̂", parts.xHat), ...ROWS.slice(0, now.stage + 1).map((name, i) => row(name, parts.stages[i]))]);
      return {
        words,
        readout: [
          ["sum", shown(parts.stages[now.stage].reduce((sum, v) => sum + v, 0), 3)],
          ["γ/σ", shown(parts.factor, 3)],
          ["of the part along x̂, ε leaves", `${plain(100 * parts.left, 3)} %`],
        ],
        note: constant(now) ? `The batch is constant: ${now.eps ? "x̂ is zero, and nothing goes along it."
          : "with ε = 0 there is no x̂. Choose ε above 0, or other numbers."}` : "",
      };
    };
  }, { player: { name: "stage", perSecond: 0.6, label: "stages of the projection" } });
}
