"""All objects at one revision: every change of any kind has the next one, as in etcd."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from .kinds import Kind
from .objects import Body, Stored
from .selectors import Selector

FIRST: Final = 1000
"""The first revision: version 1 is too old from the start, as it is on a real cluster."""
HISTORY: Final = 50_000
"""So many changes can be watched again; older ones are compacted."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `before` is None for a new object; of a deleted one `after` is its last state at a new revision."""

    type: str
    before: Stored | None
    after: Stored


Listener = Callable[[Change], None]


class Store:
    """Objects by kind and name, with indexes by owner and by label."""

    def __init__(self) -> None:
        self.revision = FIRST
        # Versions after this one can be watched, and read as they were.
        self.oldest = FIRST
        self._objects: dict[Kind, dict[Key, Stored]] = defaultdict(dict)
        self._owned: dict[tuple[Kind, str], dict[Key, Stored]] = defaultdict(dict)
        self._labelled: dict[tuple[Kind, str, str], dict[Key, Stored]] = defaultdict(dict)
        self._log: list[Change] = []
        self._listeners: dict[Kind, list[Listener]] = defaultdict(list)

    def get(self, kind: Kind, namespace: str, name: str) -> Stored | None:
        """Return an object, if it is there."""
        return self._objects[kind].get((namespace, name))

    def all(self, kind: Kind) -> Iterable[Stored]:
        """Return all objects of a kind; not to be kept while things change."""
        return self._objects[kind].values()

    def owned(self, kind: Kind, uid: str) -> Iterable[Stored]:
        """Return the objects whose controller has this uid; not to be kept while things change."""
        return self._owned[kind, uid].values()

    def select(self, kind: Kind, namespace: str, selector: Selector) -> list[Stored]:
        """Return the selected objects by namespace and name; no namespace means all."""
        # Most selectors ask for `app=NAME`: the objects with that label are few, however many there are of the kind.
        pair = selector.pair
        found = self._objects[kind]
        if pair:
            found = self._labelled[kind, *pair]
        keys = sorted(key for key, obj in found.items() if not namespace or key[0] == namespace)
        return [found[key] for key in keys if selector.holds(found[key].labels)]

    def at(self, kind: Kind, revision: int) -> list[Stored]:
        """Return all objects of a kind as they were at a revision that has not been compacted."""
        # History has changes and no old states, so it is undone from now back to the revision.
        then: dict[Key, Stored] = dict(self._objects[kind])
        for change in reversed(self.since(kind, revision)):
            key = change.after.namespace, change.after.name
            if change.before is None:
                then.pop(key, None)
            else:
                then[key] = change.before
        return [then[key] for key in sorted(then)]

    def since(self, kind: Kind, revision: int) -> list[Change]:
        """Return the changes of a kind after a revision."""
        # The log is in the order of versions, as every change takes the next one.
        begin = bisect_right(self._log, revision, key=lambda change: change.after.version)
        return [change for change in self._log[begin:] if change.after.kind is kind]

    def listen(self, kind: Kind, listener: Listener) -> Callable[[], None]:
        """Call a listener with every change of a kind; return the function that ends it."""
        self._listeners[kind].append(listener)
        return lambda: self._listeners[kind].remove(listener)

    def compact(self) -> None:
        """Drop all history."""
        self._log.clear()
        self.oldest = self.revision

    def put(self, kind: Kind, body: Body) -> Stored:
        """Commit a new object, or the next version of one."""
        meta = body["metadata"]
        before = self._objects[kind].get((meta.get("namespace", ""), meta["name"]))
        after = self._next(kind, body)
        self._index(before, after)
        type_ = "MODIFIED"
        if before is None:
            type_ = "ADDED"
        return self._notify(Change(type_, before, after))

    def remove(self, obj: Stored) -> Stored:
        """Commit the end of an object."""
        # A deletion has a version of its own, as in etcd: a watch that begins after the last change still sees it.
        after = self._next(obj.kind, obj.body)
        self._index(obj, None)
        return self._notify(Change("DELETED", obj, after))

    def _next(self, kind: Kind, body: Body) -> Stored:
        self.revision += 1
        meta = {**body["metadata"], "resourceVersion": str(self.revision)}
        return Stored(kind, {**body, "metadata": meta}, self.revision)

    def _index(self, before: Stored | None, after: Stored | None) -> None:
        if before is not None:
            key = before.namespace, before.name
            # A changed object keeps its place in the order of its kind: it is replaced below, not removed.
            if after is None:
                self._objects[before.kind].pop(key, None)
            for index in self._indexes(before):
                index.pop(key, None)
        if after is not None:
            key = after.namespace, after.name
            self._objects[after.kind][key] = after
            for index in self._indexes(after):
                index[key] = after

    def _indexes(self, obj: Stored) -> list[dict[Key, Stored]]:
        found = [self._labelled[obj.kind, *pair] for pair in obj.labels.items()]
        if obj.owner:
            found.append(self._owned[obj.kind, obj.owner])
        return found

    def _notify(self, change: Change) -> Stored:
        # Compacted in large steps: cutting the list for every change would copy it every time. Whoever watches from a
        # version before `oldest` gets 410 Expired, and has to list again.
        self._log.append(change)
        if len(self._log) > 2 * HISTORY:
            self.oldest = self._log[-HISTORY].after.version
            del self._log[:-HISTORY]
        # A copy, as a listener may end a watch, and so its own listening.
        for listener in tuple(self._listeners[change.after.kind]):
            listener(change)
        return change.after
