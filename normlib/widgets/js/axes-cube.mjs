// Axes cube: the (N, C, H, W) block, and which of its cells share a mean under each norm.
import { DEPTH, cellAt, sharingCells, sheetOrigin } from "./math/cube.mjs";
import { plan, tuple } from "./math/family.mjs";
import { html, say, svg } from "./ui/dom.mjs";
import { mount } from "./ui/widget.mjs";

const [MOST, C, H, W] = [8, 6, 3, 3];
const range = (size) => [...Array(size).keys()];

/** What is drawn and said; words and note as in Python. */
export function state({ norm, samples, groups, n: wanted, c, h, w, ...over }) {
  const n = Math.min(wanted, samples - 1);
  const [shape, cell] = [[samples, C, H, W], [n, c, h, w]];
  const p = plan(norm, groups, range(4).filter((axis) => over[`over_${"nchw"[axis]}`]), samples, C);
  const shares = sharingCells(shape, p.axes, p.groups, cell);
  const many = shares.filter(Boolean).length;
  const means = shares.length / many;
  const kind = norm === "RMS" ? "mean square" : "mean";
  const size = C / p.groups;
  const first = c - (c % size);
  const has = (axis) => p.axes.includes(axis);
  const along = (axis, name, all = has(axis)) => (all ? `all ${name}s` : `${name} ${cell[axis]}`);
  const members = [
    along(0, "sample", has(0) && samples > 1),
    has(1) && size > 1 && size < C ? `channels ${first} to ${first + size - 1}` : along(1, "channel", has(1) && size > 1),
    has(2) && has(3) ? "all positions" : `${along(2, "row")}, ${along(3, "column")}`,
  ].join(", ");
  const count = (k, name) => `${k} ${name}${k > 1 ? "s" : ""}`;
  return {
    ...p, shape, cell, shares, many, means, kind, members,
    words: `${p.title}: the touched cell (n=${n}, c=${c}, h=${h}, w=${w}) `
      + `${many > 1 ? `is one of ${many} that share a ${kind}` : `has a ${kind} of its own`}: ${members}. `
      + `Axes ${p.over}: ${count(means, kind)} in all, ${count(many, "number")} each. ${p.remark}`,
    note: !p.axes.length ? "Without an axis each number is its own mean, and normalize refuses."
      : many === 1 ? "One number is its own mean: every number becomes 0."
        : n < wanted ? `The batch ends at sample ${n}: the touched cell is there.` : "",
  };
}

function cube(picture, touch) {
  const root = svg("svg", {}, picture);
  const [x, y] = DEPTH;
  const path = (name, d, parent) => svg("path", { class: name, d }, parent);
  const set = (node, name, text) => node.getAttribute(name) === text || node.setAttribute(name, text); // no needless layout
  const place = (node, at, on = true) => {
    set(node, "transform", `translate(${at})`);
    set(node, "display", on ? "inline" : "none");
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
  root.addEventListener("click", (event) => touch(new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(root.getScreenCTM().inverse())));

  return ({ hue, shape, cell, shares }, apart) => {
    const samples = shape[0];
    const at = (n, c) => sheetOrigin(shape, n, c, apart);
    const [[right, top], [last]] = [at(samples - 1, C - 1), at(samples - 1, 0)];
    const high = Math.max(14, (right + W + 5) / 1.44, H - top + 4.4);
    set(root, "viewBox", `${(right + W - high * 1.44) / 2} ${(top + H - 0.2 - high) / 2} ${high * 1.44} ${high}`);
    set(root, "class", `nl-cube nl-${hue}`);
    root.style.fontSize = `${high / 26}px`;
    for (const [sheet, lit, n, c] of sheets) {
      place(sheet, at(n, c), n < samples);
      set(lit, "d", cells.filter((_, i) => shares[(n * C + c) * H * W + i]).join(""));
      if (n === cell[0] && c === cell[1] && ring.parentNode !== sheet) sheet.append(ring);
    }
    place(ring, [cell[3], cell[2]]);
    texts[0].forEach((node, n) => place(node, [at(n, 0)[0] + W / 2, H + 1], n < samples));
    texts[1].forEach((node, c) => place(node, [last + c * x + W + 1.2, at(0, c)[1] + H / 2], apart > 0.2));
    [[-1, H + 1], [last + W + 1.2, H + 1], [-1, H / 2], [W / 2 + C * x, top - 1.2]]
      .forEach((spot, i) => place(texts[2][i], spot));
  };
}

export function render(context) {
  return mount(context, ({ picture, bench, values, change }) => {
    const draw = cube(picture, (point) => {
      const found = cellAt([values().samples, C, H, W], point.x, point.y, values().apart);
      if (found) change(Object.fromEntries(found.map((index, axis) => ["nchw"[axis], index])));
    });
    picture.parentNode.classList.add("nl-cubed");
    const lines = ["b", "code", "p"].map((name) => html(name, {}, bench));
    return (now) => {
      const s = state(now);
      draw(s, now.apart);
      [s.title, s.code, s.remark].forEach((text, i) => {
        say(lines[i], text);
        lines[i].className = `nl-${s.hue}`;
      });
      return {
        ...s,
        readout: [["touched cell", tuple(s.cell)], ["cells", s.members],
          [`numbers per ${s.kind}`, `${s.many}`], [`${s.kind}s in all`, `${s.means}`]],
      };
    };
  });
}
