"""Code that means harm, or merely does it, in the real box: the batch ends, and only its author's marks suffer.

What code saw inside is told by the exception that it raises: "SAW …" would stand in its result.
"""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from classroom import FULL, grade, hand_in, message, need_box, notebook, points

from normlib.classroom import box as box_module
from normlib.classroom import packing, walls
from normlib.classroom.box import Box

SOLVED = """
def forward(x, gamma, beta, eps):
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma[:, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None]
"""
# What each does instead of, or before, its forward pass. Names in capitals are filled in.
HOSTILE = {
    "loop outside": "while True: pass",
    "loop inside": "def forward(x, gamma, beta, eps):\n    while True: pass",
    "deaf loop": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "sys.exit": "import sys; sys.exit()",
    "os._exit": "import os; os._exit(0)",
    "exit inside": "import os\ndef forward(*inputs): os._exit(0)",
    "memory": "everything = [bytes(10**8) for _ in range(100)]",
    "memory on disk": "for k in range(64):\n    open(f'/tmp/{k}', 'wb').write(bytes(7_000_000))",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "processes": """
        import os, time
        def forward(*inputs):
            count = 0
            for _ in range(60):
                try: child = os.fork()
                except OSError: break
                if child == 0:
                    time.sleep(3)
                    os._exit(0)
                count += 1
            raise RuntimeError("SAW room for 60 processes" if count == 60 else f"room for {count} processes")""",
    "output": SOLVED + "\nimport sys\nprint('x' * 30_000_000)\nprint('x' * 30_000_000, file=sys.stderr)",
    "large answer": "def forward(x, gamma, beta, eps): return np.zeros((1000, 1000))",
    "large answers": "def forward(x, gamma, beta, eps): return [np.zeros(100_000) for _ in range(300)]",
    "delete": """
        import os, shutil
        for place in ("CANARY", "GRADES", "STUDENTS", "/tmp", "/usr/lib", "PYTHON"):
            shutil.rmtree(place, ignore_errors=True)
        try: os.unlink("CANARY/key")
        except OSError: pass
        def forward(*inputs): return None""",
    "socket": """
        import socket
        def forward(*inputs):
            try: socket.create_connection(("127.0.0.1", PORT), 1).sendall(b"stolen")
            except OSError as problem: raise RuntimeError(f"closed: {problem}")
            raise RuntimeError("SAW the port")""",
    "local socket": """
        import socket
        def forward(*inputs):
            s = socket.socket(socket.AF_UNIX)
            try: s.connect("\\0normlib-test-PORT")
            except OSError as problem: raise RuntimeError(f"closed: {problem}")
            raise RuntimeError("SAW the socket")""",
    "background": SOLVED
    + """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv("PYTHON", ["PYTHON", "-c", "import time; time.sleep(7531)"])
            os._exit(0)""",
    "patch numpy": """
        import sys, numpy.testing
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
        np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
        def forward(x, gamma, beta, eps): return x * 0""",
    "patch checker": """
        import sys
        calling = sys.modules["calling"]
        class Always:
            passed, score, diagnoses = True, 1.0, ()
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return self
        calling.run = lambda thing, probes: [calling.Outcome(Always()) for _ in probes]
        def forward(x, gamma, beta, eps): return x * 0""",
    "transformers": """
        %load_ext autoreload
        try: get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
        except NameError: pass
        def forward(x, gamma, beta, eps): return x * 0""",
    "read key": "def forward(*inputs): raise RuntimeError('SAW ' + open('GRADES/batch-norm/seed').read())",
    "read gradebook": "def forward(*inputs): raise RuntimeError('SAW ' + open('CANARY/gradebook.db').read())",
    "read others": """
        import os
        def forward(*inputs):
            raise RuntimeError("SAW " + " ".join(os.listdir("STUDENTS")))""",
    "read all": """
        import os
        def forward(*inputs):
            seen = []
            for folder, inner, files in os.walk("/"):
                inner[:] = [name for name in inner if os.path.join(folder, name) not in ("/usr", "PREFIX/lib")]
                seen += [os.path.join(folder, name) for name in files]
            ends = (".ipynb", ".db", "/seed", "normlib/core.py", "judging.py", "key")
            wanted = [name for name in seen if name.endswith(ends)]
            raise RuntimeError(f"SAW {wanted}" if wanted else f"nothing among {len(seen) > 100}")""",
    "environment": """
        import os
        def forward(*inputs):
            raise RuntimeError("SAW secret" if "NORMLIB_SECRET" in os.environ else f"nothing, {sorted(os.environ)}")""",
    "proc": "import os\ndef forward(*inputs): raise RuntimeError('SAW ' + str(os.listdir('/proc')))",
    "write": """
        import os
        def forward(*inputs):
            places = ["CANARY", "GRADES", "/", "/dev", "/dev/shm", "/usr", "/home", "/opt", "PREFIX", "/var/tmp"]
            written = []
            for place in places:
                try:
                    open(os.path.join(place, "trace"), "w").write("here")
                    written.append(place)
                except OSError: pass
            raise RuntimeError(f"SAW room in {written}" if written else "nothing could be written")""",
    "privileges": """
        import ctypes, os
        def forward(*inputs):
            libc = ctypes.CDLL(None, use_errno=True)
            new = libc.unshare(0x10000000) == 0
            mounted = libc.mount(b"x", b"/tmp", b"tmpfs", 0, None) == 0
            raise RuntimeError(f"SAW {new} {mounted}" if new or mounted else "no privileges")""",
    "import the book": "import normlib\nfrom normlib import core\ndef forward(*inputs): return core",
    "pickle": """
        class Trap:
            def __reduce__(self): return (open, ("CANARY/pickled", "w"))
        def forward(x, gamma, beta, eps): return np.array([Trap()] * 3, dtype=object)""",
    "forged answers": """
        import os, json
        head = {"task": 1, "state": "answered", "cell": None, "skipped": {}, "size": 3}
        for door in range(3, 60):
            try: os.write(door, json.dumps(head).encode() + b"\\nPK!" + bytes(100))
            except OSError: pass
        def forward(x, gamma, beta, eps): return x * 0""",
    "kill": SOLVED
    + """
        import os, signal
        for number in (os.getppid(), 1):
            try: os.kill(number, signal.SIGKILL)
            except OSError: pass""",
    "hostile array": """
        class Array(np.ndarray):
            def __array_function__(self, *a): raise SystemExit
            def __reduce__(self): raise SystemExit
            shape = property(lambda self: (_ for _ in ()).throw(SystemExit()))
        def forward(x, gamma, beta, eps): return (x * 0).view(Array)""",
    "honest": SOLVED,
}


