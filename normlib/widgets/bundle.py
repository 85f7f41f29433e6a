"""Join ES modules into one text, in Python, so that no reader needs a build step and no bundle is committed.

The files under ``js/`` are true ES modules: Node runs and tests them as they are. A notebook loads a widget from one
text (a blob has no neighbours to import from), and a page opened from a disk may load classic scripts only. Both get
the same modules, each wrapped in a function that puts what it exports into a table under its own path.
"""

import posixpath
import re
from pathlib import Path

JS = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[\w./-]+)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.M)
LEFTOVER = re.compile(r"^\s*(?:import|export)\b.*$", re.M)


def esm(name):
    """The widget `name` and all that it imports as one ES module with anywidget's default export."""
    parts = ["const modules = {};", *map(wrapped, closure(f"{name}.mjs"))]
    return "\n".join([*parts, f'export default {{ render: modules["{name}.mjs"].render }};\n'])


def page_scripts(names):
    """Classic scripts for a page: ``{"live": host and what widgets share, name: the widget's own part, …}``.

    Each page loads ``live`` and the scripts of the widgets that it shows, in this order, deferred.
    """
    closures = {name: closure(f"{name}.mjs") for name in names}
    shared = closure("page/host.mjs")
    for path in dict.fromkeys(p for paths in closures.values() for p in paths):
        if path not in shared and sum(path in paths for paths in closures.values()) > 1:
            shared.append(path)
    scripts = {"live": _classic(shared, 'modules["page/host.mjs"].start(modules);')}
    return scripts | {n: _classic([p for p in paths if p not in shared]) for n, paths in closures.items()}


def _classic(paths, last=""):
    head = '(() => {\n"use strict";\nconst modules = (globalThis.normlib ??= {});'
    return "\n".join([head, *map(wrapped, paths), last, "})();\n"])


def closure(path, above=()):
    """Paths of a module and of all that it imports, each after what it imports.

    Raises
    ------
    ValueError
        If modules import each other in a circle.
    """
    if path in above:
        raise ValueError(f"modules import each other in a circle: {' -> '.join((*above, path))}")
    below = [p for _, p in imports(path) for p in closure(p, (*above, path))]
    return list(dict.fromkeys([*below, path]))


def imports(path):
    """What a module imports: ``[(names, path), …]``."""
    here = posixpath.dirname(path)
    return [(names, posixpath.normpath(posixpath.join(here, target))) for names, target in IMPORT.findall(_read(path))]


def wrapped(path):
    """One module as a statement that fills its place in the table ``modules``.

    Raises
    ------
    ValueError
        If it imports or exports in a form other than ``import { a } from "./b.mjs";`` and
        ``export function|const|class name``.
    """
    body = IMPORT.sub("", _read(path))
    names = EXPORT.findall(body)
    body = EXPORT.sub("", body)
    if found := LEFTOVER.search(body):
        raise ValueError(f"js/{path}: {found[0].strip()!r} came; expected imports and exports of names, at line starts")
    taken = [f'const {{{n.replace(" as ", ": ")}}} = modules["{p}"];' for n, p in imports(path)]
    return "\n".join([f'modules["{path}"] = (() => {{', *taken, body, f"return {{ {', '.join(names)} }};", "})();"])


def _read(path):
    return (JS / path).read_text(encoding="utf-8")
