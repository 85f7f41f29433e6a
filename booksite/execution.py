"""When cells run again, and why a build that failed cannot pass by being repeated."""

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import normlib

LIBRARY = Path(normlib.__file__).parent
COUNTS = ("numpy", "matplotlib", "seaborn", "anywidget", "ipywidgets")


def library_hash():
    """A hash of everything that the cells' results depend on beside their own code."""
    digest = hashlib.sha256()
    for path in sorted([*LIBRARY.rglob("*.py")]):
        digest.update(path.relative_to(LIBRARY).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update("".join(f"{name}={version(name)}\n" for name in COUNTS).encode())
    return digest.hexdigest()[:12]


def key_cache(app, config):
    """jupyter-cache looks at the cells alone: give each state of the library a cache of its own."""
    base, name = Path(app.doctreedir).parent / ".jupyter_cache", library_hash()
    config.nb_execution_cache_path = str(base / name)
    for old in base.glob("*") if base.is_dir() else ():
        if old.is_dir() and old.name != name:
            shutil.rmtree(old)


def _clean_mark(app):
    return Path(app.doctreedir) / f"{app.builder.name}.clean"


def reread_unclean(app, env, added, changed, removed):
    """Unless this builder's last run ended without a warning, read every page again: its warnings come again."""
    mark = _clean_mark(app)
    pages = [] if mark.exists() else sorted(env.found_docs)
    mark.unlink(missing_ok=True)
    return pages


def mark_clean(app, exception):
    if exception is None and app._warncount == 0:
        _clean_mark(app).touch()


def setup(app):
    app.connect("config-inited", key_cache)
    app.connect("env-get-outdated", reread_unclean)
    app.connect("build-finished", mark_clean, priority=990)
