"""The built site as a reader meets it: its pages, a watched browser tab, and the widgets in it."""

import time
from pathlib import Path

from playwright.sync_api import Error
from states import made

from normlib import widgets

SITE = Path(__file__).parents[1] / "_build" / "html"
NOT_BUILT = "no site in _build/html: run `make html` first"
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# What can be seen of elements: names, attributes, texts of their own; a canvas with its pixels.
CONTENT = """(all) => all.filter((e) => e.checkVisibility({ checkVisibilityCSS: true }) && e.getAttribute("d") !== "")
  .map((e) => [e.tagName, ...[...e.attributes].map((a) => `${a.name}=${a.value}`).sort(),
  ...[...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data), e.toDataURL?.() ?? ""].join(" "))"""


def page_names():
    """Addresses of all pages inside the site; none is one that only sends the reader on, or answers for others."""
    found = {p.relative_to(SITE).as_posix(): p.read_text(encoding="utf-8") for p in sorted(SITE.rglob("*.html"))}
    pages = [n for n, text in found.items() if 'http-equiv="refresh"' not in text and n != "404.html"]
    return pages or [NOT_BUILT]


def live_page_names():
    """Those of them that show a live widget; the gallery's, which every test of widgets looks at one by one, aside."""
    names = [name for name in page_names() if name != "book/gallery.html"]
    return [n for n in names if n == NOT_BUILT or "data-live-widget=" in (SITE / n).read_text(encoding="utf-8")]


WAIT = 10  # seconds until a condition that never comes true fails its test
NOT_BUSY = "!document.querySelector('.nl-picture[aria-busy=true]')"  # what draws in slices has come to its end


def until(page, condition, arg=None):
    """Wait until an expression of JavaScript is true. Playwright's own way needs `eval`, which the site forbids."""
    end = time.monotonic() + WAIT
    while not _holds(page, condition, arg):
        if time.monotonic() > end:
            raise TimeoutError(f"not in {WAIT} seconds: {condition}")
        page.wait_for_timeout(20)


def _holds(page, condition, arg):
    try:
        return page.evaluate(condition, arg)
    except Error as problem:
        if "because of a navigation" not in str(problem):
            raise
        return False  # the page was being left


class Tab:
    """A page in a context of its own that records all it asks for, and all that goes wrong or leads out of `home`."""

    def __init__(self, browser, home, **options):
        self.home, self.requests, self.complaints = home, [], []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        note = self.complaints.append
        self.page.on("request", lambda r: self._asked(r.url))
        self.page.on("requestfailed", lambda r: note(f"failed: {r.url}"))
        self.page.on("response", lambda r: r.status >= 400 and note(f"{r.status}: {r.url}"))
        self.page.on("pageerror", lambda error: note(f"page error: {error}"))
        self.page.on("websocket", lambda socket: note(f"web socket: {socket.url}"))
        self.page.on("console", lambda m: m.type in ("error", "warning") and note(f"console {m.type}: {m.text}"))

    def _asked(self, address):
        self.requests.append(address)
        if not address.startswith((self.home, "data:", "blob:")):
            self.complaints.append(f"another host: {address}")

    def open(self, name):
        """Load a page of the site and wait until its widgets are alive."""
        self.page.goto(self.home + name)
        self.until("document.querySelectorAll('figure[data-live-widget]:not(.nl-ready)').length === 0")
        self.until(NOT_BUSY)
        return self

    def until(self, condition, arg=None):
        until(self.page, condition, arg)

    def settle(self):
        """Wait until what was changed is drawn."""
        self.page.evaluate(FRAMES)
        self.until(NOT_BUSY)

    def hash(self):
        return self.page.evaluate("location.hash")

    def await_hash(self, part):
        self.until("(part) => part ? location.hash.includes(part) : location.hash === ''", arg=part)

    def widgets(self):
        keys = self.page.eval_on_selector_all("figure[data-live-widget]", "fs => fs.map((f) => f.dataset.liveKey)")
        return [Widget(self, key) for key in keys]

    def widget(self, key):
        return Widget(self, key)


class Widget:
    """One live widget of the page in a tab."""

    def __init__(self, tab, key):
        self.tab, self.key = tab, key
        self.figure = tab.page.locator(f'figure[data-live-key="{key}"]')
        self.state = self.figure.locator("script").evaluate("(script) => JSON.parse(script.textContent)")
        self.specs = {spec["name"]: spec for spec in self.state["_controls"]}

    def control(self, name):
        return self.figure.locator(f"[name={name}]")

    def names(self, kind):
        return [name for name, spec in self.specs.items() if spec["kind"] == kind]

    def press(self, name, *keys):
        self.control(name).focus()
        for key in keys:
            self.tab.page.keyboard.press(key)
        self.tab.settle()

    def click(self, label):
        self.figure.get_by_role("button", name=label).click()
        self.tab.settle()

    def picture(self):
        """All of the picture, its words as well."""
        return self.figure.locator(".nl-picture").inner_html()

    def drawing(self):
        """The picture's shapes alone."""
        return self.figure.locator(".nl-picture path").evaluate_all("(paths) => paths.map((p) => p.getAttribute('d'))")

    def output(self, name):
        return self.figure.locator(f"label:has([name={name}]) output").text_content()

    def content(self):
        """All that the widget shows beside its controls: shapes, words, tables, numbers and the pixels of a raster."""
        return self.figure.locator(":is(.nl-picture, .nl-bench, .nl-readout) *").evaluate_all(CONTENT)

    def wait_for_words(self, words):
        """Until the widget says this of itself, a moment after it was drawn."""
        self.tab.until(
            "([picture, words]) => picture.getAttribute('aria-label') === words",
            arg=[self.figure.locator(".nl-picture").element_handle(), words],
        )

    def shown(self):
        """What all controls are set to, as they say it."""
        read = "(inputs) => inputs.map((i) => i.type === 'checkbox' ? i.checked : i.value)"
        return self.figure.locator("input, select").evaluate_all(read)

    def twin(self, **values):
        """The same widget in Python, with its starting values or others."""
        of_module = {getattr(widgets, n).module: getattr(widgets, n) for n in widgets.__all__}
        kind = of_module[self.figure.get_attribute("data-live-widget")]
        return made(kind, key=self.key, **{**self.state["_start"], **values})


def said(value, digits):
    """A number as a widget says it: rounded, with a true minus sign, and no sign before a zero."""
    return f"{value:z.{digits}f}".replace("-", "\N{MINUS SIGN}")
