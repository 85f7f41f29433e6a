// Reads pages as {name: html} and prints what is wrong in them, a line each: node validate.mjs < pages.json
import { text } from "node:stream/consumers";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: ["html-validate:standard"] }));
for (const [name, html] of Object.entries(JSON.parse(await text(process.stdin)))) {
  for (const { messages } of (await validator.validateString(html, name)).results) {
    for (const { line, ruleId, message } of messages) console.log(`${name}:${line}: ${ruleId}: ${message}`);
  }
}
