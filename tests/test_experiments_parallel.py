"""Running tasks in one process, several, or a cluster: the table is the same, and nothing stays behind."""

import os
import signal
import threading
import time
from functools import partial

import pandas as pd
import psutil
import pytest
from distributed import LocalCluster
from joblib.externals.loky import get_reusable_executor
from threadpoolctl import threadpool_info, threadpool_limits

from normlib import experiments
from normlib.experiments import __main__ as command
from normlib.experiments import sweeps

SETTINGS = {"seeds": [0, 1], "rates": [0.1, 0.5], "norms": ["none", "batch"], "steps": 5, "progress": False}


def descendants():
    """Processes that this one has started, without the one that Python itself keeps until its end."""
    return {p.pid for p in psutil.Process().children(recursive=True) if "resource_tracker" not in "".join(p.cmdline())}


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left():
    """After these tests no process lives that was not there before."""
    before = descendants()
    yield
    get_reusable_executor().shutdown(wait=True)
    deadline = time.monotonic() + 10
    while descendants() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert descendants() <= before


@pytest.fixture(scope="module")
def cluster():
    """Two workers on this machine, each a process of its own with two threads."""
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as local:
        yield local


@pytest.fixture(scope="module")
def serial():
    return experiments.learning_rates(**SETTINGS)


def assert_same(table, other):
    pd.testing.assert_frame_equal(table, other, check_exact=True)


# Tasks stand at the top of a module, where other processes find them.


def threads_of_blas(seed):
    return {"threads": max(library["num_threads"] for library in threadpool_info())}


def spoiling(seed):
    """How many threads BLAS has, before this task spoils it for the next one."""
    found = threads_of_blas(seed)
    threadpool_limits(3)
    return found | {"process": os.getpid()}


def failing(seed):
    raise ZeroDivisionError("mine")


def marked(folder, seed):
    """One run of a real experiment that leaves word of its process in a folder."""
    (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    return sweeps._one("batch", seed, steps=100, batch_size=60, lr=0.1)


# One process


def test_blas_has_one_thread_inside_a_task_and_as_many_as_before_afterwards():
    with threadpool_limits(3):
        before = threads_of_blas(0)
        table = experiments.run(threads_of_blas, experiments.grid(seed=[0, 1]), progress=False)
        assert table["threads"].tolist() == [1, 1]
        assert threads_of_blas(0) == before == {"threads": 3}


def test_columns_stand_left_of_the_seed_if_they_say_what_a_row_is_and_right_if_they_came_out():
    def task(seed, lr):
        return [{"step": step, "loss": 10 * seed + step} for step in (1, 2)]

    table = experiments.run(task, experiments.grid(seed=[3, 1], lr=[0.5]), index=["step"], progress=False)
    assert list(table) == ["lr", "step", "seed", "loss"]
    assert table["loss"].tolist() == [31, 32, 11, 12]


def test_an_error_in_a_task_names_the_case():
    def task(norm, seed):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        experiments.run(task, experiments.grid(norm=["batch"], seed=[7]), progress=False)
    assert caught.value.__notes__ == ["This came from the case norm = 'batch', seed = 7"]


def test_a_grid_is_every_combination_and_an_empty_one_is_refused():
    assert experiments.grid(a=(1, 2), b="xy") == [{"a": a, "b": b} for a in (1, 2) for b in "xy"]
    with pytest.raises(ValueError, match=r"seed came without a value; expected at least one, such as seed=\[0\]"):
        experiments.grid(norm=["batch"], seed=[])


def test_the_progress_bar_counts_the_runs(capsys):
    cases = experiments.grid(seed=[0, 1, 2])
    experiments.run(threads_of_blas, cases)
    assert "3/3" in capsys.readouterr().err
    experiments.run(threads_of_blas, cases, progress=False)
    assert capsys.readouterr().err == ""


# Several processes, and a cluster


def test_two_processes_give_the_serial_table(serial):
    assert_same(experiments.learning_rates(**SETTINGS, jobs=2), serial)


def test_a_cluster_gives_the_serial_table_by_its_address_and_by_a_client(serial, cluster):
    assert_same(experiments.learning_rates(**SETTINGS, cluster=cluster.scheduler_address), serial)
    with cluster.get_client() as client:
        assert_same(experiments.learning_rates(**SETTINGS, cluster=client), serial)
        assert client.status == "running"  # a client that was handed in stays open


def test_the_tasks_of_a_worker_that_is_killed_run_again(cluster, tmp_path):
    def kill_one():
        while not list(tmp_path.iterdir()):
            time.sleep(0.01)
        os.kill(int(next(tmp_path.iterdir()).name.partition("-")[0]), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    cases = experiments.grid(seed=range(6))
    table = experiments.run(partial(marked, tmp_path), cases, cluster=cluster.scheduler_address, progress=False)
    killer.join()
    assert len(list(tmp_path.iterdir())) > 6
    one_by_one = partial(sweeps._one, "batch", steps=100, batch_size=60, lr=0.1)
    assert_same(table, experiments.run(one_by_one, cases, progress=False))


def test_blas_has_one_thread_in_every_task_of_a_worker():
    table = experiments.run(spoiling, experiments.grid(seed=range(6)), jobs=2, progress=False)
    assert table["threads"].tolist() == [1] * 6
    assert os.getpid() not in table["process"].tolist()


@pytest.mark.parametrize("where", ["jobs", "cluster"])
def test_an_error_in_another_process_names_the_case(where, cluster):
    elsewhere = {"jobs": 2} if where == "jobs" else {"cluster": cluster.scheduler_address}
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        experiments.run(failing, experiments.grid(seed=[7, 8]), **elsewhere, progress=False)
    assert any(note in ("This came from the case seed = 7", "This came from the case seed = 8")
               for note in caught.value.__notes__)  # fmt: skip


def test_one_flag_sends_the_command_to_several_processes_or_to_a_cluster(cluster, monkeypatch, capsys):
    monkeypatch.setattr(experiments, "depths", partial(experiments.depths, depths=[1], steps=2))
    printed = []
    for flag in ([], ["--jobs", "2"], ["--cluster", cluster.scheduler_address]):
        command.main(["depths", "--seeds", "1", *flag])
        printed.append(capsys.readouterr().out)
    assert printed[0].startswith(" norm  depth")
    assert printed[0] == printed[1] == printed[2]
