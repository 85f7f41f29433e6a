"""Find what was handed in: in a folder, in nbgrader's `submitted`, or in a zip from a learning platform.

Nothing is unpacked, and no link is followed: a file's name only ever names a student, and never becomes a path.
"""

import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path

from .notebooks import LARGEST, Unreadable

DEEPEST = 5  # folders inside of folders
MOST = 20_000  # files of one class
IGNORED = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git"}
# How platforms name what they pack: Moodle (a folder or a file each), Canvas.
NAMES = (
    re.compile(r"^(?P<name>.+)_(?P<number>\d+)_assignsubmission_[a-z]+(_(?P<file>.*))?$"),
    re.compile(r"^(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+\.\w+)$"),
)


@dataclass(frozen=True)
class File:
    """A file that was found: its path in parts, how to read it, and why it can't be read, where it can't."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    problem: str = ""


@dataclass
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student : str
        Tells students apart, even two of the same name.
    name : str
        For people to read.
    files : list of File
    late : bool
        Whether the platform says so.
    notes : list of str
    """

    student: str
    name: str
    files: list[File] = field(default_factory=list)
    late: bool = False
    notes: list[str] = field(default_factory=list)

    def read(self, assignment):
        """The notebook's bytes.

        Raises
        ------
        Unreadable
            If there is none, or it can't be read; says why.
        """
        notebooks = [file for file in self.files if file.parts[-1].lower().endswith(".ipynb")]
        notebooks = [f for f in notebooks if assignment in f.parts[:-1]] or notebooks
        named = [file for file in notebooks if file.parts[-1].lower().endswith(f"{assignment}.ipynb")]
        if not notebooks:
            others = ", ".join(sorted({readable(file.parts[-1]) for file in self.files})[:5])
            raise Unreadable(f"No notebook was found{f', only {others}' if others else ''}.")
        chosen = min(named or notebooks, key=lambda file: (bool(file.problem), len(file.parts), file.parts))
        called = readable(chosen.parts[-1])
        if not named:
            self.notes.append(f"The notebook is called {called}; expected {assignment}.ipynb.")
        if len(notebooks) > 1:
            self.notes.append(f"There are {len(notebooks)} notebooks; {called} was graded.")
        if chosen.problem:
            raise Unreadable(chosen.problem)
        return chosen.read()

    def handed_in(self):
        """When, as nbgrader noted it in timestamp.txt; empty where nothing is known."""
        for file in self.files:
            if file.parts[-1] == "timestamp.txt" and not file.problem:
                try:
                    return file.read()[:40].decode("ascii", errors="replace").strip()
                except Unreadable as reason:
                    self.notes.append(f"When it was handed in is not known: {reason}")
        return ""


def readable(text):
    """A name on one line, without characters that are invisible or turn the writing's direction."""
    text = unicodedata.normalize("NFC", str(text))
    text = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return " ".join(kept.split())[:200] or "(no name)"


def find_submissions(place, assignment):
    """Every student's submission.

    Parameters
    ----------
    place : Path
        A folder or a zip. In it a folder or a notebook for each student; or nbgrader's course, or its `submitted`.
    assignment : str

    Returns
    -------
    list of Submission
        By student's name.

    Raises
    ------
    FileNotFoundError
        If `place` is neither.
    ValueError
        If the zip can't be opened.
    """
    place = Path(place)
    if place.is_dir():
        inner = place / "submitted"
        course = inner.is_dir() and not inner.is_symlink()
        files = list(_in_folder(inner if course else place))
        if course or place.resolve().name == "submitted":  # nbgrader's: a folder for each student and assignment
            files = [file for file in files if len(file.parts) < 3 or file.parts[1] == assignment]
    elif place.is_file():
        files = _without_common_folder(_in_zip(place))
    else:
        raise FileNotFoundError(f"{place}: no such folder or zip")
    found: dict[str, Submission] = {}
    for file in files:
        student, name, late = _whose(file.parts, assignment)
        if student not in found:
            found[student] = Submission(_free(readable(student), found.values()), readable(name))
        one = found[student]
        one.files.append(file)
        one.late |= late
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.student))


