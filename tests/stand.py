"""A bare page with live widgets on it, without Sphinx: ``python -m tests.stand Class[:name=value,…] … --out DIR``."""

import argparse
import ast
import html
from pathlib import Path

from normlib import widgets
from normlib.widgets import base, bundle

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="widgets.css">
<style>body{{margin:16px auto;padding:0 16px;max-width:760px;background:var(--nl-paper);color:var(--nl-ink);
font:16px/1.5 system-ui,sans-serif}}figure{{margin:0 0 40px}}.nl-ready>svg{{display:none}}
svg.nl-figure{{max-width:100%}}*{{box-sizing:border-box}}h2{{font-size:20px}}</style>
{scripts}</head><body><main><h1>Widgets</h1>
{figures}
</main></body></html>
"""


def stand(folder, shown, theme="light"):
    """Write a page that shows widgets, to be opened from the disk.

    Parameters
    ----------
    folder : path
    shown : list of LiveWidget
        Their keys must differ.
    theme : {"light", "dark"}

    Returns
    -------
    str
        The page's address.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    modules = [getattr(widgets, name).module for name in widgets.__all__]
    modules = list(dict.fromkeys([*modules, *(w.module for w in shown)]))
    for name, text in bundle.page_scripts(modules).items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    (folder / "widgets.css").write_text(base.stylesheet(), encoding="utf-8")
    needed = ["live", *dict.fromkeys(w.module for w in shown)]
    scripts = "\n".join(f'<script defer src="{name}.js"></script>' for name in needed)
    figures = "\n".join(f"<h2>{html.escape(type(w).__name__)}</h2>\n{w.to_html()}" for w in shown)
    page = folder / "index.html"
    page.write_text(PAGE.format(theme=theme, scripts=scripts, figures=figures), encoding="utf-8")
    return page.resolve().as_uri()


def of_text(text, number):
    """A widget from ``ClassName`` or ``ClassName:name=value,name=value``; values as in Python, or plain words."""
    name, _, rest = text.partition(":")
    values = {}
    for part in filter(None, rest.split(",")):
        trait, _, value = part.partition("=")
        try:
            values[trait] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            values[trait] = value
    return getattr(widgets, name)(key=f"w{number}", **values)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shown", nargs="+", metavar="ClassName[:name=value,…]")
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    given = parser.parse_args()
    shown = [of_text(text, i) for i, text in enumerate(given.shown, 1)]
    print(stand(given.out, shown, given.theme))


if __name__ == "__main__":
    main()
