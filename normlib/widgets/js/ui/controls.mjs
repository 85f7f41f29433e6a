// Sliders, switches, choices and number fields, made from what the Python class says of its traits.
import { html, say } from "./dom.mjs";
import { numberIn, plain, positionOf, positions, shown, valueAt } from "./numbers.mjs";

function field(row, name, spec, attributes) {
  const input = html(name, { name: spec.name, "aria-label": spec.label, ...attributes }, row);
  input.dataset.lmSuppressShortcuts = "true"; // on the input itself, or JupyterLab takes its arrow keys
  return input;
}

function slider(row, spec, change) {
  const listed = spec.log || spec.values;
  const [min, max, step] = listed ? [0, positions(spec), 1] : [spec.min, spec.max, spec.step];
  const input = field(row, "input", spec, { type: "range", min, max, step });
  const output = html("output", { "aria-hidden": "true" }, row);
  input.addEventListener("input", () => change(spec.name, listed ? valueAt(spec, Number(input.value)) : Number(input.value)));
  return (value) => {
    const at = listed ? positionOf(spec, value) : value;
    const text = listed ? plain(value, spec.log && !spec.integer ? 3 : 6) : shown(value, spec.digits);
    if (Number(input.value) !== at) input.value = at;
    if (output.textContent === text) return;
    input.setAttribute("aria-valuetext", text);
    say(output, text);
  };
}

function toggle(row, spec, change) {
  const input = field(row, "input", spec, { type: "checkbox" });
  input.addEventListener("change", () => change(spec.name, input.checked));
  return (value) => {
    input.checked = value;
  };
}

function choice(row, spec, change) {
  const select = field(row, "select", spec);
  for (const value of spec.values) html("option", { text: String(value) }, select);
  select.addEventListener("change", () => change(spec.name, spec.values[select.selectedIndex]));
  return (value) => {
    select.selectedIndex = spec.values.indexOf(value);
  };
}

/** One field a number. What is no number in range is marked, and told by the text that showing returns. */
function numbers(row, spec, change, tell) {
  const box = html("span", { class: "nl-fields" }, row);
  const fields = Array.from({ length: spec.length }, (_, i) => field(box, "input", spec, {
    name: `${spec.name}-${i + 1}`, type: "text", autocomplete: "off", "aria-label": `${spec.label}, number ${i + 1}`,
  }));
  let values = [];
  const typed = (input) => numberIn(spec, input.value.replace("\u2212", "-").replace(",", "."));
  const bad = (input) => input.getAttribute("aria-invalid") === "true";
  fields.forEach((input, i) => input.addEventListener("input", () => {
    const value = typed(input);
    input.setAttribute("aria-invalid", value === undefined);
    if (value === undefined) tell();
    else change(spec.name, values.map((old, k) => (k === i ? value : old)));
    tell();
  }));
  const show = (next) => {
    fields.forEach((input, i) => {
      const same = bad(input) ? next[i] === values[i] : typed(input) === next[i];
      if (!same) {
        input.value = plain(next[i], 15);
        input.setAttribute("aria-invalid", "false");
      }
    });
    values = next;
    return fields.filter(bad).map((input) => `${input.getAttribute("aria-label")}: \u201c${input.value}\u201d is no number `
      + `from ${plain(spec.min)} to ${plain(spec.max)}; ${plain(values[fields.indexOf(input)])} stays.`).join(" ");
  };
  show.forget = () => {
    values = [];
  };
  return show;
}

const KINDS = { slider, switch: toggle, choice, numbers };

/**
 * One row a control. `show(values)` sets them and returns what is wrong with what the reader typed; `forget()` lets the
 * next `show` write over it. `change(name, value)` is called when the reader moves one, `tell()` when a note changes.
 */
export function controlPanel(parent, specs, change, tell) {
  const panel = html("div", { class: "nl-controls" }, parent);
  const rows = specs.map((spec) => {
    const group = spec.kind === "numbers";
    const row = html(group ? "div" : "label", { class: `nl-row nl-${spec.kind}` }, panel);
    if (group) for (const [name, value] of [["role", "group"], ["aria-label", spec.label]]) row.setAttribute(name, value);
    html("span", { text: spec.label }, row);
    return { spec, row, show: KINDS[spec.kind](row, spec, change, tell) };
  });

  function show(values) {
    const notes = rows.map(({ spec, row, show: set }) => {
      const [switchName, ...allowed] = [spec.when ?? []].flat();
      const off = switchName !== undefined
        && !(allowed.length ? allowed.includes(values[switchName]) : values[switchName]);
      row.classList.toggle("nl-off", off);
      for (const input of row.querySelectorAll("input, select")) input.disabled = off;
      return set(values[spec.name]);
    });
    return notes.filter(Boolean).join(" ");
  }

  return { show, forget: () => rows.forEach((row) => row.show.forget?.()) };
}
