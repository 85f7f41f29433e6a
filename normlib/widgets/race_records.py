"""Recorded races, small enough for a page, and what they say."""

from typing import NamedTuple

import numpy as np

from ..experiments.races import POINTS, RACERS, SWEEPS

PLACES = max(map(len, SWEEPS.values()))
USABLE = 20.0  # percent: races are short, and whatever has learned most of the digits by their end counts as usable
NEVER, UNKNOWN, FULL = 255, 255, 254
COLUMNS = ("sweep", "value", "norm", "point", "seed", "seen", "test_error", "diverged")


class Record(NamedTuple):
    """What a page is sent of the races, by sweep, place of the value in it, norm, (point,) and seed.

    Attributes
    ----------
    error : ndarray of uint8, shape (3, PLACES, 4, POINTS + 1, seeds)
        254 times the square root of the share of wrong answers, rounded; 255 where nothing was recorded. So an error
        of 2 % is kept to within 0.06 points, one of 90 % to within 0.4.
    stopped : ndarray of uint8, shape (3, PLACES, 4, seeds)
        The first point after the run diverged; 255 where it did not.
    seen : ndarray of int32, shape (3, PLACES)
        Digits that were learned from by the last point.
    """

    error: np.ndarray
    stopped: np.ndarray
    seen: np.ndarray


class Race(NamedTuple):
    """One race, a row for each norm: the lowest, median and highest error in percent at each point, shape (4,
    POINTS + 1), NaN where nothing was recorded; how many runs there were, how many diverged, and the first point
    after one had (NaN for never)."""

    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    runs: np.ndarray
    diverged: np.ndarray
    stopped: np.ndarray


def packed(table=None):
    """The `Record` of a table of races.

    Parameters
    ----------
    table : pandas.DataFrame, optional
        From `normlib.experiments.races`; whole sweeps, values, norms and errors (NaN) may be missing. Without it the
        record is empty.

    Raises
    ------
    TypeError
        If `table` is no table of races.
    ValueError
        If it holds a sweep, value or norm that is not raced, an error outside of 0 to 100, or one run twice.
    """
    if table is not None:
        _check(table)
    seeds = [] if table is None else sorted(table["seed"].unique())
    error = np.full((len(SWEEPS), PLACES, len(RACERS), POINTS + 1, len(seeds)), UNKNOWN, np.uint8)
    stopped = np.full((len(SWEEPS), PLACES, len(RACERS), len(seeds)), NEVER, np.uint8)
    seen = np.zeros((len(SWEEPS), PLACES), np.int32)
    names = list(SWEEPS)
    for row in () if table is None else table.itertuples():
        sweep, norm, seed = names.index(row.sweep), RACERS.index(row.norm), seeds.index(row.seed)
        place, point = SWEEPS[row.sweep].index(row.value), int(row.point)
        if row.test_error == row.test_error:
            error[sweep, place, norm, point, seed] = round(FULL * np.sqrt(row.test_error / 100))
        if row.diverged:
            stopped[sweep, place, norm, seed] = min(point, stopped[sweep, place, norm, seed])
        seen[sweep, place] = max(seen[sweep, place], row.seen)
    return Record(error, stopped, seen)


def _check(table):
    columns = getattr(table, "columns", None)
    if columns is None or (missing := set(COLUMNS) - set(columns)):
        what = type(table).__name__ if columns is None else f"a table without {sorted(missing)}"
        raise TypeError(f"{what} came; expected the table that normlib.experiments.races() returns")
    for name, known in (("sweep", list(SWEEPS)), ("norm", list(RACERS)), ("point", list(range(POINTS + 1)))):
        if unknown := set(table[name]) - set(known):
            raise ValueError(f"{name} {sorted(unknown, key=str)[0]!r} came; expected one of {known}")
    for sweep, value in set(zip(table["sweep"], table["value"], strict=True)):
        if value not in SWEEPS[sweep]:
            raise ValueError(f"{sweep} {value} came; expected one of {', '.join(map(str, SWEEPS[sweep]))}")
    errors = table["test_error"].to_numpy(float)
    if (outside := (errors < 0) | (errors > 100)).any():
        raise ValueError(f"test_error {errors[outside][0]} came; expected percent, from 0 to 100, or NaN")
    if table.duplicated(["sweep", "value", "norm", "point", "seed"]).any():
        raise ValueError("one run came twice; expected one row for each sweep, value, norm, point and seed")


def race(record, sweep, place):
    """The race at one value of a sweep, of a `Record`: see `Race`."""
    codes = record.error[sweep, place].astype(float)
    error = np.where(codes == UNKNOWN, np.nan, 100 * codes * codes / FULL**2)
    known = (~np.isnan(error)).any(axis=-1)
    low, middle, high = (np.full(known.shape, np.nan) for _ in range(3))
    for out, function in ((low, np.nanmin), (middle, np.nanmedian), (high, np.nanmax)):
        if known.any():
            out[known] = function(error[known], axis=-1)
    stopped = record.stopped[sweep, place]
    first = stopped.min(axis=-1, initial=NEVER).astype(float)
    return Race(
        low,
        middle,
        high,
        runs=(~np.isnan(error[:, -1])).sum(axis=-1),
        diverged=(stopped < NEVER).sum(axis=-1),
        stopped=np.where(first == NEVER, np.nan, first),
    )


def usable(record, sweep, norm):
    """Places of the values of a sweep at which no run of a norm ends with an error above 20 %: list of int."""
    races = [race(record, sweep, place) for place in range(PLACES)]
    return [place for place, r in enumerate(races) if r.high[norm, -1] <= USABLE]
