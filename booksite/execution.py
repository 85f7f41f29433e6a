"""When cells run again, and why a build that failed cannot pass by being repeated."""

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import normlib

HERE = Path(__file__).parent
LIBRARY = Path(normlib.__file__).parent
RECORD = HERE.parent / "benchmarks" / "record.json"  # what the page on speed shows
COUNTS = ("numpy", "matplotlib", "seaborn", "anywidget", "ipywidgets")


def library_hash():
    """A hash of everything that the cells' results depend on beside their own code."""
    digest = hashlib.sha256()
    for path in sorted([*LIBRARY.rglob("*.py")]):
        digest.update(path.relative_to(LIBRARY).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(RECORD.read_bytes() if RECORD.exists() else b"")
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


def made_by():
    """A hash of everything beside the chapters that pages are made by: the library whole, and this extension."""
    files = [p for top in (LIBRARY, HERE / "theme") for p in top.rglob("*") if "__pycache__" not in p.parts]
    digest = hashlib.sha256(library_hash().encode())
    for path in sorted(p for p in [*files, *HERE.iterdir()] if p.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reread_unclean(app, env, added, changed, removed):
    """Read every page again, unless this builder's last run was clean and pages are still made by the same code.

    Sphinx compares the chapters alone. Each builder has a mark of its own, since one may run between two of another;
    a run that warned leaves none, so that its warnings come again.
    """
    mark = _clean_mark(app)
    clean = mark.exists() and mark.read_text() == made_by()
    mark.unlink(missing_ok=True)
    return [] if clean else sorted(env.found_docs)


def mark_clean(app, exception):
    if exception is None and app._warncount == 0:
        _clean_mark(app).write_text(made_by())


def setup(app):
    app.connect("config-inited", key_cache)
    app.connect("env-get-outdated", reread_unclean)
    app.connect("build-finished", mark_clean, priority=990)
