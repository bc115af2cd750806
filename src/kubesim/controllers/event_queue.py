"""The work queue of a controller: its objects are queued when they change, or when an object that they own does."""

from collections.abc import Callable

from ..apiserver.registry import Registry
from ..store.kinds import Kind
from ..store.store import Change, Key
from .queue import Queue


class EventQueue(Queue[Key]):
    """The queue of a controller of one kind of objects, which own those of another."""

    def __init__(
        self, registry: Registry, kind: Kind, owned: Kind, lag: float, reconcile: Callable[[Key], None]
    ) -> None:
        super().__init__(registry.timers, lag, reconcile)
        self._store = registry.store
        self._kind = kind
        registry.store.listen(kind, self._on_change)
        registry.store.listen(owned, self._on_owned)

    def wake(self) -> None:
        """Queue every object."""
        for each in tuple(self._store.all(self._kind)):
            self.add((each.namespace, each.name))

    def _on_change(self, change: Change) -> None:
        if change.type != "DELETED":
            self.add((change.after.namespace, change.after.name))

    def _on_owned(self, change: Change) -> None:
        for owner in change.after.meta.get("ownerReferences") or ():
            if owner["kind"] == self._kind.name:
                self.add((change.after.namespace, owner["name"]))