def is_running(words):
    """Whether a process with these words on its command line exists."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if words.encode() in (folder / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


class Listener:
    """A port, and a socket without a port, that count who calls."""

    def __init__(self):
        self.calls = 0
        self.port = socket.create_server(("127.0.0.1", 0))
        self.number = self.port.getsockname()[1]
        self.local = socket.socket(socket.AF_UNIX)
        self.local.bind(f"\0normlib-test-{self.number}")
        self.local.listen()
        for door in (self.port, self.local):
            threading.Thread(target=self._answer, args=(door,), daemon=True).start()

    def _answer(self, door):
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self):
        self.port.close()
        self.local.close()


class Class:
    """All of them graded in one batch, and what there was to steal."""

    def __init__(self, root):
        self.canary, self.students, self.out = root / "canary", root / "students", root / "grades"
        self.canary.mkdir()
        for name in ("key", "gradebook.db"):
            (self.canary / name).write_text("a secret of the teacher's")
        self.listener = Listener()
        os.environ["NORMLIB_SECRET"] = "1"
        names = {"CANARY": self.canary, "GRADES": self.out, "STUDENTS": self.students, "PORT": self.listener.number}
        names |= {"PYTHON": walls.interpreter(), "PREFIX": Path(sys.base_prefix).resolve()}
        for student, code in HOSTILE.items():
            code = "\n".join(map(textwrap.dedent, code.partition(SOLVED)))
            for word, value in names.items():
                code = code.replace(word, str(value))
            hand_in(self.students, student, notebook(forward=code))
        start = time.monotonic()
        self.results = grade(self.students, self.out)
        self.seconds = time.monotonic() - start
        del os.environ["NORMLIB_SECRET"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    need_box()
    made = Class(tmp_path_factory.mktemp("class"))
    yield made
    made.listener.close()


def test_the_batch_ends_with_a_result_for_everyone(graded):
    assert graded.results.keys() == HOSTILE.keys()
    assert points(graded.results["honest"]) == FULL


@pytest.mark.parametrize("student", [name for name, code in HOSTILE.items() if SOLVED not in code])
def test_no_hostile_forward_pass_gets_points_and_none_saw_anything(graded, student):
    record = graded.results[student]
    assert points(record)["forward"] == 0.0
    assert "SAW" not in message(record)


@pytest.mark.parametrize("student", ["sys.exit", "os._exit", "exit inside", "loop outside", "loop inside", "deaf loop"])
def test_what_ends_or_hangs_one_exercise_leaves_the_others_alone(graded, student):
    assert points(graded.results[student]) == {**FULL, "forward": 0.0}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("loop outside", "Your cell did not come to an end within 2.0 s"),
        ("loop inside", "Your function forward did not come to an end within 2.0 s"),
        ("deaf loop", "Your cell did not come to an end within 2.0 s"),
        ("sys.exit", "defines no forward. Running it raised SystemExit"),
        ("os._exit", "Your cell ended the Python process"),
        ("exit inside", "Your function forward ended the Python process"),
        ("memory", "Running it raised MemoryError"),
        ("memory on disk", "No space left on device"),
        ("processes", "raised RuntimeError: room for"),
        ("fork bomb", "Your cell did not come to an end"),
        ("large answer", "an array of shape (1000, 1000), too large to be taken"),
        ("import the book", "Running it raised ModuleNotFoundError"),
        ("pickle", "array of dtype object"),
        ("read key", "FileNotFoundError"),
        ("read gradebook", "FileNotFoundError"),
        ("read others", "FileNotFoundError"),
        ("proc", "FileNotFoundError"),
        ("socket", "closed: [Errno"),
        ("local socket", "closed: [Errno"),
        ("read all", "nothing among True"),
        ("environment", "nothing, ['HOME'"),
        ("write", "nothing could be written"),
        ("privileges", "no privileges"),
    ],
)
def test_the_result_says_what_happened(graded, student, words):
    assert words in message(graded.results[student])


def test_thirty_megabytes_of_output_are_not_kept(graded):
    assert points(graded.results["output"]) == FULL
    assert max(path.stat().st_size for path in graded.out.rglob("*") if path.is_file()) < 500_000


def test_nothing_was_deleted_written_or_sent(graded):
    assert sorted(path.name for path in graded.canary.iterdir()) == ["gradebook.db", "key"]
    assert {path.read_text() for path in graded.canary.iterdir()} == {"a secret of the teacher's"}
    assert sorted(path.name for path in graded.students.iterdir()) == sorted(HOSTILE)
    assert graded.listener.calls == 0


def test_no_process_stays_behind(graded):
    assert points(graded.results["background"])["forward"] == FULL["forward"]
    assert not is_running("time.sleep(7531)")
    until(lambda: not is_running("inside.py"))  # other tests may be grading at this moment


def test_who_kills_the_box_loses_own_marks_alone(graded):
    assert set(points(graded.results["kill"]).values()) <= {0.0, *FULL.values()}
    assert points(graded.results["honest"]) == FULL


def test_who_forges_answers_gains_nothing(graded):
    found = points(graded.results["forged answers"])
    assert all(found[task] <= FULL[task] for task in FULL)
    assert found["forward"] == 0.0


# The box by itself


def test_an_endless_loop_ends_within_its_limit():
    need_box()
    start = time.monotonic()
    answers, _ = Box(seconds=2).run(["while True: pass"], [{"name": "f", "probes": [{}]}] * 3)
    assert time.monotonic() - start < 3 + 1  # one second, as measured, and one for a busy machine
    assert {answer.problems.get(0) for answer in answers} <= {"time", None}


def test_the_box_ends_with_a_grader_that_is_killed(tmp_path):
    need_box()
    job = "['while True: pass'], [{'name': 'f', 'probes': []}]"
    program = f"from normlib.classroom.box import Box; Box(60).run({job})"
    grader = subprocess.Popen([sys.executable, "-c", program])
    until(lambda: is_running("inside.py"))
    time.sleep(1)  # by then the loop runs
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    until(lambda: not is_running("inside.py"))


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def test_the_box_also_works_for_an_unprivileged_user(monkeypatch):
    """As root: in a view of the machine where Python can be reached by everyone, as another user."""
    need_box()
    if os.geteuid() != 0:
        return  # then all of these tests are this one
    seen = walls.view([*box_module.FILES], ["numpy"])
    root = Path(box_module.__file__).parents[2]
    program = textwrap.dedent("""
        import os, numpy
        from normlib.classroom.box import Box
        answers, words = Box(8).run(["def f(x): return x + 1"], [{"name": "f", "probes": [{"x": numpy.ones(2)}]}])
        print(os.getuid(), answers[0].outcomes[0].value.tolist(), words)""")
    outer = ["bwrap", *seen, "--ro-bind", str(root / "normlib"), str(root / "normlib"), "--dev", "/dev"]
    outer += ["--bind", "/proc", "/proc", "--", "setpriv", "--reuid", "61999", "--regid", "61999", "--clear-groups"]
    site = str(walls.folder_of("numpy").parent)
    command = [*outer, "--", "env", f"PYTHONPATH={root}:{site}", "PATH=/usr/bin:/bin", str(walls.interpreter())]
    done = subprocess.run([*command, "-S", "-B", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("61999 [2.0, 2.0] \n", "")


@pytest.mark.parametrize("program", ["none", "old", "refused"])
def test_a_machine_without_the_box_is_told_why(monkeypatch, tmp_path, program):
    fake = tmp_path / "bwrap"
    if program != "none":
        known = " ".join(walls.NEEDED) if program == "refused" else ""
        fake.write_text(f'#!/bin/sh\n[ "$1" = --help ] && echo "{known}" && exit 0\necho "not permitted" >&2\nexit 1\n')
        fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin" if program != "none" else str(tmp_path))
    walls.missing.cache_clear()
    said = {"none": "is not installed", "old": "0.8 or newer", "refused": "can't be built here: not permitted"}
    with pytest.raises(RuntimeError, match=said[program]):
        Box()
    walls.missing.cache_clear()


# What passes through the walls


@pytest.mark.parametrize(
    "thing",
    [None, True, 3, 2.5, "text", [1, (2.0, "a")], {"a": np.arange(3.0), "b": {"c": np.float32(2)}}, np.ones((2, 0))],
)
def test_plain_data_survive_packing(thing):
    back = packing.unpack(packing.pack(thing))
    np.testing.assert_equal(back, thing)
    assert type(back) is type(thing)


def test_what_is_not_plain_becomes_words():
    deep = []
    for _ in range(40):
        deep = [deep]
    for thing in (object(), np.array([object()]), np.zeros(10**7), 10**40, deep, {1: 2}, np.array(["2026"], "M8[Y]")):
        assert "Strange" in repr(find_strange(packing.unpack(packing.pack(thing))))


HEAD = {"task": 0, "state": "answered", "cell": None, "skipped": {}, "size": 0}


@pytest.mark.parametrize(
    "data",
    [
        *(json.dumps(HEAD | {key: math.inf}).encode() + b"\n" for key in ("task", "size", "cell")),
        json.dumps(HEAD | {"skipped": {"1" * 5000: ""}}).encode() + b"\n",
        b"[" * 3900 + b"\n",
        b"[" * 100_000,
        b'{"task": ' * 100_000 + b"\n",
        json.dumps(HEAD | {"size": 3}).encode() + b"\nPK!",
        b"\n",
        b"\xff\xfe\n",
    ],
    ids=range(10),
)
def test_whatever_is_written_into_the_answers_pipe_is_refused_and_raises_nothing(data):
    assert not box_module._read(data, [box_module.Answer()])


def find_strange(thing):
    while isinstance(thing, list):
        thing = thing[0]
    return type(thing)


def forged(**arrays):
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "kind", ["nonsense", "compressed", "pickle", "tree", "number", "deep", "repeated", "huge header"]
)
def test_forged_bytes_are_refused_or_harmless(kind):
    import io

    tree = lambda text: np.frombuffer(text.encode(), np.uint8)  # noqa: E731
    if kind == "nonsense":
        data = b"PK\x03\x04" + bytes(50)
    elif kind == "compressed":
        buffer = io.BytesIO()
        np.savez_compressed(buffer, tree=tree("null"), a0=np.zeros(10**7))
        data = buffer.getvalue()
    elif kind == "pickle":
        data = forged(tree=tree('{"array": "a0"}'), a0=np.array([{}], dtype=object))
    elif kind == "tree":
        data = forged(tree=tree('{"array": "a9"}'))
    elif kind == "number":
        data = forged(tree=tree("9" * 100_000))
    elif kind == "deep":
        data = forged(tree=tree('{"list": [' * 500 + "1" + "]}" * 500))
    elif kind == "repeated":
        data = forged(tree=tree('{"list": [' + ", ".join(['{"array": "a0"}'] * 100) + "]}"), a0=np.zeros(11))
    else:
        good = forged(tree=tree('{"array": "a0"}'), a0=np.zeros(11))
        data = good.replace(b"(11,)", b"(9**9,)"[:5])
    with pytest.raises(ValueError, match="no packed data"):
        packing.unpack(data)
