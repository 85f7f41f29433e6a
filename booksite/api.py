"""The library's pages: `names` lists the public names of a module, each from its own docstring.

A module that is named brings all its names, also those that are added later. What `normlib` itself exports is
called by that shorter name, ``normlib.BatchNorm``; the rest by the name of the module that a reader imports it from.
"""

import inspect
import re
import sys
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.ext.napoleon import Config, NumpyDocstring
from sphinx.pycode import ModuleAnalyzer
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import signature, stringify_signature

import normlib

TUPLE_FIELD = type(inspect.getattr_static(normlib.Cache, "axes"))  # its docstring would be "Alias for field number 4"

# Types are words for people, so none of them is made a reference.
NUMPYDOC: Any = Config(
    napoleon_use_param=False,
    napoleon_use_rtype=False,
    napoleon_custom_sections=[("Attributes", "params_style")],
)
# What reStructuredText would take for markup, and a docstring means as it stands: (N, *spatial), |x|, a trailing x_.
MARKUP = re.compile(r"(?<=[(, ])\*(?=\w+[,)])|\||(?<=\w)_(?!\w)")


def public_names(module):
    """Full names of what a module offers to its readers, in the order to list them.

    Parameters
    ----------
    module : module

    Returns
    -------
    dict of str to object
        Names that `normlib` exports, and the module's ``__all__``; of a module with neither, what it defines.
    """
    exported = {f"normlib.{name}": getattr(normlib, name) for name in normlib.__all__}
    found = {name: thing for name, thing in exported.items() if defined_in(thing, module)}
    listed = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    if not found and not listed:
        listed = {n: t for n, t in vars(module).items() if not n.startswith("_") and defined_in(t, module)}
    short = {name.rpartition(".")[2] for name in exported}
    return found | {f"{module.__name__}.{name}": thing for name, thing in listed.items() if name not in short}


def defined_in(thing, module):
    """Whether a function or class was written in a module or in a file of its package."""
    return f"{getattr(thing, '__module__', '')}.".startswith(f"{module.__name__}.")


def constant_words(module):
    """What the comments ``#: …`` above the constants of a module or its package say: name to lines."""
    files = [name for name in sys.modules if f"{name}.".startswith(f"{module.__name__}.")]
    words: dict[str, list[str]] = {}
    for name in sorted(files):
        words |= {
            key[1]: lines for key, lines in ModuleAnalyzer.for_module(name).find_attr_docs().items() if not key[0]
        }
    return words


def entries(module):
    """Lines of reStructuredText: an entry for each public name; constants of one comment share one."""
    lines: list[str] = []
    constants: dict[tuple[str, ...], list[str]] = {}
    for name, thing in public_names(module).items():
        if inspect.isclass(thing):
            lines += [f".. autoclass:: {name}", "   :members:", ""]
        elif callable(thing):
            lines += [f".. autofunction:: {name}", ""]
        else:
            words = constant_words(module).get(name.rpartition(".")[2])
            if not words:
                raise ValueError(f"{name} has no words: put a comment that starts with `#:` above it")
            constants.setdefault(tuple(words), []).append(name)
    for words, names in constants.items():
        first, *others = names
        lines += [f".. py:data:: {first}", *(f"             {name}" for name in others), ""]
        lines += [*(f"   {line}" for line in words), ""]
    return lines


def inherited(thing):
    """Names of the public methods that a class has from another class of the library."""
    own = vars(thing)
    return [
        name
        for name, member in inspect.getmembers(thing, inspect.isfunction)
        if not name.startswith("_") and name not in own and member.__module__.startswith("normlib")
    ]


class Names(SphinxDirective):
    """``{names} normlib.optim``: everything public in a module."""

    required_arguments = 1

    def run(self):
        try:
            lines = entries(import_module(self.arguments[0]))
            if not lines:
                raise ValueError(f"{self.arguments[0]} offers no public name")
        except (ImportError, ValueError) as problem:
            raise self.error(f"names: {problem}") from problem
        text = ["````{eval-rst}", *lines, "````"]
        holder = nodes.Element()
        self.state.nested_parse(StringList(text, self.get_source_info()[0]), self.content_offset, holder)
        self.note_inherited()
        return holder.children

    def note_inherited(self):
        """The search and references know ``BatchNorm.backward`` too; it leads to the class."""
        domain: Any = self.env.get_domain("py")
        for name, thing in public_names(import_module(self.arguments[0])).items():
            for method in inherited(thing) if inspect.isclass(thing) else ():
                domain.note_object(f"{name}.{method}", "method", name)


def read_numpydoc(app, what, name, thing, options, lines):
    """Turn the sections of a docstring into reStructuredText; of a property, too, all is text."""
    lines[:] = map(escape, lines)
    kind = "method" if what == "property" else what
    lines[:] = NumpyDocstring(list(lines), NUMPYDOC, app, kind, name, thing, options).lines()


def escape(line):
    """A line of a docstring with what is not markup marked as such, outside of its code."""
    if line.lstrip().startswith((">>> ", "... ")):
        return line
    parts = re.split(r"(`+[^`]+`+)", line)
    return "".join(part if i % 2 else MARKUP.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


def call_of_class(app, what, name, thing, options, arguments, returns):
    """A class is called as its own `__init__` says, also where a base class hides that behind ``*args``."""
    if what == "class" and inspect.isfunction(thing.__init__):
        text = stringify_signature(signature(thing.__init__, bound_method=True), show_annotation=False)
        return text.replace("<factory>", "..."), returns  # a fresh list or dict, in a dataclass
    return None


def skip_echo(app, what, name, thing, skip, options):
    """Fields of a named tuple are told in its docstring, and a function that a class only keeps has its own entry."""
    kept = inspect.isfunction(thing) and "." not in thing.__qualname__ and what == "class"
    return True if isinstance(thing, TUPLE_FIELD) or kept else None


class ListsAlone(SphinxPostTransform):
    """Sphinx puts the list of several returns into a paragraph, which HTML does not allow."""

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if any(isinstance(child, nodes.bullet_list) for child in paragraph.children):
                paragraph.replace_self(paragraph.children)


def setup(app):
    app.add_post_transform(ListsAlone)
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", read_numpydoc)
    app.connect("autodoc-process-signature", call_of_class)
    app.connect("autodoc-skip-member", skip_echo)
