// The frame that every widget stands in: picture, bench, readout, controls, words for a screen reader, clean-up.
import { html, say } from "./dom.mjs";
import { fitCharts } from "./chart.mjs";
import { controlPanel } from "./controls.mjs";
import { player as playerOf } from "./player.mjs";

const QUIET = 600; // ms without a change before the words are read out,
const LATEST = 5000; // and while changes do not end, how long until they are

/** The bytes of a DataView as an array of numbers. */
const numbers = (Kind, { buffer, byteOffset, byteLength }) => new Kind(buffer.slice(byteOffset, byteOffset + byteLength));

/** What has once been high stays so, at one width: then what stands below does not jump while a slider moves. */
function keepHeight(element) {
  let [wide, high] = [0, 0];
  new ResizeObserver(([{ borderBoxSize: [{ inlineSize, blockSize }] }]) => {
    if (inlineSize === wide && blockSize <= high) return;
    if (inlineSize !== wide) element.style.minHeight = "";
    [wide, high] = [inlineSize, element.getBoundingClientRect().height];
    element.style.minHeight = `${high}px`;
  }).observe(element);
}

/**
 * Show a widget. `build(parts)` makes its nodes once and returns `draw(values)`, which redraws them and returns
 * `{ words, readout: [[name, text], …], note }`; a note is one line about data that nothing can be drawn of.
 *
 * `parts` holds `picture` (one image to a screen reader, nothing in it takes the focus), `bench` (below it: what takes
 * the focus, and tables), `draws` (standard normal numbers), `data` (typed arrays, by name), `values()`,
 * `change({ name: value })`, `redraw()` (once, in the next frame), and `animate(tick, changed)`, which returns
 * `{ start, stop, running }` and calls `tick(milliseconds since the last)` once a frame, `changed(running)` at both ends.
 *
 * `buttons` are `{ label, press(values, draws) }`, press returns new values; `player` is `{ name, perSecond, label }`:
 * buttons that move the whole-numbered slider `name`.
 */
export function mount({ model, el }, build, { buttons = [], player = null } = {}) {
  const specs = model.get("_controls");
  const names = specs.map((spec) => spec.name);
  const root = html("div", { class: "nl-live" }, el);
  const picture = html("div", { class: "nl-picture", role: "img" }, root);
  const motions = [];
  if (player) playerOf(root, player, specs.find((spec) => spec.name === player.name), { animate, values, change });
  const bench = html("div", { class: "nl-bench" }, root);
  const readout = html("dl", { class: "nl-readout" }, root);
  [bench, readout].forEach(keepHeight);
  const note = html("p", { class: "nl-note", hidden: "" }, root);
  const panel = controlPanel(root, specs, (name, value) => change({ [name]: value }), schedule);
  const row = html("div", { class: "nl-buttons" }, root);
  const spoken = html("p", { class: "nl-spoken", "aria-live": "polite" }, root);
  const draws = Float64Array.from(numbers(Float32Array, model.get("draws")));
  const data = Object.fromEntries(Object.entries(model.get("_shipped") ?? {})
    .map(([name, { kind, bytes }]) => [name, numbers(globalThis[kind], bytes)]));
  let [pending, speaking, silentSince] = [0, 0, 0];
  let words = "";

  function values() {
    return Object.fromEntries(names.map((name) => [name, model.get(name)]));
  }

  function change(changed) {
    for (const [name, value] of Object.entries(changed)) model.set(name, value);
    model.save_changes();
  }

  function animate(tick, changed = () => {}) {
    let frame = 0;
    let last = 0;
    function next(now) {
      const elapsed = now - (last || now);
      last = now;
      frame = requestAnimationFrame(next);
      tick(elapsed);
    }
    const motion = {
      get running() {
        return frame !== 0;
      },
      start() {
        if (frame) return;
        last = 0;
        frame = requestAnimationFrame(next);
        changed(true);
      },
      stop() {
        if (!frame) return;
        cancelAnimationFrame(frame);
        frame = 0;
        changed(false);
      },
    };
    motions.push(motion);
    return motion;
  }

  const stopAll = () => motions.forEach((motion) => motion.stop());
  const hidden = () => document.hidden && stopAll();

  function button(label, press) {
    html("button", { type: "button", text: label }, row).addEventListener("click", press);
  }

  function draw() {
    pending = 0;
    const now = values();
    const drawn = paint(now);
    const notes = [panel.show(now), drawn.note].filter(Boolean).join(" ");
    words = drawn.words;
    say(note, notes);
    note.hidden = !notes;
    while (readout.childElementCount > drawn.readout.length) readout.lastChild.remove();
    while (readout.childElementCount < drawn.readout.length) {
      const item = html("div", {}, readout);
      html("dt", {}, item);
      html("dd", { class: "nl-number" }, item);
    }
    drawn.readout.forEach(([name, text], i) => {
      const [dt, dd] = readout.children[i].children;
      say(dt, name);
      say(dd, text);
    });
  }

  function speak() {
    silentSince = 0;
    picture.setAttribute("aria-label", words);
    say(spoken, words.includes(note.textContent) ? words : `${words} ${note.textContent}`);
  }

  function schedule() {
    pending ||= requestAnimationFrame(draw); // one redraw a frame, however fast the changes come
    silentSince ||= performance.now();
    clearTimeout(speaking);
    speaking = setTimeout(speak, Math.min(QUIET, Math.max(0, silentSince + LATEST - performance.now())));
  }

  const paint = build({ picture, bench, draws, data, values, change, redraw: schedule, animate });
  for (const { label, press } of buttons) button(label, () => change(press(values(), draws)));
  button("Reset", () => {
    stopAll();
    panel.forget();
    change(model.get("_start"));
    schedule();
  });
  for (const name of names) model.on(`change:${name}`, schedule);
  document.addEventListener("visibilitychange", hidden);
  fitCharts();
  draw();
  picture.setAttribute("aria-label", words);
  return () => {
    stopAll();
    for (const name of names) model.off(`change:${name}`, schedule);
    document.removeEventListener("visibilitychange", hidden);
    cancelAnimationFrame(pending);
    clearTimeout(speaking);
  };
}
