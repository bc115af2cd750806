"""Which pods are selected by which Services or budgets: updated as pods change, never computed again from all pods."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from ..store.kinds import POD, Kind
from ..store.objects import Stored
from ..store.selectors import Selector
from ..store.store import Change, Key, Store

Select = Callable[[Stored], Selector | None]


class LabelIndex:
    """The pods that objects of one kind select; `on_change(key, change)` is called for every change of such a pod."""

    def __init__(self, store: Store, kind: Kind, select: Select, on_change: Callable[[Key, Change], None]) -> None:
        self._store = store
        self._select = select
        self._notify = on_change
        self._selectors: dict[str, dict[Key, Selector]] = defaultdict(dict)
        store.listen(kind, self._on_selector)
        store.listen(POD, self._on_pod)

    def of(self, key: Key) -> list[Stored]:
        """Return the pods that are selected now."""
        selector = self._selectors[key[0]].get(key)
        if not selector:
            return []
        return self._store.select(POD, key[0], selector)

    def selecting(self, pod: Stored) -> Iterable[Key]:
        """Return the keys of all objects that select a pod."""
        return [key for key, each in self._selectors[pod.namespace].items() if each.holds(pod.labels)]

    def _on_selector(self, change: Change) -> None:
        obj = change.after
        key = obj.namespace, obj.name
        selector = None
        if change.type != "DELETED":
            selector = self._select(obj)
        if selector is None:
            self._selectors[obj.namespace].pop(key, None)
        else:
            self._selectors[obj.namespace][key] = selector

    def _on_pod(self, change: Change) -> None:
        for key in self.selecting(change.after):
            self._notify(key, change)
        # A pod whose labels were changed may have left a selector: whoever selected it before has to know as well.
        if change.before is not None and change.before.labels != change.after.labels:
            for key in self.selecting(change.before):
                self._notify(key, change)
