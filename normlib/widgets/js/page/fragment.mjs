// A widget's values in the page's address: #bell.mu=2&bell.kde=false&steps.x=1,2.5,-3. No DOM.
import { numberIn } from "../ui/numbers.mjs";

function parse(spec, text) {
  if (spec.kind === "switch") return [true, false].find((value) => String(value) === text);
  if (spec.kind === "choice") return spec.values.find((v) => String(v) === text || v === (text.trim() ? Number(text) : NaN));
  if (spec.kind === "slider") return numberIn(spec, text);
  const values = text.split(",").map((part) => numberIn(spec, part));
  return values.length === spec.length && !values.includes(undefined) ? values : undefined;
}

const entries = (hash) => (hash.includes("=") ? hash.slice(1).split("&") : [])
  .map((part) => {
    const [name] = part.split("=", 1);
    return { part, name, text: part.slice(name.length + 1) };
  });

/** The values that the address holds for the widget `key`: `{ values, mine, bad }`; `bad` are those that do not fit. */
export function readFragment(hash, key, specs) {
  const found = { values: {}, mine: false, bad: [] };
  for (const { name, text } of entries(hash)) {
    if (!name.startsWith(`${key}.`)) continue;
    found.mine = true;
    const spec = specs.find((s) => s.name === name.slice(key.length + 1));
    const value = spec && parse(spec, safeDecode(text));
    if (value === undefined) found.bad.push(name);
    else found.values[spec.name] = value;
  }
  return found;
}

/** The address with the widget's values in it, those that differ from the start; other widgets' stay. */
export function writeFragment(hash, key, values, start) {
  const others = entries(hash).filter(({ name }) => !name.startsWith(`${key}.`)).map(({ part }) => part);
  const mine = Object.keys(values).filter((name) => String(values[name]) !== String(start[name]))
    .map((name) => `${key}.${name}=${encodeURIComponent(values[name]).replaceAll("%2C", ",")}`);
  const all = [...others, ...mine].join("&");
  return all ? `#${all}` : "";
}

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
