"""The target's objects as they were last seen, and which pods and Services belong to it."""

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
"""The field of TargetState that holds the objects of a kind. There is one workload only, and Events are not kept."""


class TargetState(Struct, frozen=True):
    """The objects of the target and of its surroundings, as they were last seen.

    kind: the target's kind.
    expect: how many pods a target that is a set of pods by selector should have.
    listed: the kinds whose first listing is complete.
    workload: the target itself; None if it is gone, or is a set of pods by selector.
    replica_sets: the ReplicaSets of the namespace or selector by uid, and so on for the next three.
    templates: ControllerRevisions.
    pods: pods.
    slices: EndpointSlices, most of which may be those of neighbours.
    backends: the slices of the target's Services.
    owners: the uids of the controllers whose pods belong to the target, now or before.
    services: the names of the Services that send traffic to pods of the target, now or before.
    refusal: the message of the last Event in which the controller says that it could not create a pod.
    probes: the last answer of each probe; None before its first.
    listed_events: the Warning Events about pods of the first listing.
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
    listed_events: tuple[Event, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """The kinds whose streams a verdict on this target depends on."""
        return KINDS[self.kind].streams

    @property
    def complete(self) -> bool:
        """Whether every kind that a verdict depends on has been listed."""
        return self.listed.issuperset(self.required)

    @property
    def lost(self) -> bool:
        """Whether the workload is gone."""
        return self.workload is None and KINDS[self.kind].is_workload

    @property
    def wanted(self) -> int:
        """How many pods are wanted now: the live number, which an autoscaler may move."""
        if self.workload is None:
            return self.expect
        return self.workload.replicas

    def known(self, kind: str) -> Mapping[str, Observed]:
        """Return the known objects of a kind by uid; none of a kind that is not kept."""
        if kind in _FIELDS:
            objects: Mapping[str, Observed] = getattr(self, _FIELDS[kind])
            return objects
        if self.workload is None or self.workload.kind != kind:
            return {}
        return {self.workload.uid: self.workload}

    @property
    def current(self) -> ReplicaSet | None:
        """The ReplicaSet of a Deployment's current template, that with the highest revision; None if none is known."""
        # The Deployment controller counts up the annotation deployment.kubernetes.io/revision; a rollback gives its old
        # ReplicaSet the highest number again.
        owned = (each for each in self.replica_sets.values() if each.uid in self.owners)
        return max(owned, key=lambda each: each.revision, default=None)

    @property
    def template(self) -> str:
        """What the pods of the current template are recognised by; "" if it is not known yet.

        The uid of the ReplicaSet that owns them, or the value of their label controller-revision-hash.
        """
        if self.workload is None:
            return ""
        match KINDS[self.kind].template:
            case Template.REPLICA_SET:
                return self.current.uid if self.current else ""
            case Template.CONTROLLER_REVISION:
                return self._newest_revision(self.workload)
        return self.workload.template

    def _newest_revision(self, workload: Workload) -> str:
        """Return the label of the pods of a DaemonSet's newest ControllerRevision; "" if none is known."""
        # A DaemonSet has no status.updateRevision, unlike a StatefulSet: its revisions must be watched.
        revisions = (each for each in self.templates.values() if each.owner == workload.uid)
        newest = max(revisions, key=lambda each: each.revision, default=None)
        return newest.template if newest else ""

    @property
    def owned(self) -> tuple[Pod, ...]:
        """The pods that belong to the target: by the uids of their owners, whatever their labels or names are."""
        # Of a list, as a generator is slower, and this is asked for after every record.
        return tuple([pod for pod in self.pods.values() if pod.owner in self.owners])

    @property
    def active(self) -> tuple[Pod, ...]:
        """The target's pods that are neither being deleted nor in a terminal phase; only these count."""
        return tuple([pod for pod in self.owned if pod.active])

    @property
    def failure(self) -> str:
        """The API's message on why pods cannot be created; "" if there is none."""
        # A ReplicaSet has the condition ReplicaFailure, which goes away once it is over. StatefulSets and DaemonSets
        # only write an Event, which stays.
        if KINDS[self.kind].template is not Template.REPLICA_SET:
            return self.refusal
        return self.current.failure if self.current else ""

    def serving(self, active: Collection[Pod]) -> int | None:
        """Return how many active pods every Service of the target sends traffic to; None if it has no Service."""
        if not self.services:
            return None
        return min(sum(pod.uid in uids for pod in active) for uids in self._endpoints())

    def endpoints(self, active: Collection[Pod], own: Collection[str]) -> int | None:
        """Return how many ready endpoints every Service of the target has; None if it has no Service.

        `own` are the uids of all pods that ever belonged to the target: of these only `active` ones count, as a slice
        may list a pod for a moment after its end. The pods of another workload behind the same Service count too.
        """
        if not self.services:
            return None
        serving = {pod.uid for pod in active}
        return min(sum(uid in serving or uid not in own for uid in uids) for uids in self._endpoints())

    def _endpoints(self) -> Collection[set[str]]:
        """Return the uids of the ready endpoints of each Service."""
        # A Service has several slices once it has more than 100 endpoints, or two IP families: they are added up.
        ready: dict[str, set[str]] = {service: set() for service in self.services}
        for slice_ in self.backends:
            ready[slice_.service].update(slice_.ready)
        return ready.values()

    def updated(self, pods: Collection[Pod]) -> list[Pod]:
        """Return those pods that are of the current template; all of them if the target is no workload."""
        source, template = KINDS[self.kind].template, self.template
        if source is Template.NONE:
            return list(pods)
        if source is Template.REPLICA_SET:
            return [pod for pod in pods if template and pod.owner == template]
        return [pod for pod in pods if template and pod.template == template]


