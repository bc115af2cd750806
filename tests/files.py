"""The files that the rules of `make check` are about."""

from collections.abc import Iterable
from pathlib import Path


def under(places: Iterable[str], suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Return files as they are named, and those of folders by their suffix; raises FileNotFoundError."""
    # A place that does not exist is no place without a breach.
    found: list[Path] = []
    for place in map(Path, places):
        if place.is_dir():
            found += sorted(path for path in place.rglob("*") if path.suffix in suffixes)
        else:
            place.stat()
            found.append(place)
    return found
