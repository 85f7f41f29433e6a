"""Plant faults in the library, one at a time, and see that the tests notice each: `python -m tests.mutations`.

A fault is a line or two of the library written wrongly. It goes into a copy of the package in a folder of its own,
where the tests of that file run. A fault that survives, or whose line is no longer there, makes the command fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
NORMS = ("norms", "batch_norm", "bad_input", "numerics", "pytorch", "invariances")
TESTS = {  # which tests look at a file, the likeliest to notice first
    "core.py": ("core", "norms", "bad_input", "numerics", "pytorch", "invariances"),
    "speed.py": ("speed", "norms", "numerics", "pytorch"),
    "arrays.py": ("arrays_and_modules", "core", "bad_input", "numerics", "norms"),
    "module.py": ("arrays_and_modules", "bad_input", "norms"),
    "whitening.py": ("whitening",),
    "distributions.py": ("nn_losses", "norms"),
    "convert": ("convert",),
    "check": ("check_robustness", "check_exercises", "check_references", "check_questions", "gradient_check"),
    "norms": NORMS,
}
AT_MOST = 1800  # seconds for the tests of one fault; longer, and the command stops with an error


class Mutation(NamedTuple):
    """A fault: in `file` of the package `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str

    def __str__(self):
        return f"{self.file}: {' '.join(self.old.split())}  →  {' '.join(self.new.split())}"

    @property
    def tests(self):
        """The files of tests that should notice."""
        part = self.file.split("/")[0]
        return [f"tests/test_{name}.py" for name in TESTS[part]]

    def count(self):
        """How often `old` is in the file."""
        return (ROOT / "normlib" / self.file).read_text(encoding="utf-8").count(self.old)


def planted(file, *faults):
    return [Mutation(file, *fault) for fault in faults]


MUTATIONS = [
    *planted(
        "core.py",
        ("inner(deviation, deviation, axes) / count", "inner(deviation, deviation, axes) / (count - 1)"),
        ("2.0 * dvar", "dvar"),
        ("dx -= dx_hat.mean(", "dx += dx_hat.mean("),
        ("inv_std = 1.0 / np.sqrt(var + eps)", "inv_std = 1.0 / (np.sqrt(var) + eps)"),
        ("as_eps(eps)", "eps"),
        ("if not centered:", "if centered:"),
        ("deviation = subtract_mean(x, mean)", "deviation = x - mean.astype(x.dtype)"),
        ("x_hat = subtract_mean(x, mean)", "x_hat = x - mean.astype(x.dtype)"),
        ("keepdims=True, dtype=sum_dtype(x.dtype))", "keepdims=True)"),
        ("(dmean + 2.0", "(dmean - 2.0"),
        ("dmean = -unbroadcast(", "dmean = unbroadcast("),
        ("-0.5 * inv_std**2", "-0.5 * inv_std**3"),
        ("dx = x_hat * -along_x_hat", "dx = x_hat * along_x_hat"),
        ("inner(dx_hat, x_hat, axes) / count", "inner(dx_hat, x_hat, axes)"),
        ("if cache.centered:", "if True:"),
        ("dx *= cache.inv_std", "dx /= cache.inv_std"),
        ("mean, var = moments(x, axes, centered)", "mean, var = moments(x, axes)"),
        ("_replace(axes=axes, centered=centered)", "_replace(axes=axes)"),
        ("    if not count:", "    if False:"),
    ),
    *planted(
        "speed.py",
        ('in "fd" and', 'in "fdg" and'),
        ("x.shape[3] >= 16", "x.shape[3] > 16"),
        ("x.size >= SMALLEST", "x.size > SMALLEST"),
        ("x.shape[3] == 1 and 0 in axes", "x.shape[3] == 1"),
        ("np.sqrt(v + eps, out=i)", "np.sqrt(v, out=i)"),
        ("if (mean * mean > var).any():", "if False:"),
        ("mean[...] = mean.astype(x.dtype) + rest", "mean[...] = mean + rest"),
        ("d -= _column(rest, x)", "d += _column(rest, x)"),
        ("mean[...], var[...] = given[0]", "var[...], mean[...] = given[0]"),
        ("batch, given is None, centered)", "batch, True, centered)"),
        ("batch, given is None, centered)", "batch, given is None, True)"),
        ("out *= gamma", "out += gamma"),
        ("out += beta", "out -= beta"),
        ("kept.inv_std**3 / size", "kept.inv_std**2 / size"),
        ("= kept.inv_std / size,", "= kept.inv_std,"),
        ("out -= d", "out += d"),
        ("        if kept.moved:", "        if True:"),
        ("one, two * inv_std[:, None]", "one, two"),
        ("grads += ", "grads[...] = "),
        ("a if gamma is None else a * gamma[..., 0]", "a"),
        ("return dy @ gamma, products @ gamma", "return dy @ gamma, products @ (gamma * gamma)"),
        ("grads[1].reshape(gamma.shape), grads[0]", "grads[0].reshape(gamma.shape), grads[1]"),
        ("out /= a.shape[1] * a.shape[2]", "out /= a.shape[1]"),
        ("np.setbufsize(before)", "pass"),
        (" if inv_std.min() > 0 else None", ""),
        (".astype(np.float64) + rest, _col", ".astype(np.float64), _col"),
        ("- rest * scale).astype(dtype", "+ rest * scale).astype(dtype"),
        ("rest[...] = mean - mean.astype(x.dtype)", "rest[...] = 0.0"),
        ("y, rest = np.empty_like(d), mean - near", "y, rest = np.empty_like(d), mean - mean"),
        (" or (near_zero and", " or (False and"),
        ("not np.dot(var, var) < np.inf or ", ""),
        ("np.vecdot(dy, d) - rest[:, None] * one", "np.vecdot(dy, d)"),
        ("one * first[cut] - rest * along_d", "one * first[cut]"),
        ("two -= kept.rest * one", "pass"),
        ("(one - kept.rest * along_d)", "one"),
        ("along_d = inv_std * inv_std\n", "along_d = inv_std.copy()\n"),
        ("(a * len(table))", "a"),
        ("\n    if kept.moved:", "\n    if True:"),
        ("rest, True, given is None, True)", "rest, True, True, True)"),
    ),
    *planted(
        "norms/_base.py",
        ("if count < 2:", "if count < 1:"),
        ("if not x.size:", "if False:"),
        (" or x.shape[1] != channels:", ":"),
        ("return x_hat.copy()", "return x_hat"),
        ("y += beta", "y -= beta"),
        ("return y.reshape(x.shape).astype(x.dtype, copy=False)", "return y.reshape(x.shape)"),
        ('dy = as_float(dy, "dy")', "dy = np.asarray(dy)"),
        ("return dy * gamma, inner(", "return dy, inner("),
        ("inner(dy, x_hat, shared)", "inner(dy * gamma, x_hat, shared)"),
        ("self.keep(cache.mean.ravel(), cache.var.ravel()", "self.keep(cache.var.ravel(), cache.mean.ravel()"),
        ("x.size // cache.mean.size)", "len(x))"),
        ("        if given is None:\n            self.keep", "        if True:\n            self.keep"),
        ("return done if fine else None", "return done"),
        ("self._fits = x.shape, self.training", "self._fits = x.shape, True"),
        ("if self._fits != (x.shape, self.training):", "if self._fits is None:"),
        ("as_eps(self.eps), None", "self.eps, None"),
        (" or self._scratch.dtype != x.dtype:", ":"),
        ("self.grads[name] = grad", "self.grads[name] = self.grads.get(name, 0) + grad"),
    ),
    *planted(
        "norms/_running.py",
        ("tracked += 1", "tracked += 2"),
        ("new * count / (count - 1) if self.unbiased else new", "new"),
        ("running *= 1 - new", "running *= new"),
        ("running += weight * value", "running += new * value"),
        ("not 0 <= momentum <= 1", "(momentum < 0 or momentum > 1)"),
        (
            '("running_mean", new, mean), ("running_var", of_var, var)',
            '("running_mean", new, var), ("running_var", of_var, mean)',
        ),
    ),
    *planted(
        "norms/batch.py",
        ("axes = (0, 2, 3)\n", "axes = (2, 3)\n"),
        ("if self.training:", "if not self.training:"),
        ('("running_mean", "running_var")', '("running_var", "running_mean")'),
    ),
    *planted(
        "norms/group.py",
        ("num_groups < 1 or num_channels % num_groups:", "num_groups < 1:"),
        (
            "shape[0], self.num_groups, self.num_channels // self.num_groups",
            "shape[0], self.num_channels // self.num_groups, self.num_groups",
        ),
    ),
    *planted("norms/instance.py", ("spatial = 1", "spatial = 0")),
    *planted(
        "norms/layer.py",
        ("math.prod(shape[: len(shape) - len(self.normalized_shape)])", "shape[0]"),
        (" or any(operator.index(n) < 1 for n in shape):", ":"),
        ("centered = False", "centered = True"),
        (
            "super().__init__(normalized_shape, eps=eps, affine=False)",
            "super().__init__(normalized_shape, affine=False)",
        ),
    ),
    *planted("distributions.py", ("np.exp(wide - wide.max(axis=axis, keepdims=True))", "np.exp(wide)")),
    *planted(
        "norms/switchable.py",
        ("w * (dw - w @ dw)", "w * dw"),
        ("_of_means(mean, var, 1), _of_means(mean, var, 0)", "_of_means(mean, var, 0), _of_means(mean, var, 1)"),
        ("for k in (1, 2) if moved else (1,):", "for k in (1,):"),
        ("for k in (1, 2) if moved else (1,):", "for k in (1, 2):"),
        ("keepdims=True) + between", "keepdims=True)"),
        ("own_var + dv * means[k].size / means[0].size", "own_var + dv"),
        ("len(x) * x.shape[3]", "len(x)"),
        ("(w * dmean, v * dvar)", "(w * dmean, w * dvar)"),
        ("(*variances[:2], running[1])", "(*variances[:2], running[0])"),
        ("x_hat / cache.inv_std + (cache.mean - means[0])", "x_hat / cache.inv_std"),
        ("self.keep(batch[0].ravel(), batch[1].ravel()", "self.keep(mixed[0].ravel(), batch[1].ravel()"),
    ),
    *planted(
        "arrays.py",
        ('x.dtype.kind != "f"', 'x.dtype.kind not in "fiub"'),
        ("if not eps >= 0:", "if eps < 0:"),
        ("return np.promote_types(dtype, np.float32)", "return np.dtype(dtype)"),
        ("return np.promote_types(dtype, np.float64)", "return np.dtype(np.float64)"),
        ("deviation -= (mean - near)", "deviation += (mean - near)"),
        ("len(set(wrapped)) != len(wrapped)", "False"),
        ("not wrapped or ", ""),
        ("dtype=sum_dtype(a.dtype), casting", "dtype=a.dtype, casting"),
        ("size == 1 and grad.shape[lead + i] != 1", "False"),
    ),
    *planted(
        "module.py",
        ("own[...] = value", "self.data[name] = value"),
        ("self._cache = None\n        return cache", "return cache"),
        ("if np.shape(dy) != shape:", "if np.size(dy) != np.prod(shape):"),
        ("if name not in self.data:", "if False:"),
    ),
    *planted("whitening.py", ("@ self.matrix.T", "@ self.matrix"), ("/ len(centred)", "/ (len(centred) - 1)")),
    *planted(
        "convert/folding.py", ('(bias - bn.buffers["running_mean"])', "bias"), ("weight * scale", "weight / scale")
    ),
    *planted("convert/merging.py", ("(variances + np.square(means - mean))", "variances")),
    *planted(
        "convert/frameworks.py",
        ("return momentum if same else 1 - momentum", "return momentum"),
        (
            "return m / (m - 1) if want_unbiased else (m - 1) / m",
            "return (m - 1) / m if want_unbiased else m / (m - 1)",
        ),
    ),
    *planted(
        "check/calling.py",
        ("inputs = _copied(probe)", "inputs = probe"),
        ("except (Exception, SystemExit) as raised", "except BaseException as raised"),
        ("return dict.fromkeys(found)", "return {}"),
    ),
    *planted(
        "check/answers.py",
        ("if np.isfinite(distance):", "if True:"),
        ("if np.size(piece) > LIMIT:", "if False:"),
    ),
    *planted(
        "check/result.py",
        ("map(html.escape, self.message", "map(str, self.message"),
        ("if display and self._shown_in != cell:", "if display:"),
    ),
    *planted(
        "check/judging.py",
        ("if not troubles and not wrong:", "if not wrong:"),
        ("    if failed <= loose:\n", "    if False:\n"),
        ("chosen += best", "chosen += best[:1]"),
    ),
    *planted("check/properties.py", ("(m / (m - 1)) ** power", "(m / (m - 2)) ** power")),
    *planted("check/exercise.py", ("function=dressed(mistake.function)", "function=mistake.function")),
    *planted("check/misconceptions/of_training.py", ("(0, -3)", "(-3, 0)")),
    *planted("check/catalogue/deploying.py", ("beta + s * (bias - mean))", "beta + s * (bias + mean))")),
]


def copy_to(folder):
    """A copy of the package and its tests, where a fault does no harm."""
    no_caches = shutil.ignore_patterns("__pycache__", "js")
    for part in ("normlib", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=no_caches)
    shutil.copy(ROOT / "pyproject.toml", folder)


OPTIONS = ["-x", "-q", "--noconftest", "-p", "no:cacheprovider"]


def notice(folder, tests):
    """Whether the tests fail on the library in `folder`: the likeliest file first, then the others."""
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    first, rest = tests[:1], tests[1:]
    # Property tests come last: once they fail they go on, in search of the smallest case.
    turns = [("not hypothesis", first), ("not hypothesis", rest), ("hypothesis", tests)]
    for kind, files in turns if rest else turns[::2]:
        command = [sys.executable, "-m", "pytest", *OPTIONS, "-k", "not live and not script", "-m", kind, *files]
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=AT_MOST, check=False
        )
        if run.returncode in (1, 2):  # a test failed, or its file could not be read
            return True
        if run.returncode not in (0, 5):  # 5: there are no tests of this kind
            raise RuntimeError(f"the tests could not run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return False


def is_caught(mutation):
    """Whether the tests notice the fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        file = folder / "normlib" / mutation.file
        file.write_text(file.read_text(encoding="utf-8").replace(mutation.old, mutation.new), encoding="utf-8")
        return notice(folder, mutation.tests)


def check_without_faults():
    """Stop unless the tests pass on a faultless copy, and do import that copy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        where = [sys.executable, "-c", "import normlib; print(normlib.__file__)"]
        found = subprocess.run(where, cwd=folder, env=os.environ | {"PYTHONPATH": name}, capture_output=True, text=True)
        if not Path(found.stdout.strip()).is_relative_to(folder):
            sys.exit(f"the copy is not what is imported: {found.stdout}{found.stderr}")
        if notice(folder, sorted({test for m in MUTATIONS for test in m.tests})):
            sys.exit("the tests fail without any fault; make them pass first")


def main():
    """Try all faults, two at a time, with a line each."""
    stale = [m for m in MUTATIONS if m.count() != 1]
    for m in stale:
        print(f"STALE     {m.count()} times in the file  {m}")
    if stale:
        sys.exit(1)
    check_without_faults()
    start, survivors = time.perf_counter(), 0
    with ThreadPoolExecutor(2) as pool:
        runs = {pool.submit(is_caught, m): m for m in MUTATIONS}
        for i, run in enumerate(as_completed(runs), 1):
            survivors += not run.result()
            print(f"{i:3}/{len(runs)}  {'caught  ' if run.result() else 'SURVIVED'}  {runs[run]}", flush=True)
    print(f"{len(MUTATIONS) - survivors} caught, {survivors} survived, {time.perf_counter() - start:.0f} s")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
