"""The widgets under a kernel, in a real JupyterLab."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import numpy as np
import pytest
from pages import said
from states import KINDS, made, random_values

from normlib.widgets import ActivationHistogram, NormalExplorer

ROOT = Path(__file__).parents[1]
MOVED = {kind: random_values(made(kind), np.random.default_rng(2)) for kind in KINDS}
CELLS = {
    "imports": "from normlib.widgets import *",
    "bell": 'w = NormalExplorer(key="bell")\nw',
    "move": "w.mu = 2",
    "move both": "w.mu = -2.5; w.sigma = 0.7",
    "too far": "w.sigma = 3.5",
    "print": "print(w.mu, w.sigma)",
    "batch": 'h = ActivationHistogram(key="acts", shift=3.0, scale=2.5)\nh',
    "give back": "h.give_back_input()",
    "print batch": "print(h.gamma, h.beta)",
    **{f"show {kind.__name__}": f"v = {kind.__name__}(key='{kind.__name__}')\nv" for kind in KINDS},
    **{f"move {kind.__name__}": f"for n, x in {MOVED[kind]!r}.items(): setattr(v, n, x)" for kind in KINDS},
    "print values": "print(v.values())",
}
METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false"}',
}
# As a reader would, but each cell by its name, and told when it has run.
RUN = """async (index) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index;
  await jupyterapp.commands.execute("notebook:run-cell");
  return notebook.widgets[index].model.outputs.toJSON();
}"""
KERNEL_READY = """() => {
  const panel = globalThis.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === "idle" && panel.content.widgets.length > 0;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab of our own, for these tests alone, that asks nothing of other hosts."""
    home = tmp_path_factory.mktemp("lab")
    for path, text in SETTINGS.items():
        (home / "settings" / path).parent.mkdir(parents=True)
        (home / "settings" / path).write_text(text)
    (home / "work").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), home / "work" / "bell.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.root_dir={home / 'work'}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += [
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        "--LabApp.extension_manager=readonly",
    ]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    variables = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    variables |= {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    environment = (
        os.environ | {name: str(home / folder) for name, folder in variables.items()} | {"PYTHONPATH": str(ROOT)}
    )
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log)
    try:
        base = f"http://127.0.0.1:{port}/"
        wait_for(base + f"api/status?token={token}", server, home / "log.txt")
        yield f"{base}lab/tree/bell.ipynb?reset&token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(url, server, log):
    """Until the server answers; fails with the server's own words if it ends instead."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                json.load(answer)
                return
        except urllib.error.URLError:
            try:
                server.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


class Lab:
    """The open notebook."""

    def __init__(self, page):
        self.page, self.complaints = page, []
        page.on("console", lambda m: m.type == "error" and self.complaints.append(f"{m.text} ({m.location['url']})"))
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def run(self, name):
        """Run a cell; returns its outputs."""
        return self.page.evaluate(RUN, list(CELLS).index(name))

    def prints(self, name, expected):
        """Whether the kernel comes to print this: what a widget sends it may be on its way still."""
        for _ in range(50):
            [output] = self.run(name)
            if output["text"] == expected:
                return True
        return output["text"]

    def show(self, name):
        """Run a cell that shows a widget; returns where it is."""
        self.run(name)
        widget = self.page.locator(".jp-Cell").nth(list(CELLS).index(name)).locator(".nl-live")
        widget.scroll_into_view_if_needed()
        return widget


def drawing(widget):
    return widget.locator(".nl-picture path").evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")


def await_words(widget, words):
    """Until the picture says this of itself, a moment after it was drawn."""
    widget.page.wait_for_function(
        "([picture, words]) => picture.getAttribute('aria-label') === words",
        arg=[widget.locator(".nl-picture").element_handle(), words],
    )


@pytest.fixture(scope="module")
def lab(browser, address):
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    lab = Lab(page)
    page.goto(address)
    page.wait_for_function(KERNEL_READY)
    lab.run("imports")
    yield lab
    page.close()


def test_moving_the_slider_moves_the_trait(lab):
    widget = lab.show("bell")
    before, slider = drawing(widget), widget.locator("[name=mu]")
    slider.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        slider.press(key)
    await_words(widget, NormalExplorer(mu=0.1).describe())
    assert slider.evaluate("(input) => document.activeElement === input")
    assert drawing(widget) != before
    assert lab.prints("print", "0.1 1.0\n") is True


def test_setting_the_trait_moves_the_slider_and_the_picture(lab):
    widget = lab.show("bell")
    before, slider = drawing(widget), widget.locator("[name=mu]")
    lab.run("move")
    await_words(widget, NormalExplorer(mu=2).describe())
    assert slider.input_value() == "2"
    lab.run("move both")
    await_words(widget, NormalExplorer(mu=-2.5, sigma=0.7).describe())
    assert (slider.input_value(), slider.get_attribute("aria-valuetext")) == ("-2.5", said(-2.5, 1))
    assert widget.locator("[name=sigma]").input_value() == "0.7"
    assert drawing(widget) != before


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_traits_and_controls_of_every_widget_follow_each_other(lab, kind):
    widget = lab.show(f"show {kind.__name__}")
    await_words(widget, made(kind).describe())
    slider = widget.locator("input[type=range]:not(:disabled)").first
    name = slider.get_attribute("name")
    slider.press("End")
    twin = made(kind, **{name: kind.class_traits()[name].high})
    assert lab.prints("print values", f"{twin.values()}\n") is True
    await_words(widget, twin.describe())
    lab.run(f"move {kind.__name__}")
    twin = made(kind, **MOVED[kind])
    await_words(widget, twin.describe())
    assert lab.prints("print values", f"{twin.values()}\n") is True
    widget.get_by_role("button", name="Reset").click()
    await_words(widget, made(kind).describe())
    assert lab.prints("print values", f"{made(kind).values()}\n") is True


def test_a_value_out_of_range_is_refused_in_words_and_changes_nothing(lab):
    widget = lab.show("bell")
    lab.run("move")
    await_words(widget, NormalExplorer(mu=2).describe())
    before = widget.inner_html()
    [error] = lab.run("too far")
    assert error["ename"] == "TraitError"
    assert "number from 0.2 to 3" in error["evalue"]
    assert lab.prints("print", "2.0 1.0\n") is True
    assert widget.locator(".nl-picture").inner_html() in before
    assert widget.locator("[name=sigma]").input_value() == "1"


def test_give_back_input_from_python_makes_y_the_same_as_z(lab):
    widget = lab.show("batch")
    z, y = (widget.locator(".nl-bars").nth(station) for station in (0, 2))
    assert z.get_attribute("d") != y.get_attribute("d")
    twin = ActivationHistogram(shift=3.0, scale=2.5)
    twin.give_back_input()
    lab.run("give back")
    await_words(widget, twin.describe())
    assert z.get_attribute("d") == y.get_attribute("d")
    assert widget.locator("output").nth(2).text_content() == said(twin.gamma, 2)
    assert lab.prints("print batch", f"{twin.gamma} {twin.beta}\n") is True


def test_reset_in_the_notebook_reaches_the_kernel(lab):
    widget = lab.show("bell")
    lab.run("move both")
    await_words(widget, NormalExplorer(mu=-2.5, sigma=0.7).describe())
    widget.get_by_role("button", name="Reset").click()
    assert lab.prints("print", "0.0 1.0\n") is True


def test_the_notebook_complains_of_nothing(lab):
    lab.show("bell")
    lab.show("batch")
    assert lab.complaints == []
