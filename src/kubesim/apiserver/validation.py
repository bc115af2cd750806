"""Validation: what the API server does not accept, with its messages."""

import re
from typing import Any, Final

from ..store.kinds import CONTROLLER_REVISION, DAEMON_SET, OWNERS, POD, RBAC, STATEFUL_SET, Kind
from ..store.objects import Body, Stored, encode
from ..store.refusals import Cause, bad_request, cause, invalid, invalid_patch
from ..store.selectors import of_object

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_HELP: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NO_NEW_FINALIZERS: Final = "no new finalizers can be added if the object is being deleted, found new finalizers "


def check_new(kind: Kind, body: Body) -> None:
    """Raise Refused for a new object that is not accepted."""
    name = str(body["metadata"].get("name") or "")
    if not name:
        raise invalid(
            kind, "", cause("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")
        )
    # Roles may be called anything that can stand in a path, such as system:node.
    if kind.group != RBAC and (not _SUBDOMAIN.fullmatch(name) or len(name) > 253):
        message = f'Invalid value: "{name}": {_NAME_HELP}'
        raise invalid(kind, name, cause("FieldValueInvalid", "metadata.name", message))
    causes = _spec(kind, body)
    if causes:
        raise invalid(kind, name, *causes)


def check_change(before: Stored, body: Body) -> None:
    """Raise Refused for a change that is not accepted."""
    kind, meta = before.kind, body["metadata"]
    if meta.get("uid") != before.uid:
        raise invalid(kind, before.name, _immutable("metadata.uid", meta.get("uid")))
    if meta.get("name") != before.name:
        message = f"the name of the object ({meta.get('name')}) does not match the name on the URL ({before.name})"
        raise bad_request(message)
    new = set(meta.get("finalizers") or ()) - set(before.meta.get("finalizers") or ())
    if before.deleting and new:
        listed = ", ".join(f'"{each}"' for each in sorted(new))
        message = f"Forbidden: {NO_NEW_FINALIZERS}[]string{{{listed}}}"
        raise invalid(kind, before.name, cause("FieldValueForbidden", "metadata.finalizers", message))
    causes = [*_spec(kind, body), *_frozen(before, body)]
    # The real validation of a DaemonSet checks what is immutable first, that of the others last.
    if kind is DAEMON_SET:
        causes = [*_frozen(before, body), *_spec(kind, body)]
    if causes:
        raise invalid(kind, before.name, *causes)


def _immutable(field: str, value: Any) -> Cause:
    shown = f'"{value}"'
    if not isinstance(value, str):
        shown = _go(value)
    return cause("FieldValueInvalid", field, f"Invalid value: {shown}: field is immutable")


def _go(value: Any) -> str:
    """Write a selector as Go prints it."""
    labels = ", ".join(f'"{key}":"{each}"' for key, each in (value or {}).get("matchLabels", {}).items())
    return f'{{"matchLabels":{{{labels}}}}}'


def _frozen(before: Stored, body: Body) -> list[Cause]:
    spec = body.get("spec") or {}
    if before.kind in OWNERS and spec.get("selector") != before.spec.get("selector"):
        return [_immutable("spec.selector", spec.get("selector"))]
    if before.kind is STATEFUL_SET:
        fixed = ("serviceName", "podManagementPolicy")
        return [_immutable(f"spec.{key}", spec.get(key)) for key in fixed if spec.get(key) != before.spec.get(key)]
    if before.kind is CONTROLLER_REVISION and body.get("data") != before.body.get("data"):
        return [cause("FieldValueInvalid", "data", "Invalid value: {}: field is immutable")]
    if before.kind is POD and _but_for_images(spec) != _but_for_images(before.spec):
        message = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing"
            " tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        )
        return [cause("FieldValueForbidden", "spec", message)]
    return []


def _but_for_images(spec: Body) -> Body:
    lists = {key: spec.get(key) or () for key in ("containers", "initContainers")}
    return {**spec, **{key: [{**each, "image": ""} for each in found] for key, found in lists.items()}}


