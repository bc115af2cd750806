"""JSON merge patch, and the strategic merge patch, which merges some lists by a key of their items."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Merge = Callable[[Any, Any], Any]
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port"),
    "conditions": ("type",),
    "containerStatuses": ("name",),
    "initContainerStatuses": ("name",),
    "ownerReferences": ("uid",),
}
"""By which key the items of a list are the same; of two, the one that they have."""
SETS: Final = ("finalizers",)
DIRECTIVES: Final = ("$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList")


class DirectiveError(ValueError):
    """A patch that says how it is to be merged, in a way that is not simulated."""


def merge(value: Any, patch: Any) -> Any:
    """Return a value with a patch merged into it, as RFC 7386 says: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    merged = _copy(value)
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), change)
    return merged


def strategic(value: Any, patch: Any) -> Any:
    """Return a value with a strategic merge patch merged into it; raises DirectiveError."""
    if not isinstance(patch, dict):
        return patch
    merged = _copy(value)
    for key, change in patch.items():
        if key.partition("/")[0] in DIRECTIVES:
            raise DirectiveError(f"the simulated cluster does not support the directive {key}")
        if change is None:
            merged.pop(key, None)
        elif isinstance(change, list):
            merged[key] = _list(key, merged.get(key) or [], change)
        else:
            merged[key] = strategic(merged.get(key), change)
    return merged


def _copy(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return dict(value)
    return {}


def _list(name: str, value: list[Any], patch: list[Any]) -> list[Any]:
    if name in SETS:
        return [*value, *(each for each in patch if each not in value)]
    key = next((each for each in KEYS.get(name, ()) if all(isinstance(i, dict) and each in i for i in patch)), "")
    if not key:
        return patch
    # Items keep their order; those that the list does not have yet come last.
    changes = {item[key]: item for item in patch}
    known = [strategic(item, changes.pop(item[key], {})) for item in value]
    return known + [strategic({}, item) for item in changes.values()]
