"""Call the widgets' ES modules from Python: the real files, in the Node that the book is built with."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np

from booksite.node import NODE
from normlib.widgets import bundle

HERE = Path(__file__).parent / "js"


class JavaScriptError(Exception):
    """What a JavaScript function threw."""


class JavaScript:
    """One Node process, for as long as the `with` block lasts: ``js("math/core.mjs", "moments", x)``.

    Numbers cross exactly. An ndarray becomes a Float64Array and comes back as an ndarray; lists stay lists.
    """

    def __enter__(self):
        command = [str(NODE), str(HERE / "call.mjs"), str(bundle.JS)]
        self._node = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *exc):
        self._node.communicate()  # closes its input, which ends it

    def __call__(self, module, function, *args):
        return self.each(module, function, [args])[0]

    def each(self, module, function, rows):
        """The results for many lists of arguments, in one request."""
        return [_decoded(r) for r in self._ask({"module": module, "name": function, "rows": _encoded(list(rows))})]

    def exports(self, module):
        return self._ask({"module": module})

    def _ask(self, request):
        self._node.stdin.write(json.dumps(request, allow_nan=False) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline())
        if "error" in answer:
            raise JavaScriptError(answer["error"])
        return answer["results"]


def node(*arguments):
    """Run Node to its end: what it wrote to both streams, and its exit code."""
    return subprocess.run([str(NODE), *map(str, arguments)], capture_output=True, text=True, check=False)


def _encoded(value):
    if isinstance(value, np.ndarray):
        return {"$": "array", "of": [_encoded(v) for v in value.tolist()]}
    if isinstance(value, dict):
        return {key: _encoded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, float) and value == 0 and math.copysign(1, value) < 0:
        return {"$": "-0"}
    return value


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(v) for v in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("$")
    if kind == "array":
        return np.array([_decoded(v) for v in value["of"]], dtype=np.float64)
    if kind is not None:
        return None if kind in ("undefined", "function") else float(kind)
    return {key: _decoded(v) for key, v in value.items()}
