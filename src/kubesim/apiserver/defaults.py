"""The defaults that the API server fills in."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..store.kinds import (
    BUDGET,
    CLAIM,
    DAEMON_SET,
    DEPLOYMENT,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    VOLUME,
    Kind,
)
from ..store.objects import Body

PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
PROBES: Final = ("readinessProbe", "livenessProbe", "startupProbe")
POD_SPEC: Final = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
TOLERATIONS: Final = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]
STATUS: Final[Mapping[Kind, Body]] = {
    POD: {"phase": "Pending", "qosClass": "Burstable"},
    BUDGET: dict.fromkeys(("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"), 0),
    STATEFUL_SET: dict.fromkeys(("replicas", "availableReplicas"), 0),
    DAEMON_SET: dict.fromkeys(
        ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"), 0
    ),
    NAMESPACE: {"phase": "Active"},
    # Nothing is written in the simulation, so every claim has its volume at once.
    CLAIM: {"phase": "Bound"},
    VOLUME: {"phase": "Bound"},
}
"""The status of a new object, before any controller has looked at it."""


def filled(kind: Kind, body: Body) -> Body:
    """Return a new object's body with its defaults."""
    if kind is SECRET:
        return _secret(body)
    if kind is NAMESPACE:
        meta = body["metadata"]
        # Selectors of namespaces choose by it. In place: who calls goes on with this mapping.
        meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta.get("name")}
    fill = _FILLS.get(kind)
    if fill is None:
        return body
    return {**body, "spec": fill(body.get("spec") or {})}


def _pod_spec(spec: Mapping[str, Any]) -> Body:
    lists = {"containers": spec.get("containers") or ()}
    if spec.get("initContainers"):
        lists["initContainers"] = spec["initContainers"]
    return {**POD_SPEC, **spec, **{key: [_container(each) for each in found] for key, found in lists.items()}}


def _container(container: Mapping[str, Any]) -> Body:
    image = str(container.get("image", ""))
    policy = "IfNotPresent"
    if ":" not in image.rpartition("/")[2] or image.endswith(":latest"):
        policy = "Always"
    filled = {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": policy,
        **container,
    }
    filled |= {name: {**PROBE, **container[name]} for name in PROBES if container.get(name)}
    resources = filled["resources"]
    if resources.get("limits"):
        filled["resources"] = {**resources, "requests": {**resources["limits"], **(resources.get("requests") or {})}}
    return filled


def _secret(body: Body) -> Body:
    """Return a Secret with what its stringData adds to its data."""
    given = {key: b64encode(str(text).encode()).decode() for key, text in (body.get("stringData") or {}).items()}
    kept = {key: value for key, value in body.items() if key != "stringData"}
    if given:
        kept["data"] = {**(kept.get("data") or {}), **given}
    return {"type": "Opaque", **kept}


def _template(template: Mapping[str, Any]) -> Body:
    return {**template, "spec": _pod_spec(template.get("spec") or {})}


def _on_host(container: Body) -> Body:
    """Return a container that uses its node's network: its ports are the node's."""
    ports = [
        {**each, "hostPort": each.get("hostPort") or each["containerPort"]} for each in container.get("ports") or ()
    ]
    return {**container, "ports": ports}


def _pod(spec: Mapping[str, Any]) -> Body:
    filled = _pod_spec(spec)
    if spec.get("hostNetwork"):
        filled["containers"] = list(map(_on_host, filled["containers"]))
    return {"priority": 0, "enableServiceLinks": True, **filled, "tolerations": spec.get("tolerations", TOLERATIONS)}


def _deployment(spec: Mapping[str, Any]) -> Body:
    strategy = dict(spec.get("strategy") or {"type": "RollingUpdate"})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = {"maxUnavailable": "25%", "maxSurge": "25%", **(strategy.get("rollingUpdate") or {})}
        strategy["rollingUpdate"] = rolling
    return {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        **spec,
        "strategy": strategy,
        "template": _template(spec.get("template") or {}),
    }


def _replica_set(spec: Mapping[str, Any]) -> Body:
    return {"replicas": 1, **spec, "template": _template(spec.get("template") or {})}


def _stateful_set(spec: Mapping[str, Any]) -> Body:
    # A strategy without a type gets an empty rollingUpdate, one with a type gets none: only the former has a partition
    # and a maxUnavailable afterwards.
    given = dict(spec.get("updateStrategy") or {})
    if not given.get("type"):
        given = {"rollingUpdate": {}, **given, "type": "RollingUpdate"}
    if given["type"] == "RollingUpdate" and given.get("rollingUpdate") is not None:
        given["rollingUpdate"] = {"partition": 0, "maxUnavailable": 1, **given["rollingUpdate"]}
    kept = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    return {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 10,
        **spec,
        "updateStrategy": given,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain", **kept},
        "template": _template(spec.get("template") or {}),
    }


def _daemon_set(spec: Mapping[str, Any]) -> Body:
    given = {"type": "RollingUpdate", **(spec.get("updateStrategy") or {})}
    if given["type"] == "RollingUpdate":
        given["rollingUpdate"] = {"maxUnavailable": 1, "maxSurge": 0, **(given.get("rollingUpdate") or {})}
    template = _template(spec.get("template") or {})
    return {"revisionHistoryLimit": 10, **spec, "updateStrategy": given, "template": template}


def _service(spec: Mapping[str, Any]) -> Body:
    ports = [{"protocol": "TCP", "targetPort": each.get("port"), **each} for each in spec.get("ports") or ()]
    filled = {"type": "ClusterIP", "sessionAffinity": "None", **spec}
    if ports:
        filled["ports"] = ports
    return filled


_FILLS: Mapping[Kind, Callable[[Mapping[str, Any]], Body]] = {
    POD: _pod,
    DEPLOYMENT: _deployment,
    REPLICA_SET: _replica_set,
    STATEFUL_SET: _stateful_set,
    DAEMON_SET: _daemon_set,
    SERVICE: _service,
    BUDGET: dict,
    NAMESPACE: lambda spec: {"finalizers": ["kubernetes"], **spec},
}
