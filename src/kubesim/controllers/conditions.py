"""The conditions of workloads."""

from typing import Any

from ..store.objects import Body, Stored


def changed(obj: Stored, now: str, type_: str, status: str, reason: str, message: str) -> list[Body]:
    """Return an object's conditions with one of them set; its times move as the real ones do."""
    return set_in(obj.status.get("conditions") or [], now, type_, status, reason, message)


def set_in(known: list[Body], now: str, type_: str, status: str, reason: str, message: str) -> list[Body]:
    """Return conditions with one of them set."""
    before: dict[str, Any] = next((each for each in known if each["type"] == type_), {})
    if before and (before["status"], before.get("reason"), before.get("message")) == (status, reason, message):
        return known
    # lastTransitionTime only moves with the status, not with the reason or the message.
    moved = now
    if before.get("status") == status:
        moved = before["lastTransitionTime"]
    new = {
        "type": type_,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": moved,
        "reason": reason,
        "message": message,
    }
    return [*(each for each in known if each["type"] != type_), new]


def without(known: list[Body], type_: str) -> list[Body]:
    """Return conditions without one of them."""
    return [each for each in known if each["type"] != type_]
