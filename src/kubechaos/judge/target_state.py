"""The target's objects as last seen, and which pods belong to it."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.kinds import KINDS, Template
from ..kube.objects import ControllerRevision, EndpointSlice, Event, Observed, Pod, ReplicaSet, Workload, older
from ..records import Begun, Gone, Listed, Opened, Record, Sample, Seen

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {"Pod": "pods", "ReplicaSet": "replica_sets", "ControllerRevision": "templates", "EndpointSlice": "slices"}
)
"""Where the objects of each kind are kept; there is only one workload, and Events are not kept."""


class World(Struct, frozen=True):
    """What the streams have told so far.

    `kind` is that of the target, and `expect` how many pods it should have where no workload says so. `listed` are the
    kinds that are past their listing; `owners` and `services` are the controllers whose pods were ever the target's,
    and the Services that ever knew one of these: an emptied Service must read as 0, not as none. Of all `slices`, which
    may be those of a crowd of neighbours, `backends` are these Services'. `refusal` is the last Event in which the
    controller says that it could not create a pod. `probes` are the last answers, None before the first.
    """

    kind: str = "Deployment"
    expect: int = 0
    listed: frozenset[str] = frozenset()
    workload: Workload | None = None
    replica_sets: Mapping[str, ReplicaSet] = field(default_factory=dict)
    templates: Mapping[str, ControllerRevision] = field(default_factory=dict)
    pods: Mapping[str, Pod] = field(default_factory=dict)
    slices: Mapping[str, EndpointSlice] = field(default_factory=dict)
    backends: tuple[EndpointSlice, ...] = ()
    owners: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    refusal: str = ""
    probes: Mapping[str, Sample | None] = field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        """The streams that a verdict on this target stands on."""
        return KINDS[self.kind].streams

    @property
    def complete(self) -> bool:
        """Whether everything that a verdict stands on has been listed."""
        return self.listed.issuperset(self.required)

    @property
    def lost(self) -> bool:
        """Whether the workload is gone."""
        return self.workload is None and KINDS[self.kind].is_workload

    @property
    def wanted(self) -> int:
        """How many pods are wanted, as far as the API says now."""
        return self.workload.replicas if self.workload else self.expect

    def known(self, kind: str) -> Mapping[str, Observed]:
        """Return the objects of a kind that are kept, by their uids."""
        if kind in _FIELDS:
            objects: Mapping[str, Observed] = getattr(self, _FIELDS[kind])
            return objects
        return {self.workload.uid: self.workload} if self.workload and self.workload.kind == kind else {}

    @property
    def current(self) -> ReplicaSet | None:
        """The ReplicaSet of a Deployment's current template: the one with the latest revision."""
        mine = (each for each in self.replica_sets.values() if each.uid in self.owners)
        return max(mine, key=lambda each: each.revision, default=None)

    @property
    def template(self) -> str:
        """What says that a pod is of the current template: its ReplicaSet's uid, or its label; "" if not known yet."""
        workload = self.workload
        if workload is None:
            return ""
        match KINDS[self.kind].template:
            case Template.REPLICA_SET:
                return self.current.uid if self.current else ""
            case Template.CONTROLLER_REVISION:
                mine = (each for each in self.templates.values() if each.owner == workload.uid)
                newest = max(mine, key=lambda each: each.revision, default=None)
                return newest.template if newest else ""
        return workload.template

    @property
    def owned(self) -> tuple[Pod, ...]:
        """The pods that belong to the target by owner UID chain, whatever their labels or names say."""
        return tuple([pod for pod in self.pods.values() if pod.owner in self.owners])

    @property
    def active(self) -> tuple[Pod, ...]:
        """The target's pods that count."""
        return tuple([pod for pod in self.owned if pod.active])

    @property
    def failure(self) -> str:
        """Why pods cannot be created, in the API's words: a ReplicaSet's condition, else the last Event; "" if none."""
        if KINDS[self.kind].template is not Template.REPLICA_SET:
            return self.refusal
        return self.current.failure if self.current else ""

    def serving(self, active: Collection[Pod]) -> int | None:
        """Return how many active pods every Service of the target sends traffic to; None without a Service."""
        if not self.services:
            return None
        ready: dict[str, set[str]] = {service: set() for service in self.services}
        for each in self.backends:
            ready[each.service].update(each.ready)
        return min(sum(pod.uid in uids for pod in active) for uids in ready.values())

    def updated(self, pods: Collection[Pod]) -> list[Pod]:
        """Return the pods that are of the current template; all of them where there is no workload to have one."""
        source, template = KINDS[self.kind].template, self.template
        if source is Template.NONE:
            return list(pods)
        if source is Template.REPLICA_SET:
            return [pod for pod in pods if template and pod.owner == template]
        return [pod for pod in pods if template and pod.template == template]


