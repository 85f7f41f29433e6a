"""What Jupyter Book and the theme put on every page and this book does without, or wants otherwise."""

from pathlib import Path

from docutils import nodes

HERE = Path(__file__).parent
BLOCKING = ("documentation_options.js", "doctools.js")  # searchtools.js looks for these while the page is read


def configure(app, config):
    config.templates_path.append(str(HERE / "theme" / "templates"))
    config.html_static_path.append(str(HERE / "theme" / "static"))


def drop_kernel_state(app, pagename, templatename, context, doctree):
    """Before MyST-NB adds them: the state of widgets for a manager that would come from another host."""
    for data in getattr(app.env, "nb_metadata", {}).values():
        data.pop("js_files", None)


def defer_scripts(app, pagename, templatename, context, doctree):
    app.add_css_file("site.css")
    for script in app.builder._js_files:
        if script.filename and not str(script.filename).endswith(BLOCKING):
            script.attributes.setdefault("defer", "defer")


def visit_citation(self, node):
    """docutils gives an entry of the bibliography a role that ARIA has withdrawn."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self, node):
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


def setup(app):
    if "comments_config" not in app.config.values:  # Jupyter Book sets it although its extension is not loaded
        app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", configure)
    app.connect("html-page-context", drop_kernel_state, priority=100)
    app.connect("html-page-context", defer_scripts, priority=900)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
