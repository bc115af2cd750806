"""The patches of the API but for the strategic one: JSON merge patch (RFC 7386) and JSON patch (RFC 6902)."""

from collections.abc import Callable
from typing import Any

from ..store.objects import decode
from ..store.refusals import Refused, bad_request

Merge = Callable[[Any, Any], Any]


def merge(value: Any, patch: Any) -> Any:
    """Return a value with a patch merged into it, as RFC 7386 says: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    merged = copy_of(value)
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), change)
    return merged


def patched(value: Any, patch: bytes) -> Any:
    """Return a value after the steps of a JSON patch (RFC 6902); raises Refused."""
    # Here, as few ever send one.
    import jsonpatch  # type: ignore[import-untyped]  # it has no types
    from jsonpointer import JsonPointerException

    try:
        steps = decode(patch)
    except ValueError:
        raise bad_request("invalid JSON patch") from None
    if not isinstance(steps, list):
        why = "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        raise bad_request(f"error decoding patch: {why}")
    try:
        for step in steps:
            value = jsonpatch.apply_patch(value, [_lenient(value, step)])
        return value
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError):
        raise Refused(422, "Invalid", "the server rejected our request due to an error in our request") from None


def _lenient(value: Any, step: Any) -> Any:
    """Return a step that replaces a key that is missing as one that adds it, which is what the real server does."""
    from jsonpointer import JsonPointer

    if step["op"] != "replace" or not isinstance(JsonPointer(step["path"]).to_last(value)[0], dict):
        return step
    return {**step, "op": "add"}


def copy_of(value: Any) -> dict[str, Any]:
    """Return a copy of an object; an empty one of what is none."""
    if isinstance(value, dict):
        return dict(value)
    return {}