def with_record(target: TargetState, record: Record) -> TargetState:
    """Return the target after a record; an older version than the known one changes nothing."""
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
    if record.kind == "Event":
        events = [each for each in record.objects if isinstance(each, Event) and each.type == "Warning"]
        return replace(target, listed_events=tuple(each for each in events if each.about.kind == "Pod"))
    if record.kind not in _FIELDS:
        return target
    if not kind.is_workload and record.kind in kind.streams and not target.owners:
        # A set of pods by selector has no workload to name its pods' owners: those of the first listing are taken. A
        # replacement is then recognised by its controller, not by labels that a neighbour may have as well.
        target = replace(target, owners=frozenset(o.owner for o in record.objects if isinstance(o, Pod) and o.owner))
    return _with_objects(target, record.kind, {each.uid: each for each in record.objects})


def _with_object(target: TargetState, value: Observed) -> TargetState:
    if isinstance(value, Workload):
        return target if _is_older(value, target.workload) else replace(target, workload=value)
    if value.kind not in _FIELDS:
        return target
    known = target.known(value.kind)
    if _is_older(value, known.get(value.uid)):
        return target
    return _with_objects(target, value.kind, {**known, value.uid: value})


def _without_object(target: TargetState, value: Observed) -> TargetState:
    if isinstance(value, Workload):
        same = target.workload is not None and target.workload.uid == value.uid
        return replace(target, workload=None) if same else target
    if value.kind not in _FIELDS:
        return target
    known = target.known(value.kind)
    return _with_objects(target, value.kind, {uid: each for uid, each in known.items() if uid != value.uid})


def _with_relations_of(before: TargetState, target: TargetState, value: Observed) -> TargetState:
    """Return the target with the owners and Services that one changed object adds to it."""
    # Most records change no relation, and with many neighbours a search through all slices for each record costs more
    # than the rest of the fold. So only those slices are looked at that may have gained a pod of the target.
    match value:
        case Pod():
            known = before.pods.get(value.uid)
            newly_owned = value.owner in target.owners and (known is None or known.owner != value.owner)
            if not newly_owned:
                return target
            return _with_services(target, [each for each in target.slices.values() if value.uid in each.known])
        case EndpointSlice():
            versions = [each.slices[value.uid] for each in (before, target) if value.uid in each.slices]
            return _with_services(target, versions)
    if _current_owners(target) <= target.owners:
        return target
    return _with_relations(target)


def _with_relations(target: TargetState) -> TargetState:
    """Return the target with all its owners and Services."""
    # Owners are only ever added: the pods of a ReplicaSet that was deleted are still the target's until they are gone.
    target = replace(target, owners=target.owners | _current_owners(target))
    return _with_services(target, target.slices.values())


def _with_services(target: TargetState, candidates: Iterable[EndpointSlice]) -> TargetState:
    """Return the target with the Services that list a pod of it in `candidates`, and with their slices as of now.

    `candidates` may contain the version of a slice before it changed.
    """
    # Services are only ever added: one that has lost its last endpoint must count as 0 pods serving, which is not
    # the same as a target without a Service.
    services = {each.service for each in candidates if each.service in target.services or _lists_pod_of(target, each)}
    if not services:
        return target
    services |= target.services
    backends = tuple(each for each in target.slices.values() if each.service in services)
    return replace(target, services=frozenset(services), backends=backends)


def _lists_pod_of(target: TargetState, slice_: EndpointSlice) -> bool:
    """Whether a slice belongs to a Service and lists a pod of the target."""
    pods = (target.pods.get(uid) for uid in slice_.known)
    return bool(slice_.service) and any(pod is not None and pod.owner in target.owners for pod in pods)


def _current_owners(target: TargetState) -> set[str]:
    """Return the uids of the controllers that own the target's pods now: of a Deployment, its ReplicaSets."""
    if target.workload is None:
        return set()
    uid = target.workload.uid
    if KINDS[target.kind].template is not Template.REPLICA_SET:
        return {uid}
    return {each.uid for each in target.replica_sets.values() if each.owner == uid}


def _with_objects(target: TargetState, kind: str, objects: Mapping[str, Any]) -> TargetState:
    changes: dict[str, Any] = {_FIELDS[kind]: objects}
    return replace(target, **changes)


def _is_older(new: Observed, known: Observed | None) -> bool:
    return known is not None and known.uid == new.uid and older(new, known)
