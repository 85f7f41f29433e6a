"""A resolved doctree as plain Markdown, the kind that Colab, VS Code and GitHub show alike.

`Translator.parts` gives a page piece by piece: headings, blocks of Markdown, and code cells, in the page's order.
A node that it has no method for stops the build with an `Untranslatable`; nothing is dropped in silence.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.locale import admonitionlabels

from .inline import Inline, Untranslatable
from .markdown import code_span, display_math, escape_start, fence, indent


@dataclass(frozen=True)
class Heading:
    """A section's title."""

    level: int
    text: str


@dataclass(frozen=True)
class Code:
    """A code cell: one of the chapter's own, by its index there, or one that only the notebook has."""

    index: int | None
    source: str = ""


def is_cell(node):
    """Whether a node is one of the chapter's code cells."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


class Translator(Inline):
    """One page, with or without its solutions. `skipped` collects the code cells of those that are left out."""

    def __init__(self, env, docname, solutions=False):
        super().__init__(env, docname)
        self.solutions = solutions
        self.skipped: set[int] = set()
        self._level = 0

    def parts(self, node):
        """All of a node's children as headings, Markdown and code cells."""
        for child in node.children:
            yield from self.method("block", child)(child)

    def text(self, node):
        """The children as Markdown alone, for blocks that cannot hold a cell."""
        found = list(self.parts(node))
        if not all(isinstance(part, str) for part in found):
            raise Untranslatable(node, f"a code cell or heading inside <{node.tagname}>")
        return "\n\n".join(found)

    def _nothing(self, node):
        return ()

    def _captioned(self, kind, node, caption):
        """A caption's line: its number in bold, then its text."""
        number = self.number(kind, node)
        label = f"**{self.config.numfig_format[kind] % number}.** " if number else ""
        return label + self.inline(caption)

    # Blocks

    block_comment = block_target = block_meta = block_index = block_substitution_definition = _nothing
    block_docinfo = block_highlightlang = _nothing

    def block_section(self, node):
        self._level += 1
        yield from self.parts(node)
        self._level -= 1

    def block_title(self, node):
        anchor = "" if self._level == 1 else "#" + node.parent["ids"][0]
        numbers = self.env.toc_secnumbers.get(self.docname, {}).get(anchor)
        number = ".".join(map(str, numbers)) + ". " if numbers else ""
        yield Heading(self._level, "#" * self._level + f" {number}{self.inline(node)}")

    def block_paragraph(self, node):
        if text := self.inline(node).strip():
            yield escape_start(text)

    def block_rubric(self, node):
        yield f"**{self.inline(node)}**"

    def block_transition(self, node):
        yield "---"

    def block_compound(self, node):
        if "toctree-wrapper" not in node["classes"]:
            yield from self.parts(node)

    def block_math_block(self, node):
        yield display_math(node.astext(), self.number("displaymath", node))

    def block_literal_block(self, node):
        source = node.get("source", "")  # of a literalinclude: the file's address
        language = node.get("language", "default")
        yield fence(node.astext(), "python" if language == "default" and source.endswith(".py") else language)
        if os.path.isabs(source) and source != self.env.doc2path(self.docname):
            yield f"*From* {code_span(Path(os.path.relpath(source, self.env.srcdir)).as_posix())}"

    def block_bullet_list(self, node):
        yield self._list(node, ["- "] * len(node))

    def block_enumerated_list(self, node):
        start = node.get("start", 1)
        yield self._list(node, [f"{start + i}. " for i in range(len(node))])

    def _list(self, node, markers):
        plain = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.target, nodes.comment)
        tight = all(
            isinstance(c, plain) and (i == 0 or not isinstance(c, nodes.paragraph))
            for item in node
            for i, c in enumerate(item)
        )
        items = []
        for marker, item in zip(markers, node, strict=True):
            text = self.text(item)
            text = re.sub(r"\n\n+", "\n", text) if tight else text
            items.append(indent(text, " " * len(marker), first=marker))
        return ("\n" if tight else "\n\n").join(items)

    def block_definition_list(self, node):
        items = []
        for item in node:
            term, *definitions = item.children
            if not isinstance(term, nodes.term) or not all(isinstance(d, nodes.definition) for d in definitions):
                raise Untranslatable(item, "a definition list's item is one term and its definitions")
            words = [child for child in term if child.astext()]
            only_strong = len(words) == 1 and isinstance(words[0], nodes.strong)
            name = self.inline(words[0] if only_strong else term)
            text = "\n\n".join(map(self.text, definitions))
            items.append(indent(f"**{name}**: {text}", "  ", first="- "))
        yield ("\n\n" if any("\n" in item for item in items) else "\n").join(items)

    def block_block_quote(self, node):
        yield indent(self.text(node), "> ")

    def block_attribution(self, node):
        yield f"— {self.inline(node)}"

    def block_Admonition(self, node):
        """Notes, tips, warnings and the rest: a quotation with a bold title."""
        if node.tagname in admonitionlabels:
            title, body = str(admonitionlabels[node.tagname]), self.text(node)
        elif node and isinstance(node[0], nodes.title):
            title, body = self.inline(node[0]), self.text(nodes.Element("", *node.children[1:]))
        else:
            raise Untranslatable(node, f"no Markdown for <{node.tagname}>")
        yield indent(f"**{title}**\n\n{body}", "> ")

    block_topic = block_Admonition

    def block_footnote(self, node):
        label, *rest = node.children
        yield f"**Note {label.astext()}.** " + self.text(nodes.Element("", *rest))

    def block_container(self, node):
        if is_cell(node):
            yield Code(node["cell_index"])
            for figure in node.findall(nodes.figure):
                for child in figure:
                    if isinstance(child, nodes.caption):
                        yield self._captioned("figure", figure, child)
                    elif isinstance(child, nodes.legend):
                        yield self.text(child)
        elif "literal-block-wrapper" in node["classes"]:
            caption, block = node.children
            yield self._captioned("code-block", node, caption)
            yield from self.block_literal_block(block)
        elif set(node.attributes) - set(nodes.container().attributes):  # a design element, or an output out of place
            raise Untranslatable(node, f"no Markdown for a container of {node['classes']}")
        else:
            yield from self.parts(node)

    def block_table(self, node):
        if title := next(node.findall(nodes.title), None):
            yield self._captioned("table", node, title)
        self.in_table = True
        rows = [[self._entry(entry) for entry in row] for row in node.findall(nodes.row)]
        head = next(node.findall(nodes.thead), None)
        first = next(node.findall(nodes.row))
        if head is None:
            rows.insert(0, [""] * len(first))
        rules = {"text-left": ":---", "text-center": ":---:", "text-right": "---:"}
        rule = [next((rules[c] for c in entry["classes"] if c in rules), "---") for entry in first]
        self.in_table = False
        yield "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]])

    def _entry(self, entry):
        if "morecols" in entry or "morerows" in entry or not all(isinstance(c, nodes.paragraph) for c in entry):
            raise Untranslatable(entry, "a table's cell can hold one paragraph, in one row and column")
        text = " ".join(self.inline(paragraph) for paragraph in entry)
        return " ".join(text.replace("|", r"\|").split("\n"))

    # Exercises

    def block_exercise_node(self, node):
        title, body = node.children
        number = self.number("exercise", node)
        if number:
            name, rest = self.config.numfig_format["exercise"] % number, self.inline(title)
        else:
            name, rest = title[0].astext(), self.inline(nodes.Element("", *title.children[1:]))
        yield f"**{name}** {rest.strip()}".rstrip()
        yield from self.parts(body)
        if not any("tag_check" in cell["classes"] for cell in body.findall(is_cell)):
            yield Code(None, f"# Your answer to {name if number else 'the exercise'}")

    block_exercise_enumerable_node = block_exercise_node

    def block_solution_node(self, node):
        if not self.solutions:
            self.skipped |= {cell["cell_index"] for cell in node.findall(is_cell)}
            return
        title, body = node.children
        yield f"**{self.inline(title)}**"
        yield from self.parts(body)
