"""What a wrong gradient looks like when its cause is a usual one."""

import numpy as np

ALIKE = 1e-3  # two patterns are one where they differ by less than this share of their largest entry


def likely_cause(backward, wanted, x, x_shape):
    """A sentence on the usual cause of a wrong gradient, or nothing.

    Parameters
    ----------
    backward, wanted : ndarray, shape (k,)
        What the layer says and what is right, in the entries that were compared.
    x : ndarray or None
        The input, where the gradient is that in the input.
    x_shape : tuple of int
        Shape of the input.

    Returns
    -------
    str
    """
    if not np.isfinite(backward).all() or not np.isfinite(wanted).all():
        return "NaN or infinity: was something divided by zero, or is it in x already?"
    if not backward.any():
        return "Backward returns zeros."
    fault = backward - wanted
    factor = backward @ wanted / (wanted @ wanted) if wanted.any() else 0.0
    if factor and _alike((factor - 1) * wanted, fault):
        return f"It is right up to the factor {factor:.4g}. {_factor_cause(factor, x_shape)}".rstrip()
    if x is not None and x.ndim > 1 and len(backward) == x.size:
        return _path_cause(fault.reshape(x.shape), x)
    return ""


def _alike(a, b):
    return np.abs(a - b).max() <= ALIKE * np.abs(b).max()


def _factor_cause(factor, x_shape):
    samples = x_shape[0] if x_shape else 1
    per_channel = int(np.prod(x_shape)) // x_shape[1] if len(x_shape) > 1 and x_shape[1] else samples
    causes = [
        (-1.0, "Is a sign lost?"),
        (2.0, "Are the gradients of two calls added up, or is the 2 of a square there twice?"),
    ]
    causes += [(0.5, "Is the 2 of a square missing?")]
    for m in {samples, per_channel}:
        if m > 1:
            causes += [(m / (m - 1), f"That is m/(m-1) for m = {m}: is the unbiased variance in the normalizer?")]
            causes += [((m - 1) / m, f"That is (m-1)/m for m = {m}: are the biased and unbiased variance mixed up?")]
            causes += [(f, f"m = {m}: is a sum taken for a mean, or a mean for a sum?") for f in (float(m), 1 / m)]
    near = [(abs(factor / value - 1), cause) for value, cause in causes]
    distance, cause = min(near)
    return cause if distance < ALIKE else ""


def _path_cause(fault, x):
    """Whether what is wrong follows 1, or 1 and x, in all that shares its moments: the paths through them."""
    channels_last = (-1, x.shape[1])
    views = {
        "all samples of a channel": [np.moveaxis(a, 1, -1).reshape(channels_last) for a in (fault, x)],
        "all features of a sample": [a.reshape(len(x), -1).T for a in (fault, x)],
    }
    for whose, (columns, inputs) in views.items():
        if len(columns) < 4:  # a line passes through any two points
            continue
        centred = inputs - inputs.mean(axis=0)
        constant = np.broadcast_to(columns.mean(axis=0), columns.shape)
        slope = (columns * centred).sum(axis=0) / np.maximum(np.square(centred).sum(axis=0), 1e-300)
        if _alike(constant, columns):
            return f"What is wrong is the same for {whose}: is the path through the mean missing or wrong?"
        if _alike(constant + slope * centred, columns):
            return (
                f"What is wrong is a straight line in x over {whose}: is the path through the variance missing or "
                f"wrong, or that and the path through the mean?"
            )
    return ""
