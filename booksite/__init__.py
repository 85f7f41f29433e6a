"""The book's own Sphinx extension: one module a concern, each with its own `setup`."""


def setup(app):
    from . import api, execution, figures, formulas, live, node, norms, notebooks, page, reading, slim, wheel

    for part in (node, page, reading, norms, api, formulas, figures, live, execution, slim, wheel, notebooks):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
