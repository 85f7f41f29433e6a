"""What is made of the experiments' tables: summaries, usable ranges, and the command line that prints them."""

import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from normlib import experiments
from normlib.experiments import __main__ as command

TINY = {"depths": [1, 2], "steps": 3}
NAMES = sorted(command.BY)


def tiny(seeds=(0,)):
    return experiments.depths(seeds=seeds, progress=False, **TINY)


# Tables


def test_a_summary_is_mean_spread_and_number_over_the_seeds():
    table = pd.DataFrame(
        {
            "norm": ["b", "b", "a", "b"],
            "step": [1, 1, 1, 2],
            "seed": [0, 1, 0, 0],
            "error": [2.0, 5.0, 7.0, 1.0],
            "diverged": [True, False, False, True],
        }
    )
    got = experiments.summary(table, ["norm", "step"])
    assert list(got) == ["norm", "step", "measured", "mean", "std", "min", "median", "max", "count"]
    assert got.iloc[0].tolist() == ["b", 1, "error", 3.5, np.sqrt(4.5), 2.0, 3.5, 5.0, 2]
    assert got.iloc[1].tolist() == ["b", 1, "diverged", 0.5, np.sqrt(0.5), 0.0, 0.5, 1.0, 2]
    assert got["norm"].tolist() == ["b", "b", "a", "a", "b", "b"]
    assert np.isnan(got["std"][2])
    assert experiments.summary(table, "norm")["median"].tolist() == [2.0, 1.0, 7.0, 0.0]


def test_a_summary_hides_no_nan_and_no_infinity():
    table = pd.DataFrame({"norm": "a", "seed": [0, 1, 2], "loss": [1.0, np.nan, 2.0], "range": [1.0, np.inf, 2.0]})
    loss, wide = (row for _, row in experiments.summary(table, "norm").iterrows())
    assert np.isnan(loss[["mean", "std", "min", "median", "max"]].to_numpy(float)).all()
    assert loss["count"] == 3
    assert (wide["mean"], wide["median"], wide["max"]) == (np.inf, 2.0, np.inf)


def test_a_summary_by_something_measured_is_refused():
    with pytest.raises(ValueError, match="by names 'test_error'; expected columns left of seed: norm, depth"):
        experiments.summary(tiny(), ["norm", "test_error"])


def test_the_usable_range_is_where_the_worst_seed_still_learns():
    rows = [("a", 0.1, 5), ("a", 0.1, 9), ("a", 1, 3), ("a", 1, 11), ("a", 9, 8), ("b", 0.1, 50), ("a", 10, 90)]
    table = pd.DataFrame(rows, columns=["norm", "lr", "test_error"])
    ranges = experiments.usable_range(table, "lr").set_index("norm")
    assert ranges.loc["a"].tolist() == [0.1, 9.0]
    assert ranges.loc["b"].isna().all()
    assert experiments.usable_range(table, "lr", error=9).loc[0, "smallest"] == 0.1
    assert experiments.usable_range(table[table["norm"] == "a"], "lr", error=4)["largest"].isna().all()


# The command line


def test_the_command_prints_the_summary_and_writes_the_table(tmp_path, monkeypatch, capsys):
    expected = tiny(seeds=(0, 1))
    monkeypatch.setattr(experiments, "depths", partial(experiments.depths, **TINY))
    command.main(["depths", "--seeds", "2", "--csv", str(tmp_path / "out.csv")])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["norm", "depth", "measured", "mean", "std", "min", "median", "max", "count"]
    assert len(printed) == 1 + 2 * 2 * 3
    assert printed[1].split()[-1] == "2"
    written = pd.read_csv(tmp_path / "out.csv")
    pd.testing.assert_frame_equal(written, expected, check_exact=True)


def test_the_flags_of_the_command_reach_the_experiment(monkeypatch, capsys):
    asked, table = [], tiny()

    def pretend(**settings):
        asked.append(settings)
        return table

    monkeypatch.setattr(experiments, "depths", pretend)
    command.main(["depths"])
    command.main(["depths", "--seeds", "4", "--jobs", "3", "--cluster", "tcp://here:8786"])
    assert asked[0] == {"jobs": 1, "cluster": None, "progress": sys.stderr.isatty()}
    assert (asked[1]["seeds"], asked[1]["jobs"], asked[1]["cluster"]) == (range(4), 3, "tcp://here:8786")
    assert capsys.readouterr().out


def test_the_command_lists_every_name_with_what_it_shows(capsys):
    command.main(["--list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert all(line.endswith(getattr(experiments, line.split()[0]).__doc__.splitlines()[0]) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lerning_rates"], "'lerning_rates'"),
        ([], "no experiment named; expected one of batch_sizes, "),
        (["depths", "--seeds", "0"], "--seeds 0 came; expected at least 1"),
    ],
)
def test_the_command_refuses_what_makes_no_sense_and_names_what_does(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    error = capsys.readouterr().err
    assert message in error
    if "depths" not in arguments:
        assert all(name in error for name in NAMES)


def test_the_command_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "normlib.experiments", "--list"], capture_output=True, check=True)
    assert done.stdout.decode().startswith("batch_sizes")
    assert done.stderr == b""
