"""Measure the library and write ``benchmarks/record.json``, which the book shows: ``python -m benchmarks.record``.

Every number is the median over several processes. PyTorch's allocator is told to keep its memory, as it would in a
long-running program; untuned, it asks the system for each large result anew, and its times are a matter of luck.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tracemalloc
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from .norms import CASES, PyTorch, Textbook, numpy_ml_layers, ours

RECORD = Path(__file__).with_name("record.json")
PROCESSES = 3
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:glibc.malloc.hugetlb=1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
SAME_EVERYWHERE = {"OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"}  # for the book's numbers, and not for times
LARGE = 100_000
# What each norm may take at most in float32, forward and backward, as a share of the other's time; and what we aim at.
AGAINST_TORCH = {
    "BN, images": (1.0, 0.8),
    "BN, table": (1.5, 1.2),
    "IN": (0.8, 0.65),
    "GN": (2.1, 1.7),
    "LN": (2.8, 2.2),
}
AGAINST_TEXTBOOK = {"BN, table": (0.42, 0.25), "all others": (0.33, 0.25)}
IMPORT = (
    "from time import perf_counter as now; start = now(); import numpy; between = now(); import normlib; "
    "print(between - start, now() - between)"
)


def child(*arguments):
    ours = {name: value for name, value in os.environ.items() if name not in SAME_EVERYWHERE}
    done = subprocess.run(
        [sys.executable, *arguments], env=ours | ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def machine():
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return {
        "date": date.today().isoformat(),
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "torch": torch.__version__,
        "numpy-ml": metadata.version("numpy-ml") if numpy_ml_layers() else None,
        "threads": 1,
        "processes": PROCESSES,
    }


def norms(runs):
    """One row for each case, dtype and pass: our seconds, and our time as a share of each other's."""
    rows = []
    for same in zip(*runs, strict=True):
        for step in ("forward", "inference", "backward", "fw+bw"):
            row = {key: same[0][key] for key in ("case", "norm", "shape", "dtype")} | {"pass": step}
            row["seconds"] = statistics.median(run["ours"][step] for run in same)
            for rival in ("torch", "numpy_ml", "textbook", "bandwidth"):
                ratios = [run["ours"][step] / run[rival][step] for run in same if rival in run]
                row[rival] = statistics.median(ratios) if ratios else None
            rows.append(row)
    return rows


def group(row):
    return row["norm"] if row["norm"] != "BN" else "BN, table" if len(row["shape"]) == 2 else "BN, images"


def required(rows, training, errors, peaks):
    """The worst of each group's cases beside what is required of it; of all of them, less is better."""
    both = [row for row in rows if row["dtype"] == "float32" and row["pass"] == "fw+bw"]
    found = []
    for name, bounds in AGAINST_TORCH.items():
        worst = max(row["torch"] for row in both if group(row) == name)
        found.append((f"{name}: time over PyTorch's", worst, *bounds))
    for name, bounds in AGAINST_TEXTBOOK.items():
        large = [row for row in both if np.prod(row["shape"]) > LARGE]
        worst = max(row["textbook"] for row in large if (group(row) == "BN, table") == (name == "BN, table"))
        found.append((f"{name}: time over the textbook's", worst, *bounds))
    step = training[0]
    found.append((f"training step, {step['network']}: time over PyTorch's", 1 / step["ratio"], 1 / 1.6, 1 / 2))
    found.append(("float32 error at mean 10,000, ulp", max(row["ours"] for row in errors), 16.0, 16.0))
    large = [row["times_input"] for row in peaks if row["numbers"] > LARGE]  # beside a small one the statistics weigh
    found.append(("memory of a forward pass over the input's", max(large), 2.2, 2.2))
    return [dict(zip(("what", "measured", "required", "aim"), row, strict=True)) for row in found]


def accuracy():
    """Largest float32 error at mean 10,000 and spread 1, in units in the last place of the largest output."""
    found = {}
    for _, norm, shape in CASES:
        x = np.random.default_rng(0).normal(1e4, 1.0, shape).astype(np.float32)
        exact = Textbook(norm, x.astype(np.float64), x).forward().reshape(shape)
        unit = np.spacing(np.float32(np.abs(exact).max()))
        rivals = {"ours": ours(norm, shape)(x), "textbook": Textbook(norm, x, x).forward().reshape(shape)}
        theirs = PyTorch(norm, x, x)
        theirs.forward()
        rivals["torch"] = theirs.y.detach().numpy()
        for name, y in rivals.items():
            error = float(np.abs(y - exact).max() / unit)
            found.setdefault(norm, {})[name] = max(error, found.get(norm, {}).get(name, 0.0))
    return [{"norm": norm, **errors} for norm, errors in found.items()]


def memory():
    """Bytes at the peak of a first forward pass, output included, as a share of the input's."""
    found = []
    for case, norm, shape in CASES:
        for dtype in ("float32", "float64"):
            x, layer = np.random.default_rng(0).normal(size=shape).astype(dtype), ours(norm, shape)
            tracemalloc.start()
            layer(x)
            peak = tracemalloc.get_traced_memory()[1]
            found.append({"case": f"{case} {dtype}", "numbers": x.size, "times_input": peak / x.nbytes})
            tracemalloc.stop()
    return found


def main():
    numbers = {"norms": [], "training": [], "import": []}
    jobs = [name for name in numbers for _ in range(PROCESSES)]
    for name in (bar := tqdm(jobs, unit="process")):
        bar.set_description(name)
        if name == "import":
            numbers[name].append([1e3 * float(part) for part in child("-c", IMPORT).split()])
        else:
            numbers[name].append(json.loads(child("-m", f"benchmarks.{name}")))
    rows = norms(numbers["norms"])
    training = []
    for same in zip(*numbers["training"], strict=True):
        ours_ms, torch_ms = (statistics.median(run[key] for run in same) for key in ("ours_ms", "torch_ms"))
        ratio = statistics.median(run["torch_ms"] / run["ours_ms"] for run in same)
        training.append({"network": same[0]["network"], "ours_ms": ours_ms, "torch_ms": torch_ms, "ratio": ratio})
    numpy_ms, normlib_ms = (statistics.median(times) for times in zip(*numbers["import"], strict=True))
    errors, peaks = accuracy(), memory()
    record = {
        "machine": machine(),
        "norms": rows,
        "required": required(rows, training, errors, peaks),
        "accuracy": errors,
        "training": training,
        "memory": peaks,
        "import_ms": {"numpy": numpy_ms, "normlib": normlib_ms},
    }
    RECORD.write_text(json.dumps(rounded(record), indent=1) + "\n", encoding="utf-8")
    for row in record["required"]:
        print(f"{row['what']:58}{row['measured']:7.2f}   at most {row['required']:.2f}, aim {row['aim']:.2f}")
    for row in training:
        print(f"{row['network']:34}{row['ratio']:7.2f} × as fast as PyTorch")
    print(f"written to {RECORD}")


def rounded(value):
    """Four digits of every number: more would only be noise, and make each record differ in every line."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
