"""Every widget in a browser, alone on a page opened from the disk: what a reader may rely on in each of them."""

import numpy as np
import pytest
from pages import SITE, WAIT, Tab
from stand import stand
from states import KINDS, made, random_values, values_of

AXE = SITE.parents[1] / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
MINUS = "\N{MINUS SIGN}"
NARROW = {"width": 320, "height": 700}
CONTROLS = ".nl-live :is(button, select, input[type=range], input[type=text], label:has([type=checkbox]))"
BOXES = """(all) => all.filter((e) => e.checkVisibility()).map((e) => [e, e.getBoundingClientRect()])
  .map(([e, box]) => [e.textContent || e.name, box.height, box.width])"""
MOVING = """(live) => [live, ...live.querySelectorAll("*")].map((node) => [node, getComputedStyle(node)])
  .filter(([, style]) => style.animationName !== "none" || style.transitionDuration.split(", ").some((t) => t !== "0s"))
  .map(([node]) => node.outerHTML.slice(0, 80))"""
# The height of every text in a picture, in CSS pixels as they come onto the screen.
TEXTS = """() => [...document.querySelectorAll(".nl-live svg text")].filter((t) => t.textContent && t.checkVisibility())
  .map((t) => [t.textContent,
    parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)])"""
# Counts what a widget must give back: listeners outside of its own elements, frames and timers that are still to come.
COUNTED = """() => {
  const open = globalThis.stillOpen = { listeners: 0, frames: new Set(), timers: new Set() };
  for (const target of [window, document]) {
    const [add, remove] = [target.addEventListener.bind(target), target.removeEventListener.bind(target)];
    target.addEventListener = (...args) => { open.listeners += 1; add(...args); };
    target.removeEventListener = (...args) => { open.listeners -= 1; remove(...args); };
  }
  for (const [start, stop, all] of [["requestAnimationFrame", "cancelAnimationFrame", open.frames],
    ["setTimeout", "clearTimeout", open.timers], ["setInterval", "clearInterval", open.timers]]) {
    const [begin, end] = [globalThis[start], globalThis[stop]];
    globalThis[start] = (call, ...rest) => {
      const id = begin((...args) => { if (start !== "setInterval") all.delete(id); call(...args); }, ...rest);
      all.add(id);
      return id;
    };
    globalThis[stop] = (id) => { all.delete(id); end(id); };
  }
}"""
# Mounts a second copy of the widget beside the first; `mounted()` returns how to take it away.
MOUNTS = """() => {
  const figure = document.querySelector("figure[data-live-widget]");
  const revive = (_, v) => (typeof v?.base64 === "string"
    ? new DataView(Uint8Array.from(atob(v.base64), (c) => c.charCodeAt(0)).buffer) : v);
  const text = figure.querySelector("script[type='application/json']").textContent;
  globalThis.mounted = () => {
    const model = new normlib["page/model.mjs"].PageModel(JSON.parse(text, revive));
    const el = document.createElement("div");
    document.body.append(el);
    const unmount = normlib[`${figure.dataset.liveWidget}.mjs`].render({ model, el });
    return { el, model, end() { unmount(); el.remove(); } };
  };
  globalThis.drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
OPEN = "({ listeners: stillOpen.listeners, frames: stillOpen.frames.size, timers: stillOpen.timers.size })"


def named(kind):
    return kind.__name__


each_kind = pytest.mark.parametrize("kind", KINDS, ids=named)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A page of its own for each widget, ``ClassName/index.html``."""
    folder = tmp_path_factory.mktemp("stand")
    for kind in KINDS:
        stand(folder / kind.__name__, [made(kind, key="w")])
    return folder.as_uri() + "/"


@pytest.fixture
def show(browser, home):
    """Opens a widget's page: ``show(kind, fragment, **context)``. At the test's end no page may have complained."""
    tabs = []

    def one(kind, fragment="", before="", **options):
        tab = Tab(browser, home, **options)
        tabs.append(tab)
        tab.page.set_default_timeout(1000 * WAIT)
        if before:
            tab.context.add_init_script(f"({before})()")
        return tab.open(f"{kind.__name__}/index.html{fragment}").widget("w")

    yield one
    complaints = [c for tab in tabs for c in tab.complaints]
    for tab in tabs:
        tab.context.close()
    assert complaints == []


# By hand


@each_kind
def test_every_control_follows_the_keyboard_and_reset_restores_the_start(show, kind):
    widget = show(kind)
    first, words = widget.content(), made(kind, key="w").describe()
    assert widget.figure.locator(".nl-picture").get_attribute("aria-label") == words
    assert widget.figure.locator("> svg.nl-figure").get_attribute("aria-label") == words
    for name, spec in widget.specs.items():
        enable(widget, spec)
        MOVES[spec["kind"]](widget, name, spec)
        widget.click("Reset")
        assert widget.content() == first, name
    assert widget.figure.locator(".nl-picture :is(button, input, select, a, [tabindex])").count() == 0
    widget.tab.await_hash("")
    widget.tab.page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    assert found_by_axe(widget.tab.page) == []


