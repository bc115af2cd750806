"""One row for each kind of Kubernetes: where it lives, how it is decoded, and what a target of that kind is made of.

A new kind is a new row. No other module compares with a kind's name: what differs between kinds is asked of the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from . import decode, schema
from .decode import Codec
from .objects import Pod


class Template(Enum):
    """Where a workload says which pods are of its current template."""

    WORKLOAD = "status.updateRevision"
    REPLICA_SET = "the newest ReplicaSet, which also owns the pods"
    CONTROLLER_REVISION = "the newest ControllerRevision"
    NONE = "there is no workload"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the API.

    `streams` are the kinds that a verdict on a target of this kind stands on; without them it can be no target.
    `keeps_names`: a pod is replaced by one of the same name, once the old one is gone. `per_node`: there is one pod on
    each node that should run one. `scalable`: it has `spec.replicas`. `best_effort`: a verdict can do without it.
    """

    name: str
    group: str
    version: str
    plural: str
    decoder: Codec[Any] | None = None
    streams: tuple[str, ...] = ()
    template: Template = Template.NONE
    keeps_names: bool = False
    per_node: bool = False
    scalable: bool = False
    best_effort: bool = False

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of the collection in a namespace, or of the named object in it."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" + (f"/{name}" if name else "")

    @property
    def codec(self) -> Codec[Any]:
        """The decoder; raises LookupError for a kind that is written but never watched."""
        if self.decoder is None:
            raise LookupError(f"objects of kind {self.name} are not decoded")
        return self.decoder

    @property
    def resource(self) -> str:
        """The resource as RBAC and `kubectl auth can-i` write it, like "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def is_workload(self) -> bool:
        """Whether it is an object whose controller makes pods, unlike a set of pods by selector."""
        return self.template is not Template.NONE

    def place(self, pod: Pod) -> str:
        """Return what a pod's replacement takes over from it, as far as Kubernetes pairs them; "" if it does not."""
        if self.keeps_names:
            return pod.name
        return pod.node if self.per_node else ""


def _workload(per_node: bool, name: str) -> Codec[Any]:
    return Codec(schema.Workload, partial(decode.workload, name, per_node=per_node))


PODS: Final = "Pods"
"""The kind of a target that is a set of pods by selector: what made them is not looked at."""

_ROWS: Final = (
    Kind("Pod", "", "v1", "pods", Codec(schema.Pod, decode.pod)),
    Kind(PODS, "", "v1", "pods", streams=("Pod",)),
    Kind(
        "Deployment",
        "apps",
        "v1",
        "deployments",
        _workload(False, "Deployment"),
        streams=("Deployment", "ReplicaSet", "Pod"),
        template=Template.REPLICA_SET,
        scalable=True,
    ),
    Kind(
        "StatefulSet",
        "apps",
        "v1",
        "statefulsets",
        _workload(False, "StatefulSet"),
        streams=("StatefulSet", "Pod"),
        template=Template.WORKLOAD,
        keeps_names=True,
        scalable=True,
    ),
    Kind(
        "DaemonSet",
        "apps",
        "v1",
        "daemonsets",
        _workload(True, "DaemonSet"),
        streams=("DaemonSet", "ControllerRevision", "Pod"),
        template=Template.CONTROLLER_REVISION,
        per_node=True,
    ),
    Kind("ReplicaSet", "apps", "v1", "replicasets", Codec(schema.Workload, decode.replica_set)),
    Kind(
        "ControllerRevision",
        "apps",
        "v1",
        "controllerrevisions",
        Codec(schema.ControllerRevision, decode.controller_revision),
    ),
    Kind("Event", "", "v1", "events", Codec(schema.Event, decode.event), best_effort=True),
    Kind(
        "EndpointSlice",
        "discovery.k8s.io",
        "v1",
        "endpointslices",
        Codec(schema.EndpointSlice, decode.endpoint_slice),
        best_effort=True,
    ),
    Kind("Service", "", "v1", "services"),
    Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({each.name: each for each in _ROWS})
"""Every kind that kubechaos knows, by its name."""
TARGETS: Final = frozenset(each.name for each in _ROWS if each.streams)
"""The kinds that can be a target."""
WORKLOADS: Final = tuple(each.name for each in _ROWS if each.is_workload)
"""The kinds of target that have a template of their own."""
SCALABLE: Final = frozenset(each.name for each in _ROWS if each.scalable)
"""The kinds of target that can be scaled."""
BEST_EFFORT: Final = frozenset(each.name for each in _ROWS if each.best_effort)
"""The kinds that are watched where allowed, and that a verdict can do without."""
RUN_TO_COMPLETION: Final = frozenset({"Job"})
"""The kinds of controller that count a lost pod as a failure instead of replacing it for good."""
