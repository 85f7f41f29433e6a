"""Pictures that cells draw stand inside the page as SVG, in the page's own colours; each says what it shows."""

from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from normlib.plot import themed_svg

log = logging.getLogger(__name__)


class RequireAlt(SphinxTransform):
    """Warn of a picture without alt text: under ``-W`` the build fails."""

    default_priority = 400

    def apply(self, **kwargs):
        for image in self.document.findall(nodes.image):
            if not image.get("alt", "").strip():
                message = (
                    "picture without alt text: say what is to be seen, in the cell's header under `mystnb: image: alt`"
                )
                log.warning(message, location=image.parent, type="figures")


class InlineSvg(SphinxPostTransform):
    """Replace a picture in SVG that a cell drew by the SVG itself."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs):
        pictures = [
            i for i in self.document.findall(nodes.image) if i["uri"].endswith(".svg") and i.get("alt", "").strip()
        ]
        for number, image in enumerate(pictures, 1):
            text = (Path(self.app.srcdir) / image["uri"].lstrip("/")).read_text(encoding="utf-8")
            svg = themed_svg(text, image["alt"], f"nl-f{number}")
            image.replace_self(nodes.raw("", f'<div class="scrolls">{svg}</div>', format="html"))


def setup(app):
    app.add_transform(RequireAlt)
    app.add_post_transform(InlineSvg)
