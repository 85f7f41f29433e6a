"""Points of the plane in two classes that no straight line tells apart."""

import numpy as np

#: Names of the sets.
SETS = ("spiral", "rings", "moons")


def two_classes(name, rng, size=256):
    """Half of the points from each class, in turn: 0, 1, 0, 1, …; nearly all of them between -1.2 and 1.2.

    Parameters
    ----------
    name : {"spiral", "rings", "moons"}
        Two arms of a spiral; a disc's rim inside a ring; two crescents that reach into each other.
    rng : numpy.random.Generator
    size : int, even

    Returns
    -------
    x : ndarray of float32, shape (size, 2)
    y : ndarray of int64, shape (size,)

    Raises
    ------
    ValueError
        For another name.

    Examples
    --------
    >>> x, y = two_classes("rings", np.random.default_rng(0))
    >>> x.shape, y[:4]
    ((256, 2), array([0, 1, 0, 1]))
    """
    if name not in SETS:
        raise ValueError(f"name = {name!r} came; expected one of {', '.join(map(repr, SETS))}")
    y = np.arange(size) % 2
    along = rng.permuted(np.linspace(0, 1, size // 2)[:, None].repeat(2, axis=1), axis=0).ravel()
    noise = rng.standard_normal((size, 2))
    if name == "spiral":
        angle, radius, spread = 2 * np.pi * along * 1.1 + np.pi * y, 0.12 + 0.95 * along, 0.035
    elif name == "rings":
        angle, radius, spread = 2 * np.pi * along, np.where(y, 0.95, 0.45), 0.08
    else:
        angle, radius, spread = np.pi * (along + y), np.full(size, 0.68), 0.08
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + spread * noise
    if name == "moons":
        x += np.where(y, 0.34, -0.34)[:, None] * [1.0, 0.5]
    return x.astype(np.float32), y
