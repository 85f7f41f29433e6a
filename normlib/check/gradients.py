"""Gradients against central differences: for your own layers, and for those of the book."""

import copy

import numpy as np

from ..arrays import as_float
from ..nn._checks import generator
from .hints import likely_cause
from .report import GradientReport, GradientRow

# From coarse to fine, in units of the entries' spread.
STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def numerical_gradient(f, x, dy=None, step=None):
    """Gradient of ``f(x)``, or of ``sum(dy * f(x))``, by central differences: no calculus, only calls of `f`.

    Entry by entry ``(f(x + h) - f(x - h)) / 2h``. A large h pays for the curvature of f, about h²; a small one for
    the rounding of f, about 1e-16/h. Where no `step` is given, steps from 1e-2 to 1e-8 of the entries' spread
    are tried, and of the two neighbours that agree best the finer one counts: ten right digits are usual, and a kink
    nearby does no harm.

    Parameters
    ----------
    f : callable
        Takes a float64 array of the shape of `x`; returns a number, or with `dy` an array.
    x : ndarray of float, any shape
        Not modified.
    dy : ndarray of float, shape of ``f(x)``, optional
        Weights of the outputs. Draw them at random: ones hide faults, since the sum of what batch norm or softmax
        return has no gradient at all.
    step : float, optional
        Use this h alone, for every entry.

    Returns
    -------
    ndarray of float64, shape of `x`

    Raises
    ------
    TypeError
        If `x` is not floating.
    ValueError
        If ``f(x)`` has another shape than `dy`, or is no number where no `dy` came; if `step` is not positive.

    Examples
    --------
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    x = as_float(x).astype(np.float64)
    if step is not None and not step > 0:
        raise ValueError(f"step = {step} came; expected a positive number such as 1e-5")
    weights = np.float64(1.0) if dy is None else as_float(dy, "dy").astype(np.float64)
    shape = np.shape(f(x.copy()))
    if shape != weights.shape:
        raise ValueError(
            f"f(x) has shape {shape}; expected {weights.shape}, "
            + ("a number. Give dy, random weights of that shape" if dy is None else "the shape of dy")
        )
    return _slopes(f, x, range(x.size), weights, _steps(x) if step is None else [step]).reshape(x.shape)


def check_gradients(layer, x, rng=None, *, dy=None, tolerance=1e-6, max_entries=50):
    """Compare what ``layer.backward`` says with central differences: the gradient in x and in every parameter.

    All work is done on copies, in float64 and in the mode that the layer is in: its parameters, gradients, statistics
    and random state stay as they are. A layer that draws (dropout) draws the same numbers in each of the calls.

    Parameters
    ----------
    layer : Module
        With all modules inside it.
    x : ndarray of float
        An input for it, drawn at random and away from kinks such as the zero of ReLU.
    rng : numpy.random.Generator, optional
        For dy, and for the choice of entries. A child of it is drawn from. Where none is given the same draws are made
        every time.
    dy : ndarray of float, shape of the output, optional
        Gradient that comes back; standard normal where it is not given.
    tolerance : float
        Largest relative error that passes.
    max_entries : int
        Of a larger array so many entries, drawn at random, are compared.

    Returns
    -------
    GradientReport
        `passed` says yes or no; printed it is a table with a verdict in words.

    Raises
    ------
    TypeError
        If `x` or `dy` is not floating, or `rng` is no Generator. What the layer itself raises passes through.

    Examples
    --------
    >>> from normlib import BatchNorm
    >>> rng = np.random.default_rng(0)
    >>> check_gradients(BatchNorm(2), rng.standard_normal((5, 2)), rng).passed
    True
    """
    given, x = x, as_float(x).astype(np.float64)
    layer = copy.deepcopy(layer)
    y = np.array(layer.forward(x.copy()), dtype=np.float64)
    rng = generator(np.random.default_rng(0) if rng is None else rng).spawn(1)[
        0
    ]  # so that dy is not x again where x was drawn from the same seed
    dy = rng.standard_normal(y.shape) if dy is None else as_float(dy, "dy").astype(np.float64)
    layer.backward(dy.copy())  # so that gradients which pile up from call to call are seen
    used = copy.deepcopy(layer)
    used.forward(x.copy())
    found = [("x", used.backward(dy.copy()), x, lambda values: copy.deepcopy(layer).forward(values))]
    for number, (place, module) in enumerate(_placed_modules(used)):
        for name, values in module.params.items():
            of_param = _output_of_param(layer, number, name, x)
            found.append((f"{place}{name}", module.grads.get(name), values, of_param))
    rows = []
    for name, got, at, f in found:
        entries = np.sort(rng.permutation(at.size)[:max_entries])
        wanted = _slopes(f, at, entries, dy, _steps(at))
        # A gradient that is zero, as of a bias before batch norm, is judged by the size of the loss.
        floor = 1e-4 * float(np.sqrt(np.square(dy * y).sum())) / _size(at)
        rows.append(_compare(name, got, at, entries, wanted, floor, tolerance, x.shape))
    return GradientReport(tuple(rows), tolerance, tuple(_notes(given, rows)))


def _size(x):
    """Standard deviation of the entries; where they are alike, what float64 can resolve of them; 1 for zeros."""
    std = np.std(x)
    return float(std if std > 1e-6 * np.abs(x).max() else np.abs(x).max()) or 1.0


def _steps(x):
    return [_size(x) * step for step in STEPS]


def _slopes(f, x, entries, dy, steps):
    """Derivative of ``sum(dy * f(x))`` in some entries of `x`, numbered as in ``x.ravel()``."""
    return np.array([_slope(f, x, entry, dy, steps) for entry in entries], dtype=np.float64)


def _slope(f, x, entry, dy, steps):
    slopes = []
    with np.errstate(all="ignore"):  # a step may leave the domain of f, and NaN then speaks for itself
        for step in steps:
            right, left = x.flatten(), x.flatten()
            right[entry] += step
            left[entry] -= step
            distance = right[entry] - left[entry]
            # Of a copy each, since f may return the same array twice.
            above, below = (np.array(f(moved.reshape(x.shape)), dtype=np.float64) for moved in (right, left))
            slopes.append(np.sum(dy * (above - below)) / distance)
        gaps = np.abs(np.diff(slopes))
    return slopes[1 + int(np.where(np.isnan(gaps), np.inf, gaps).argmin())] if len(gaps) else slopes[0]


def _placed_modules(module, place=""):
    """Every module with its place: "" for the outermost, "BatchNorm[1]." for its second child, and so on inwards."""
    yield place, module
    for i, child in enumerate(module.children()):
        yield from _placed_modules(child, f"{place}{type(child).__name__}[{i}].")


def _output_of_param(layer, number, name, x):
    """The output of a copy of `layer`, as a function of one parameter of its module of that number."""

    def output(values):
        fresh = copy.deepcopy(layer)
        _, module = list(_placed_modules(fresh))[number]
        module.params[name] = values
        return fresh.forward(x.copy())

    return output


def _compare(name, got, at, entries, wanted, floor, tolerance, x_shape):
    """One row of the report: `got`, a whole gradient at `at`, against the slopes `wanted` in some entries."""
    if got is None or np.shape(got) != at.shape:
        came = "none came" if got is None else f"one of shape {np.shape(got)} came"
        hint = f"A gradient of shape {at.shape} was expected; {came}."
        return GradientRow(name, 0, at.size, np.nan, (), np.nan, np.nan, False, hint)
    backward = np.asarray(got, dtype=np.float64).ravel()[entries]
    with np.errstate(invalid="ignore"):
        deviations = np.abs(backward - wanted)
        worst = int(np.argmax(deviations))  # the first NaN, where there is one
        scale = max(np.abs(backward).max(), np.abs(wanted).max(), floor)
        error = float(deviations[worst] / scale) if scale else 0.0
    passed = error <= tolerance
    where = tuple(int(i) for i in np.unravel_index(entries[worst], at.shape))
    hint = "" if passed else likely_cause(backward, wanted, at if name == "x" else None, x_shape)
    numbers = float(backward[worst]), float(wanted[worst])
    return GradientRow(name, len(entries), at.size, error, where, *numbers, passed, hint)


def _notes(given, rows):
    if np.asarray(given).dtype != np.float64:
        yield (
            f"x came in {np.asarray(given).dtype} and was checked in float64: "
            f"differences of shorter numbers keep three digits or fewer."
        )
    if np.abs(np.mean(given, dtype=np.float64)) > 1e5 * np.std(given, dtype=np.float64) > 0:
        yield "The mean of x is huge beside its spread, which costs the differences their digits: subtract it first."
    if any(0 < row.checked < row.size for row in rows):
        yield "Of the larger arrays only the entries counted above were compared, drawn at random."
