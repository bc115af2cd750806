"""Kubernetes objects as the judge sees them: plain frozen values."""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field


class Ref(Struct, frozen=True):
    """Which object: enough to name it and to tell it from its namesakes."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


class _Object(Struct, frozen=True, tag_field="schema", tag=True):
    """What all objects share; in a recording, `schema` says which of the classes below an object is of."""


class Container(Struct, frozen=True):
    """One container's status; `state` is running, waiting, terminated or empty."""

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
"""The label with which StatefulSets and DaemonSets say of which template a pod is."""


class Pod(_Object, frozen=True):
    """One version of a pod; `ready` is its Ready condition, `ready_since` that one's server time in epoch seconds.

    Another version of the same pod is another value, and another member of a set; the same pod is told by its uid.
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
        return hash((self.uid, self.resource_version))  # of all that is compared by `==`, as labels have no hash

    @property
    def template(self) -> str:
        """Which template of a StatefulSet or DaemonSet the pod was made from; "" for those of a ReplicaSet."""
        return self.labels.get(TEMPLATE, "")

    @property
    def active(self) -> bool:
        """Whether the pod counts: not being deleted and not in a terminal phase."""
        return not self.deleting and not self.terminal

    @property
    def terminal(self) -> bool:
        """Whether the pod has ended: phase Succeeded or Failed."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def started(self) -> bool:
        """Whether every container has been started."""
        return bool(self.containers) and all(c.state == "running" for c in self.containers)

    @property
    def stopped(self) -> bool:
        """Whether nothing of the pod runs any more, or ever ran."""
        return self.terminal or (bool(self.containers) and all(c.state == "terminated" for c in self.containers))


class Workload(_Object, frozen=True):
    """A Deployment, StatefulSet or DaemonSet: what is wanted of it and what its controller has seen.

    `replicas` of a DaemonSet is the number of nodes that should run a pod of it. `template` is what a StatefulSet calls
    its update revision; `revision` is a Deployment's. A pod of it is available once it has been Ready for
    `min_ready_seconds`. `keeps` says which update strategy leaves pods of an old template as they are: "OnDelete",
    "partition 2"; "" for none.
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
    min_ready_seconds: int = 0
    keeps: str = ""


class ReplicaSet(_Object, frozen=True):
    """A ReplicaSet; `failure` is the message of its ReplicaFailure condition."""

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
    """One template of a DaemonSet; `template` is the label of its pods."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    owner: str = ""
    revision: int = 0
    template: str = ""
    kind: str = "ControllerRevision"


class Event(_Object, frozen=True):
    """A core/v1 event: colour for people, never the ground of a verdict."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    about: Ref = field(default_factory=lambda: Ref("", "", ""))
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 1
    kind: str = "Event"


class EndpointSlice(_Object, frozen=True):
    """A slice of a Service: the uids of the pods it sends traffic to, and of all pods it knows."""

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
    """Whether a resourceVersion is older than another; None where nobody can know. The one place that compares them.

    Since Kubernetes 1.35 (KEP-5504) they are decimal numbers without leading zeros and compare as such. Of an API that
    keeps others, only equality is known: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    if version == other:
        return False
    if not (_is_number(version) and _is_number(other)):
        return None
    # Of two such numbers the longer is the greater; so compares apimachinery, too, and a number of any length will do.
    return (len(version), version) < (len(other), other)


def _is_number(version: str) -> bool:
    # isdigit alone would let "²" pass.
    return version.isascii() and version.isdigit() and (version[0] != "0" or version == "0")


def older(new: Observed, known: Observed) -> bool:
    """Whether `new` is known to be an older version than the known one; of unknown order, what comes last is new."""
    return precedes(new.resource_version, known.resource_version) is True
