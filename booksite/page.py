"""What Jupyter Book and the theme put on every page and this book does without, or wants otherwise."""

import html
import os
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.transforms.post_transforms import SphinxPostTransform

HERE = Path(__file__).parent
ROOT_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<meta http-equiv="refresh" content="0; url={first}">
<p><a href="{first}">{title}</a></p>
</html>
"""
LATE_STYLES = ("katex/katex.min.css",)


def configure(app, config):
    """The theme's files; relative, because Sphinx writes a hash of its settings into the site."""
    theme = os.path.relpath(HERE / "theme", app.srcdir)
    config.templates_path.append(f"{theme}/templates")
    config.html_static_path.append(f"{theme}/static")


def forget_late_styles(app):
    """Copied when a build ends: left by the last one, they would give the pages other addresses than a clean build."""
    if app.builder.name == "html":
        for name in LATE_STYLES:
            for path in (Path(app.outdir) / "_static").glob(name):
                path.unlink()


def drop_kernel_state(app, pagename, templatename, context, doctree):
    """Before MyST-NB adds them: the state of widgets for a manager that would come from another host."""
    for data in getattr(app.env, "nb_metadata", {}).values():
        data.pop("js_files", None)


def write_root_page(app, exception):
    """The site's root sends readers on to the first page; without an icon of its own, browsers ask for one in vain."""
    if exception is None and app.builder.name == "html":
        text = ROOT_PAGE.format(title=html.escape(app.config.html_title), first=f"{app.config.root_doc}.html")
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def visit_citation(self, node):
    """docutils gives an entry of the bibliography a role that ARIA has withdrawn."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self, node):
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


def visit_hidden_cell(self, node):
    """MyST-NB names every fold alike, so that a screen reader would not say the words that are to be seen on it."""
    start = len(self.body)
    visit_HideCellInput(self, node)
    parts = [part.replace(' aria-label="Toggle hidden content"', "") for part in self.body[start:]]
    self.body[start:] = [re.sub(r"(</?)p\b", r"\1span", part) for part in parts]  # a summary holds no paragraphs


class DropRepeatedIds(SphinxPostTransform):
    """sphinx-exercise gives the text of every exercise and solution the same id, and nothing refers to it."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        for section in self.document.findall(nodes.section):
            section["ids"] = [i for i in section["ids"] if i not in {"exercise-content", "solution-content"}]


def setup(app):
    if "comments_config" not in app.config.values:  # Jupyter Book sets it although its extension is not loaded
        app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", configure)
    app.connect("builder-inited", forget_late_styles)
    app.connect("html-page-context", drop_kernel_state, priority=100)
    app.connect("build-finished", write_root_page)
    app.add_post_transform(DropRepeatedIds)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden_cell, depart_HideCellInput))
