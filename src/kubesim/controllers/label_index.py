"""Which pods belong to what selects pods by labels: kept up to date as pods change, never looked up again."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from ..store.kinds import POD, Kind
from ..store.objects import Stored
from ..store.selectors import Selector
from ..store.store import Change, Key, Store


class Members:
    """The pods of every Service, or of every budget; `tell(key, pod)` is called for each that changes."""

    def __init__(
        self, store: Store, kind: Kind, select: Callable[[Stored], Selector | None], tell: Callable[[Key, Change], None]
    ) -> None:
        self._store = store
        self._select = select
        self._tell = tell
        self._selectors: dict[str, dict[Key, Selector]] = defaultdict(dict)
        store.listen(kind, self._hear)
        store.listen(POD, self._hear_pod)

    def of(self, key: Key) -> list[Stored]:
        """Return the pods that are selected now."""
        selector = self._selectors[key[0]].get(key)
        return self._store.select(POD, key[0], selector) if selector else []

    def selecting(self, pod: Stored) -> Iterable[Key]:
        """Return the keys of all that select a pod."""
        return [key for key, each in self._selectors[pod.namespace].items() if each.holds(pod.labels)]

    def _hear(self, change: Change) -> None:
        obj = change.after
        key = obj.namespace, obj.name
        selector = None if change.type == "DELETED" else self._select(obj)
        if selector is None:
            self._selectors[obj.namespace].pop(key, None)
        else:
            self._selectors[obj.namespace][key] = selector

    def _hear_pod(self, change: Change) -> None:
        for key in self.selecting(change.after):
            self._tell(key, change)
        if change.before is not None and change.before.labels != change.after.labels:
            for key in self.selecting(change.before):
                self._tell(key, change)
