// Axes cube: the (N, C, H, W) block, and which of its cells share a mean under each norm.
import { DEPTH, cellAt, sharingCells, sheetOrigin } from "./math/cube.mjs";
import { plan, tuple } from "./math/family.mjs";
import { html, say, svg } from "./ui/dom.mjs";
import { mount } from "./ui/widget.mjs";

const [MOST, C, H, W] = [8, 6, 3, 3];
const range = (size) => [...Array(size).keys()];

/** What is drawn and said: words and note as AxesCube.describe() and AxesCube.note in Python. */
export function state({ norm, samples, groups, n: wanted, c, h, w, ...over }) {
  const n = Math.min(wanted, samples - 1);
  const [shape, cell] = [[samples, C, H, W], [n, c, h, w]];
  const p = plan(norm, groups, range(4).filter((axis) => over[`over_${"nchw"[axis]}`]), samples, C);
  const shares = sharingCells(shape, p.axes, p.groups, cell);
  const many = shares.filter(Boolean).length;
  const means = shares.length / many;
  const kind = norm === "RMS" ? "mean square" : "mean";
  const size = C / p.groups;
  const has = range(4).map((axis) => p.axes.includes(axis));
  const one = (axis, name) => (has[axis] ? `all ${name}s` : `${name} ${cell[axis]}`);
  const first = c - (c % size);
  const members = [
    samples > 1 ? one(0, "sample") : "sample 0",
    !has[1] || size === 1 ? `channel ${c}` : size === C ? "all channels" : `channels ${first} to ${first + size - 1}`,
    has[2] && has[3] ? "all positions" : `${one(2, "row")}, ${one(3, "column")}`,
  ].join(", ");
  const count = (k, name) => `${k} ${name}${k > 1 ? "s" : ""}`;
  return {
    ...p, shape, cell, shares, many, means, kind, members,
    words: `${p.title}: the touched cell (n=${n}, c=${c}, h=${h}, w=${w}) `
      + `${many > 1 ? `is one of ${many} that share a ${kind}` : `has a ${kind} of its own`}: ${members}. Axes `
      + `${norm === "GN" ? "(2, 3, 4) of (N, G, C/G, H, W)" : tuple(p.axes)}: ${count(means, kind)} in all, `
      + `${count(many, "number")} each. ${p.remark}`,
    note: !p.axes.length ? "Without an axis each number is its own mean, and normalize refuses."
      : many === 1 ? "One number is its own mean: every number becomes 0."
        : n < wanted ? `The batch ends at sample ${n}: the touched cell is there.` : "",
  };
}

function cube(picture, touch) {
  const root = svg("svg", {}, picture);
  const [x, y] = DEPTH;
  const path = (name, d, parent) => svg("path", { class: name, d }, parent);
  const place = (node, at, on = true) => {
    node.setAttribute("transform", `translate(${at})`);
    node.style.display = on ? "" : "none";
  };
  const cells = range(H * W).map((i) => {
    const [w, h] = [i % W, Math.floor(i / W)];
    return `M${w} ${h}h1v1h-1z${h ? "" : `l${x} ${-y}h1l${-x} ${y}z`}${w < W - 1 ? "" : `M${W} ${h}l${x} ${-y}v1l${-x} ${y}z`}`;
  });
  const sheets = range(C * MOST).map((i) => { // from the back to the front
    const sheet = svg("g", {}, root);
    path("nl-cell", cells.join(""), sheet);
    const lit = path("nl-lit", "", sheet);
    path("nl-side", `M0 0l${x} ${-y}h${W}v${H}l${-x} ${y}v${-H}z`, sheet);
    return [sheet, lit, i % MOST, C - 1 - Math.floor(i / MOST)];
  });
  const ring = svg("g");
  for (const name of ["nl-halo", "nl-ring"]) path(name, "M0 0h1v1h-1z", ring);
  const texts = [range(MOST), range(C), [..."NCHW"]].map((names) => names.map((text) => svg("text", { text }, root)));
  root.addEventListener("click", ({ clientX, clientY }) => {
    const at = new DOMPoint(clientX, clientY).matrixTransform(root.getScreenCTM().inverse());
    touch(at.x, at.y);
  });

  return ({ hue, shape, cell, shares }, apart) => {
    const samples = shape[0];
    const at = (n, c) => sheetOrigin(shape, n, c, apart);
    const [[right, top], [last]] = [at(samples - 1, C - 1), at(samples - 1, 0)];
    const high = Math.max(14, (right + W + 5) / 1.44, H - top + 4.4);
    root.setAttribute("viewBox", [(right + W - high * 1.44) / 2, (top + H - 0.2 - high) / 2, high * 1.44, high].join(" "));
    root.setAttribute("class", `nl-cube nl-${hue}`);
    root.style.fontSize = `${high / 26}px`;
    for (const [sheet, lit, n, c] of sheets) {
      place(sheet, at(n, c), n < samples);
      lit.setAttribute("d", cells.filter((_, i) => shares[(n * C + c) * H * W + i]).join(""));
      if (n === cell[0] && c === cell[1]) sheet.append(ring);
    }
    place(ring, [cell[3], cell[2]]);
    const places = [
      (n) => [at(n, 0)[0] + W / 2, H + 1],
      (c) => [last + c * x + W + 1.2, at(0, c)[1] + H / 2],
      (i) => [[-1, H + 1], [last + W + 1.2, H + 1], [-1, H / 2], [W / 2 + C * x, top - 1.2]][i],
    ];
    texts.forEach((row, k) => row.forEach((node, i) => place(node, places[k](i), k ? k > 1 || apart > 0.2 : i < samples)));
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, values, change }) => {
    const draw = cube(picture, (x, y) => {
      const found = cellAt([values().samples, C, H, W], x, y, values().apart);
      if (found) change(Object.fromEntries(found.map((index, axis) => ["nchw"[axis], index])));
    });
    const lines = ["b", "code", "p"].map((name) => html(name, {}, bench));
    return (now) => {
      const s = state(now);
      draw(s, now.apart);
      bench.className = `nl-bench nl-${s.hue}`;
      [s.title, s.code, s.remark].forEach((text, i) => say(lines[i], text));
      const numbers = { [`numbers per ${s.kind}`]: s.many, [`${s.kind}s in all`]: s.means };
      return { ...s, readout: Object.entries({ "touched cell": tuple(s.cell), cells: s.members, ...numbers }) };
    };
  });
}
