// A chart: two axes, bars and curves, in SVG. It knows no widget.
import { svg } from "./dom.mjs";

const MINUS = "\u2212";

/** A number as a reader writes it: no needless zeros, a true minus sign. */
export function plain(value) {
  return String(Number(value.toPrecision(6))).replace("-", MINUS);
}

/** Round numbers from low to high, about `count` of them. */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((s) => s * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return found;
}

/** The smallest of 1, 1.5, 2, 3, 5, 7.5, 10 times a power of ten that is at least `value`: a top that does not tremble. */
export function roomFor(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 5, 7.5, 10].find((s) => s * power >= value * 0.999999);
}

/**
 * Axes in a box of `width` by `height`. `frame(low, high, top)` sets the ranges and redraws the axes when they change;
 * `bands()`, `bars()` and `curve()` return a function that draws numbers.
 */
export function chart(parent, { width, height, xLabel, yLabel, xTicks = 8, yTicks = 4 }) {
  const [left, right, above, below] = [yLabel ? 56 : 40, 10, 10, 48];
  const [w, h] = [width - left - right, height - above - below];
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "nl-chart" }, parent);
  const axes = svg("g", { class: "nl-axes" }, root);
  const area = svg("svg", { x: left, y: above, width: w, height: h }, root); // a nested svg clips what leaves it
  const range = { low: 0, high: 1, top: 1 };
  const x = (v) => ((v - range.low) / (range.high - range.low)) * w;
  const y = (v) => h - (v / range.top) * h;

  function drawAxes() {
    axes.replaceChildren();
    for (const v of ticks(0, range.top, yTicks)) {
      const at = (above + y(v)).toFixed(1);
      svg("line", { x1: left, x2: left + w, y1: at, y2: at, class: "nl-grid" }, axes);
      svg("text", { x: left - 6, y: at, dy: "0.35em", "text-anchor": "end", text: plain(v) }, axes);
    }
    for (const v of ticks(range.low, range.high, xTicks)) {
      const at = (left + x(v)).toFixed(1);
      svg("line", { x1: at, x2: at, y1: above + h, y2: above + h + 5 }, axes);
      svg("text", { x: at, y: above + h + 18, "text-anchor": "middle", text: plain(v) }, axes);
    }
    svg("line", { x1: left, x2: left + w, y1: above + h, y2: above + h }, axes);
    svg("text", { x: left + w / 2, y: height - 6, "text-anchor": "middle", class: "nl-label", text: xLabel }, axes);
    if (yLabel) {
      const turn = `translate(13 ${above + h / 2}) rotate(-90)`;
      svg("text", { transform: turn, "text-anchor": "middle", class: "nl-label", text: yLabel }, axes);
    }
  }

  function frame(low, high, top) {
    if (range.drawn && range.low === low && range.high === high && range.top === top) return;
    Object.assign(range, { low, high, top, drawn: true });
    drawAxes();
  }

  function bars(className) {
    const path = svg("path", { class: className }, area);
    return (edges, heights) => {
      let d = "";
      heights.forEach((value, i) => {
        if (value > 0) d += `M${x(edges[i]).toFixed(1)} ${h}V${y(value).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}V${h}Z`;
      });
      path.setAttribute("d", d);
    };
  }

  /** Vertical bands over `[[low, high], …]`, as far as they lie inside the range. */
  function bands(className) {
    const path = svg("path", { class: className }, area);
    return (intervals) => {
      const inside = intervals.map(([low, high]) => [Math.max(low, range.low), Math.min(high, range.high)]);
      const shown = inside.filter(([low, high]) => low < high);
      path.setAttribute("d", shown.map(([low, high]) => `M${x(low).toFixed(1)} 0H${x(high).toFixed(1)}V${h}H${x(low).toFixed(1)}Z`).join(""));
    };
  }

  function curve(className) {
    const path = svg("path", { class: `nl-curve ${className}` }, area);
    return (xs, ys) => {
      let d = "";
      xs.forEach((v, i) => {
        d += `${i ? "L" : "M"}${x(v).toFixed(1)} ${y(ys[i]).toFixed(1)}`;
      });
      path.setAttribute("d", d);
    };
  }

  return { frame, bands, bars, curve };
}
