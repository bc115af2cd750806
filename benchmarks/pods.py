"""Pods as the API server writes them: about 7 KB each, with managed fields and three containers."""

import json
from collections.abc import Mapping
from typing import Any

NAMESPACE = "bench"
NAME = "web"
LABELS = {"app": NAME}
WORKLOAD = "00000000-0000-4000-8000-00000000000d"
REPLICA_SET = "00000000-0000-4000-8000-0000000000e5"
NOW = "2026-11-24T12:00:00Z"


def pod(number: int, version: int, labels: Mapping[str, str] | None = None, *, ready: bool = True) -> dict[str, Any]:
    """Return one pod; without labels of its own it is the Deployment's."""
    names = ("web", "sidecar", "metrics")
    name = f"{NAME}-5d4f8c7b9d-{number:05d}"
    word = "True" if ready else "False"
    conditions = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **_meta(name, f"10000000-0000-4000-8000-{number:012d}", version, labels or LABELS),
            "generateName": f"{NAME}-5d4f8c7b9d-",
            "ownerReferences": [_owner("ReplicaSet", f"{NAME}-5d4f8c7b9d", REPLICA_SET)] if labels is None else [],
            "managedFields": [_managed("kube-controller-manager", names), _managed("kubelet", names)],
        },
        "spec": _spec(number, names),
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": each, "status": word if each == "Ready" else "True", "lastTransitionTime": NOW}
                for each in conditions
            ],
            "containerStatuses": [_status(each, number, ready) for each in names],
            "hostIP": "203.0.113.1",
            "podIP": "198.51.100.7",
            "podIPs": [{"ip": "198.51.100.7"}],
            "qosClass": "Burstable",
            "startTime": NOW,
        },
    }


def deployment(replicas: int) -> dict[str, Any]:
    """Return the Deployment that the pods are of."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            **_meta(NAME, WORKLOAD, 5, LABELS),
            "generation": 1,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [_container("web")]}},
        },
        "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas},
    }


def replica_set(replicas: int) -> dict[str, Any]:
    """Return the Deployment's only ReplicaSet."""
    made = deployment(replicas)
    made["kind"] = "ReplicaSet"
    made["metadata"] |= {"name": f"{NAME}-5d4f8c7b9d", "uid": REPLICA_SET}
    made["metadata"]["ownerReferences"] = [_owner("Deployment", NAME, WORKLOAD)]
    return made


def endpoint_slice(name: str, service: str, pods: int, version: int, first: int = 0) -> dict[str, Any]:
    """Return a slice of a Service with so many ready pods, numbered from `first`."""
    numbers = range(first, first + pods)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": _meta(name, f"slice-{name}", version, {"kubernetes.io/service-name": service}),
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": ["198.51.100.7"],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "targetRef": {"kind": "Pod", "name": f"p-{each}", "uid": f"10000000-0000-4000-8000-{each:012d}"},
            }
            for each in numbers
        ],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def event(number: int, version: int) -> dict[str, Any]:
    """Return an Event about a pod that is not the target's."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": _meta(f"other-{number}.17f", f"event-{number}", version, {}),
        "involvedObject": {"kind": "Pod", "namespace": NAMESPACE, "name": f"other-{number}", "uid": f"other-{number}"},
        "reason": "Pulled",
        "message": 'Container image "registry.example/web:1.0" already present on machine',
        "type": "Normal",
        "count": 1,
        "eventTime": None,
        "firstTimestamp": NOW,
        "lastTimestamp": NOW,
        "source": {"component": "kubelet"},
    }


def line(type_: str, value: Mapping[str, Any]) -> bytes:
    """Return one line of a watch."""
    return json.dumps({"type": type_, "object": value}, separators=(",", ":")).encode() + b"\n"


def _meta(name: str, uid: str, version: int, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": NAMESPACE,
        "uid": uid,
        "resourceVersion": str(version),
        "creationTimestamp": NOW,
        "labels": dict(labels),
    }


def _owner(kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def _managed(manager: str, names: tuple[str, ...]) -> dict[str, Any]:
    parts = ("f:image", "f:imagePullPolicy", "f:name", "f:resources", "f:terminationMessagePath", "f:env", "f:ports")
    fields = {f'k:{{"name":"{name}"}}': {".": {}, **{part: {} for part in parts}} for name in names}
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": NOW,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": fields}},
    }


def _spec(number: int, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "containers": [_container(each) for each in names],
        "nodeName": f"node-{number % 20}",
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "serviceAccountName": "default",
        "schedulerName": "default-scheduler",
        "tolerations": [
            {"key": f"node.kubernetes.io/{each}", "operator": "Exists", "effect": "NoExecute"}
            for each in ("not-ready", "unreachable")
        ],
        "volumes": [{"name": "config", "configMap": {"name": "web-config", "defaultMode": 420}}],
    }


def _container(name: str) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 5, "timeoutSeconds": 1}
    return {
        "name": name,
        "image": f"registry.example/shop/{name}:1.27.3",
        "env": [{"name": f"SETTING_{each}", "value": f"value of setting {each}"} for each in range(8)],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
        "volumeMounts": [{"name": "config", "mountPath": "/etc/config", "readOnly": True}],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _status(name: str, number: int, ready: bool) -> dict[str, Any]:
    return {
        "name": name,
        "image": f"registry.example/shop/{name}:1.27.3",
        "imageID": f"registry.example/shop/{name}@sha256:{'0123456789abcdef' * 4}",
        "containerID": f"containerd://{number:064x}",
        "ready": ready,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": NOW}},
        "lastState": {},
    }
