"""Pictures that cells draw stand inside the page as SVG, in the page's own colours; each says what it shows."""

import base64
import hashlib
import io
import posixpath
import re
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from normlib.plot import themed_svg

log = logging.getLogger(__name__)
PHOTOGRAPH = re.compile(r'href="data:image/png;base64,\s*([^"]{8000,})"')  # a map of colours is smaller by far


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
            svg = PHOTOGRAPH.sub(self.beside, themed_svg(text, image["alt"], f"nl-f{number}"))
            image.replace_self(nodes.raw("", f'<div class="scrolls">{svg}</div>', format="html"))

    def beside(self, photograph):
        """Put a photograph, which takes more room than all text of a page, into a file of its own."""
        png = base64.b64decode(photograph[1])
        name = f"_images/{hashlib.sha256(png).hexdigest()[:16]}.webp"
        path = Path(self.app.outdir) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(io.BytesIO(png)) as picture, io.BytesIO() as packed:
            picture.convert("RGB").save(packed, "WEBP", quality=90, method=6)
            path.write_bytes(packed.getvalue())
        return f'href="{posixpath.relpath(name, posixpath.dirname(self.env.docname))}"'


def setup(app):
    app.add_transform(RequireAlt)
    app.add_post_transform(InlineSvg)
