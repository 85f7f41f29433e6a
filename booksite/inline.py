"""Text inside a paragraph, a title or a table's cell: from resolved nodes to one line of Markdown."""

import re

from sphinx.errors import SphinxError

from .markdown import code_span, escape


class Untranslatable(SphinxError):
    """A page holds something that cannot be said in a notebook."""

    category = "Notebook error"

    def __init__(self, node, what):
        source = next((n.source for n in _ancestry(node) if n.source), "unknown source")
        line = next((n.line for n in _ancestry(node) if n.line), "?")
        super().__init__(f"{source}:{line}: {what}")


def _ancestry(node):
    while node is not None:
        yield node
        node = node.parent


class Inline:
    """The words of one page; a node that has no method here stops the build."""

    def __init__(self, env, docname):
        self.env, self.docname, self.config = env, docname, env.config
        self.in_table = False

    def inline(self, node):
        """The children as one line of Markdown."""
        return "".join(self.method("inline", child)(child) for child in node.children)

    def number(self, kind, node):
        """The number of a figure, table, formula or exercise, as text; empty if it has none."""
        numbers = self.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        return ".".join(map(str, next((numbers[i] for i in node["ids"] if i in numbers), ())))

    def method(self, kind, node):
        """How a node of this class, or of the nearest class above it, is written."""
        for cls in type(node).__mro__:
            if method := getattr(self, f"{kind}_{cls.__name__}", None):
                return method
        raise Untranslatable(node, f"no {kind} Markdown for <{node.tagname}>: {node.astext()[:60]!r}")

    def inline_Text(self, node):
        return escape(str(node))

    def inline_emphasis(self, node):
        return f"*{self.inline(node)}*"

    inline_title_reference = inline_emphasis

    def inline_strong(self, node):
        return f"**{self.inline(node)}**"

    def inline_literal(self, node):
        return code_span(node.astext())

    def inline_inline(self, node):
        return self.inline(node)

    inline_target = inline_inline

    def inline_math(self, node):
        tex = " ".join(node.astext().split())
        if self.in_table:  # a bar would end the table's cell
            tex = tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${tex}$"

    def inline_math_block(self, node):
        return f"$${' '.join(node.astext().split())}$$"

    def inline_reference(self, node):
        text, address = self.inline(node), node.get("refuri", "")
        if node.get("internal") or "refid" in node:
            page, *_ = address.partition("#")
            address = page if page.endswith(".ipynb") else address
            return f"[{text}]({address})" if page else text
        if not re.match(r"(https?://|mailto:)", address):
            raise Untranslatable(node, f"a link that a notebook cannot follow: {address or node.astext()!r}")
        if node.astext() == address:
            return f"<{address}>"
        return f"[{text}](<{address}>)" if re.search(r"[\s()]", address) else f"[{text}]({address})"

    def inline_footnote_reference(self, node):
        return f" [note {node.astext()}]"

    def inline_raw(self, node):
        if node.get("format") == "html" and node.astext().strip() == "<br />":
            return "  \n"
        if node.get("format") == "latex" and node.astext().strip() == r"\\":
            return ""  # the same line break again, for print
        raise Untranslatable(node, f"raw {node.get('format')}: {node.astext()[:60]!r}")
