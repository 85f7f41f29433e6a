"""A norm has one colour everywhere: in figures, in the cube, and, by this module, at the start of a table's row."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

NAMES = {"batch": "bn", "layer": "ln", "instance": "in", "group": "gn", "switchable": "sn", "rms": "rms"}
NORM = re.compile(rf"(?i:({'|'.join(NAMES)}))(?: norm\b|, |$)|({'|'.join(NAMES.values()).upper()})\b")


def norm_of(text):
    """The norm that a cell of a table names first, as in "bn", or None."""
    found = NORM.match(text)
    return found and (NAMES[found[1].lower()] if found[1] else found[2].lower())


class NormRows(SphinxPostTransform):
    """Rows that begin with a norm's name carry a class of its own."""

    default_priority = 20
    formats = ("html",)

    def run(self, **kwargs):
        for body in self.document.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                entry = row.next_node(nodes.entry)
                if entry is not None and (norm := norm_of(entry.astext().strip())):
                    entry["classes"] += ["norm", f"norm-{norm}"]


def setup(app):
    app.add_post_transform(NormRows)
