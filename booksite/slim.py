"""Less to load: style sheets without the rules that no page uses, fonts without the signs that no page shows."""

import hashlib
import html
import re
import shutil
from pathlib import Path

from docutils import nodes
from fontTools import subset

from . import node as nodejs
from .formulas import KATEX, aligned, katex_of

ICONS = Path("vendor/fontawesome/webfonts")
UNUSED = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "sbt-webpack-macros.html",
    "webpack-macros.html",
)


def formula_characters(app):
    """Every character in any formula of the book: KaTeX's HTML, and its MathML, which the page's own fonts show."""
    found: set[str] = set()
    for name in sorted(app.env.found_docs):
        for node in app.env.get_doctree(name).findall(lambda n: isinstance(n, nodes.math | nodes.math_block)):
            display = isinstance(node, nodes.math_block)
            formula = katex_of(app).render(aligned(node) if display else node.astext(), display)
            found.update(html.unescape(re.sub("<[^>]*>", "", formula.get("html", ""))))
    return found


def icon_characters(style):
    """Every sign of the icon font that a style sheet names, literally or by its number."""
    escaped = {chr(int(code, 16)) for code in re.findall(r"\\([0-9a-f]{4})\b", style)}
    return {c for c in {*style, *escaped} if "\ue000" <= c <= "\uf8ff"}


def cut_font(source, target, characters, cache):
    """Write the part of a font that shows `characters`; nothing where it shows none of them."""
    text = "".join(sorted(characters))
    name = hashlib.sha256(source.read_bytes() + text.encode()).hexdigest()[:16]
    kept = cache / f"{name}.woff2"
    if not kept.exists():
        options = subset.Options(flavor="woff2", desubroutinize=True, layout_features=["*"], notdef_outline=True)
        font = subset.load_font(str(source), options)
        cutter = subset.Subsetter(options)
        cutter.populate(text=text)
        cutter.subset(font)
        cache.mkdir(parents=True, exist_ok=True)
        subset.save_font(font, str(kept), options)
    shutil.copy(kept, target)


def slim(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    static, cache = Path(app.outdir) / "_static", Path(app.doctreedir).parent / "fonts"
    for path in [*(static / name for name in UNUSED), *static.rglob("*.map"), *(static / ICONS).glob("*.ttf")]:
        path.unlink(missing_ok=True)
    for folder in ("locales", "images"):  # the theme's words in other languages, and pictures of its launch buttons
        shutil.rmtree(static / folder, ignore_errors=True)
    fonts = static / "katex" / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    shutil.copy(KATEX / "katex.min.css", static / "katex")
    characters = formula_characters(app)
    for font in sorted((KATEX / "fonts").glob("*.woff2")):
        cut_font(font, fonts / font.name, characters, cache)
    nodejs.run("purge.mjs", app.outdir)
    style = "".join(p.read_text(encoding="utf-8") for p in sorted(static.rglob("*.css")))
    for font in sorted((static / ICONS).glob("*.woff2")):
        original = Path(app.booksite_icons) / font.name
        cut_font(original, font, icon_characters(style), cache)


def find_icons(app):
    """Where the theme keeps its icon fonts whole."""
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    app.booksite_icons = str(theme / ICONS)


def setup(app):
    app.connect("builder-inited", find_icons)
    app.connect("build-finished", slim, priority=600)
