"""The kinds that are simulated: those that kubechaos uses, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of the API; `returns` says that a deletion returns the object, not a Status."""

    name: str
    group: str
    plural: str
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    generations: bool = False
    returns: bool = False

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its manifests."""
        if not self.group:
            return "v1"
        return f"{self.group}/v1"

    @property
    def resource(self) -> str:
        """Its plural with its group, as error messages name it."""
        return f"{self.plural}.{self.group}".rstrip(".")

    @property
    def full(self) -> str:
        """Its name with its group, as validation messages name it."""
        return f"{self.name}.{self.group}".rstrip(".")

    @property
    def head(self) -> bytes:
        """The beginning of the JSON of a single object."""
        return f'{{"kind":"{self.name}","apiVersion":"{self.api_version}",'.encode()


NAMESPACE = Kind("Namespace", "", "namespaces", namespaced=False)
NODE = Kind("Node", "", "nodes", namespaced=False)
POD = Kind("Pod", "", "pods", subresources=("status", "eviction", "log"), generations=True, returns=True)
SERVICE = Kind("Service", "", "services", subresources=("proxy",), returns=True)
EVENT = Kind("Event", "", "events")
QUOTA = Kind("ResourceQuota", "", "resourcequotas", returns=True)
DEPLOYMENT = Kind("Deployment", "apps", "deployments", True, ("status", "scale"), generations=True)
REPLICA_SET = Kind("ReplicaSet", "apps", "replicasets", True, ("status",), generations=True)
STATEFUL_SET = Kind("StatefulSet", "apps", "statefulsets", True, ("status", "scale"), generations=True)
DAEMON_SET = Kind("DaemonSet", "apps", "daemonsets", True, ("status",), generations=True)
CONTROLLER_REVISION = Kind("ControllerRevision", "apps", "controllerrevisions")
SLICE = Kind("EndpointSlice", "discovery.k8s.io", "endpointslices", generations=True)
BUDGET = Kind("PodDisruptionBudget", "policy", "poddisruptionbudgets", True, ("status",), generations=True)

WORKLOADS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
"""The kinds that users write, and that failures are injected into by name."""
OWNERS = (*WORKLOADS, REPLICA_SET)
"""The kinds with a selector and a template of pods."""
KINDS = (NAMESPACE, NODE, POD, SERVICE, EVENT, QUOTA, *OWNERS, CONTROLLER_REVISION, SLICE, BUDGET)
BY_NAME: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in KINDS})
BY_RESOURCE: Mapping[tuple[str, str], Kind] = MappingProxyType({(kind.group, kind.plural): kind for kind in KINDS})
GROUPS = frozenset(kind.group for kind in KINDS)
