"""Formulas are set at build time, by KaTeX in one Node process: the page needs its style and fonts, and no script."""

import json
import re
import subprocess

from docutils import nodes
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from . import node as nodejs

log = logging.getLogger(__name__)
KATEX = nodejs.PACKAGES / "katex" / "dist"
COMMON_FONTS = ("Main-Regular", "Math-Italic")  # hardly a formula does without them


class Katex:
    """One KaTeX process for a build; remembers what it has rendered."""

    def __init__(self):
        command = [str(nodejs.NODE), str(nodejs.HERE / "katex.mjs")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._done: dict[tuple[str, bool], dict[str, str]] = {}

    def render(self, tex, display):
        """``{"html": …}`` or ``{"error": …}`` for one formula."""
        key = (tex, display)
        if key not in self._done:
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            stdin.flush()
            self._done[key] = json.loads(stdout.readline())
        return self._done[key]

    def close(self):
        self._process.communicate()


def aligned(block):
    """The TeX of a displayed formula; several lines without an environment of their own are split."""
    tex = block.astext()
    return rf"\begin{{split}}{tex}\end{{split}}" if r"\\" in tex and r"\begin{" not in tex else tex


def katex_of(app):
    """The build's one KaTeX process, started when the first formula comes."""
    if not hasattr(app, "booksite_katex"):
        app.booksite_katex = Katex()
    return app.booksite_katex


def _html(translator, node, tex, display):
    answer = katex_of(translator.builder.app).render(tex, display)
    if "error" in answer:
        log.warning("formula: %s", answer["error"].splitlines()[0], location=node, type="katex")
        return f"<code>{translator.encode(tex)}</code>"
    return answer["html"]


class KeepPunctuation(SphinxPostTransform):
    """Keep a comma or a full stop on the line of the short formula before it."""

    default_priority = 300
    formats = ("html",)
    longest = 30  # characters of TeX: a longer formula must itself be free to break

    def run(self, **kwargs):
        for math in list(self.document.findall(nodes.math)):
            after = math.next_node(descend=False, siblings=True)
            marks = re.match(r"[,.;:?!)\]]+", after) if isinstance(after, nodes.Text) else None
            if marks and len(math.astext()) <= self.longest:
                math.replace_self(nodes.inline("", "", math.deepcopy(), nodes.Text(marks[0]), classes=["nowrap"]))
                after.parent.replace(after, nodes.Text(after[marks.end() :]))


def visit_math(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_html(self, node, node.astext(), False) + "</span>")
    raise nodes.SkipNode


def visit_math_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math-block notranslate nohighlight"))
    self.body.append('<div class="formula scrolls">')
    self.body.append(_html(self, node, aligned(node), True) + "</div>")
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def has_math(doctree):
    """Whether a page shows a formula."""
    return doctree is not None and any(doctree.findall(lambda n: isinstance(n, nodes.math | nodes.math_block)))


def add_style(app, pagename, templatename, context, doctree):
    if has_math(doctree):
        app.add_css_file("katex/katex.min.css")
        context["fonts"] = [f"_static/katex/fonts/KaTeX_{name}.woff2" for name in COMMON_FONTS]


def close(app, exception):
    if hasattr(app, "booksite_katex"):
        app.booksite_katex.close()


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.config.html_math_renderer = "katex"
    app.add_post_transform(KeepPunctuation)
    app.connect("html-page-context", add_style)
    app.connect("build-finished", close, priority=900)
