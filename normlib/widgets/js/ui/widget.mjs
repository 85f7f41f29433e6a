// The frame that every widget stands in: picture, readout, controls, words for a screen reader, clean-up.
import { html, say } from "./dom.mjs";
import { controlPanel } from "./controls.mjs";

const QUIET = 600; // ms without a change before the words are read out

/** The float32 standard normal draws that came with the state, as numbers. */
function drawsOf(model) {
  const bytes = model.get("draws");
  return Float64Array.from({ length: bytes.byteLength / 4 }, (_, i) => bytes.getFloat32(4 * i, true));
}

/**
 * Show a widget. `build(picture, draws)` makes its nodes once and returns `draw(values)`, which redraws them and returns
 * `{ words, readout: [[name, number], …] }`. `buttons` are `{ label, press(values, draws) }`; press returns new values.
 */
export function mount({ model, el }, build, buttons = []) {
  const specs = model.get("_controls");
  const names = specs.map((spec) => spec.name);
  const root = html("div", { class: "nl-live" }, el);
  const picture = html("div", { class: "nl-picture", role: "img" }, root);
  const readout = html("dl", { class: "nl-readout" }, root);
  const show = controlPanel(root, specs, (name, value) => change({ [name]: value }));
  const row = html("div", { class: "nl-buttons" }, root);
  const spoken = html("p", { class: "nl-spoken", "aria-live": "polite" }, root);
  const draws = drawsOf(model);
  const draw = build(picture, draws);
  let pending = 0;
  let speaking = 0;
  let words = "";

  function change(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  }

  function button(label, press) {
    html("button", { type: "button", text: label }, row).addEventListener("click", press);
  }

  const valuesNow = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));

  function redraw() {
    pending = 0;
    const values = valuesNow();
    show(values);
    const drawn = draw(values);
    words = drawn.words;
    while (readout.childElementCount < drawn.readout.length) {
      const item = html("div", {}, readout);
      html("dt", {}, item);
      html("dd", { class: "nl-number" }, item);
    }
    drawn.readout.forEach(([name, number], i) => {
      const [dt, dd] = readout.children[i].children;
      say(dt, name);
      say(dd, number);
    });
  }

  function schedule() {
    pending ||= requestAnimationFrame(redraw); // one redraw a frame, however fast the changes come
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      picture.setAttribute("aria-label", words);
      say(spoken, words);
    }, QUIET);
  }

  for (const { label, press } of buttons) button(label, () => change(press(valuesNow(), draws)));
  button("Reset", () => change(model.get("_start")));
  for (const name of names) model.on(`change:${name}`, schedule);
  redraw();
  picture.setAttribute("aria-label", words);
  return () => {
    for (const name of names) model.off(`change:${name}`, schedule);
    cancelAnimationFrame(pending);
    clearTimeout(speaking);
  };
}
