"""What the live widgets cost, where a reader meets them; `benchmarks.pages` prints it."""

import gzip
import statistics
from itertools import pairwise

MOVES, ROUNDS = 40, 5
# Each move: set the value, tell the page, wait for the frame that shows it and for the task after that frame.
MOVE = """async ([selector, moves]) => {
  const slider = document.querySelector(selector);
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  }));
  slider.scrollIntoView({ block: "center" });
  const times = [];
  for (let k = 0; k < moves; k += 1) {
    await painted();
    await new Promise((done) => setTimeout(done, Math.random() * 16));
    const start = performance.now();
    slider.value = low + ((k * 37) % 100) / 100 * (high - low);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""
RESET = """(key) => [...document.querySelectorAll(`figure[data-live-key="${key}"] button`)].at(-1).click()"""
ALONE = """(key) => document.body.replaceChildren(document.querySelector(`figure[data-live-key="${key}"]`))"""
# Trains for so many milliseconds: steps made, and how long each frame took.
TRAIN = """async ([key, lasts]) => {
  const figure = document.querySelector(`figure[data-live-key="${key}"]`);
  const press = (name) => [...figure.querySelectorAll("button")].find((b) => b.textContent === name).click();
  figure.scrollIntoView({ block: "center" });
  press("Restart");
  press("Play");
  const frames = [];
  const slider = figure.querySelector("input[name=step]");
  let [last, first] = [0, 0];
  const start = performance.now();
  while (performance.now() - start < lasts && Number(slider.value) < Number(slider.max)) {
    const now = await new Promise(requestAnimationFrame);
    if (last) frames.push(now - last);
    last = now;
    first ||= now;
  }
  const steps = Number(slider.value) / (performance.now() - start) * 1000;
  if ([...figure.querySelectorAll("button")].some((b) => b.textContent === "Pause")) press("Pause");
  return [steps, frames];
}"""
# Mounts a copy, moves its first slider and takes it away again.
WORK = """async ([key, mounts, moves]) => {
  const figure = document.querySelector(`figure[data-live-key="${key}"]`);
  const revive = (_, v) => (typeof v?.base64 === "string"
    ? new DataView(Uint8Array.from(atob(v.base64), (c) => c.charCodeAt(0)).buffer) : v);
  const text = figure.querySelector("script[type='application/json']").textContent;
  for (let k = 0; k < mounts; k += 1) {
    const el = document.createElement("div");
    document.body.append(el);
    const model = new normlib["page/model.mjs"].PageModel(JSON.parse(text, revive));
    const unmount = normlib[`${figure.dataset.liveWidget}.mjs`].render({ model, el });
    const slider = el.querySelector("input[type=range]:not(:disabled)");
    for (let i = 0; i < moves; i += 1) {
      slider.value = Number(slider.min) + (((i * 37) % 100) / 100) * (slider.max - slider.min);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
    }
    unmount();
    el.remove();
  }
}"""


def p95(values):
    return statistics.quantiles(values, n=20)[-1]


def sliders(page, known):
    """``{widget: (key, {name: selector})}``: of widgets not `known`, one slider of each kind that can be moved."""
    found = {}
    for figure in page.locator("figure[data-live-widget]").all():
        widget, key, kinds = figure.get_attribute("data-live-widget"), figure.get_attribute("data-live-key"), {}
        for spec in figure.locator("script").evaluate("(s) => JSON.parse(s.textContent)")["_controls"]:
            kind = tuple(name for name in ("log", "values", "integer") if spec.get(name))
            selector = f'figure[data-live-key="{key}"] input[name={spec["name"]}]'
            if spec["kind"] == "slider" and kind not in kinds and page.locator(selector).is_enabled():
                kinds[kind] = (spec["name"], selector)
        if widget not in known:
            found.setdefault(widget, (key, dict(kinds.values())))
    return found


def report_moves(context, addresses, bare):
    """Slider to paint, every widget alone and on the first page that has it, taking turns with the bare page."""
    page, alone, plain, known = context.new_page(), context.new_page(), context.new_page(), set()
    plain.goto(bare)
    print("\nSlider to paint, ms: median, 95th percentile, its distance to the bare slider's in the same minute")
    print(f"  {'':34}{'alone on a page':>24}{'in its chapter':>24}")
    for address in addresses:
        open_live(page, address)
        for widget, (key, cases) in sliders(page, known).items():
            known.add(widget)
            open_live(alone, address)
            alone.evaluate(ALONE, key)
            for name, selector in cases.items():
                turns = [(plain, "input", []), (alone, selector, []), (page, selector, [])]
                for turn in range(ROUNDS + 1):
                    for tab, where, times in turns:
                        tab.bring_to_front()
                        found = tab.evaluate(MOVE, [where, MOVES])
                        times += found if turn else []  # the first round warms up
                page.evaluate(RESET, key)
                base, *rest = ((statistics.median(times), p95(times)) for *_, times in turns)
                words = "".join(f"{middle:8.1f}{late:8.1f}{late - base[1]:+8.1f}" for middle, late in rest)
                print(f"  {widget + ', ' + name:34}{words}", flush=True)
    for tab in (page, alone, plain):
        tab.close()


def open_live(page, address):
    """Open a page and wait until all its widgets are alive."""
    page.goto(address)
    page.locator("figure[data-live-widget]:not(.nl-ready)").first.wait_for(state="detached")


def report_training(context, gallery, key="training"):
    """How fast the network trains while the page stays smooth."""
    page = context.new_page()
    page.goto(gallery)
    page.wait_for_selector(f'figure.nl-ready[data-live-key="{key}"]')
    page.locator(f'figure[data-live-key="{key}"] [name=speed]').evaluate(
        "(s) => { s.value = s.max ?? s.value; if (s.options) s.selectedIndex = s.options.length - 1;"
        " s.dispatchEvent(new Event(s.options ? 'change' : 'input', { bubbles: true })); }"
    )
    steps, frames = page.evaluate(TRAIN, [key, 6000])
    print(
        f"\nTraining in the page: {steps:.0f} steps/s of both copies; frame {p95(frames):.1f} ms at the 95th percentile"
    )
    page.close()


def report_memory(context, gallery):
    """What the page holds more after 2,000 moves, and after 50 copies were shown and taken away."""
    page = context.new_page()
    open_live(page, gallery)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def held():
        devtools.send("HeapProfiler.collectGarbage")
        found = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
        return [found["JSHeapUsedSize"] / 1e3, found["JSEventListeners"], found["Nodes"]]

    print("\nMemory: kB, listeners and nodes more after 2,000 moves, and after 50 times shown and taken away")
    for key, _ in sliders(page, set()).values():
        page.evaluate(WORK, [key, 5, 20])
        rows = [held()]
        for mounts, moves in ((1, 2000), (50, 1)):
            page.evaluate(WORK, [key, mounts, moves])
            rows.append(held())
        more = [[now - before for before, now in zip(*pair, strict=True)] for pair in pairwise(rows)]
        print(f"  {key:24}" + "".join(f"{kb:10.1f}{ears:6.0f}{nodes:6.0f}" for kb, ears, nodes in more), flush=True)
    page.close()


def report_bytes(site, modules):
    """The scripts of widgets as a page loads them."""
    sizes = {n: len(gzip.compress((site / "_static" / f"{n}.js").read_bytes(), 9)) for n in ("live", *modules)}
    print(f"\nScripts of widgets, kB (gzip): {sum(sizes.values()) / 1e3:.1f} in all")
    for name, size in sizes.items():
        print(f"  {name:24}{size / 1e3:8.1f}")
