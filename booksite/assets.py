"""The scripts and the style that every page shares: one file of each, and none of the theme's own scripts."""

import os
import re
import shutil
from pathlib import Path

from . import node as nodejs
from .execution import made_by

SCRIPTS = Path(__file__).parent / "theme" / "scripts"
FIRST = "before-paint.js"  # runs before anything is drawn; the others wait until the page is read
FOR_SEARCH = ("documentation_options.js", "doctools.js")
REPLACED = (
    "sphinx_highlight.js", "clipboard.min.js", "copybutton.js", "copybutton_funcs.js", "togglebutton.js",
    "check-solid.svg", "copy-button.svg", "minus.png", "plus.png",
    "scripts/sphinx-book-theme.js", "scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js",
)  # fmt: skip
JOINED = (
    "basic.css", "styles/pydata-sphinx-theme.css", "pygments.css", "styles/sphinx-book-theme.css", "togglebutton.css",
    "copybutton.css", "mystnb.*.css", "exercise.css", "palette.css", "site.css",
)  # fmt: skip
STYLE = "styles/book.css"


def write_scripts(app):
    """Put our scripts where Sphinx copies static files from: the first alone, the others as one."""
    if app.builder.name != "html":  # a notebook has no scripts
        return
    target = Path(app.doctreedir).parent / "scripts"
    shutil.rmtree(target, ignore_errors=True)  # of a script that is gone nothing stays
    target.mkdir(parents=True)
    others = [path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*.js")) if path.name != FIRST]
    (target / FIRST).write_text((SCRIPTS / FIRST).read_text(encoding="utf-8"), encoding="utf-8")
    (target / "site.js").write_text("\n".join(others), encoding="utf-8")
    nodejs.run("minify.mjs", target)
    app.config.html_static_path.append(os.path.relpath(target, app.srcdir))
    app.booksite_made_by = made_by()[:8]


def static_name(asset):
    """The address of a script or style inside `_static`; empty for one that stands in the page itself."""
    return str(asset.filename or "").removeprefix("_static/")


def choose(app, pagename, templatename, context, doctree):
    """Leave out what the theme's scripts would do a second time, and what is joined into the one style."""
    app.add_css_file("site.css")
    app.add_js_file("site.js")
    dropped = {*REPLACED, *(FOR_SEARCH if pagename != "search" else ())}
    scripts = [js for js in app.builder._js_files if static_name(js) and static_name(js) not in dropped]
    for script in scripts:
        if static_name(script) not in FOR_SEARCH:  # searchtools.js looks for these while the page is read
            script.attributes.setdefault("defer", "defer")
    context["script_files"] = scripts
    context["css_files"] = [
        css for css in app.builder._css_files if not any(Path(static_name(css)).match(name) for name in JOINED)
    ]
    context["style"], context["made_by"] = f"_static/{STYLE}", app.booksite_made_by


def join_styles(app, exception):
    """Write the one style, its parts in the order in which the theme loads them; the parts are then of no use.

    Where no page was out of date, Sphinx has copied nothing, and the last build's style stays as it is.
    """
    if exception is not None or app.builder.name != "html":
        return
    static, text = Path(app.outdir) / "_static", []
    copied = (static / JOINED[0]).exists()
    for name in JOINED:
        for path in sorted(static.glob(name)):
            part = path.read_text(encoding="utf-8").replace('@charset "UTF-8";', "")
            if path.parent == static:  # what it names stands a folder above the one style
                part = re.sub(r"url\((?![\"']?data:)", "url(../", part)
            text.append(part)
            path.unlink()
    if copied:
        (static / STYLE).write_text('@charset "UTF-8";' + "\n".join(text), encoding="utf-8")
    for name in (*REPLACED, "styles/theme.css"):
        (static / name).unlink(missing_ok=True)


def setup(app):
    app.connect("builder-inited", write_scripts)
    app.connect("html-page-context", choose, priority=900)
    app.connect("build-finished", join_styles, priority=550)
