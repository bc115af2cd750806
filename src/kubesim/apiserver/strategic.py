"""The strategic merge patch: as a merge patch, but some lists are merged by a key of their items; and its directives.

https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from collections.abc import Mapping
from typing import Any, Final

from .patch import copy_of

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
ORDER: Final = "$setElementOrder/"
"""Before the name of a list: the order that its items are to have, those that the patch does not have come first."""
WITHOUT: Final = "$deleteFromPrimitiveList/"
"""Before the name of a list of texts: those that are to be taken out."""
RETAINED: Final = "$retainKeys"
"""The keys of an object that are to be left."""
HOW: Final = "$patch"
"""What becomes of an object or an item: "replace", "delete" or "merge"."""


class DirectiveError(ValueError):
    """A patch that says how it is to be merged, in a way that there is not."""


def strategic(value: Any, patch: Any) -> Any:
    """Return a value with a strategic merge patch merged into it; raises DirectiveError."""
    if not isinstance(patch, dict):
        return patch
    merged = _start(value, patch)
    before = dict(merged)
    for key, change in patch.items():
        if key.startswith("$"):
            continue
        if change is None:
            merged.pop(key, None)
        elif isinstance(change, list):
            merged[key] = _list(key, merged.get(key) or [], change)
        else:
            merged[key] = strategic(merged.get(key), change)
    _direct(merged, patch, before)
    return merged


def _start(value: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a value that a patch leaves to be merged into."""
    how = patch.get(HOW, "merge")
    if how not in ("merge", "replace", "delete"):
        raise DirectiveError(f"unknown patch type: {how} in map: {_go(patch)}")
    if how != "merge":
        return {}
    kept = patch.get(RETAINED)
    return {key: each for key, each in copy_of(value).items() if kept is None or key in kept}


def _go(value: Any) -> str:
    """Write a value as Go prints it."""
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{_go(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    return str(value)


def _direct(merged: dict[str, Any], patch: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Take out of the lists, and order them, as a patch says."""
    for directive, named in patch.items():
        name = directive.partition("/")[2]
        if directive.startswith(WITHOUT) and name in merged:
            merged[name] = [each for each in merged[name] if each not in named]
        elif directive.startswith(ORDER) and name in merged:
            merged[name] = _ordered(name, merged[name], named, before.get(name) or [])


def _list(name: str, value: list[Any], patch: list[Any]) -> list[Any]:
    if name in SETS:
        return [*value, *(each for each in patch if each not in value)]
    if {HOW: "replace"} in patch:
        return [item for item in patch if item != {HOW: "replace"}]
    key = _key(name, patch)
    if not key:
        return patch
    # Items keep their order; those that the list does not have yet come first.
    changes = {item[key]: item for item in patch}
    gone = {item[key] for item in patch if item.get(HOW) == "delete"}
    known = [strategic(item, changes.pop(item[key], {})) for item in value if item[key] not in gone]
    return [strategic({}, item) for item in changes.values() if item[key] not in gone] + known


def _key(name: str, items: list[Any]) -> str:
    """Return the key by which the items of a list are merged; "" if there is none."""
    return next((each for each in KEYS.get(name, ()) if all(isinstance(i, dict) and each in i for i in items)), "")


def _ordered(name: str, items: list[Any], order: list[Any], before: list[Any]) -> list[Any]:
    """Return a list with the items that an order names in that order; the others keep their places among them."""
    key = _key(name, order)

    def called(item: Any) -> Any:
        return item[key] if key else item

    wanted = {called(each): place for place, each in enumerate(order)}
    places = {called(each): place for place, each in enumerate(before)}
    named = sorted((each for each in items if called(each) in wanted), key=lambda each: wanted[called(each)])
    others = [each for each in items if called(each) not in wanted]
    merged = []
    while named and others:
        # What is new has no place, and comes before whatever has one.
        if places.get(called(named[0]), -1) < places[called(others[0])]:
            merged.append(named.pop(0))
        else:
            merged.append(others.pop(0))
    return merged + named + others
