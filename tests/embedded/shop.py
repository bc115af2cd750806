"""The workload of these tests: `web`, three replicas behind a Service."""

from typing import Any

IMAGE = "docker.io/library/busybox:1.35.0"


def deployment(
    name: str = "web", replicas: int = 3, *, pod: dict[str, Any] | None = None, image: str = IMAGE, **spec: Any
) -> dict[str, Any]:
    """Return a Deployment with a readiness probe every second and a grace of 2 s."""
    labels = {"app": name}
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    container = {"name": "web", "image": image, "readinessProbe": probe}
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 2, "containers": [container], **(pod or {})},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def service(name: str = "web") -> dict[str, Any]:
    """Return its Service."""
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def budget(name: str = "web", app: str = "web", **spec: Any) -> dict[str, Any]:
    """Return a PodDisruptionBudget over its pods."""
    spec = {"selector": {"matchLabels": {"app": app}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


def quota(pods: int) -> dict[str, Any]:
    """Return a ResourceQuota of this many pods."""
    spec = {"hard": {"pods": str(pods)}}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": spec}
