// A chart: two axes and what is drawn between them, in SVG, one unit a pixel at any width. It knows no widget.
import { html, several, svg } from "./dom.mjs";
import { plain } from "./numbers.mjs";

/** Round numbers from low to high, about `count` of them. */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((s) => s * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return found;
}

/** Powers of ten from low to high, each, or every second, third, …, so that they are at most `count`. */
export function logTicks(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const found = [];
  for (let k = Math.ceil(first / every) * every; k <= last; k += every) found.push(10 ** k);
  return last - first < 1 ? ticks(low, high, count).filter((v) => v > 0) : found;
}

/** The smallest of 1, 1.5, 2, 3, 5, 7.5, 10 times a power of ten that is at least `value`: a top that does not tremble. */
export function roomFor(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 5, 7.5, 10].find((s) => s * power >= value * 0.999999);
}

const label = (value, log) => {
  const power = Math.round(Math.log10(value));
  if (!log || Math.abs(power) < 4 || Math.abs(value / 10 ** power - 1) > 1e-9) return plain(value);
  return `10${[...String(power)].map((c) => (c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c])).join("")}`;
};
const SHAPES = {
  circle: (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  square: (r) => `m${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  diamond: (r) => `m0 ${-1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`,
  cross: (r) => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
};
const FAR = 1e5; // px: what lies beyond is drawn there, outside of any chart
const made = []; // what has no width yet

/** Call `fit(width)` with the width of an element: when `fitCharts` is called, and whenever it changes; `width` where there is none yet. */
export function fitted(around, width, fit) {
  let last = width;
  const use = (wide) => {
    last = wide;
    fit(wide);
  };
  made.push({ around, width, use });
  new ResizeObserver(([entry]) => {
    const wide = Math.round(entry.contentRect.width);
    if (wide > 40 && wide !== last) use(wide);
  }).observe(around);
}

/** Give what was made since the last call the width that there is: all are asked first, so that the page is laid out once. */
export function fitCharts() {
  const wide = made.map(({ around, width }) => (around.clientWidth > 40 ? around.clientWidth : width));
  made.splice(0).forEach(({ use }, i) => use(wide[i]));
}

/**
 * Axes in a box of about `width` by `height`; it takes the width that there is. `frame(low, high, top, bottom)` sets the
 * ranges and redraws the axes when they change. Every other function returns one that draws numbers; NaN is a gap.
 * `xTicks`: how many at most, or a function that says where. `equal`: a unit is as long on both axes, as much more than
 * the ranges as that takes. `bare`: no axes around it.
 */
export function chart(parent, { width, height, xLabel, yLabel, xTicks = 8, yTicks = 4, xLog, yLog, equal, bare }) {
  const [left, right, above, below] = bare ? [0, 0, 0, 0] : [yLabel ? 56 : 40, 12, 10, xLabel ? 48 : 28];
  const around = html("div", { class: "nl-around" }, parent);
  const root = svg("svg", { class: "nl-chart" }, around);
  const axes = svg("g", { class: "nl-axes" }, root);
  const area = svg("svg", { x: left, y: above }, root); // a nested svg clips what leaves it
  // What the area holds keeps its outline, whatever is drawn: then the browser paints it anew, and no layer of the page.
  svg("rect", { x: "-50%", y: "-50%", width: "200%", height: "200%", fill: "transparent" }, area);
  const range = { low: xLog ? 1 : 0, high: xLog ? 10 : 1, bottom: yLog ? 1 : 0, top: yLog ? 10 : 1 };
  const marks = [];
  let [w, h, asked] = [0, 0, range];
  const along = (v, low, high, log) => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
  const near = (v) => Math.max(-FAR, Math.min(FAR, v));
  const x = (v) => near(along(v, range.low, range.high, xLog) * w);
  const y = (v) => near(h - along(v, range.bottom, range.top, yLog) * h);
  const at = (px, py) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`;

  /** As many ticks of the horizontal axis as their labels leave room for. */
  function across() {
    if (typeof xTicks === "function") return xTicks();
    for (let count = xTicks; ; count -= 1) {
      const found = (xLog ? logTicks : ticks)(range.low, range.high, count);
      const widest = Math.max(...found.map((v) => label(v, xLog).length)) * 7 + 5;
      if (count < 2 || (found.length - 1) * widest < w) return found;
    }
  }

  const name = { "text-anchor": "middle", class: "nl-label" };
  const [drawGrid, drawTicks, drawNames] = [{ class: "nl-grid" }, {}, name].map((alike, i) => several(i < 2 ? "line" : "text", alike, axes));
  const [drawYs, drawXs] = ["end", "middle"].map((anchor) => several("text", { "text-anchor": anchor }, axes));

  function drawAxes() {
    if (bare) return;
    const up = (yLog ? logTicks : ticks)(range.bottom, range.top, Math.min(yTicks, Math.max(2, h / 24)));
    const ys = Array.from(up, (v) => [(above + y(v)).toFixed(1), label(v, yLog)]);
    const xs = Array.from(across(), (v) => [(left + x(v)).toFixed(1), label(v, xLog)]);
    drawGrid(ys.map(([py]) => ({ x1: left, x2: left + w, y1: py, y2: py })));
    drawYs(ys.map(([py, text]) => ({ x: left - 6, y: py, dy: "0.35em", text })));
    const ends = [...xs.map(([px]) => [px, px, above + h + 5]), [left, left + w, above + h]];
    drawTicks(ends.map(([x1, x2, y2]) => ({ x1, x2, y1: above + h, y2 })));
    drawXs(xs.map(([px, text]) => ({ x: px, y: above + h + 18, text })));
    drawNames([
      ...(xLabel ? [{ transform: `translate(${left + w / 2} ${above + h + 42})`, text: xLabel }] : []),
      ...(yLabel ? [{ transform: `translate(13 ${above + h / 2}) rotate(-90)`, text: yLabel }] : []),
    ]);
  }

  function spread() {
    Object.assign(range, asked);
    if (!equal) return;
    const unit = Math.max((asked.high - asked.low) / w, (asked.top - asked.bottom) / h);
    for (const [low, high, size] of [["low", "high", w], ["bottom", "top", h]]) {
      const [middle, half] = [(asked[low] + asked[high]) / 2, unit * size / 2];
      Object.assign(range, { [low]: middle - half, [high]: middle + half });
    }
  }

  function fit(wide) {
    const ratio = wide / width;
    const high = Math.round(height * (equal ? ratio : Math.min(1.1, Math.max(ratio, Math.sqrt(ratio)))));
    [w, h] = [Math.max(1, wide - left - right), Math.max(1, high - above - below)];
    root.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    area.setAttribute("width", w);
    area.setAttribute("height", h);
    spread();
    drawAxes();
    for (const again of marks) again();
  }

  function frame(low, high, top, bottom = yLog ? top / 1000 : 0) {
    const next = { low, high, top, bottom };
    if (Object.keys(next).every((name) => next[name] === asked[name])) return;
    asked = next;
    spread();
    drawAxes();
  }

  /** A mark: `shape(...numbers)` gives its path, now and whenever the width changes. */
  function mark(className, shape, filled = "") {
    const path = svg("path", { class: `${filled}${className}` }, area);
    let last;
    marks.push(() => last && path.setAttribute("d", shape(...last)));
    return (...numbers) => {
      last = numbers;
      path.setAttribute("d", shape(...numbers));
    };
  }

  const line = (xs, ys) => {
    let d = "";
    let pen = "M";
    for (let i = 0; i < xs.length; i += 1) {
      const inside = Number.isFinite(ys[i]) && Number.isFinite(xs[i]) && !(yLog && ys[i] <= 0);
      if (inside) d += pen + at(xs[i], ys[i]);
      pen = inside ? "L" : "M";
    }
    return d;
  };
  const bars = (edges, heights) => {
    let d = "";
    heights.forEach((value, i) => {
      if (value > 0) d += `M${x(edges[i]).toFixed(1)} ${h}V${y(value).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}V${h}Z`;
    });
    return d;
  };
  /** Vertical bands over `[[low, high], …]`, as far as they lie inside the range. */
  const bands = (intervals) => {
    const inside = intervals.map(([low, high]) => [Math.max(low, range.low), Math.min(high, range.high)]);
    const shown = inside.filter(([low, high]) => low < high);
    return shown.map(([low, high]) => `M${x(low).toFixed(1)} 0H${x(high).toFixed(1)}V${h}H${x(low).toFixed(1)}Z`).join("");
  };
  const between = (xs, lows, highs) => {
    const kept = [...xs.keys()].filter((i) => Number.isFinite(lows[i]) && Number.isFinite(highs[i]));
    const edge = [...kept.map((i) => at(xs[i], lows[i])), ...kept.reverse().map((i) => at(xs[i], highs[i]))];
    return edge.length ? `M${edge.join("L")}Z` : "";
  };
  const arrow = ([x0, y0, x1, y1]) => {
    const [ax, ay, bx, by] = [x(x0), y(y0), x(x1), y(y1)];
    const length = Math.hypot(bx - ax, by - ay);
    if (!(length > 0.5)) return "";
    const [ux, uy] = [(bx - ax) / length, (by - ay) / length].map((u) => u * Math.min(8, length / 2));
    const barb = (s) => `${(bx - ux + s * uy).toFixed(1)} ${(by - uy - s * ux).toFixed(1)}`;
    return `M${at(x0, y0)}L${at(x1, y1)}M${barb(0.6)}L${at(x1, y1)}L${barb(-0.6)}`;
  };
  const rule = (r) => ("x" in r ? `M${x(r.x).toFixed(1)} 0V${h}` : `M0 ${y(r.y).toFixed(1)}H${w}`);

  /** Colours behind the marks: `paint(rgba)` of a Uint8ClampedArray, row by row from the top left corner. */
  function raster(columns, rows) {
    const canvas = html("canvas", { width: columns, height: rows, class: "nl-raster" });
    root.before(canvas);
    const pen = canvas.getContext("2d");
    const place = () => {
      const box = root.getAttribute("viewBox").split(" ").map(Number);
      canvas.style.inset = `${100 * above / box[3]}% ${100 * right / box[2]}% auto ${100 * left / box[2]}%`;
      Object.assign(canvas.style, { width: `${100 * w / box[2]}%`, height: `${100 * h / box[3]}%` });
    };
    marks.push(place);
    return (rgba) => pen.putImageData(new ImageData(rgba, columns, rows), 0, 0);
  }

  fitted(around, width, fit);

  return {
    frame,
    raster,
    bars: (className) => mark(className, bars),
    bands: (className) => mark(className, bands),
    curve: (className) => mark(className, line, "nl-curve "),
    area: (className) => mark(className, between, "nl-area "),
    dots: (className, radius = 3, shape = "circle") => mark(className, (xs, ys) => {
      const one = SHAPES[shape](radius);
      let d = "";
      for (let i = 0; i < xs.length; i += 1) if (Number.isFinite(xs[i] + ys[i])) d += `M${at(xs[i], ys[i])}${one}`;
      return d;
    }, `nl-dots nl-${shape} `),
    arrows: (className) => mark(className, (all) => all.map(arrow).join(""), "nl-curve nl-arrows "),
    rules: (className) => mark(className, (all) => all.map(rule).join(""), "nl-rule "),
    /** Where a pointer event is, in the units of the axes: `{ x, y }`; undefined outside. */
    at(event) {
      const box = root.getBoundingClientRect();
      const scale = box.width / (w + left + right);
      const [px, py] = [(event.clientX - box.left) / scale - left, (event.clientY - box.top) / scale - above];
      if (px < 0 || px > w || py < 0 || py > h) return undefined;
      const value = (share, low, high, log) => (log ? low * (high / low) ** share : low + share * (high - low));
      return { x: value(px / w, range.low, range.high, xLog), y: value(1 - py / h, range.bottom, range.top, yLog) };
    },
  };
}