def enable(widget, spec):
    """Bring about what the control waits for."""
    name, *values = [spec["when"]] if isinstance(spec.get("when"), str) else spec.get("when", [None])
    if name and widget.control(spec["name"]).first.is_disabled():
        enable(widget, widget.specs[name])
        if values:
            widget.control(name).select_option(str(values[0]))
        else:
            widget.press(name, "Space")
        widget.tab.settle()


def slider_moves(widget, name, spec):
    places, control = values_of(spec), widget.control(name)
    listed = spec.get("log") or spec.get("values")
    ends = []
    for key, value in (("End", places[-1]), ("Home", places[0]), ("ArrowRight", None), ("ArrowLeft", places[0])):
        widget.press(name, key)
        ends.append(widget.content())
        if value is not None:
            assert float(control.input_value()) == pytest.approx(places.index(value) if listed else value), (name, key)
        assert widget.output(name) == control.get_attribute("aria-valuetext"), (name, key)
    if not listed:
        assert widget.output(name) == f"{places[0]:z.{spec['digits']}f}".replace("-", MINUS)
    assert ends[0] != ends[1], (name, "shows the same at both ends")
    assert ends[3] == ends[1], name


def switch_moves(widget, name, spec):
    was, before = widget.control(name).is_checked(), widget.content()
    widget.press(name, "Space")
    assert widget.control(name).is_checked() is not was
    assert widget.content() != before, name


def choice_moves(widget, name, spec):
    widget.press(name, "Home")
    first = widget.content()
    widget.press(name, "End")
    assert widget.control(name).input_value() == str(spec["values"][-1])
    assert widget.content() != first, name


def numbers_move(widget, name, spec):
    field, before = widget.figure.locator(f"[name={name}-1]"), widget.content()
    start = field.input_value()
    field.fill(str(spec["min"] + 0.25))
    widget.tab.settle()
    changed = widget.content()
    assert changed != before, name
    for text in ("", "two", "1e999", str(spec["max"] + 1)):
        field.fill(text)
        widget.tab.settle()
        assert field.get_attribute("aria-invalid") == "true"
        assert f"“{text}” is no number from" in widget.figure.locator(".nl-live .nl-note").text_content()
        assert widget.content() == changed
    field.fill(start.replace("-", MINUS))
    widget.tab.settle()
    assert field.get_attribute("aria-invalid") == "false"
    assert widget.content() == before, name
    field.fill("two")


MOVES = {"slider": slider_moves, "switch": switch_moves, "choice": choice_moves, "numbers": numbers_move}


# The address


def fragment_of(values, start):
    moved = {name: value for name, value in values.items() if value != start[name]}
    return "&".join(f"w.{n}={','.join(map(str, v)) if isinstance(v, list) else text_of(v)}" for n, v in moved.items())


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@each_kind
def test_a_state_goes_through_the_address_and_a_screen_reader_hears_what_python_says(show, kind):
    rng, widget = np.random.default_rng(8), show(kind)
    spoken = widget.figure.locator(".nl-spoken")
    assert (spoken.text_content(), spoken.get_attribute("aria-live")) == ("", "polite")
    for _ in range(2):
        values = random_values(made(kind), rng)
        fragment = fragment_of(values, widget.state["_start"])
        widget.tab.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
        words = widget.twin(**values).describe()
        widget.wait_for_words(words)
        spoken.filter(has_text=words).wait_for(state="attached")
    again = show(kind, f"#{fragment}")
    again.wait_for_words(words)
    assert (again.content(), again.shown()) == (widget.content(), widget.shown())
    assert again.figure.locator(".nl-note[role=status]").is_hidden()
    again.click("Reset")
    again.tab.await_hash("")
    again.wait_for_words(made(kind).describe())


BAD = ("older=1", "{}=", "{}=%E0%A4%A", "{}=1e99", "{}=NaN,1")


@each_kind
def test_an_address_that_does_not_fit_starts_from_the_defaults_and_says_so_in_one_line(show, kind):
    first, spec = made(kind)._controls[:2]
    good = f"w.{first['name']}={text_of(values_of(first)[-1])}"
    bad = BAD[KINDS.index(kind) % len(BAD)].format(spec["name"])
    widget = show(kind, f"#{good}&w.{bad}")
    line = widget.figure.get_by_role("status")
    line.filter(has_text=f"values that do not fit here (w.{bad.partition('=')[0]})").wait_for()
    changed = widget.figure.locator(".nl-picture").get_attribute("aria-label")
    assert changed == made(kind).describe()
    widget.tab.page.evaluate("(fragment) => { location.hash = fragment; }", good)
    widget.wait_for_words(widget.twin(**{first["name"]: values_of(first)[-1]}).describe())
    assert line.is_hidden()


