"""How many pods an owner has in which state: updated with every change of a pod, never counted from all pods."""

from collections import defaultdict
from dataclasses import dataclass, replace

from ..store.kinds import POD
from ..store.objects import Stored, is_active, is_ready, is_terminal
from ..store.store import Change, Store


@dataclass(slots=True)
class Count:
    """The pods of one owner; those that are Ready are available, unless the owner asks for more."""

    active: int = 0
    ready: int = 0
    terminating: int = 0
    running: int = 0
    available: int = 0

    def add(self, pod: Stored, sign: int) -> None:
        """Count a pod in (sign 1) or out (-1)."""
        if is_active(pod):
            self.active += sign
            self.ready += sign * is_ready(pod)
        if not is_terminal(pod):
            self.running += sign
            self.terminating += sign * pod.deleting


class PodCounts:
    """The counts of every owner."""

    def __init__(self, store: Store) -> None:
        self._counts: dict[str, Count] = defaultdict(Count)
        store.listen(POD, self._on_change)

    def of(self, owner: str) -> Count:
        """Return a copy of an owner's count as it is now."""
        count = self._counts[owner]
        return replace(count, available=count.ready)

    def _on_change(self, change: Change) -> None:
        if change.before is not None and change.before.owner:
            self._counts[change.before.owner].add(change.before, -1)
        if change.type != "DELETED" and change.after.owner:
            self._counts[change.after.owner].add(change.after, 1)
