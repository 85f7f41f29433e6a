"""All exercises: a module for each family."""

from difflib import get_close_matches
from functools import cache

from ..exercise import Exercise


@cache
def every():
    """All exercises by name. They load when one is first asked for, so that ``import normlib`` stays quick.

    Returns
    -------
    dict of str to Exercise
    """
    from . import batch_norm, deploying, groups, images, layer_class, layer_norm, normalizing, repairing, running
    from . import switchable as mixed

    functions = (
        *(normalizing.PDF, normalizing.STANDARDIZE, normalizing.WHITEN),
        *(batch_norm.FORWARD, batch_norm.BACKWARD),
        *(layer_norm.FORWARD, layer_norm.BACKWARD),
        *(images.SPATIAL_FORWARD, images.SPATIAL_BACKWARD, images.INSTANCE_FORWARD),
        *(groups.FORWARD, groups.BACKWARD, layer_norm.RMS, mixed.FORWARD),
        *(running.STATISTICS, running.INFERENCE, deploying.FOLD, deploying.MERGE, layer_class.LAYER),
    )
    return {e.id: e for e in functions} | {id: fault.exercise for id, fault in repairing.FAULTS.items()}


def find(exercise):
    """The `Exercise` of a name, or the one that came.

    Parameters
    ----------
    exercise : str or Exercise

    Returns
    -------
    Exercise

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    if isinstance(exercise, Exercise):
        return exercise
    if exercise not in every():
        raise KeyError(unknown(exercise, every()))
    return every()[exercise]


def unknown(name, names):
    """What to say of a name that is none of `names`.

    Parameters
    ----------
    name : str
    names : iterable of str

    Returns
    -------
    str
    """
    near = get_close_matches(str(name), list(names), n=3, cutoff=0.3) or list(names)
    return f"{name!r} came; expected one of the names that there are. Near it: {', '.join(near)}"
