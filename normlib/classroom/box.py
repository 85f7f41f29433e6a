"""Run one submission's cells where they can do no harm, and take what comes out.

The wall clock, the size of the answer and its form are watched from here; everything else is the walls' business.
"""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from ..check import calling
from . import packing, walls

HERE = Path(__file__).resolve().parent
FILES = (HERE / "inside.py", HERE / "packing.py", Path(calling.__file__).resolve())
MEMORY = 768 << 20  # bytes of one process in the box
FLOOD = 32 << 20  # bytes that a submission may answer
#: What `Box` does not protect against where it is unprotected.
OPEN_DOORS = (
    "delete or change any file that you can delete or change",
    "read every file that you can read: other students' work, your keys, the grades",
    "open network connections, and send what it read",
    "go on running after it was graded",
    "start processes until the machine stands still",
)


@dataclass
class Answer:
    """What one exercise gave.

    Attributes
    ----------
    state : str
        "answered"; "time", "died" or "flood" where its process was ended, ended itself or answered too much;
        "crowded" where none could be started; "lost" where nothing arrived.
    cell : int or None
        The cell that ran when it ended; None if the cells were done.
    problems : dict of int to str
        By cell: the exception that it raised, or the state of a cell that was left out.
    missing : bool
        Whether the function does not exist.
    outcomes : list of Outcome
    """

    state: str = "lost"
    cell: int | None = None
    problems: dict[int, str] = field(default_factory=dict)
    missing: bool = False
    outcomes: list = field(default_factory=list)


@dataclass(frozen=True)
class Box:
    """A place for code that is not trusted.

    Attributes
    ----------
    seconds : float
        Wall clock that one submission gets.
    protected : bool
        False: a plain subprocess, see `OPEN_DOORS`.
    packages : tuple of str
        What may be imported in it, besides the standard library.

    Raises
    ------
    RuntimeError
        If it shall protect, and this machine lacks what that needs.
    """

    seconds: float = 10.0
    protected: bool = True
    packages: tuple[str, ...] = ("numpy",)

    def __post_init__(self):
        reason = walls.missing() if self.protected else ""
        if reason:
            raise RuntimeError(f"No box: {reason}")

    def run(self, cells, tasks, slot=0):
        """Run the cells, then the function of each task.

        Parameters
        ----------
        cells : list of str
            Source code, in order.
        tasks : list of dict
            `name` of the function and its `probes`.
        slot : int
            A number that no other box has at the same time.

        Returns
        -------
        answers : list of Answer
            One a task.
        words : str
            Why it ended early; empty if it did not.
        """
        share = self.seconds / (len(tasks) + 1)
        job = {"cells": list(cells), "tasks": tasks, "seconds": share, "wall": self.seconds, "memory": MEMORY}
        data, words = self._talk(packing.pack(job | {"boxed": self.protected}), slot)
        answers = [Answer() for _ in tasks]
        if not _read(data, answers) and not words:
            words = "What came out of the box was no answer."
        return answers, words

    def _talk(self, job, slot):
        folders = dict.fromkeys(str(path.parent) for path in (*FILES, *map(walls.folder_of, self.packages)))
        program = [str(walls.interpreter()), "-I", "-S", "-B", str(FILES[0]), *folders]
        quiet = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        if self.protected:
            program = [*walls.command(FILES, self.packages, slot, quiet | {"HOME": "/tmp"}), *program]
            return _converse(program, job, self.seconds, "/", quiet)
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
        with tempfile.TemporaryDirectory() as scratch:
            return _converse(program, job, self.seconds, scratch, quiet | kept | {"HOME": scratch})


def _converse(program, job, seconds, folder, environment):
    """Start the program, hand it the job, and read until it ends or has had its time; bytes, and why it ended early."""
    process = subprocess.Popen(
        program, cwd=folder, env=environment, start_new_session=os.name == "posix",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    got, said, words = bytearray(), bytearray(), ""
    threads = [
        threading.Thread(target=_write, args=(process.stdin, job), daemon=True),
        threading.Thread(target=_read_all, args=(process.stdout, got, FLOOD), daemon=True),
        threading.Thread(target=_read_all, args=(process.stderr, said, 4000), daemon=True),
    ]
    try:
        for thread in threads:
            thread.start()
        threads[1].join(seconds)  # the end of what it says is its own end, unless something in it lives on
        process.wait(0.001 if threads[1].is_alive() else 5)
    except subprocess.TimeoutExpired:
        words = f"It was stopped after {seconds:g} s."
    finally:
        _kill(process)
    for thread in threads[1:]:
        thread.join(0.5)  # a process that broke out of a plain subprocess may keep the other end open
    if not words and process.returncode != 0:
        last = bytes(said).decode(errors="replace").strip().splitlines()
        words = f"It ended before its time: {last[-1][:300] if last else 'no reason given'}."
    return bytes(got), words


def _write(pipe, data):
    with contextlib.suppress(OSError):
        pipe.write(data)
    with contextlib.suppress(OSError):
        pipe.close()


def _read_all(pipe, into, most):
    """Read to the end, and keep the first `most` bytes."""
    with contextlib.suppress(OSError, ValueError), pipe:
        while part := pipe.read1(1 << 16):
            into += part[: max(0, most - len(into))]


def _kill(process):
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _read(data, answers):
    """Fill in the answers from what came out of the box; False where that is not of the agreed form."""
    place = 0
    while place < len(data):
        end = data.find(b"\n", place, place + 4000)
        if end < 0:
            return False
        try:
            head = json.loads(data[place:end])
            task, size = int(head["task"]), int(head["size"])
            cell = None if head["cell"] is None else int(head["cell"])
            packed = data[end + 1 : end + 1 + size]
            if not 0 <= size <= FLOOD or len(packed) != size or not 0 <= task < len(answers):
                return False
            answer = Answer(str(head["state"]), cell, {int(k): str(v) for k, v in head["skipped"].items()})
            answers[task] = _opened(answer, packed) if packed else answer
        except Exception:  # a student's code may get hold of the pipe and write what it likes; nobody lists all of that
            return False
        place = end + 1 + size
    return True


def _opened(answer, packed):
    found = packing.unpack(packed)
    answer.missing = bool(found["missing"])
    answer.problems |= {int(cell): str(words) for cell, words in found["problems"].items()}
    answer.outcomes = [_outcome(*one) for one in found["outcomes"]]
    return answer


def _outcome(value, error, message, changed, seconds):
    """An outcome whose parts are of the right kinds, whoever made them."""
    strange = _strange(value)
    if strange:
        return calling.Outcome(None, "TypeError", f"the function returned {strange}")
    if error is None:
        return calling.Outcome(value, None, "", tuple(map(str, changed)), float(seconds))
    return calling.Outcome(None, str(error)[:100], str(message)[:500], tuple(map(str, changed)), float(seconds))


def _strange(value):
    """What in a value is no plain data, in words; empty where all of it is."""
    if isinstance(value, packing.Strange):
        return value.words
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return next(filter(None, map(_strange, parts)), "")
