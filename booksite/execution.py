"""When cells run again, and why a build that failed cannot pass by being repeated."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import is_myst_markdown_notebook
from sphinx.util import logging

import normlib

HERE = Path(__file__).parent
LIBRARY = Path(normlib.__file__).parent
RECORD = HERE.parent / "benchmarks" / "record.json"  # what the page on speed shows
APART = LIBRARY / "classroom"  # the teacher's kit, which no cell of a page imports
COUNTS = ("numpy", "matplotlib", "seaborn", "anywidget", "ipywidgets")


def library_hash():
    """A hash of everything that the cells' results depend on beside their own code."""
    digest = hashlib.sha256()
    for path in sorted(p for p in LIBRARY.rglob("*.py") if not p.is_relative_to(APART)):
        digest.update(path.relative_to(LIBRARY).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(RECORD.read_bytes() if RECORD.exists() else b"")
    digest.update("".join(f"{name}={version(name)}\n" for name in COUNTS).encode())
    return digest.hexdigest()[:12]


def is_sound(cache):
    """Whether a cache of results can be read: its list, and each notebook that is kept."""
    try:
        with contextlib.closing(sqlite3.connect(f"{(cache / 'global.db').as_uri()}?mode=ro", uri=True)) as listing:
            if listing.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return False
            kept = [key for (key,) in listing.execute("SELECT hashkey FROM nbcache")]
        for key in kept:
            json.loads((cache / "executed" / key / "base.ipynb").read_text(encoding="utf-8"))
    except (sqlite3.Error, OSError, ValueError):
        return False
    return True


def key_cache(app, config):
    """jupyter-cache looks at the cells alone: each state of the library gets its own; a damaged one goes."""
    base, name = Path(app.doctreedir).parent / ".jupyter_cache", library_hash()
    config.nb_execution_cache_path = str(base / name)
    for old in base.glob("*") if base.is_dir() else ():
        if old.is_dir() and old.name != name:
            shutil.rmtree(old)
    if (base / name / "global.db").exists() and not is_sound(base / name):
        logging.getLogger(__name__).info("notebooks: the kept results cannot be read; every cell runs again")
        shutil.rmtree(base / name)


def _execute(cells, folder, timeout):
    """Run one notebook's cells: with their outputs, and how long it took; None where one fails.

    What a cell prints is joined as it came: MyST-NB would put a line's end wherever the kernel happened to pause.
    """
    run = single_nb_execution(cells, folder, timeout, allow_errors=False, coalesce_streams=True)
    return (cells, run.time) if run.err is None else None


def _keep(cache, notebook, done):
    """Put what a notebook gave into the cache; one that failed is run again, and reported, by the build.

    One process alone does this: of two that keep the same cells at once (two pages without any), one would fail.
    """
    if done is not None:
        cells, seconds = done
        bundle = CacheBundleIn(cells, notebook, data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def execute_ahead(app, env, docnames):
    """Run the notebooks that are not in the cache side by side, one a core; reading would run them one by one."""
    timeout = env.config.nb_execution_timeout
    if env.config.nb_execution_mode != "cache":
        return
    cache = get_cache(env.config.nb_execution_cache_path)
    notebooks = [p for p in map(env.doc2path, docnames) if is_myst_markdown_notebook(Path(p).read_text("utf-8"))]
    for notebook in notebooks:
        cache.add_nb_to_project(notebook, read_data={"name": "myst_nb_md", "type": "plugin"})
    waiting = [record.uri for record in cache.list_unexecuted(filter_uris=notebooks)]
    jobs = {p: (cache.get_project_notebook(p).nb, str(Path(p).parent), timeout) for p in waiting}
    if len(waiting) == 1:  # nobody to run beside: no process has to be started first
        _keep(cache, waiting[0], _execute(*jobs[waiting[0]]))
    if len(waiting) < 2:
        return
    # The kernels' parents are started afresh: a copy of this process would hold its threads' locks.
    workers = min(len(waiting), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        runs = {pool.submit(_execute, *job): notebook for notebook, job in jobs.items()}
        for done, run in enumerate(as_completed(runs), 1):
            _keep(cache, runs[run], run.result())
            name, end = Path(runs[run]).stem, "run" if run.result() else "stopped at an error"
            logging.getLogger(__name__).info(f"notebooks: {done} of {len(waiting)}, {name} {end}")


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
    app.connect("env-before-read-docs", execute_ahead)
    app.connect("build-finished", mark_clean, priority=990)
