"""Quantities as Kubernetes writes them: 500m, 0.5Gi, 1e3, 100u."""

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final

_SHAPE: Final = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,2})|([numkMGTPE]|[KMGTPE]i)?)")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
WRONG: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"  # the server's words
)


@lru_cache(maxsize=1024)
def quantity(text: str | int | float) -> Fraction:
    """Return the value of a quantity; raises ValueError."""
    found = _SHAPE.fullmatch(str(text))
    if found is None:
        raise ValueError(WRONG)
    number, exponent, unit = found.groups(default="")
    if unit in _BINARY:
        binary: int = 1024 ** (_BINARY.index(unit) + 1)
        return Fraction(number) * binary
    power = int(exponent or _DECIMAL[unit])
    factor: int = 10 ** abs(power)
    if power < 0:
        return Fraction(number) / factor
    return Fraction(number) * factor


def units(text: str | int | float, scale: int = 1) -> int:
    """Return a quantity in units, or in parts of one such as thousandths, rounded up as the scheduler does."""
    return ceil(quantity(text) * scale)
