"""The book's own Sphinx extension: one module a concern, each with its own `setup`."""


def setup(app):
    from . import (
        api,
        assets,
        execution,
        figures,
        formulas,
        headers,
        live,
        node,
        norms,
        notebooks,
        page,
        reading,
        slim,
        swap,
        wheel,
    )

    pages = (node, page, reading, norms, api, formulas, figures, live, assets)
    for part in (swap, *pages, execution, slim, headers, wheel, notebooks):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
