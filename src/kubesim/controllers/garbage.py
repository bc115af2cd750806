"""The garbage collector: deletes the objects whose owner was deleted."""

from functools import partial
from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..store.kinds import (
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    SERVICE,
    SLICE,
    STATEFUL_SET,
    Kind,
)
from ..store.store import Change

LAG: Final = 0.02
OWNS: Final[tuple[tuple[Kind, Kind], ...]] = (
    (DEPLOYMENT, REPLICA_SET),
    (REPLICA_SET, POD),
    *((owner, kind) for owner in (STATEFUL_SET, DAEMON_SET) for kind in (CONTROLLER_REVISION, POD)),
    (SERVICE, SLICE),
)


class Garbage:
    """Deletes what a deleted object owned, one level at a time."""

    def __init__(self, registry: Registry, deletion: Deletion) -> None:
        self._registry = registry
        self._deletion = deletion
        for owner, kind in OWNS:
            registry.store.listen(owner, partial(self._on_change, kind))

    def _on_change(self, kind: Kind, change: Change) -> None:
        # By uid, not by name: an object that was created again under the name of its predecessor owns nothing of it.
        if change.type == "DELETED":
            self._registry.timers.after(LAG, partial(self._collect, kind, change.after.uid))

    def _collect(self, kind: Kind, owner: str) -> None:
        for each in tuple(self._registry.store.owned(kind, owner)):
            self._deletion.delete(each, Options(uid=each.uid))
