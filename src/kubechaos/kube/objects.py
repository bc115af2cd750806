"""Objects of Kubernetes as values: the fields that a verdict needs, frozen.

Each value is one version of an object. Absent strings are "", absent numbers 0, unless a field says otherwise.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field


class Ref(Struct, frozen=True):
    """A reference to an object; its uid, if known, distinguishes it from others of the same name, earlier or later."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


class _Object(Struct, frozen=True, tag_field="schema", tag=True):
    """The base of all objects; in a recording, `schema` is the name of the class of an object."""


class Container(Struct, frozen=True):
    """The status of one container.

    id: the runtime's id; a restart gives another one.
    restarts: how often it was restarted.
    state: "running", "waiting" or "terminated"; "" if there is none yet.
    reason, message, exit_code: those of the state.
    last_reason, last_exit_code: those of the last time it ended.
    """

    name: str
    id: str = ""
    ready: bool = False
    restarts: int = 0
    state: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    last_reason: str = ""
    last_exit_code: int | None = None


TEMPLATE = "controller-revision-hash"
"""The label with which a StatefulSet or DaemonSet marks the template of a pod."""


class Pod(_Object, frozen=True):
    """One version of a pod. Two versions of the same pod are two values, also in a set; they have the same uid.

    created: the time of its creation, as an RFC 3339 timestamp.
    owner, owner_kind: the uid and kind of its controller.
    ready: whether its Ready condition is true.
    ready_since: since when, by the server's clock, in seconds since the epoch.
    not_ready: why it is not Ready, as "Reason: message".
    unschedulable: the scheduler's message on why no node takes it.
    deleting: whether it has a deletionTimestamp.
    grace: the seconds from its deletion to SIGKILL.
    reason: the reason of its phase, as in "Evicted".
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    created: str = ""
    owner: str = ""
    owner_kind: str = ""
    node: str = ""
    phase: str = ""
    ready: bool = False
    ready_since: float = 0.0
    not_ready: str = ""
    unschedulable: str = ""
    deleting: bool = False
    grace: float = 30.0
    reason: str = ""
    finalizers: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    kind: str = "Pod"

    def __hash__(self) -> int:
        # `==` compares all fields, but labels are a mapping and have no hash. Equal pods have the same uid and version,
        # so a hash of these two agrees with it.
        return hash((self.uid, self.resource_version))

    @property
    def template(self) -> str:
        """The template of a StatefulSet or DaemonSet that the pod was made from; "" for pods of a ReplicaSet."""
        return self.labels.get(TEMPLATE, "")

    @property
    def active(self) -> bool:
        """Whether the pod counts: it is neither being deleted nor in a terminal phase."""
        return not self.deleting and not self.terminal

    @property
    def terminal(self) -> bool:
        """Whether the pod has ended: it is in phase Succeeded or Failed, which it never leaves."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def started(self) -> bool:
        """Whether every container is running."""
        return bool(self.containers) and all(c.state == "running" for c in self.containers)

    @property
    def stopped(self) -> bool:
        """Whether nothing of the pod runs any more, or ever ran."""
        # A pod that is deleted before its containers were started has no container status, but ends in phase Failed.
        return self.terminal or (bool(self.containers) and all(c.state == "terminated" for c in self.containers))


class Workload(_Object, frozen=True):
    """A Deployment, StatefulSet or DaemonSet.

    generation: counts the changes of its spec.
    observed_generation: the last of these that its controller has seen.
    replicas: how many pods are wanted; of a DaemonSet, on how many nodes.
    updated_replicas: how many pods are of the current template, as its controller says.
    selector: the label selector of its pods, as in a query.
    revision: the number of a Deployment's template.
    template: a StatefulSet's `status.updateRevision`.
    probed: whether a container has a readiness probe.
    liveness_fails_after: how many seconds after the start of its container the slowest liveness probe needs to fail; 0
        without one.
    min_ready_seconds: how long a pod must be Ready to count as available.
    keeps: the part of the update strategy that leaves pods of an old template as they are: "OnDelete" or "partition 2".
    partition: the lowest ordinal of a StatefulSet whose pod a rollout replaces.
    changed_by: who wrote the spec last, by the name that this client chose for itself (its field manager); "" if the
        API does not say.
    scaled_by: who set `replicas`, in the same way.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int = 0
    observed_generation: int = 0
    replicas: int = 1
    updated_replicas: int = 0
    selector: str = ""
    revision: int = 0
    template: str = ""
    paused: bool = False
    deleting: bool = False
    probed: bool = True
    liveness_fails_after: int = 0
    min_ready_seconds: int = 0
    keeps: str = ""
    partition: int = 0
    changed_by: str = ""
    scaled_by: str = ""


class ReplicaSet(_Object, frozen=True):
    """A ReplicaSet; `revision` is the number of its template, `failure` why it cannot create pods."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    owner: str = ""
    revision: int = 0
    replicas: int = 0
    failure: str = ""
    kind: str = "ReplicaSet"


class ControllerRevision(_Object, frozen=True):
    """One template of a DaemonSet; `revision` is its number, `template` the label of its pods."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    owner: str = ""
    revision: int = 0
    template: str = ""
    kind: str = "ControllerRevision"


class Event(_Object, frozen=True):
    """A core/v1 Event on the object `about`: informational, no verdict depends on one.

    type: "Normal" or "Warning".
    last: when it occurred last, by the clock of its reporter, in seconds since the epoch; 0.0 if it does not say so.
    """

    # Events are best effort in Kubernetes: rate-limited, merged, dropped, and deleted after an hour.

    namespace: str
    name: str
    uid: str
    resource_version: str
    about: Ref = field(default_factory=lambda: Ref("", "", ""))
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 1
    last: float = 0.0
    kind: str = "Event"


class EndpointSlice(_Object, frozen=True):
    """A slice of a Service: the uids of the pods that it sends traffic to (`ready`), and of all its pods (`known`)."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    service: str = ""
    ready: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    kind: str = "EndpointSlice"


Observed: TypeAlias = Pod | Workload | ReplicaSet | ControllerRevision | Event | EndpointSlice


def precedes(version: str, other: str) -> bool | None:
    """Return whether a resourceVersion is older than another one; None if that cannot be known.

    This is the only place that compares two versions for anything but equality.
    """
    # Since Kubernetes 1.35, versions are decimal numbers without leading zeros, and those of one resource type compare
    # as such (KEP-5504, "comparable resource version"); being revisions of etcd, they did before. Compared as strings,
    # "9" would be newer than "10". Other API servers may have versions of any form, of which only equality is known:
    # https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    if version == other:
        return False
    if not (_is_number(version) and _is_number(other)):
        return None
    # Of two numbers without leading zeros the longer one is the greater. apimachinery compares them in this way too
    # (util/resourceversion), and no number is too long for it.
    return (len(version), version) < (len(other), other)


def _is_number(version: str) -> bool:
    # `isdigit` alone accepts "²".
    return version.isascii() and version.isdigit() and (version[0] != "0" or version == "0")


def older(new: Observed, known: Observed) -> bool:
    """Return whether `new` is certainly an older version than `known`."""
    # Where the order cannot be known, the watch's is believed: a stream delivers the versions of an object in order, so
    # what comes last is new. To take such a version for old would freeze the object in its first state.
    return precedes(new.resource_version, known.resource_version) is True
