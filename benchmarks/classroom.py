"""How long the grader takes, and how much memory: ``python -m benchmarks.classroom``. Needs bubblewrap.

Three measures: an honest submission in the box, judged (median of 100); an endless loop against its limit; a class of
300, a third of it broken or hostile, with the grader's own memory on the way.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

from normlib.classroom import Box, Grades, find_assignment, find_submissions
from normlib.classroom.grading import grade_class, grade_one
from normlib.classroom.release import source_notebook

NAME = "batch-norm"
HOSTILE = (
    "import os; os._exit(0)",
    "everything = [bytes(10**8) for _ in range(100)]",
    "print('x' * 30_000_000)",
    "def forward(*inputs): return [object()] * 10**6",
    "def forward(*inputs): raise RuntimeError('no')",
)
LOOP = "while True: pass"


def notebook(forward=None):
    """The solved assignment as bytes, with another forward pass where one is given."""
    made = source_notebook(NAME)
    for cell in made.cells:
        if forward and cell.metadata.get("nbgrader", {}).get("grade_id") == "forward":
            cell.source = forward
    return json.dumps(made).encode()


def hand_in(place, students):
    """Write everyone's notebook; `students` are names with bytes."""
    for student, data in students.items():
        (place / student).mkdir(parents=True)
        (place / student / f"{NAME}.ipynb").write_bytes(data)
    return find_submissions(place, NAME)


def resident():
    """Memory of this process in MB."""
    words = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in words.splitlines() if line.startswith("VmRSS")) / 1024


def timed(submissions, grades, box):
    """Seconds of each submission, one after the other."""
    assignment, seed, found = find_assignment(NAME), grades.seed(), []
    for submission in submissions:
        start = time.perf_counter()
        grade_one(submission, assignment, grades, box, seed)
        found.append(time.perf_counter() - start)
    return found


def mixed_class():
    """300 students: 200 whose code is right or wrong, 50 who mean harm, 50 whose file is broken."""
    honest, wrong = notebook(), notebook("def forward(x, gamma, beta, eps): return x")
    students = {f"student {k:03}": honest if k % 2 else wrong for k in range(200)}
    students |= {f"hostile {k:03}": notebook(HOSTILE[k % len(HOSTILE)]) for k in range(45)}
    students |= {f"looping {k:03}": notebook(LOOP) for k in range(5)}
    return students | {f"broken {k:03}": honest[: 40 * k] for k in range(50)}


class Watch(Grades):
    """Grades that note this process's memory whenever a result is kept."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.memory = []

    def keep(self, record):
        super().keep(record)
        self.memory.append(resident())


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        honest = hand_in(root / "honest", {f"student {k}": notebook() for k in range(100)})
        times = timed(honest, Grades(root / "a", NAME), Box(10))
        print(f"honest submission, median of 100: {statistics.median(times):.2f} s (at most 0.50)")
        box = Box(4)
        loops = timed(hand_in(root / "loop", {"loop": notebook(LOOP)}), Grades(root / "b", NAME), box)
        print(f"endless loop: {loops[0]:.2f} s with a limit of {box.seconds:g} s (at most 1 s more)")
        class_, watch = hand_in(root / "class", mixed_class()), Watch(root / "c", NAME)
        start = time.perf_counter()
        grade_class(class_, find_assignment(NAME), watch, Box(10), jobs=2, progress=True)
        taken, memory = time.perf_counter() - start, watch.memory
        print(f"{len(class_)} mixed submissions: {taken:.0f} s with 2 jobs, {len(watch.results())} results")
        ends = f"{memory[30]:.0f} MB after 30, {memory[-1]:.0f} MB at the end, {max(memory):.0f} MB at most"
        print(f"memory of the grader: {ends}")


if __name__ == "__main__":
    main()
