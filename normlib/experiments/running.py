"""Run one function for many cases: one after the other, on several cores, or on a cluster, with equal results."""

import itertools
from functools import partial

import joblib
import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm


def grid(**values):
    """Every combination of some values, as a list of cases for `run`; the last name varies fastest.

    Parameters
    ----------
    **values : iterable
        The values of each name.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If a name has no value, which would leave no case at all.

    Examples
    --------
    >>> grid(norm=["none", "batch"], seed=[0])
    [{'norm': 'none', 'seed': 0}, {'norm': 'batch', 'seed': 0}]
    """
    lists = {name: list(some) for name, some in values.items()}
    for name, some in lists.items():
        if not some:
            raise ValueError(f"{name} came without a value; expected at least one, such as {name}=[0]")
    return [dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*lists.values())]


def run(task, cases, *, index=(), jobs=1, cluster=None, progress=True):
    """Call ``task(**case)`` for each case and put what it returns into one table.

    The table is the same, to the last bit, however it is computed, if the task takes all its random numbers from the
    case: rows come in the order of the cases, and BLAS has one thread in each task, so that sums are added up in one
    order. (Another machine, or other versions of NumPy and BLAS, may differ in the last digits.)

    Parameters
    ----------
    task : function
        Defined at the top of a module, or a `functools.partial` of one, so that other processes find it. It returns
        a dict of plain numbers, or a list of such dicts, one for each row.
    cases : list of dict
        The arguments of each call, such as `grid` makes; `seed` among them.
    index : tuple of str
        Names in the task's dicts that say what a row is, such as ``step``, and not what came out.
    jobs : int
        Number of processes on this machine.
    cluster : str or distributed.Client, optional
        Address of a Dask scheduler, such as ``"tcp://10.0.0.1:8786"``, or a client of one. The tasks run there, as
        many at a time as the cluster has threads; those of a worker that dies run again on another.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    pandas.DataFrame
        Columns: what the case says and `index`; then `seed`; then what came out.

    Raises
    ------
    Exception
        Whatever a task raises, with a note that names the case.

    Examples
    --------
    >>> def coin(side, seed):
    ...     return {"heads": seed % 2 == side}
    >>> run(coin, grid(side=[0], seed=[3, 4]), progress=False)
       side  seed  heads
    0     0     3  False
    1     0     4   True
    """
    cases, rows = list(cases), []
    results = _results(task, cases, jobs, cluster)
    for case, result in zip(cases, tqdm(results, total=len(cases), unit="run", disable=not progress), strict=True):
        rows += [case | row for row in ([result] if isinstance(result, dict) else result)]
    table = pd.DataFrame(rows)
    first = [name for name in table if (name in cases[0] or name in index) and name != "seed"]
    first += ["seed"] * ("seed" in table)
    return table[first + [name for name in table if name not in first]]


def _results(task, cases, jobs, cluster):
    """What the task returns for each case, in order, as soon as it is there."""
    if cluster is not None:
        from distributed import Client

        if isinstance(cluster, str):
            with Client(cluster, set_as_default=False) as client:
                yield from _results(task, cases, jobs, client)
        else:
            with joblib.parallel_config(backend="dask", client=cluster):
                yield from _in_parallel(task, cases, n_jobs=-1)
    elif jobs == 1:
        with threadpool_limits(1):
            yield from (_named(task, case) for case in cases)
    else:
        yield from _in_parallel(task, cases, n_jobs=jobs)


def _in_parallel(task, cases, n_jobs):
    calls = (joblib.delayed(partial(_in_worker, task))(case) for case in cases)
    yield from joblib.Parallel(n_jobs=n_jobs, return_as="generator")(calls)


def _in_worker(task, case):
    threadpool_limits(1)  # from now on: a limit lifted after the task would be lifted for the worker's other threads
    return _named(task, case)


def _named(task, case):
    try:
        return task(**case)
    except Exception as error:
        error.add_note("This came from the case " + ", ".join(f"{name} = {value!r}" for name, value in case.items()))
        raise
