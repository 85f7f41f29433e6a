"""A list that prints well, in a terminal and in a notebook."""

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """Rows of words; printed, the first of each stands at the margin and the others below it.

    Attributes
    ----------
    rows : tuple of tuple of str
    heads : tuple of str
        What stands in each column.
    """

    rows: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...]

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return "\n".join("\n    ".join(row) for row in self.rows)

    def _repr_html_(self):
        heads = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in self.heads)
        body = "".join(
            f'<tr><th scope="row"><code>{html.escape(name)}</code></th>'
            + "".join(f"<td>{html.escape(word)}</td>" for word in words)
            + "</tr>"
            for name, *words in self.rows
        )
        table = f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>"
        return f'<div class="scrolls"><table class="table dataframe">{table}</table></div>'
