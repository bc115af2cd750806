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


class TargetState(Struct, frozen=True):
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


def with_record(target: TargetState, record: Record) -> TargetState:
    """Return the world after a record; a version that is older than the known one changes nothing."""
    match record:
        case Seen(object=Event() as event):
            refused = event.reason == "FailedCreate" and event.about.uid in target.owners
            return replace(target, refusal=event.message) if refused else target
        case Seen(object=value):
            return _with_relations_of(target, _with_object(target, value), value)
        case Gone(object=value):
            return _with_relations_of(target, _without_object(target, value), value)
        case Sample():
            return replace(target, probes={**target.probes, record.name: record})
        case Listed():
            return _with_relations(_with_listing(replace(target, listed=target.listed | {record.kind}), record))
        case Opened():
            return replace(target, kind=record.kind, expect=record.expect, probes=dict.fromkeys(record.probes))
        case Begun(injection=0):
            return replace(target, refusal="")
    return target


def _with_listing(target: TargetState, record: Listed) -> TargetState:
    kind = KINDS[target.kind]
    if record.kind == kind.name:
        return replace(target, workload=next((o for o in record.objects if isinstance(o, Workload)), None))
    if record.kind not in _FIELDS:
        return target
    if not kind.is_workload and record.kind in kind.streams and not target.owners:
        # Pods by selector belong to the target by the controllers that they have when they are first listed.
        target = replace(target, owners=frozenset(o.owner for o in record.objects if isinstance(o, Pod) and o.owner))
    return _with(target, record.kind, {each.uid: each for each in record.objects})


def _with_object(target: TargetState, value: Observed) -> TargetState:
    if isinstance(value, Workload):
        return target if _stale(target.workload, value) else replace(target, workload=value)
    if value.kind not in _FIELDS:
        return target
    known = target.known(value.kind)
    return target if _stale(known.get(value.uid), value) else _with(target, value.kind, {**known, value.uid: value})


def _without_object(target: TargetState, value: Observed) -> TargetState:
    if isinstance(value, Workload):
        same = target.workload is not None and target.workload.uid == value.uid
        return replace(target, workload=None) if same else target
    if value.kind not in _FIELDS:
        return target
    known = target.known(value.kind)
    return _with(target, value.kind, {uid: each for uid, each in known.items() if uid != value.uid})


def _with_relations_of(before: TargetState, target: TargetState, value: Observed) -> TargetState:
    """Remember what an object tells of whose the target is; most tell nothing, and the neighbours are many."""
    match value:
        case Pod():
            known = before.pods.get(value.uid)
            newly_owned = value.owner in target.owners and (known is None or known.owner != value.owner)
            return (
                _with_services(target, [each for each in target.slices.values() if value.uid in each.known])
                if newly_owned
                else target
            )
        case EndpointSlice():
            return _with_services(
                target, [each.slices[value.uid] for each in (before, target) if value.uid in each.slices]
            )
    return target if _owners(target) <= target.owners else _with_relations(target)


def _with_relations(target: TargetState) -> TargetState:
    """Remember which controllers and Services are the target's."""
    target = replace(target, owners=target.owners | _owners(target))
    return _with_services(target, target.slices.values())


def _with_services(target: TargetState, slices: Iterable[EndpointSlice]) -> TargetState:
    """Remember which Services are the target's, once some of the slices have changed, or whose the pods in them are."""
    services = {each.service for each in slices if each.service in target.services or _serves(each, target)}
    if not services:
        return target
    services |= target.services
    backends = tuple(each for each in target.slices.values() if each.service in services)
    return replace(target, services=frozenset(services), backends=backends)


def _serves(slice_: EndpointSlice, target: TargetState) -> bool:
    pods = (target.pods.get(uid) for uid in slice_.known)
    return bool(slice_.service) and any(pod is not None and pod.owner in target.owners for pod in pods)


def _owners(target: TargetState) -> set[str]:
    """Whose pods are the target's now: a Deployment's are those of its ReplicaSets."""
    if (workload := target.workload) is None:
        return set()
    if KINDS[target.kind].template is not Template.REPLICA_SET:
        return {workload.uid}
    return {each.uid for each in target.replica_sets.values() if each.owner == workload.uid}


def _with(target: TargetState, kind: str, objects: Mapping[str, Any]) -> TargetState:
    changes: dict[str, Any] = {_FIELDS[kind]: objects}
    return replace(target, **changes)


def _stale(known: Observed | None, new: Observed) -> bool:
    return known is not None and known.uid == new.uid and older(new, known)
