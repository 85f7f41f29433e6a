"""The book's own Sphinx extension: one module a concern, each with its own `setup`."""


def setup(app):
    from . import api, assets, execution, figures, formulas, headers, live, node, notebooks, page, slim, swap, wheel

    for part in (swap, node, page, api, formulas, figures, live, assets, execution, slim, headers, wheel, notebooks):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
