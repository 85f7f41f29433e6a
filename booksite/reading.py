"""How long a chapter takes, below its title: words read at an ordinary pace, formulas and code read slowly."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

WORDS_A_MINUTE = 200
SECONDS = {nodes.math: 2, nodes.math_block: 20, nodes.literal_block: 20, nodes.figure: 20}
# What opens only when the reader asks for it.
FOLDED = ({"solution"}, {"tag_hide-input", "cell_input"}, {"tag_hide-output", "cell_output"})


def minutes(document):
    """Minutes to read `document`, in steps of five."""
    seconds = 0.0
    for node in document.findall(lambda n: isinstance(n, nodes.Text) or type(n) in SECONDS):
        around = [node, *_parents(node)]
        classes = {name for n in around if isinstance(n, nodes.Element) for name in n.get("classes", ())}
        if any(folded <= classes for folded in FOLDED):
            continue
        if type(node) in SECONDS:
            seconds += SECONDS[type(node)]
        elif not any(type(n) in SECONDS or isinstance(n, nodes.raw | nodes.Invisible) for n in around):
            seconds += len(node.astext().split()) * 60 / WORDS_A_MINUTE
    return max(5, 5 * round(seconds / 300))


def _parents(node):
    while node.parent is not None:
        node = node.parent
        yield node


class ReadingTime(SphinxPostTransform):
    """Below the title of every numbered chapter."""

    default_priority = 20
    formats = ("html",)

    def run(self, **kwargs):
        title = self.document.next_node(nodes.title)
        if title is None or self.env.docname not in self.env.toc_secnumbers:
            return
        exercises = sum(
            type(n).__name__ in ("exercise_node", "exercise_enumerable_node") for n in self.document.findall()
        )
        text = f"About {minutes(self.document)} minutes to read; then {exercises} exercises."
        title.parent.insert(title.parent.index(title) + 1, nodes.paragraph("", text, classes=["reading-time"]))


def setup(app):
    app.add_post_transform(ReadingTime)
