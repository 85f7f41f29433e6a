"""Markdown from strings, the kind that Colab, VS Code and GitHub show alike."""

import re

# What Markdown would read as markup, where it would; `x_hat` and `2 * 3` stay as they are.
_MARKUP = re.compile(
    r"[`$]|\\(?=[!-/:-@\[-`{-~])|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|\](?=[(\[:])"
)
_BLOCK_START = re.compile(r"(\d*)(#{1,6}(?=\s)|>|[-+](?=\s)|[-=]{2,}$|(?<=\d)[.)](?=\s))")
_NUMBERED_ENVIRONMENTS = {"align": "aligned", "alignat": "alignedat", "gather": "gathered", "multline": "gathered"}


def escape(text):
    """Text as Markdown that shows just this text."""
    return _MARKUP.sub(r"\\\g<0>", text.replace("\n", " "))


def escape_start(text):
    """A paragraph that Markdown does not take for a heading, a list or a rule."""
    return _BLOCK_START.sub(r"\1\\\2", text, count=1) if _BLOCK_START.match(text) else text


def code_span(text):
    """Inline code, whatever backticks it holds."""
    text = text.replace("\n", " ")
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(text, language=""):
    """A fenced block of code."""
    ticks = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{ticks}{'' if language in ('default', 'none', 'text') else language}\n{text.rstrip()}\n{ticks}"


def display_math(tex, number=""):
    """A displayed formula; several lines without an environment of their own are aligned."""
    tex = "\n".join(line.rstrip() for line in tex.splitlines() if line.strip())
    if outer := re.fullmatch(r"\\begin\{(\w+)\*?\}(.*)\\end\{\1\*?\}", tex, re.DOTALL):
        name, body = outer.groups()
        if name == "equation":
            tex = body.strip()
        elif name in _NUMBERED_ENVIRONMENTS:  # stand inside $$ only in their inner form
            tex = f"\\begin{{{_NUMBERED_ENVIRONMENTS[name]}}}{body}\\end{{{_NUMBERED_ENVIRONMENTS[name]}}}"
    if r"\\" in tex and r"\begin{" not in tex:
        tex = f"\\begin{{aligned}}\n{tex}\n\\end{{aligned}}"
    return f"$$\n{tex}\n" + (f"\\tag{{{number}}}\n" if number else "") + "$$"


def indent(text, prefix, first=None):
    """A block inside another: every line behind `prefix`, the first behind `first`."""
    head, *rest = text.split("\n")
    return "\n".join([(first or prefix) + head, *(prefix + line if line else prefix.rstrip() for line in rest)])
