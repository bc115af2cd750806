"""Where each kind lives in the API, and how its bytes are decoded."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .. import wire


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of the API: its group, its plural name and its codec."""

    kind: str
    group: str
    plural: str
    codec: "wire.Codec[Any]"

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of the collection, or of the named object."""
        root = f"/apis/{self.group}/v1" if self.group else "/api/v1"
        return f"{root}/namespaces/{namespace}/{self.plural}" + (f"/{name}" if name else "")


RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        resource.kind: resource
        for resource in (
            Resource("Pod", "", "pods", wire.PODS),
            Resource("Deployment", "apps", "deployments", wire.DEPLOYMENTS),
            Resource("StatefulSet", "apps", "statefulsets", wire.STATEFUL_SETS),
            Resource("DaemonSet", "apps", "daemonsets", wire.DAEMON_SETS),
            Resource("ControllerRevision", "apps", "controllerrevisions", wire.CONTROLLER_REVISIONS),
            Resource("ReplicaSet", "apps", "replicasets", wire.REPLICA_SETS),
            Resource("Event", "", "events", wire.EVENTS),
            Resource("EndpointSlice", "discovery.k8s.io", "endpointslices", wire.ENDPOINT_SLICES),
        )
    }
)
