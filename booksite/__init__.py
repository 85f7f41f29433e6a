"""The book's own Sphinx extension: one module a concern, each with its own `setup`."""

from importlib import import_module

PARTS = (
    *("swap", "node", "addresses", "page", "reading", "norms", "api", "formulas", "figures", "live", "assets"),
    *("launch", "search", "execution", "slim", "headers", "wheel", "notebooks"),
)


def setup(app):
    for name in PARTS:
        import_module(f".{name}", __package__).setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
