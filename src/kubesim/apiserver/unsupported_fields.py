"""Fields that are not supported: a manifest with one is refused, as ignoring it would falsify what a test shows."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..store.kinds import DAEMON_SET, DEPLOYMENT, POD, REPLICA_SET, STATEFUL_SET, Kind
from ..store.objects import Body
from ..store.refusals import cause, invalid

# fmt: off  # one name a line would hide that these are lists
POD_FIELDS: Final = frozenset(
    (
        "containers",
        "initContainers",
        "terminationGracePeriodSeconds",
        "nodeSelector",
        "affinity",
        "tolerations",
        "topologySpreadConstraints",
        "securityContext",
        "restartPolicy",
        "volumes",
        "automountServiceAccountToken",
        "enableServiceLinks",
        "dnsPolicy",
        "schedulerName",
        "serviceAccountName",
        "serviceAccount",
        "priority",
        "preemptionPolicy",
        "nodeName",
        "hostname",
        "subdomain",
    )
)
CONTAINER_FIELDS: Final = frozenset(
    (
        "name",
        "image",
        "imagePullPolicy",
        "command",
        "args",
        "ports",
        "env",
        "readinessProbe",
        "livenessProbe",
        "startupProbe",
        "resources",
        "securityContext",
        "workingDir",
        "volumeMounts",
        "terminationMessagePath",
        "terminationMessagePolicy",
    )
)
COMMON: Final = ("selector", "template", "revisionHistoryLimit", "minReadySeconds")
REPLICATED: Final = frozenset((*COMMON, "replicas", "strategy", "progressDeadlineSeconds", "paused"))
STATEFUL: Final = frozenset(
    (
        *COMMON,
        "replicas",
        "serviceName",
        "podManagementPolicy",
        "updateStrategy",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
    )
)
WORKLOAD_FIELDS: Final[Mapping[Kind, frozenset[str]]] = {
    DEPLOYMENT: REPLICATED,
    REPLICA_SET: REPLICATED,
    STATEFUL_SET: STATEFUL,
    DAEMON_SET: frozenset((*COMMON, "updateStrategy")),
}
# fmt: on
AFFINITY: Final = "nodeAffinity"
REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
VOLUMES: Final = frozenset(["name", "emptyDir"])


def check(kind: Kind, body: Body) -> None:
    """Raise Refused with the path of the first field that is not supported."""
    for path in _unsupported_paths(kind, body.get("spec") or {}):
        message = "Forbidden: the simulated cluster does not support this field"
        raise invalid(kind, body["metadata"]["name"], cause("FieldValueForbidden", path, message))


def _unsupported_paths(kind: Kind, spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every field that is not supported, or whose value is not; none for other kinds."""
    if kind in WORKLOAD_FIELDS:
        yield from (f"spec.{key}" for key in sorted(spec.keys() - WORKLOAD_FIELDS[kind]) if spec[key] != [])
        if ((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("maxSurge"):
            yield "spec.updateStrategy.rollingUpdate.maxSurge"
        yield from _pod("spec.template.spec", spec["template"]["spec"])
    elif kind is POD:
        yield from _pod("spec", spec)


def _pod(path: str, spec: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{path}.{key}" for key in sorted(spec.keys() - POD_FIELDS))
    if spec.get("restartPolicy", "Always") != "Always":
        yield f"{path}.restartPolicy"
    affinity = spec.get("affinity") or {}
    yield from (f"{path}.affinity.{key}" for key in sorted(affinity.keys() - {AFFINITY}) if affinity[key])
    asked = affinity.get(AFFINITY) or {}
    yield from (f"{path}.affinity.{AFFINITY}.{key}" for key in sorted(asked.keys() - {REQUIRED}) if asked[key])
    for index, volume in enumerate(spec.get("volumes") or ()):
        yield from (f"{path}.volumes[{index}].{key}" for key in sorted(volume.keys() - VOLUMES))
    for index, spread in enumerate(spec.get("topologySpreadConstraints") or ()):
        if spread.get("whenUnsatisfiable") != "ScheduleAnyway":
            yield f"{path}.topologySpreadConstraints[{index}].whenUnsatisfiable"
    for index, container in enumerate(spec["containers"]):
        yield from _container(f"{path}.containers[{index}]", container)
    for index, container in enumerate(spec.get("initContainers") or ()):
        yield from _container(f"{path}.initContainers[{index}]", container, init=True)


def _container(path: str, container: Mapping[str, Any], *, init: bool = False) -> Iterator[str]:
    unknown = container.keys() - CONTAINER_FIELDS
    if init and container.get("restartPolicy") == "Always":
        unknown -= {"restartPolicy"}
    yield from (f"{path}.{key}" for key in sorted(unknown))
    for index, port in enumerate(container.get("ports") or ()):
        yield from (f"{path}.ports[{index}].{key}" for key in ("hostIP", "hostPort") if port.get(key))
    for index, variable in enumerate(container.get("env") or ()):
        if "valueFrom" in variable:
            yield f"{path}.env[{index}].valueFrom"
