// Small pictures beside each other, as many as there is room for on a phone.
import { html } from "./dom.mjs";

/** A grid of so many columns; on a phone as many as fit with `least` px each. */
export function multiples(parent, columns, least = 130) {
  return html("div", { class: "nl-multiples", style: `--columns:${columns};--least:${least}px` }, parent);
}
