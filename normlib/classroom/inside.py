"""What runs in the box: the student's solution cells, and their functions on the inputs that came along.

Only the standard library, NumPy, and the two files beside it that stand alone (`packing`, `calling`) are there. It
knows no right answer. Each exercise is tried in a process of its own, so that an endless loop or an exit in one costs
only that one; what leaves is a line of JSON and the packed outcomes, for each exercise.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time

FLOOD = 8 << 20  # bytes of one exercise's outcomes
SPARE = 8  # processes of one box
RESULT = 255  # in the child's stream: what follows are the outcomes; a smaller number is that of the cell that starts


def limit(seconds, memory, boxed):
    """Bounds that the kernel enforces on every process here."""
    try:
        import resource
    except ImportError:  # Windows
        return
    bounds = {"AS": memory, "FSIZE": 8 << 20, "CORE": 0, "NOFILE": 64, "CPU": int(seconds) + 1}
    if boxed:  # elsewhere the kernel would count all processes of the teacher
        bounds["NPROC"] = SPARE
    for name, value in bounds.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        except (OSError, ValueError):  # macOS knows fewer of them; the box, on Linux, has to have them all
            if boxed:
                raise


def describe(problem):
    """An exception in words; its own words may fail, too."""
    try:
        return f"{type(problem).__name__}: {problem}"[:500]
    except BaseException:
        return type(problem).__name__


def outcomes(job, task, skipped, tell):
    """Run the cells, then the function that `task` asks for; packed.

    `tell` is given the number of each cell before it runs.
    """
    packing, calling = (importlib.import_module(name) for name in ("packing", "calling"))
    names = {"__name__": "__main__", "np": importlib.import_module("numpy")}
    problems = {}
    for number, source in enumerate(job["cells"]):
        if number not in skipped:
            tell(number)
            try:
                exec(compile(source, f"<solution cell {number + 1}>", "exec"), names)
            except BaseException as problem:
                problems[str(number)] = describe(problem)
    tell(RESULT)
    found = {"problems": problems, "missing": task["name"] not in names, "outcomes": []}
    if not found["missing"]:
        found["outcomes"] = [tuple(one) for one in calling.run(names[task["name"]], task["probes"])]
    return packing.pack(found)


def child(job, task, skipped, pipe):
    """The process of one exercise; never returns."""
    os.setpgid(0, 0)
    try:
        data = outcomes(job, task, skipped, lambda number: os.write(pipe, bytes([number])))
        while data:
            data = data[os.write(pipe, data) :]
    except BaseException:
        os._exit(3)
    os._exit(0)


def listen(job, pid, pipe):
    """What the child writes until it ends, runs out of time or floods us; and which of these it was."""
    got, end, state = bytearray(), time.monotonic() + job["seconds"], "answered"
    while True:
        if nobody_reads(job["answer"]):  # the grader was killed: the box ends with this process
            os._exit(1)
        ended = os.waitpid(pid, os.WNOHANG)[0] != 0
        while select.select([pipe], [], [], 0 if ended else 0.02)[0]:
            part = os.read(pipe, 1 << 16)
            got += part
            if not part or len(got) > FLOOD or time.monotonic() > end:
                break
        if ended:
            finish(pid)
            return state, bytes(got)
        if time.monotonic() > end or len(got) > FLOOD:
            state = "flood" if len(got) > FLOOD else "time"
            os.kill(pid, signal.SIGKILL)  # it may have left its group
            finish(pid)
            os.waitpid(pid, 0)
            return state, bytes(got)


def finish(pid):
    """End the child, and what it started and did not lead out of its group."""
    with contextlib.suppress(OSError):  # all of it may have ended
        os.killpg(pid, signal.SIGKILL)


def nobody_reads(pipe):
    """Whether the other end of a pipe that we write to is closed."""
    watch = select.poll()
    watch.register(pipe, 0)
    return bool(watch.poll(0))


def attempt(job, task, skipped):
    """Try one exercise in a process of its own: how it ended, the cell it was in (None: past them), the outcomes."""
    if not hasattr(os, "fork"):  # Windows, where there is no box either
        return "answered", None, outcomes(job, task, skipped, lambda number: None)
    reader, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return "crowded", None, b""
    if pid == 0:
        os.close(reader)
        os.closerange(writer + 1, 64)
        os.close(job["answer"])
        child(job, task, skipped, writer)
    os.close(writer)
    state, got = listen(job, pid, reader)
    os.close(reader)
    cells, mark, data = got.partition(bytes([RESULT]))
    if state == "answered" and not data:
        state = "died"
    return state, None if mark else (cells[-1] if cells else 0), data if state == "answered" else b""


def work(job):
    """Try every exercise; a cell that never ends, or ends the process, is left out for those after it."""
    skipped: dict[int, str] = {}
    for index, task in enumerate(job["tasks"]):
        while True:
            state, cell, data = attempt(job, task, skipped)
            if state in ("time", "died", "flood") and cell is not None and cell not in skipped:
                skipped[cell] = state
                continue
            break
        head = {"task": index, "state": state, "cell": cell, "skipped": skipped, "size": len(data)}
        send(job["answer"], json.dumps(head).encode() + b"\n" + data)


def send(pipe, data):
    while data:
        data = data[os.write(pipe, data) :]


def main():
    """Read the job from standard input, close all doors, work."""
    job = importlib.import_module("packing").unpack(sys.stdin.buffer.read())
    importlib.import_module("calling")
    job["answer"] = os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    limit(job["wall"], job["memory"], job["boxed"])
    work(job)


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    main()
