"""What a table of runs says: mean and spread over the seeds, and which values of a hyperparameter work."""

import numpy as np
import pandas as pd


def summary(table, by):
    """Mean, spread and number of all that was measured, for each combination of some columns.

    Parameters
    ----------
    table : pandas.DataFrame
        From an experiment: what was measured stands to the right of `seed`.
    by : str or list of str
        Columns left of `seed`. Rows that agree in them are taken together: the seeds, and whatever else was left out.

    Returns
    -------
    pandas.DataFrame
        A row for each combination and each thing measured, with columns `by`, `measured`, `mean`, `std` (with n - 1;
        NaN for a single row), `min`, `median`, `max` and `count`. True counts as 1, so that the mean of `diverged` is
        a share. One NaN makes all but the count NaN: a mean of what is left would flatter.

    Raises
    ------
    ValueError
        If a column of `by` does not stand left of `seed`.

    Examples
    --------
    >>> table = pd.DataFrame({"norm": ["batch", "batch"], "seed": [0, 1], "test_error": [2.0, 4.0]})
    >>> summary(table, "norm")[["norm", "measured", "mean", "std", "count"]]
        norm    measured  mean       std  count
    0  batch  test_error   3.0  1.414214      2
    """
    by, columns = [by] if isinstance(by, str) else list(by), list(table.columns)
    place = columns.index("seed")
    for name in by:
        if name not in columns[:place]:
            raise ValueError(f"by names {name!r}; expected columns left of seed: {', '.join(columns[:place])}")
    rows = []
    for key, group in table.groupby(by, sort=False):
        for name in columns[place + 1 :]:
            rows.append(dict(zip(by, key, strict=True)) | {"measured": name} | _statistics(group[name]))
    return pd.DataFrame(rows)


def _statistics(values):
    values = values.to_numpy(float)
    with np.errstate(invalid="ignore"):  # infinity minus infinity: the spread of losses that overflowed
        return {
            "mean": values.mean(),
            "std": values.std(ddof=1) if len(values) > 1 else np.nan,
            "min": values.min(),
            "median": np.median(values),
            "max": values.max(),
            "count": len(values),
        }


def usable_range(table, column, *, error=10.0):
    """Smallest and largest value of `column` at which no seed's test error is above `error`.

    Parameters
    ----------
    table : pandas.DataFrame
        With columns `norm`, `column` and `test_error` (percent), as from `learning_rates` or `initial_scales`.
    column : str
        What was varied, such as ``lr``.
    error : float
        The test error, in percent, that still counts as usable.

    Returns
    -------
    pandas.DataFrame
        A row for each norm: `norm`, `smallest`, `largest` (NaN where no value works). Values between them may fail;
        the tried values on either side bound how exact the ends are.

    Examples
    --------
    >>> table = pd.DataFrame({"norm": "batch", "lr": [0.1, 1.0, 9.0], "test_error": [3.0, 2.0, 90.0]})
    >>> usable_range(table, "lr")
        norm  smallest  largest
    0  batch       0.1      1.0
    """
    worst = table.groupby(["norm", column], sort=False)["test_error"].max().reset_index()
    rows = []
    for norm, group in worst.groupby("norm", sort=False):
        good = group.loc[group["test_error"] <= error, column]
        rows.append({"norm": norm, "smallest": good.min(), "largest": good.max()})
    return pd.DataFrame(rows)
