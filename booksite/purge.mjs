// Cuts style sheets down to the rules that the built site can use: node purge.mjs SITE
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PurgeCSS } from "purgecss";

const site = process.argv[2];
const entries = await readdir(site, { recursive: true });
const files = (ending) =>
  entries.filter((name) => name.endsWith(ending)).map((name) => join(site, name).replaceAll("\\", "/"));
const sheets = files(".css").filter((name) => !name.includes("katex"));
const purged = await new PurgeCSS().purge({
  content: [...files(".html"), ...files(".js").filter((name) => !name.endsWith("searchindex.js"))],
  css: sheets,
  extractors: [{ extensions: ["html", "js"], extractor: (text) => text.match(/[\w-]+/g) ?? [] }],
  safelist: { standard: [/^nl-/], greedy: [/data-theme/, /data-mode/] }, // widgets join names from parts
});
for (const { file, css } of purged) await writeFile(file, css);
