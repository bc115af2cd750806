"""The StatefulSet and the DaemonSet of these tests: the pods of the Deployment of `shop`."""

from typing import Any

from tests.embedded.shop import deployment

REVISION = "controller-revision-hash"
RESTARTED = {"template": {"metadata": {"annotations": {"restarted": "1"}}}}


def stateful_set(replicas: int = 3, **spec: Any) -> dict[str, Any]:
    """Return the StatefulSet `web`."""
    return {**deployment("web", replicas, serviceName="web", **spec), "kind": "StatefulSet"}


def daemon_set(**spec: Any) -> dict[str, Any]:
    """Return the DaemonSet `web`."""
    manifest = {**deployment("web", **spec), "kind": "DaemonSet"}
    del manifest["spec"]["replicas"]
    return manifest
