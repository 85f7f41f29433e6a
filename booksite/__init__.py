"""The book's own Sphinx extension: one module a concern, each with its own `setup`."""


def setup(app):
    from . import addresses, api, execution, figures, formulas, launch, live, node, notebooks, page, search, slim, wheel

    page_parts = (addresses, page, api, formulas, figures, live, launch, search)
    for part in (node, *page_parts, execution, slim, wheel, notebooks):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
