// Revives the widgets of a static page from the state that each figure carries. No kernel, no server, no other host.
import { html } from "../ui/dom.mjs";
import { readFragment, writeFragment } from "./fragment.mjs";
import { PageModel } from "./model.mjs";

const SETTLED = 250; // ms after the last change before the address is rewritten; browsers limit how often it may be

const bytesOf = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

function stateOf(figure) {
  const text = figure.querySelector("script[type='application/json']").textContent;
  return JSON.parse(text, (_, value) => (typeof value?.base64 === "string" ? bytesOf(value.base64) : value));
}

function followAddress(figure, model) {
  const [key, specs, start] = [model.get("key"), model.get("_controls"), model.get("_start")];
  const note = html("p", { class: "nl-note", role: "status", hidden: "" }, figure);
  let timer = 0;

  function read() {
    const { values, mine, bad } = readFragment(location.hash, key, specs);
    note.hidden = bad.length === 0;
    note.textContent = bad.length === 0 ? "" : `The address holds values that do not fit here (${bad.join(", ")}); this `
      + "figure starts from its own values.";
    if (mine) for (const [name, value] of Object.entries(bad.length ? start : { ...start, ...values })) model.set(name, value);
    return mine;
  }

  function write() {
    const values = Object.fromEntries(specs.map(({ name }) => [name, model.get(name)]));
    const fragment = writeFragment(location.hash, key, values, start);
    if (fragment === location.hash || (fragment === "" && !location.hash.includes("="))) return;
    history.replaceState(history.state, "", fragment || location.pathname + location.search);
  }

  const mine = read();
  model.on("change", () => {
    clearTimeout(timer);
    timer = setTimeout(write, SETTLED);
  });
  addEventListener("hashchange", read);
  return mine;
}

function revive(figure, modules) {
  const name = figure.dataset.liveWidget;
  const el = html("div");
  try {
    const model = new PageModel(stateOf(figure));
    const mine = model.get("key") !== "" && followAddress(figure, model);
    figure.prepend(el); // in its place already while it is made, so that charts know their width
    figure.classList.add("nl-ready"); // the still picture stays for paper and gives way on the screen only
    modules[`${name}.mjs`].render({ model, el });
    figure.dataset.readyAt = performance.now().toFixed(1);
    return mine ? figure : null;
  } catch (error) {
    console.error(`widget ${name}:`, error);
    el.remove();
    figure.classList.remove("nl-ready");
    return null;
  }
}

/** Ends when the page has drawn and heard its reader, where either was waiting; a timer would be put off while a page loads. */
const turn = () => globalThis.scheduler?.postTask?.(() => {}, { priority: "user-blocking" })
  ?? new Promise((next) => setTimeout(next));

/** Revive every widget of the page as soon as its text is there; before each, the page may draw and hear its reader. */
export function start(modules) {
  document.addEventListener("DOMContentLoaded", async () => {
    const named = [];
    for (const figure of document.querySelectorAll("figure[data-live-widget]")) {
      await turn();
      named.push(revive(figure, modules));
    }
    named.find(Boolean)?.scrollIntoView({ block: "center" });
  });
}
