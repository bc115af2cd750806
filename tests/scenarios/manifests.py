"""The workloads of the scenarios: one small container, well behaved or failing."""

from typing import Any

IMAGE = "docker.io/library/busybox:1.35.0"
READY = "/tmp/ready"
SERVER = f"trap 'exit 0' TERM; touch {READY}; sleep 3600 & wait"
IGNORES_TERM = f"trap '' TERM; touch {READY}; while true; do sleep 1; done"
CRASHES = "exit 3"
NEVER_READY = "trap 'exit 0' TERM; sleep 3600 & wait"


def deployment(
    name: str,
    replicas: int = 3,
    *,
    image: str = IMAGE,
    script: str = SERVER,
    grace: int = 2,
    pod: dict[str, Any] | None = None,
    container: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
    kind: str = "Deployment",
    **spec: Any,
) -> dict[str, Any]:
    """Return a Deployment, or another workload; what `pod`, `container` and `meta` say is added to its pods."""
    labels = {"app": name}
    web = {
        "name": "web",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "readinessProbe": {"exec": {"command": ["test", "-e", READY]}, "periodSeconds": 1, "failureThreshold": 1},
        **(container or {}),
    }
    template = {
        "metadata": {"labels": labels, **(meta or {})},
        "spec": {"terminationGracePeriodSeconds": grace, "containers": [web], **(pod or {})},
    }
    number = {} if kind == "DaemonSet" else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {**number, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def service(name: str, **more: Any) -> dict[str, Any]:
    """Return the Service of a Deployment; `more` is added to its spec."""
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def budget(name: str, app: str, **spec: Any) -> dict[str, Any]:
    """Return a PodDisruptionBudget over the pods of a Deployment."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
    }


def quota(name: str, pods: int) -> dict[str, Any]:
    """Return a ResourceQuota of this many pods."""
    spec = {"hard": {"pods": str(pods)}}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec}
