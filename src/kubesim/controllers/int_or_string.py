"""What an IntOrString means."""

from math import ceil, floor


def scaled_value(value: int | str, total: int, *, up: bool = False) -> int:
    """Return a number as it is, and a percentage as its part of a total, rounded down unless up."""
    if isinstance(value, int):
        return value
    exact = int(value.removesuffix("%")) * total / 100
    return ceil(exact) if up else floor(exact)
