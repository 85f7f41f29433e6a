// Calls functions of real modules for Python: one JSON request a line, one JSON answer a line.
//
//   {"module": "math/core.mjs", "name": "moments", "rows": [[…arguments], …]}  ->  {"results": […]} or {"error": "…"}
//
// Without a name the answer is what the module exports. JSON holds every finite float64 exactly; what it does not hold
// is written {"$": "NaN"}, and an array of float64 {"$": "array", "of": […]}.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const root = pathToFileURL(`${process.argv[2]}/`);
const ODD = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity, "-0": -0, undefined: undefined };

function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  if (value.$ === "array") return Float64Array.from(value.of.map(decoded));
  if ("$" in value) return ODD[value.$];
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, decoded(v)]));
}

function encoded(value) {
  if (value === undefined || (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))) {
    return { $: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Float64Array) return { $: "array", of: [...value].map(encoded) };
  if (Array.isArray(value)) return value.map(encoded);
  if (typeof value === "function") return { $: "function" };
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, encoded(v)]));
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { module, name, rows } = JSON.parse(line);
    const found = await import(new URL(module, root));
    answer = { results: name ? rows.map((row) => encoded(found[name](...decoded(row)))) : Object.keys(found) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
