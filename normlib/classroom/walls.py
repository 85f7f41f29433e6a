"""The walls of the box: bubblewrap's command line, and whether this machine can build them.

The view from inside is the machine's programs, Python, NumPy and the files that the box needs, all read-only, and a
small memory disk; no home folders, no /proc, no network. The process has a user namespace of its own, from which it
cannot make another, and no privileges. Started by root, the whole first becomes an unprivileged user.
"""

import os
import shutil
import site
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

SCRATCH = 16 << 20  # bytes of the memory disk
FIRST_USER = 61000  # what root becomes: this and the next numbers, one for each box that runs at a time
UNSHARED = ("user", "pid", "net", "ipc", "uts", "cgroup-try")
NEEDED = ("--disable-userns", "--size", "--perms", "--clearenv")  # bubblewrap 0.8 has all of them


def interpreter():
    """The Python that runs, past all virtual environments."""
    return Path(sys.executable).resolve()


def folder_of(package):
    """Where a package lies that the box shall hold."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed here; the assignment allows it in the box")
    return Path(str(next(iter(spec.submodule_search_locations)))).resolve()


def view(files, packages):
    """Options of bubblewrap that build what can be seen from inside; nothing of it can be written.

    What others installed beside Python (`hidden`) is covered, so that only the packages named are there.
    """
    system = [Path("/", name) for name in ("usr", "lib", "lib32", "lib64", "bin", "sbin")]
    links = [place for place in system if place.is_symlink()]
    base, folders = Path(sys.base_prefix).resolve(), [folder_of(package) for package in packages]
    libraries = [folder.parent / f"{folder.name}.libs" for folder in folders]
    hidden = _installed()
    paths = [place for place in system if place.is_dir() and place not in links]
    paths += [base, *hidden, *folders, *(place for place in libraries if place.is_dir()), *files]
    options = [part for place in links for part in ("--symlink", os.readlink(place), str(place))]
    parents = dict.fromkeys(parent for path in paths for parent in reversed(path.parents[:-1]))
    for parent in (*parents, Path("/etc"), Path("/tmp")):
        if parent not in paths:  # as such a folder stands outside, others might not be let in
            options += ["--perms", "0755", "--dir", str(parent)]
    for path in paths:
        options += ["--tmpfs", str(path)] if path in hidden else ["--ro-bind", str(path), str(path)]
    for name in ("/etc/ld.so.cache", "/etc/alternatives"):
        options += ["--ro-bind-try", name, name]
    return [*options, *(part for path in hidden for part in ("--remount-ro", str(path)))]


def _installed():
    """Folders where packages lie that were installed beside Python."""
    bases = [str(Path(sys.base_prefix).resolve()), "/usr", "/usr/local"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = {Path(place) for place in site.getsitepackages(bases)}
    places |= {Path(base, "lib", name, "dist-packages") for base in bases for name in (version, "python3")}
    return sorted({place.resolve() for place in places if place.is_dir()})


def command(files, packages, slot, environment):
    """The words before the program's own: all walls around it."""
    seen = view(files, packages)
    inner = ["bwrap", *seen, "--size", str(SCRATCH), "--tmpfs", "/tmp", "--dev", "/dev"]
    inner += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--hostname", "box"]
    inner += [*(f"--unshare-{name}" for name in UNSHARED), "--disable-userns", "--uid", "1000", "--gid", "1000"]
    inner += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"]
    inner += [part for name, value in environment.items() for part in ("--setenv", name, value)] + ["--"]
    if os.geteuid() != 0:
        return inner
    user = str(FIRST_USER + slot)
    outer = ["bwrap", *seen, "--dev", "/dev", "--bind", "/proc", "/proc", "--"]
    drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"]
    return [*outer, *drop, "--", *inner]


@cache
def missing():
    """Why this machine can't build the box, in a sentence; empty where it can."""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap, which makes the box, exists for Linux only; this is {sys.platform}."
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed (Debian, Ubuntu, Fedora: the package is called bubblewrap)."
    words = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    old = [name for name in NEEDED if name not in words.stdout + words.stderr]
    if old:
        return f"this bubblewrap knows no {old[0]}; version 0.8 or newer is needed."
    trial = [*command([], [], 0, {"PATH": "/usr/bin:/bin"}), "true"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    said = tried.stderr.strip().splitlines()
    return "" if tried.returncode == 0 else f"the box can't be built here: {said[-1] if said else 'no reason given'}."
