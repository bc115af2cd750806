"""The target's objects as last seen, and which pods belong to it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..model import Deployment, EndpointSlice, Gone, Listed, Observed, Pod, Record, ReplicaSet, Seen, older

REQUIRED = frozenset({"Pod", "Deployment", "ReplicaSet"})
_FIELDS = {"Pod": "pods", "ReplicaSet": "replica_sets", "EndpointSlice": "slices"}


@dataclass(frozen=True, slots=True)
class World:
    """What the streams have told so far.

    `listed` are the kinds that are past their listing; `owners` and `services` are the ReplicaSets that were ever the
    workload's, and the Services that ever knew one of its pods: an emptied Service must read as 0, not as none.
    """

    listed: frozenset[str] = frozenset()
    workload: Deployment | None = None
    replica_sets: Mapping[str, ReplicaSet] = field(default_factory=dict)
    pods: Mapping[str, Pod] = field(default_factory=dict)
    slices: Mapping[str, EndpointSlice] = field(default_factory=dict)
    owners: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @property
    def current(self) -> ReplicaSet | None:
        """The ReplicaSet of the current template: the one with the workload's latest revision."""
        mine = (each for each in self.replica_sets.values() if each.uid in self.owners)
        return max(mine, key=lambda each: each.revision, default=None)

    @property
    def owned(self) -> tuple[Pod, ...]:
        """The pods that belong to the target by owner UID chain, whatever their labels or names say."""
        return tuple(pod for pod in self.pods.values() if pod.owner in self.owners)

    @property
    def active(self) -> tuple[Pod, ...]:
        """The target's pods that count."""
        return tuple(pod for pod in self.owned if pod.active)

    def serving(self, active: Collection[Pod]) -> int | None:
        """Return how many active pods every Service of the target sends traffic to; None without a Service."""
        if not self.services:
            return None
        ready: dict[str, set[str]] = {service: set() for service in self.services}
        for each in self.slices.values():
            if each.service in ready:
                ready[each.service].update(each.ready)
        return min(sum(pod.uid in uids for pod in active) for uids in ready.values())


def apply(world: World, record: Record) -> World:
    """Return the world after a record; a version that is older than the known one changes nothing."""
    match record:
        case Listed():
            return _relate(replace(_listed(world, record), listed=world.listed | {record.kind}))
        case Seen(object=Pod() as value):
            return _seen(world, value)
        case Seen(object=value):
            return _relate(_seen(world, value))
        case Gone(object=value):
            return _gone(world, value)
    return world


def _listed(world: World, record: Listed) -> World:
    if record.kind == "Deployment":
        return replace(world, workload=next((o for o in record.objects if isinstance(o, Deployment)), None))
    if record.kind in _FIELDS:
        return _with(world, record.kind, {each.uid: each for each in record.objects})
    return world


def _seen(world: World, value: Observed) -> World:
    if isinstance(value, Deployment):
        return world if _stale(world.workload, value) else replace(world, workload=value)
    if value.kind not in _FIELDS:
        return world
    known: Mapping[str, Any] = getattr(world, _FIELDS[value.kind])
    return world if _stale(known.get(value.uid), value) else _with(world, value.kind, {**known, value.uid: value})


def _gone(world: World, value: Observed) -> World:
    if isinstance(value, Deployment):
        same = world.workload is not None and world.workload.uid == value.uid
        return replace(world, workload=None) if same else world
    if value.kind not in _FIELDS:
        return world
    known: Mapping[str, Any] = getattr(world, _FIELDS[value.kind])
    return _with(world, value.kind, {uid: each for uid, each in known.items() if uid != value.uid})


def _relate(world: World) -> World:
    """Remember which ReplicaSets and Services are the target's."""
    workload = world.workload
    owners = {each.uid for each in world.replica_sets.values() if workload and each.owner == workload.uid}
    world = world if owners <= world.owners else replace(world, owners=world.owners | owners)
    owned = {pod.uid for pod in world.owned}
    met = {each.service for each in world.slices.values() if each.service and not owned.isdisjoint(each.known)}
    return world if met <= world.services else replace(world, services=world.services | met)


def _with(world: World, kind: str, objects: Mapping[str, Any]) -> World:
    changes: dict[str, Any] = {_FIELDS[kind]: objects}
    return replace(world, **changes)


def _stale(known: Observed | None, new: Observed) -> bool:
    return known is not None and known.uid == new.uid and older(new, known)
