"""Live widgets on a page: the scripts that it needs and no others, made from the library's own modules."""

import os
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

from normlib import widgets
from normlib.plot import palette_css
from normlib.widgets import base, bundle

from . import node as nodejs


class live_widget(nodes.General, nodes.Element):
    """A widget's HTML: its still picture and the state that it is revived from."""


class FindWidgets(SphinxTransform):
    """Replace the raw HTML of a cell that shows a widget by a node that knows which widget it is."""

    default_priority = 400

    def apply(self, **kwargs):
        for raw in list(self.document.findall(nodes.raw)):
            for name in modules():
                if (
                    raw.astext().startswith('<figure class="nl-widget"')
                    and f'data-live-widget="{name}"' in raw.astext()
                ):
                    raw.replace_self(live_widget(raw.astext(), module=name, html=raw.astext()))


def modules():
    """Names of all widgets' ES modules."""
    return [getattr(widgets, name).module for name in widgets.__all__]


def visit_live_widget(self, node):
    self.body.append(node["html"])
    raise nodes.SkipNode


def write_scripts(app):
    """Put scripts and style where Sphinx copies static files from."""
    if app.builder.name != "html":  # a notebook has no scripts
        return
    target = Path(app.doctreedir).parent / "live"
    shutil.rmtree(target, ignore_errors=True)  # of a script that is gone nothing stays
    target.mkdir(parents=True)
    for name, text in bundle.page_scripts(modules()).items():
        (target / f"{name}.js").write_text(text, encoding="utf-8")
    (target / "widgets.css").write_text((base.HERE / "widgets.css").read_text(encoding="utf-8"), encoding="utf-8")
    (target / "palette.css").write_text(palette_css(), encoding="utf-8")
    nodejs.run("minify.mjs", target)
    app.config.html_static_path.append(os.path.relpath(target, app.srcdir))


def add_files(app, pagename, templatename, context, doctree):
    app.add_css_file("palette.css")
    found = sorted({n["module"] for n in doctree.findall(live_widget)}) if doctree is not None else []
    if found:
        app.add_css_file("widgets.css")
        for name in ("live", *found):
            app.add_js_file(f"{name}.js", defer="defer")


def setup(app):
    app.add_node(live_widget, html=(visit_live_widget, None))
    app.add_transform(FindWidgets)
    app.connect("builder-inited", write_scripts)
    app.connect("html-page-context", add_files)
