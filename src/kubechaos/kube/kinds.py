"""Where each kind lives in the API, and how its bytes are decoded."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from . import decode


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of the API: its group, its plural name and its codec."""

    kind: str
    group: str
    plural: str
    codec: "decode.Codec[Any]"

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of the collection, or of the named object."""
        root = f"/apis/{self.group}/v1" if self.group else "/api/v1"
        return f"{root}/namespaces/{namespace}/{self.plural}" + (f"/{name}" if name else "")


RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        resource.kind: resource
        for resource in (
            Resource("Pod", "", "pods", decode.PODS),
            Resource("Deployment", "apps", "deployments", decode.DEPLOYMENTS),
            Resource("StatefulSet", "apps", "statefulsets", decode.STATEFUL_SETS),
            Resource("DaemonSet", "apps", "daemonsets", decode.DAEMON_SETS),
            Resource("ControllerRevision", "apps", "controllerrevisions", decode.CONTROLLER_REVISIONS),
            Resource("ReplicaSet", "apps", "replicasets", decode.REPLICA_SETS),
            Resource("Event", "", "events", decode.EVENTS),
            Resource("EndpointSlice", "discovery.k8s.io", "endpointslices", decode.ENDPOINT_SLICES),
        )
    }
)
