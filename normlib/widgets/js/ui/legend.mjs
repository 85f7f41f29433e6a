// What the lines and marks of a picture are, beside it. The words of the picture say it to a screen reader.
import { html, say } from "./dom.mjs";

/** `[[label, class names], …]`; returns a function that sets labels anew, an empty one hides its entry. */
export function legend(parent, entries) {
  const list = html("ul", { class: "nl-legend", "aria-hidden": "true" }, parent);
  const items = entries.map(([label, look]) => html("li", { class: look, text: label }, list));
  return (labels) => items.forEach((item, i) => {
    item.hidden = !labels[i];
    say(item, labels[i] || "");
  });
}
