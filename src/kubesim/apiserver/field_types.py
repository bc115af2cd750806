"""What a manifest has in place of a number, a text, a list or an object: the API server decodes nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..store.quantity import WRONG, quantity

_WANTED: Final[tuple[tuple[type, str, str], ...]] = (
    (
        int,
        "a number",
        "replicas minReadySeconds revisionHistoryLimit progressDeadlineSeconds terminationGracePeriodSeconds partition"
        " initialDelaySeconds periodSeconds timeoutSeconds successThreshold failureThreshold containerPort hostPort"
        " nodePort tolerationSeconds priority activeDeadlineSeconds maxSkew minDomains weight seconds defaultMode",
    ),
    (
        bool,
        "true or false",
        "paused hostNetwork hostPID hostIPC automountServiceAccountToken enableServiceLinks shareProcessNamespace stdin"
        " tty readOnly optional publishNotReadyAddresses runAsNonRoot privileged",
    ),
    (
        str,
        "a text",
        "name value image imagePullPolicy restartPolicy serviceName serviceAccountName schedulerName nodeName dnsPolicy"
        " operator effect topologyKey whenUnsatisfiable mountPath workingDir protocol podManagementPolicy type",
    ),
    (
        list,
        "a list",
        "containers initContainers ports env envFrom volumes volumeMounts tolerations imagePullSecrets command args"
        " topologySpreadConstraints volumeClaimTemplates matchExpressions nodeSelectorTerms",
    ),
    (
        dict,
        "an object",
        "metadata spec template selector strategy updateStrategy rollingUpdate resources affinity nodeAffinity"
        " podAffinity podAntiAffinity securityContext lifecycle readinessProbe livenessProbe startupProbe labels"
        " annotations matchLabels nodeSelector requests limits",
    ),
)
_TYPES: Final = {name: (kind, words) for kind, words, names in _WANTED for name in names.split()}
"""By the name of a field: it means the same wherever it is."""
_OF_TEXTS: Final = frozenset(("labels", "annotations", "matchLabels", "nodeSelector", "command", "args"))
_OF_QUANTITIES: Final = frozenset(("requests", "limits"))


def problems(path: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the path of every field that has a value of the wrong type, and what it wants."""
    for key, value in body.items():
        yield from _of_field(f"{path}.{key}".lstrip("."), key, value)


def _of_field(path: str, key: str, value: Any) -> Iterator[tuple[str, str]]:
    wanted, words = _TYPES.get(key, (object, ""))
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield path, f"wants {words}, not {_shown(value)}"
    elif key in _OF_TEXTS:
        wrong = [(each, held) for each, held in _items(value) if not isinstance(held, str)]
        yield from ((f"{path}{each}", f"wants a text, not {_shown(held)}: write it in quotes") for each, held in wrong)
    elif key in _OF_QUANTITIES:
        yield from ((f"{path}{each}", WRONG) for each, held in _items(value) if not _is_quantity(held))
    elif isinstance(value, dict):
        yield from problems(path, value)
    elif isinstance(value, list):
        yield from _of_list(path, value, objects=wanted is list)


def _shown(value: Any) -> str:
    """Say what a value is, and not which: it may be a password that lacks its quotes."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "nothing")


def _of_list(path: str, value: list[Any], *, objects: bool) -> Iterator[tuple[str, str]]:
    for index, each in enumerate(value):
        if isinstance(each, dict):
            yield from problems(f"{path}[{index}]", each)
        elif objects:
            yield f"{path}[{index}]", f"wants an object, not {_shown(each)}"


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f".{key}", held) for key, held in value.items())
    else:
        yield from ((f"[{index}]", held) for index, held in enumerate(value))


def _is_quantity(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        quantity(value)
    except ValueError:
        return False
    return True
