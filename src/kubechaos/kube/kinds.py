"""One row for each kind of Kubernetes: its path, its decoder, and what a target of that kind consists of.

A new kind is a new row. No other module compares the name of a kind: what differs between kinds is a field of its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from . import decode_pods, decode_workloads, schema
from .decode import Codec
from .objects import Pod


class Template(Enum):
    """Where it is written which pods are of the current template of a target."""

    WORKLOAD = "status.updateRevision"
    REPLICA_SET = "the newest ReplicaSet, which also owns the pods"
    CONTROLLER_REVISION = "the newest ControllerRevision"
    NONE = "there is no workload"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the API.

    name: its name, as in "Deployment".
    group: its API group, as in "apps"; "" for core.
    version: the version of the group, as in "v1".
    plural: its name in paths, as in "deployments".
    decoder: what decodes it; None if it is only written, never watched.
    streams: the kinds that must be watched for a verdict on a target of this kind; () if it cannot be a target.
    template: where it is written which pods are of the current template.
    keeps_names: whether a pod is replaced by one of the same name, once the old one is gone.
    per_node: whether there is one pod on each node that should run one.
    scalable: whether it has `spec.replicas`.
    best_effort: whether a verdict can do without it, so that it need not be permitted to watch it.
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
        # Only the core group, which has no name, is under /api: it existed before there were groups.
        root = f"/apis/{self.group}" if self.group else "/api"
        collection = f"{root}/{self.version}/namespaces/{namespace}/{self.plural}"
        if not name:
            return collection
        return f"{collection}/{name}"

    @property
    def codec(self) -> Codec[Any]:
        """The decoder; raises LookupError for a kind that is only written, never watched."""
        if self.decoder is None:
            raise LookupError(f"objects of kind {self.name} are not decoded")
        return self.decoder

    @property
    def resource(self) -> str:
        """The resource as `kubectl auth can-i` writes it, as in "deployments.apps"."""
        if not self.group:
            return self.plural
        return f"{self.plural}.{self.group}"

    @property
    def is_workload(self) -> bool:
        """Whether it is an object whose controller creates pods, unlike a set of pods by selector."""
        return self.template is not Template.NONE

    def place(self, pod: Pod) -> str:
        """Return what the replacement of a pod takes over from it: its name or its node; "" if nothing."""
        # A ReplicaSet makes the number of its pods right; none of them is the successor of a certain other one.
        if self.keeps_names:
            return pod.name
        if self.per_node:
            return pod.node
        return ""


def _workload(per_node: bool, name: str) -> Codec[Any]:
    return Codec(schema.Workload, partial(decode_workloads.workload, name, per_node=per_node))


PODS: Final = "Pods"
"""The kind of a target that is a set of pods by selector, whatever created them; no kind of the API."""

_ROWS: Final = (
    Kind("Pod", "", "v1", "pods", Codec(schema.Pod, decode_pods.pod)),
    Kind(PODS, "", "v1", "pods", streams=("Pod",)),
    Kind(
        "Deployment",
        "apps",
        "v1",
        "deployments",
        _workload(False, "Deployment"),
        # A Deployment owns no pod itself: which are its own is known by way of its ReplicaSets only.
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
    Kind("ReplicaSet", "apps", "v1", "replicasets", Codec(schema.Workload, decode_workloads.replica_set)),
    Kind(
        "ControllerRevision",
        "apps",
        "v1",
        "controllerrevisions",
        Codec(schema.ControllerRevision, decode_workloads.controller_revision),
    ),
    Kind("Event", "", "v1", "events", Codec(schema.Event, decode_workloads.event), best_effort=True),
    Kind(
        "EndpointSlice",
        "discovery.k8s.io",
        "v1",
        "endpointslices",
        Codec(schema.EndpointSlice, decode_workloads.endpoint_slice),
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
"""The kinds of target whose controller creates pods from a template."""
SCALABLE: Final = frozenset(each.name for each in _ROWS if each.scalable)
"""The kinds of target that can be scaled."""
BEST_EFFORT: Final = frozenset(each.name for each in _ROWS if each.best_effort)
"""The kinds that are watched if that is permitted, and that a verdict can do without."""
RUN_TO_COMPLETION: Final = frozenset({"Job"})
"""The kinds of controller whose pods end by themselves, and that count a lost pod against `backoffLimit`."""
