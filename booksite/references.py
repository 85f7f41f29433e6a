"""The works that a page cites, as a list for the end of its notebook."""

from docutils import nodes
from pybtex_docutils import Backend

from .inline import Inline
from .translator import Heading


def cited(env, docname):
    """A heading and a list of what the page cites, in the bibliography's own words; nothing if it cites nothing."""
    domain = env.get_domain("cite")
    keys = {target.key for ref in domain.citation_refs if ref.docname == docname for target in ref.targets}
    entries = [c.formatted_entry.text.render(Backend()) for c in domain.citations if c.key in keys]
    if entries:
        words = Inline(env, docname)
        lines = [" ".join(words.inline(nodes.paragraph("", "", *entry)).split()) for entry in entries]
        yield Heading(2, "## References")
        yield "\n".join(f"- {line}" for line in sorted(lines))
