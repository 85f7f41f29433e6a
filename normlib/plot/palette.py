"""The book's colours, each with a light and a dark half, and the one colour that each norm has everywhere."""

# Hues after Okabe and Ito (2008), darkened until each line has 4.5:1 on its paper. Magenta, gold and violet were
# searched for: with blue, orange and green they stay apart for dichromats too.
#: The colours by name, each a pair of a light and a dark half. Matplotlib draws with the light half; in a page the
#: name becomes the CSS variable ``--nl-<name>``, which follows the page's theme.
PALETTE = {
    "paper": ("#fefefe", "#14181e"),
    "ink": ("#1f2329", "#e8eaed"),
    "muted": ("#5a646f", "#a3adb8"),
    "grid": ("#dde2e7", "#343c46"),
    "blue": ("#0060a8", "#6bb8ff"),
    "orange": ("#a84d00", "#ffa94d"),
    "green": ("#00714f", "#4fd6a5"),
    "purple": ("#8b3f94", "#dba2e6"),
    "magenta": ("#8c0f60", "#f04bb6"),
    "gold": ("#453800", "#f4ec3c"),
    "violet": ("#8a1ff0", "#8f6eff"),
    "blue-fill": ("#a9cdea", "#2b5a86"),
    "orange-fill": ("#f3c8a4", "#80501f"),
    "green-fill": ("#a4dcc8", "#1f6650"),
    "purple-fill": ("#dfc1e4", "#673c70"),
}
#: For text, for what stands back, for grid lines, and the ground under a figure.
INK, MUTED, GRID, PAPER = (PALETTE[n][0] for n in ("ink", "muted", "grid", "paper"))
#: For lines and marks.
BLUE, ORANGE, GREEN, PURPLE = (PALETTE[n][0] for n in ("blue", "orange", "green", "purple"))
#: For areas under a line of the same name.
BLUE_FILL, ORANGE_FILL, GREEN_FILL, PURPLE_FILL = (
    PALETTE[n + "-fill"][0] for n in ("blue", "orange", "green", "purple")
)
#: One colour for each norm, the same in every figure; to be told apart by readers with any usual colour vision too.
NORM_COLOURS = {
    norm: PALETTE[name][0]
    for norm, name in {
        "BN": "blue",
        "LN": "orange",
        "IN": "green",
        "GN": "magenta",
        "SN": "violet",
        "RMS": "gold",
    }.items()
}

#: What a dark page calls itself: this book's theme, JupyterLab, VS Code, Colab.
DARK = ":root[data-theme=dark],[data-jp-theme-light=false],body.vscode-dark,html[theme=dark]"


def palette_css():
    """The palette as CSS custom properties, light by default and on paper, dark where the page says that it is."""
    light, dark = ("".join(f"--nl-{name}:{half[i]};" for name, half in PALETTE.items()) for i in (0, 1))
    return f":root{{{light}}}\n@media screen{{{DARK}{{{dark}}}}}\n"
