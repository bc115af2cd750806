"""What defects are planted in: small HTTP servers of every kind, which can be made to fail."""

from copy import deepcopy
from typing import Any

IMAGE = "docker.io/library/busybox:1.35.0"
Manifest = dict[str, Any]

SERVER = """
touch /tmp/alive
trap 'exit 0' TERM
mkdir -p /tmp/www
case "$MODE" in
    crash) echo 'no licence was found, giving up' >&2; exit 3 ;;
    hang) sleep 600 & wait ;;
    slow) sleep 4 ;;
    hungry) exec tail /dev/zero ;;
    hungry-once) test -e /kept/fed || { touch /kept/fed; exec tail /dev/zero; } ;;
esac
httpd -f -p 8080 -h /tmp/www &
touch /tmp/www/ready
case "$MODE" in
    flap) while sleep 2; do rm /tmp/www/ready; sleep 2; touch /tmp/www/ready; done ;;
    soon-crash) sleep 1; exit 4 ;;
    soon-hungry) sleep 1; exec tail /dev/zero ;;
    soon-dead) rm /tmp/alive ;;
esac
wait
"""
"""What a container runs. MODE comes from the ConfigMap `mode`: whatever starts after it was created fails."""
FIRST = """
case "$MODE" in
    first-crash) echo 'no database was found' >&2; exit 5 ;;
    first-hang) sleep 600 ;;
    first-slow) sleep 3 ;;
esac
"""
"""What an init container runs."""
QUIET = "trap 'exit 0' TERM; mkdir -p /tmp/www; touch /tmp/www/ready; sleep 600 & wait"
"""What only waits."""
IGNORES_TERM = SERVER.replace("trap 'exit 0' TERM", "trap '' TERM")
"""A server that ignores SIGTERM."""
OFTEN = {"periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 5}
READY = {"httpGet": {"path": "/ready", "port": 8080}, **OFTEN}
ALIVE = {"exec": {"command": ["test", "-e", "/tmp/alive"]}, **OFTEN}
LITTLE = {"limits": {"memory": "32Mi"}}
MODE = {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "mode", "key": "mode", "optional": True}}}


def container(name: str = "web", script: str = SERVER, **more: Any) -> Manifest:
    """Return a container; `more` are its other fields."""
    usual = {"image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script], "env": [MODE]}
    return {"name": name, **deepcopy(usual), **more}


def web(script: str = SERVER, **more: Any) -> Manifest:
    """Return the server's container, with its readiness probe."""
    return container(script=script, **{"readinessProbe": READY, **more})


def first(**more: Any) -> Manifest:
    """Return an init container."""
    return container("first", FIRST, **more)


def template(*containers: Manifest, app: str = "web", grace: int = 1, **pod: Any) -> Manifest:
    """Return a pod template; `pod` are other fields of the pod's spec."""
    spec = {"terminationGracePeriodSeconds": grace, "containers": list(containers) or [web()], **pod}
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


def workload(kind: str, name: str, pods: Manifest, **spec: Any) -> Manifest:
    """Return a workload of any kind that selects the pods of its template."""
    usual = {"selector": {"matchLabels": pods["metadata"]["labels"]}, "template": pods}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": {**usual, **spec}}


def deployment(pods: Manifest | None = None, *, name: str = "web", replicas: int = 3, **spec: Any) -> Manifest:
    """Return a Deployment."""
    return workload("Deployment", name, pods or template(), replicas=replicas, **spec)


def stateful_set(pods: Manifest | None = None, *, replicas: int = 3, **spec: Any) -> Manifest:
    """Return a StatefulSet; its pods are started in order unless asked otherwise."""
    return workload("StatefulSet", "web", pods or template(), serviceName="web", replicas=replicas, **spec)


def daemon_set(pods: Manifest | None = None) -> Manifest:
    """Return a DaemonSet: a pod on each of the two nodes."""
    return workload("DaemonSet", "web", pods or template())


def replica_set(replicas: int = 3) -> Manifest:
    """Return a ReplicaSet without a Deployment: a controller that owns its pods itself, as operators do."""
    return workload("ReplicaSet", "web", template(), replicas=replicas)


def bare_pod(name: str, app: str = "web") -> Manifest:
    """Return a pod without a controller."""
    pod = template(app=app)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **pod["metadata"]}, "spec": pod["spec"]}


def job() -> Manifest:
    """Return a Job of two pods."""
    pods = template(app="web", restartPolicy="Never")
    spec = {"parallelism": 2, "completions": 2, "template": pods}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web"}, "spec": spec}


def service() -> Manifest:
    """Return a Service in front of the server."""
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def data(kind: str, name: str) -> Manifest:
    """Return a ConfigMap or a Secret with something in it."""
    key = "data" if kind == "ConfigMap" else "stringData"
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, key: {"key": "value"}}
