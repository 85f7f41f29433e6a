"""The site and the notebooks as zip files, always of the same bytes: ``python -m booksite.pack _build/html dist``."""

import sys
import zipfile
from pathlib import Path

from normlib import __version__

ROOT = Path(__file__).resolve().parent.parent
NAME = "normalization-by-hand"
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can say


def pack(target, files):
    """Write a zip file whose bytes depend on its files' names and contents alone.

    Parameters
    ----------
    target : pathlib.Path
    files : dict of str to pathlib.Path
        Name in the zip file to file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as packed:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, BEGINNING)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def files_of(folder, inside):
    """Every file of a folder by the name that it has in a zip file; without what Python and Jupyter leave behind."""
    left_behind = {"__pycache__", ".ipynb_checkpoints", ".buildinfo"}
    found = (path for path in folder.rglob("*") if path.is_file() and not left_behind & set(path.parts))
    return {f"{inside}/{path.relative_to(folder).as_posix()}": path for path in found}


def notebook_files(root):
    """The notebooks, and one folder up, where their first cell looks for it, the library."""
    files = files_of(root / "notebooks", f"{NAME}/notebooks") | files_of(root / "normlib", f"{NAME}/normlib")
    return files | {f"{NAME}/{name}": root / name for name in ("LICENSE", "requirements.txt")}


def main():
    site, target = map(Path, sys.argv[1:])
    if not (site / "index.html").is_file():
        sys.exit(f"{site} holds no index.html; build the site first: make html")
    for kind, files in (("site", files_of(site, NAME)), ("notebooks", notebook_files(ROOT))):
        path = target / f"{NAME}-{__version__}-{kind}.zip"
        pack(path, files)
        print(f"{path}: {len(files)} files, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
