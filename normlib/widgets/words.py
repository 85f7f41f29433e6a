"""Numbers inside sentences, written as the widgets' JavaScript writes them."""

from decimal import ROUND_HALF_UP, Context, Decimal

MINUS = "\N{MINUS SIGN}"


def plain(value, digits=6):
    """A number with so many digits that count, no needless zeros, and a true minus sign: ``plain`` of numbers.mjs.

    Parameters
    ----------
    value : float
    digits : int
        At least 1.

    Returns
    -------
    str

    Examples
    --------
    >>> plain(-0.5), plain(2 / 3, 4), plain(1.5e-9, 4)
    ('−0.5', '0.6667', '1.5e−9')
    """
    if value != value or value in (float("inf"), -float("inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": f"{MINUS}Infinity"}[str(float(value))]
    rounded = float(Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(float(value)))
    if not rounded:
        return "0"
    shortest = Decimal(repr(rounded)).normalize()
    text = f"{shortest:f}" if -6 <= shortest.adjusted() < 21 else f"{shortest:e}"
    return text.replace("-", MINUS)
