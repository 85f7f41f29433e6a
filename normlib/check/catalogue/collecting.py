"""Mistakes of an exercise, with their words."""

from ..exercise import Mistake
from . import family
from .words import WORDS


def mistakes(*groups, canonical=None):
    """Join functions with what is said of them.

    Parameters
    ----------
    *groups : dict of str to callable, or iterable of pairs
        Id to function; an id may come again with another way to write the same mistake.
    canonical : dict of str to callable, optional
        See `Mistake`.

    Returns
    -------
    tuple of Mistake
    """
    pairs = [pair for group in groups for pair in (group.items() if isinstance(group, dict) else group)]
    forms = canonical or {}
    return tuple(Mistake(id, function, *WORDS[id], forms.get(id)) for id, function in pairs)


def forward_in_one_pass(layout):
    """The mistake that shows in float32 alone."""
    rule = family.forward(layout, lambda p: p.affine(p.centred / family.one_pass(p)))
    return {"float32": mistakes({"F18": rule})[0]}


def backward_in_one_pass(layout):
    """The mistake that shows in float32 alone."""
    rule = family.backward(layout, lambda p: p.compact(along=p.centred / family.one_pass(p)) / family.one_pass(p))
    return {"float32": mistakes({"F18": rule})[0]}


def forward_mistakes(layout, without=()):
    """The usual mistakes on the way to y."""
    return {id: family.forward(layout, rule) for id, rule in family.FORWARD.items() if id not in without}


def backward_mistakes(layout, without=()):
    """The usual mistakes in the three gradients, as pairs."""
    rules = [(id, {"dx": rule}) for id, rule in [*family.DX.items(), *family.DX_AGAIN.items()]]
    rules += [(id, {"dgamma": rule}) for id, rule in family.DGAMMA.items()]
    rules += [(id, {"dbeta": rule}) for id, rule in family.DBETA.items()]
    return [(id, family.backward(layout, **rule)) for id, rule in rules if id not in without]
