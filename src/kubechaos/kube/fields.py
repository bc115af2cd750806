"""One field of an object, by its path.

A step of a path is a key, or "[key=value]" for the item of a list that has this key: ("spec", "containers",
"[name=app]", "image"). UNSET stands for a field that is not there.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import UNSET

Json: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]


def written(path: Path) -> str:
    """Return a path as a person writes it, as in "spec.containers[name=app].image"."""
    return ".".join(path).replace(".[", "[")


def is_item(step: str) -> bool:
    """Return whether a step names an item of a list."""
    return step.startswith("[")


def value_at(value: Any, path: Path) -> Any:
    """Return the value of a field; UNSET if it is not there."""
    for step in path:
        # Items are found by a key, never by their position: somebody else may add one in front.
        if isinstance(value, list):
            value = next((item for item in value if _is_named(item, step)), UNSET)
        elif isinstance(value, Mapping):
            value = value.get(step, UNSET)
        else:
            return UNSET
    return value


def with_value(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a value with one field set, or removed if `new` is UNSET."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if is_item(step):
        items = value if isinstance(value, list) else []
        return _with_item(items, step, rest, new)
    copy = dict(value) if isinstance(value, Mapping) else {}
    inner = with_value(copy.pop(step, None), rest, new)
    if inner is UNSET:
        return copy
    return {**copy, step: inner}


def _with_item(items: list[Any], step: str, rest: Path, new: Any) -> list[Any]:
    """Return a copy of a list with one item changed, added at the end, or removed."""
    if not any(_is_named(item, step) for item in items):
        return items if new is UNSET else [*items, with_value({}, rest, new)]
    changed = [with_value(item, rest, new) if _is_named(item, step) else item for item in items]
    return [item for item in changed if item is not UNSET]


def _is_named(item: Any, step: str) -> bool:
    """Whether an item of a list has the key and the value of a step."""
    key, _, value = step.strip("[]").partition("=")
    return isinstance(item, Mapping) and str(item.get(key)) == value