def _whose(parts, assignment):
    """Who handed in a file, the name to show, and whether it came late."""
    for pattern in NAMES:
        known = pattern.match(parts[0])
        if known:
            name, number, late = known["name"], known["number"], known.groupdict().get("late")
            return f"{name}_{number}", f"{name} ({number})", bool(late)
    first = parts[0]
    if len(parts) == 1:
        first = first.rpartition(".")[0] or first
        first = re.sub(rf"[-_ ]*{re.escape(assignment)}$", "", first) or first
    return first, first, False


def _free(name, taken):
    """The name, with a number where only invisible characters tell it from another student's."""
    others = {one.student for one in taken}
    return next(n for n in (name, *(f"{name} #{k}" for k in range(2, MOST + 2))) if n not in others)


def _in_folder(root, parts=()):
    try:
        entries = sorted((e for e in os.scandir(root) if e.name not in IGNORED), key=lambda entry: entry.name)
    except OSError as problem:
        yield File((*parts, "(closed folder)"), bytes, f"The folder can't be opened: {problem.strerror}.")
        return
    for entry in entries:
        here = (*parts, entry.name)
        if entry.is_symlink():
            yield File(here, bytes, "This is a link to another place, not a file. It was not followed.")
        elif entry.is_dir() and len(here) < DEEPEST:
            yield from _in_folder(entry.path, here)
        elif entry.is_dir():
            yield File(here, bytes, f"This folder lies inside of {DEEPEST - 1} others. It was not opened.")
        elif entry.is_file():
            yield File(here, partial(_read, entry.path))
        else:
            yield File(here, bytes, "This is no ordinary file.")
    if not entries and parts:
        yield _empty(parts)


def _empty(folder):
    """Stands for a folder that holds nothing to read, so that its owner is not lost."""
    return File((*folder, "(empty folder)"), bytes, "The folder is empty.")


def _read(path):
    """An ordinary file's bytes; whatever took its place meanwhile is not opened."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as problem:
        raise Unreadable(f"The file can't be opened: {problem.strerror}.") from None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unreadable("This is no ordinary file.")
        return file.read(LARGEST + 1)


def _in_zip(path):
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as reason:
        raise ValueError(f"{path}: can't be opened as a zip ({reason})") from None
    with archive:
        members = archive.infolist()
    if len(members) > MOST:
        raise ValueError(f"{path}: {len(members)} files came; at most {MOST} are taken")
    files, folders = [], set()
    for member in members:
        parts = tuple(p for p in re.split(r"[/\\]", member.filename) if p not in ("", ".", ".."))
        if not parts or member.is_dir() or IGNORED & set(parts):
            folders.add(tuple(takewhile(lambda part: part not in IGNORED, parts[:DEEPEST])))
            continue
        files.append(File(parts, partial(_unpacked, path, member), _closed(member)))
    filled = {()} | {file.parts[:k] for file in files for k in range(min(len(file.parts), DEEPEST + 1))}
    for folder in sorted(folders, key=len, reverse=True):
        if folder not in filled:
            files.append(_empty(folder))
            filled |= {folder[:k] for k in range(len(folder))}
    return files


def _closed(member):
    """Why a file of a zip is not read; empty where it is."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return "This is a link to another place, not a file. It was not followed."
    if member.flag_bits & 1:
        return "The file is encrypted."
    if member.file_size > LARGEST:
        return f"Unpacked, the file would be larger than {LARGEST >> 20} MB; it was not unpacked."
    return ""


def _unpacked(path, member):
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            return file.read(LARGEST + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as problem:
        raise Unreadable(f"The file can't be unpacked: {problem}.") from None
    except Exception as problem:  # zlib, lzma and bz2 have errors of their own
        raise Unreadable(f"The file can't be unpacked: {type(problem).__name__}.") from None


def _without_common_folder(files):
    """Zips often have one folder around everything: leave it out where several students' folders or files lie in it."""
    tops = {file.parts[0] for file in files}
    inner = {file.parts[1] for file in files if len(file.parts) > 2}
    notebooks = [file for file in files if len(file.parts) == 2 and file.parts[1].lower().endswith(".ipynb")]
    if len(tops) == 1 and all(len(file.parts) > 1 for file in files) and (len(inner) > 1 or len(notebooks) > 1):
        return [File(file.parts[1:], file.read, file.problem) for file in files]
    return files
