"""What all pages share. Every text passes through `escaped` on its way into a page."""

import html
import unicodedata

from ...plot.palette import PALETTE

STATES = {
    "right": "right",
    "wrong": "not yet right",
    "untouched": "not begun",
    "none": "not found",
    "stopped": "stopped",
    "written": "not read yet",
    "by hand": "graded by hand",
}
# No scripts, no other files, no forms: should a text ever pass unescaped, it still can't do anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
CSS = """
body{font:17px/1.55 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;
color:var(--nl-ink);background:var(--nl-paper);overflow-wrap:break-word}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;vertical-align:top}
thead th{border-bottom:2px solid var(--nl-muted)}tbody tr+tr>*{border-top:1px solid var(--nl-grid)}
td.number{text-align:right;white-space:nowrap}
.words{white-space:pre-wrap;margin:.4rem 0}.note{color:var(--nl-muted)}
section{border-left:4px solid var(--nl-muted);padding-left:1rem}
section.right{border-color:var(--nl-green)}section.wrong,section.stopped{border-color:var(--nl-orange)}
td{max-width:24rem}.wide{overflow-x:auto}
svg{width:100%;height:auto}
"""


def escaped(text):
    """Text for a page: no markup, and no invisible character that turns the direction of what follows."""
    kept = (c for c in str(text) if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return html.escape("".join(kept))


def number(value):
    """Points, without a tail of zeros."""
    return "–" if value is None else f"{value:g}"


def palette():
    """The book's colours, light or dark as the reader's system says."""
    light, dark = ("".join(f"--nl-{name}:{half[i]};" for name, half in PALETTE.items()) for i in (0, 1))
    return f":root{{color-scheme:light dark;{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def page(title, body):
    """A whole page.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML, made of escaped parts.

    Returns
    -------
    str
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{palette()}{CSS}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escaped(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(head, rows):
    """A table of escaped texts; numbers are floats, and stand to the right. The first cell of a row is its head."""
    top = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f'<td class="number">{number(cell)}</td>' if isinstance(cell, float) else f"<td>{escaped(cell)}</td>"
            for cell in rest
        )
        lines.append(f'<tr><th scope="row">{escaped(first)}</th>{cells}</tr>')
    whole = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="wide">{whole}</div>'
