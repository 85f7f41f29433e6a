// The model of a page without a kernel: what a widget may rely on. Run by test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const { PageModel } = await import(new URL("page/model.mjs", pathToFileURL(`${process.argv[2]}/`)));

test("a change calls the handlers of its name first, then those of any change, with the new value in place", () => {
  const model = new PageModel({ mu: 1, sigma: 2 });
  const heard = [];
  model.on("change", () => heard.push(["any", model.get("mu")]));
  model.on("change:mu", () => heard.push(["mu", model.get("mu")]));
  model.on("change:sigma", () => heard.push(["sigma"]));
  model.set("mu", 3);
  assert.deepEqual(heard, [["mu", 3], ["any", 3]]);
});

test("setting the same value again is no change, NaN included", () => {
  const model = new PageModel({ mu: NaN });
  model.on("change", () => assert.fail("called"));
  model.set("mu", NaN);
});

test("a handler that is taken off hears nothing more, the others still do", () => {
  const model = new PageModel({ mu: 1 });
  const heard = [];
  const off = () => heard.push("off");
  model.on("change:mu", off);
  model.on("change:mu", () => heard.push("on"));
  model.off("change:mu", off);
  model.off("change:nothing", off);
  model.set("mu", 2);
  assert.deepEqual(heard, ["on"]);
});

test("a handler may take itself off while it is called", () => {
  const model = new PageModel({ mu: 1 });
  const heard = [];
  const once = () => {
    heard.push("once");
    model.off("change:mu", once);
  };
  model.on("change:mu", once);
  model.on("change:mu", () => heard.push("always"));
  model.set("mu", 2);
  model.set("mu", 3);
  assert.deepEqual(heard, ["once", "always", "always"]);
});

test("the same handler given twice is called once", () => {
  const model = new PageModel({ mu: 1 });
  let calls = 0;
  const count = () => { calls += 1; };
  model.on("change:mu", count);
  model.on("change:mu", count);
  model.set("mu", 2);
  assert.equal(calls, 1);
});

test("two models share nothing", () => {
  const [one, other] = [new PageModel({ mu: 1 }), new PageModel({ mu: 1 })];
  other.on("change", () => assert.fail("called"));
  one.set("mu", 2);
  assert.equal(other.get("mu"), 1);
});
