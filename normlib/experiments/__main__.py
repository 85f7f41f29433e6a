"""Experiments from the command line: ``python -m normlib.experiments learning_rates --jobs 2``."""

import argparse
import sys
from pathlib import Path

from .. import experiments

# What the summary of each keeps apart; the seeds, and all other columns left of `seed`, are taken together.
BY = {
    "batch_sizes": ["norm", "batch_size"],
    "convolutional_batch_sizes": ["norm", "batch_size"],
    "depths": ["norm", "depth"],
    "dropout": ["norm", "dropout"],
    "gradient_norms": ["activation", "init", "norm"],
    "initial_scales": ["norm", "scale"],
    "input_distributions": ["norm", "step"],
    "landscape": ["norm"],
    "learning_rates": ["norm", "lr"],
    "noisy_batch_norm": ["lr", "norm", "step"],
    "photograph_contrast": ["norm", "change"],
    "races": ["sweep", "value", "norm", "point"],
    "recurrent_layer_norm": ["batch_size", "lr", "norm", "step"],
}


def listing():
    """The names of the experiments, each with the first line of its docstring."""
    width = max(map(len, BY))
    return "\n".join(f"{name:{width}}  {getattr(experiments, name).__doc__.splitlines()[0]}" for name in BY)


def parser():
    """What the command line may say."""
    command = argparse.ArgumentParser(
        prog="python -m normlib.experiments",
        description="Run an experiment with its default settings and print the summary over the seeds.",
    )
    command.add_argument("name", nargs="?", choices=list(BY), metavar="NAME", help="one of the names that --list shows")
    command.add_argument("--list", action="store_true", help="list the experiments and stop")
    command.add_argument("--seeds", type=int, metavar="N", help="use the seeds 0 … N - 1")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="number of processes (default: 1)")
    command.add_argument("--cluster", metavar="ADDRESS", help="run on the Dask cluster with this scheduler: tcp://…")
    command.add_argument(
        "--csv", type=Path, metavar="FILE", help="write the whole table, a row for each run, there too"
    )
    return command


def main(arguments=None):
    """Run what the command line asks for; returns nothing, and exits with 2 where it makes no sense."""
    command = parser()
    asked = command.parse_args(arguments)
    if asked.list:
        print(listing())
        return
    if asked.name is None:
        command.error("no experiment named; expected one of " + ", ".join(BY))
    if asked.seeds is not None and asked.seeds < 1:
        command.error(f"--seeds {asked.seeds} came; expected at least 1")
    chosen = {} if asked.seeds is None else {"seeds": range(asked.seeds)}
    table = getattr(experiments, asked.name)(
        **chosen, jobs=asked.jobs, cluster=asked.cluster, progress=sys.stderr.isatty()
    )
    if asked.csv:
        table.to_csv(asked.csv, index=False)
    print(experiments.summary(table, BY[asked.name]).to_string(index=False, float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
