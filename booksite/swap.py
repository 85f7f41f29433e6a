"""The site is built aside and put in its place when it is whole: what is served is never half-written."""

import shutil
from pathlib import Path


def aside(site):
    """Where the next `site` is built: a folder beside it, on the same disk."""
    return site.parent / f".{site.name}.next"


def begin(app, config):
    """Build into a copy of the last site, so that only what has changed is written; what a build left behind goes."""
    site = Path(app.outdir)
    if site.name != "html":  # the other builders' files are not served
        return
    app.booksite_site = site
    app.outdir = type(app.outdir)(aside(site))
    shutil.rmtree(app.outdir, ignore_errors=True)
    if site.is_dir():
        shutil.copytree(site, app.outdir)


def replace(site):
    """Put what was built aside in the place of `site`, by renaming."""
    old = site.parent / f".{site.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    aside(site).rename(site)
    shutil.rmtree(old, ignore_errors=True)


def finish(app, exception):
    """When every other part is done; a build that broke leaves the last site as it was."""
    site = getattr(app, "booksite_site", None)
    if site is None:
        return
    if exception is None:
        replace(site)
    else:
        shutil.rmtree(app.outdir, ignore_errors=True)
    app.outdir = app.builder.outdir = type(app.outdir)(site)


def setup(app):
    app.connect("config-inited", begin, priority=10)
    app.connect("build-finished", finish, priority=999)
