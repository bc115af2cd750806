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
    """Return a path as a person writes it, like "spec.containers[name=app].image"."""
    return ".".join(path).replace(".[", "[")


def is_item(step: str) -> bool:
    """Return whether a step means an item of a list."""
    return step.startswith("[")


def value_at(value: Any, path: Path) -> Any:
    """Return the value of a field; UNSET where there is none."""
    for step in path:
        if isinstance(value, list):
            value = next((item for item in value if _has(item, step)), UNSET)
        elif isinstance(value, Mapping):
            value = value.get(step, UNSET)
        else:
            return UNSET
    return value


def with_value(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a value in which one field is set, or removed where `new` is UNSET."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if is_item(step):
        return _with_item(value if isinstance(value, list) else [], step, rest, new)
    copy = dict(value) if isinstance(value, Mapping) else {}
    below = with_value(copy.pop(step, None), rest, new)
    return copy if below is UNSET else {**copy, step: below}


def _with_item(items: list[Any], step: str, rest: Path, new: Any) -> list[Any]:
    if not any(_has(item, step) for item in items):
        return items if new is UNSET else [*items, with_value({}, rest, new)]
    changed = [with_value(item, rest, new) if _has(item, step) else item for item in items]
    return [item for item in changed if item is not UNSET]


def _has(item: Any, step: str) -> bool:
    """Whether an item of a list has the key and value of a step."""
    key, _, value = step.strip("[]").partition("=")
    return isinstance(item, Mapping) and str(item.get(key)) == value
