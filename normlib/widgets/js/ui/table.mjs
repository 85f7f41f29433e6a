// Numbers beside a picture, as a table that a screen reader can walk through.
import { html, say } from "./dom.mjs";

/** `rows` are `[head, cell, cell, …]`, texts; returns a function that takes new rows of any number. */
export function table(parent, { caption, columns, rows = [] }) {
  const frame = html("div", { class: "nl-scroll" }, parent);
  const all = html("table", { class: "nl-table" }, frame);
  html("caption", { text: caption }, all);
  const head = html("tr", {}, html("thead", {}, all));
  for (const text of columns) html(text ? "th" : "td", text ? { scope: "col", text } : {}, head);
  const body = html("tbody", {}, all);

  function update(next) {
    while (body.childElementCount > next.length) body.lastChild.remove();
    while (body.childElementCount < next.length) {
      const row = html("tr", {}, body);
      columns.forEach((_, i) => html(i ? "td" : "th", i ? {} : { scope: "row" }, row));
    }
    next.forEach((cells, i) => cells.forEach((text, k) => say(body.children[i].children[k], text)));
  }

  update(rows);
  return update;
}