def _spec(kind: Kind, body: Body) -> list[Cause]:
    if kind is POD:
        containers = enumerate(body["spec"].get("containers") or ())
        missing = [f"spec.containers[{index}].image" for index, each in containers if not each.get("image")]
        return [cause("FieldValueRequired", path, "Required value") for path in missing] + _hooks("spec", body["spec"])
    if kind not in OWNERS:
        return []
    causes = _workload(body)
    if kind is STATEFUL_SET:
        causes += _stateful_set(body["spec"])
    if kind is DAEMON_SET:
        causes += _daemon_set(body["spec"])
    return causes


def _stateful_set(spec: Body) -> list[Cause]:
    causes = []
    if (asked := spec["podManagementPolicy"]) not in ("OrderedReady", "Parallel"):
        message = f"Invalid value: \"{asked}\": must be 'OrderedReady' or 'Parallel'"
        causes.append(cause("FieldValueInvalid", "spec.podManagementPolicy", message))
    if (asked := spec["updateStrategy"]["type"]) not in ("RollingUpdate", "OnDelete"):
        message = f"Invalid value: {{\"type\":\"{asked}\"}}: must be 'RollingUpdate' or 'OnDelete'"
        causes.append(cause("FieldValueInvalid", "spec.updateStrategy", message))
    return causes


def _daemon_set(spec: Body) -> list[Cause]:
    if (asked := spec["updateStrategy"]["type"]) not in ("RollingUpdate", "OnDelete"):
        message = f'Unsupported value: {{"type":"{asked}"}}: supported values: "RollingUpdate", "OnDelete"'
        return [cause("FieldValueNotSupported", "spec.updateStrategy", message)]
    rolling = spec["updateStrategy"].get("rollingUpdate") or {"maxUnavailable": 1}
    if rolling["maxUnavailable"] in (0, "0%") and rolling["maxSurge"] in (0, "0%"):
        message = "Required value: cannot be 0 when maxSurge is 0"
        return [cause("FieldValueRequired", "spec.updateStrategy.rollingUpdate.maxUnavailable", message)]
    return []


def _workload(body: Body) -> list[Cause]:
    spec: Body = body.get("spec") or {}
    replicas, causes = spec.get("replicas", 1), []
    if not isinstance(replicas, int):
        raise invalid_patch(encode(body), "spec.replicas wants a number")
    if replicas < 0:
        causes.append(negative("spec.replicas", replicas))
    if not spec.get("selector"):
        causes.append(cause("FieldValueRequired", "spec.selector", "Required value"))
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if not of_object(spec.get("selector")).holds(labels):
        shown = "{" + ",".join(f'"{key}":"{value}"' for key, value in labels.items()) + "}"
        message = f"Invalid value: {shown}: `selector` does not match template `labels`"
        causes.append(cause("FieldValueInvalid", "spec.template.metadata.labels", message))
    if not spec["template"]["spec"]["containers"]:
        causes.append(cause("FieldValueRequired", "spec.template.spec.containers", "Required value"))
    return [*causes, *_hooks("spec.template.spec", spec["template"]["spec"]), *_availability(body)]


def _hooks(path: str, spec: Body) -> list[Cause]:
    causes, grace = [], spec["terminationGracePeriodSeconds"]
    for index, container in enumerate(spec["containers"]):
        hook = (container.get("lifecycle") or {}).get("preStop") or {}
        asked = (hook.get("sleep") or {}).get("seconds", 0)
        if not 0 <= asked <= grace:
            field = f"{path}.containers[{index}].lifecycle.preStop.sleep"
            bounds = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            causes.append(cause("FieldValueInvalid", field, f"Invalid value: {asked}: {bounds}"))
    return causes


def _availability(body: Body) -> list[Cause]:
    least, deadline = body["spec"].get("minReadySeconds") or 0, body["spec"].get("progressDeadlineSeconds")
    if not isinstance(least, int):
        raise invalid_patch(encode(body), "spec.minReadySeconds wants a number")
    causes = [negative("spec.minReadySeconds", least)] if least < 0 else []
    if deadline is not None and deadline <= least:
        message = f"Invalid value: {deadline}: must be greater than minReadySeconds"
        causes.append(cause("FieldValueInvalid", "spec.progressDeadlineSeconds", message))
    return causes


def negative(field: str, value: int) -> Cause:
    """Return the cause for a number below zero."""
    return cause("FieldValueInvalid", field, f"Invalid value: {value}: must be greater than or equal to 0")
