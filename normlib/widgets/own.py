"""A reader's own numbers in place of a widget's draws: what is refused, what is left out, and what is said of them."""

import numpy as np


def own_numbers(data, most):
    """The numbers as a widget ships them.

    Parameters
    ----------
    data : array_like of shape (n,), real numbers
        NaN and infinities are let through: `kept` leaves them out and says so.
    most : int
        How many are taken at the most, from the start.

    Returns
    -------
    ndarray of float32

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If they are not one row.
    """
    data = np.asarray(data)
    if data.size == 0:
        data = data.astype(float)
    if data.dtype.kind not in "iuf":
        raise TypeError(f"data of dtype {data.dtype} came; expected real numbers, as in np.array([1.0, 2.5])")
    if data.ndim != 1:
        raise ValueError(f"data of shape {data.shape} came; expected one row of numbers; try data.ravel()")
    with np.errstate(over="ignore"):
        return data[:most].astype("<f4")


def kept(x):
    """The finite ones of some numbers, and one line about all that is odd with them.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)

    Returns
    -------
    finite : ndarray of float64
    note : str
        Empty where nothing is odd.
    """
    finite = x[np.isfinite(x)]
    lost, notes = x.size - finite.size, []
    if not x.size:
        notes.append("No numbers came, so there is nothing to draw.")
    if lost:
        notes.append(f"{lost} of {x.size} numbers {'is' if lost == 1 else 'are'} NaN or infinite, and left out.")
    if finite.size == 1:
        notes.append("One number alone has no spread.")
    elif finite.size and finite.min() == finite.max():
        notes.append(f"All {finite.size} numbers are the same: they have no spread.")
    return finite, " ".join(notes)
