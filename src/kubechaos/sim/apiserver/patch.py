"""JSON merge patch."""

from typing import Any


def merge(value: Any, patch: Any) -> Any:
    """Return a value with a patch merged into it, as RFC 7386 says: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), change)
    return merged