# A reader's own numbers

ODD = {"empty": [], "one": [2.0], "constant": [3, 3, 3], "holes": [1, np.nan, 2, np.inf], "far": [165, 170, 180.0]}


def test_a_readers_own_odd_numbers_are_shown_with_a_note_and_never_as_a_blank_box(browser, tmp_path):
    kinds = [kind for kind in KINDS if kind.takes_data]
    cases = {f"{kind.module}-{name}": (kind, data) for kind in kinds for name, data in ODD.items()}
    shown = {key: kind(key=key, data=data) for key, (kind, data) in cases.items()}
    tab = Tab(browser, stand(tmp_path, list(shown.values())).removesuffix("index.html")).open("index.html")
    for key, twin in shown.items():
        widget = tab.widget(key)
        assert widget.figure.locator(".nl-picture").get_attribute("aria-label") == twin.describe()
        note = widget.figure.locator(".nl-live .nl-note").text_content()
        assert twin.describe().endswith(note)
        assert note or key == "activation-histogram-far"
        assert widget.figure.locator(".nl-chart text").count() > 5
        assert not [d for d in widget.drawing() if d and "NaN" in d]
    assert tab.complaints == []
    tab.context.close()


# For everybody


def found_by_axe(page):
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'], preload: false }).then((r) => r.violations)")
    return [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]


@each_kind
def test_on_a_narrow_phone_all_can_be_read_and_touched_and_nothing_moves_by_itself(show, kind):
    widget = show(kind, viewport=NARROW, has_touch=True, reduced_motion="reduce")
    page, before = widget.tab.page, widget.content()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROW["width"]
    boxes = page.locator(CONTROLS).evaluate_all(BOXES)
    assert len(boxes) >= len(made(kind).controls) / 2
    assert [box for box in boxes if min(box[1:]) < 43.9] == []
    assert [text for text in page.evaluate(TEXTS) if text[1] < 10.95] == []
    assert found_by_axe(page) == []
    assert widget.figure.locator(".nl-live").evaluate(MOVING) == []
    assert widget.content() == before


@each_kind
def test_without_javascript_the_still_picture_stands_there_with_its_name(browser, home, kind):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{home}{kind.__name__}/index.html")
    still = page.get_by_role("img")
    assert still.is_visible()
    assert still.get_attribute("aria-label") == made(kind, key="w").describe()
    assert page.locator("noscript p").is_visible()
    assert page.locator(".nl-live").count() == 0
    context.close()


# Clean-up


@each_kind
def test_a_widget_that_is_taken_away_leaves_no_listener_frame_or_timer(show, kind):
    page = show(kind, before=COUNTED).tab.page
    page.evaluate(f"({MOUNTS})()")
    page.wait_for_timeout(800)  # what the first copy has begun is over
    before = page.evaluate(OPEN)
    page.evaluate("""() => {
      const copy = mounted();
      const slider = copy.el.querySelector("input[type=range]:not(:disabled)");
      for (const value of [slider.min, slider.max]) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
      for (const button of copy.el.querySelectorAll("button")) if (/play/i.test(button.textContent)) button.click();
      copy.end();
    }""")
    assert page.evaluate(OPEN) == before
    assert before["frames"] == 0


@each_kind
def test_memory_does_not_grow_with_moves_or_mounts(show, kind):
    page = show(kind).tab.page
    page.evaluate(f"({MOUNTS})()")
    devtools = page.context.new_cdp_session(page)

    def heap():
        devtools.send("HeapProfiler.collectGarbage")
        return devtools.send("Runtime.getHeapUsage")["usedSize"]

    def grown(work, warm, times):
        page.evaluate(work, warm)
        before = heap()
        page.evaluate(work, times)
        return (heap() - before) / times

    moves = """async (times) => {
      const copy = mounted();
      const slider = copy.el.querySelector("input[type=range]:not(:disabled)");
      for (let k = 0; k < times; k += 1) {
        slider.value = Number(slider.min) + (((k * 37) % 100) / 100) * (slider.max - slider.min);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        if (k % 4 === 0) await drawn();
      }
      copy.end();
    }"""
    mounts = """async (times) => {
      for (let k = 0; k < times; k += 1) {
        const copy = mounted();
        await drawn();
        copy.end();
      }
    }"""
    assert grown(moves, 60, 60) < 2000, "bytes a move"
    assert grown(mounts, 6, 10) < 20_000, "bytes a mount"
