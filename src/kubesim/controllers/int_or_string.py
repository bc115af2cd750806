"""The value of an IntOrString: a number, or a percentage of one."""

from math import ceil, floor


def scaled_value(value: int | str, total: int, *, up: bool = False) -> int:
    """Return a number unchanged, and a percentage as its part of a total, rounded down unless `up`."""
    if isinstance(value, int):
        return value
    exact = int(value.removesuffix("%")) * total / 100
    if up:
        return ceil(exact)
    return floor(exact)