def apply(world: World, record: Record) -> World:
    """Return the world after a record; a version that is older than the known one changes nothing."""
    match record:
        case Seen(object=Event() as event):
            refused = event.reason == "FailedCreate" and event.about.uid in world.owners
            return replace(world, refusal=event.message) if refused else world
        case Seen(object=value):
            return _related(world, _seen(world, value), value)
        case Gone(object=value):
            return _related(world, _gone(world, value), value)
        case Sample():
            return replace(world, probes={**world.probes, record.name: record})
        case Listed():
            return _relate(_listed(replace(world, listed=world.listed | {record.kind}), record))
        case Opened():
            return replace(world, kind=record.kind, expect=record.expect, probes=dict.fromkeys(record.probes))
        case Begun(injection=0):
            return replace(world, refusal="")
    return world


def _listed(world: World, record: Listed) -> World:
    kind = KINDS[world.kind]
    if record.kind == kind.name:
        return replace(world, workload=next((o for o in record.objects if isinstance(o, Workload)), None))
    if record.kind not in _FIELDS:
        return world
    if not kind.is_workload and record.kind in kind.streams and not world.owners:
        # Pods by selector belong to the target by the controllers that they have when they are first listed.
        world = replace(world, owners=frozenset(o.owner for o in record.objects if isinstance(o, Pod) and o.owner))
    return _with(world, record.kind, {each.uid: each for each in record.objects})


def _seen(world: World, value: Observed) -> World:
    if isinstance(value, Workload):
        return world if _stale(world.workload, value) else replace(world, workload=value)
    if value.kind not in _FIELDS:
        return world
    known = world.known(value.kind)
    return world if _stale(known.get(value.uid), value) else _with(world, value.kind, {**known, value.uid: value})


def _gone(world: World, value: Observed) -> World:
    if isinstance(value, Workload):
        same = world.workload is not None and world.workload.uid == value.uid
        return replace(world, workload=None) if same else world
    if value.kind not in _FIELDS:
        return world
    known = world.known(value.kind)
    return _with(world, value.kind, {uid: each for uid, each in known.items() if uid != value.uid})


def _related(before: World, world: World, value: Observed) -> World:
    """Remember what an object tells of whose the target is; most tell nothing, and the neighbours are many."""
    match value:
        case Pod():
            known = before.pods.get(value.uid)
            news = value.owner in world.owners and (known is None or known.owner != value.owner)
            return _met(world, [each for each in world.slices.values() if value.uid in each.known]) if news else world
        case EndpointSlice():
            return _met(world, [each.slices[value.uid] for each in (before, world) if value.uid in each.slices])
    return world if _owners(world) <= world.owners else _relate(world)


def _relate(world: World) -> World:
    """Remember which controllers and Services are the target's."""
    world = replace(world, owners=world.owners | _owners(world))
    return _met(world, world.slices.values())


def _met(world: World, slices: Iterable[EndpointSlice]) -> World:
    """Remember which Services are the target's, once some of the slices have changed, or whose the pods in them are."""
    services = {each.service for each in slices if each.service in world.services or _serves(each, world)}
    if not services:
        return world
    services |= world.services
    backends = tuple(each for each in world.slices.values() if each.service in services)
    return replace(world, services=frozenset(services), backends=backends)


def _serves(slice_: EndpointSlice, world: World) -> bool:
    pods = (world.pods.get(uid) for uid in slice_.known)
    return bool(slice_.service) and any(pod is not None and pod.owner in world.owners for pod in pods)


def _owners(world: World) -> set[str]:
    """Whose pods are the target's now: a Deployment's are those of its ReplicaSets."""
    if (workload := world.workload) is None:
        return set()
    if KINDS[world.kind].template is not Template.REPLICA_SET:
        return {workload.uid}
    return {each.uid for each in world.replica_sets.values() if each.owner == workload.uid}


def _with(world: World, kind: str, objects: Mapping[str, Any]) -> World:
    changes: dict[str, Any] = {_FIELDS[kind]: objects}
    return replace(world, **changes)


def _stale(known: Observed | None, new: Observed) -> bool:
    return known is not None and known.uid == new.uid and older(new, known)
