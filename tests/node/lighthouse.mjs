// Audits pages with the mobile preset, one after another, and prints what came, a line of JSON each:
// node lighthouse.mjs CHROMIUM CATEGORIES ADDRESS…
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, categories, ...addresses] = process.argv.slice(2);
const profile = await mkdtemp(join(tmpdir(), "lighthouse-"));
const chromeFlags = ["--headless=new", "--no-sandbox", "--disable-gpu"];
const chrome = await launch({ chromePath, chromeFlags, userDataDir: profile });
try {
  for (const address of addresses) {
    const options = { port: chrome.port, onlyCategories: categories.split(",") };
    const { lhr } = await lighthouse(address, options);
    const scores = Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(100 * score)]);
    const gated = Object.entries(lhr.categories).filter(([name]) => name !== "performance");
    const missed = gated.flatMap(([, { auditRefs }]) => auditRefs)
      .filter(({ id, weight }) => weight && (lhr.audits[id].score ?? 1) < 1)
      .map(({ id }) => `${id}: ${lhr.audits[id].title}`);
    const times = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time"]
      .map((id) => lhr.audits[id]?.displayValue ?? "-");
    console.log(JSON.stringify({ address, scores: Object.fromEntries(scores), missed, times }));
  }
} finally {
  await chrome.kill();
  await rm(profile, { recursive: true, force: true });
}
