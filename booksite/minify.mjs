// Writes the scripts of a folder anew, each as short as it can be said: node minify.mjs FOLDER
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { minify } from "terser";

const folder = process.argv[2];
for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(".js"))) {
  const path = join(folder, name);
  const { code } = await minify(await readFile(path, "utf8"), { ecma: 2022, compress: { passes: 2 } });
  await writeFile(path, `${code}\n`);
}
