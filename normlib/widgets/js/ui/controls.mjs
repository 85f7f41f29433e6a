// Sliders, switches and choices, made from what the Python class says of its traits.
import { html } from "./dom.mjs";
import { shown } from "./numbers.mjs";

function slider(row, spec, change) {
  const { min, max, step } = spec;
  const input = html("input", { type: "range", min, max, step, name: spec.name, "aria-label": spec.label }, row);
  input.dataset.lmSuppressShortcuts = "true"; // on the input itself, or JupyterLab takes its arrow keys
  const output = html("output", { "aria-hidden": "true" }, row);
  input.addEventListener("input", () => change(spec.name, Number(input.value)));
  return (value) => {
    const text = shown(value, spec.digits);
    if (Number(input.value) !== value) input.value = value;
    if (output.textContent === text) return;
    input.setAttribute("aria-valuetext", text);
    output.textContent = text;
  };
}

function toggle(row, spec, change) {
  const input = html("input", { type: "checkbox", name: spec.name, "aria-label": spec.label }, row);
  input.dataset.lmSuppressShortcuts = "true";
  input.addEventListener("change", () => change(spec.name, input.checked));
  return (value) => {
    input.checked = value;
  };
}

function choice(row, spec, change) {
  const select = html("select", { name: spec.name, "aria-label": spec.label }, row);
  select.dataset.lmSuppressShortcuts = "true";
  for (const value of spec.values) html("option", { text: String(value) }, select);
  select.addEventListener("change", () => change(spec.name, spec.values[select.selectedIndex]));
  return (value) => {
    select.selectedIndex = spec.values.indexOf(value);
  };
}

const KINDS = { slider, switch: toggle, choice };

/** One row a control; returns a function that shows values. `change(name, value)` is called when the reader moves one. */
export function controlPanel(parent, specs, change) {
  const panel = html("div", { class: "nl-controls" }, parent);
  const rows = specs.map((spec) => {
    const row = html("label", { class: `nl-row nl-${spec.kind}` }, panel);
    html("span", { text: spec.label }, row);
    return { spec, row, show: KINDS[spec.kind](row, spec, change) };
  });
  return (values) => {
    for (const { spec, row, show } of rows) {
      show(values[spec.name]);
      const off = spec.when !== undefined && !values[spec.when];
      row.classList.toggle("nl-off", off);
      row.querySelector("input, select").disabled = off;
    }
  };
}
