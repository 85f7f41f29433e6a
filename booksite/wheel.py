"""The library's wheel, served by the site itself, for notebooks that are opened where `normlib` is not installed."""

import os
from pathlib import Path

from flit_core import buildapi

ROOT = Path(__file__).parent.parent
EPOCH = "315532800"  # 1980-01-01, the earliest that a zip file can say: the same sources give the same bytes


def build_wheel(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    target = Path(app.outdir) / "wheels"
    target.mkdir(exist_ok=True)
    for old in target.glob("*.whl"):
        old.unlink()
    before = Path.cwd()
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    try:
        os.chdir(ROOT)  # PEP 517: a backend's hooks run in the project's folder
        buildapi.build_wheel(str(target))
    finally:
        os.chdir(before)
        del os.environ["SOURCE_DATE_EPOCH"]


def setup(app):
    app.connect("build-finished", build_wheel)
