"""The nodes that a pod may be placed on: by its node selector, its node affinity, and the taints that it tolerates."""

from collections.abc import Mapping
from typing import Any

from ..store.objects import Body, Stored, is_integer

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
Requirement = Mapping[str, Any]


def selects(spec: Body, node: Stored) -> bool:
    """Return whether a pod's selector and its required affinity choose a node."""
    wanted = spec.get("nodeSelector") or {}
    return all(node.labels.get(key) == value for key, value in wanted.items()) and _attracts(spec, node)


def names_others(spec: Body, node: Stored) -> bool:
    """Return whether every term of a pod's required affinity is for nodes of other names."""
    found = terms(spec)
    return bool(found) and all(
        any(not _field_holds(each, node) for each in term.get("matchFields") or ()) for term in found
    )


def terms(spec: Body) -> list[Body]:
    """Return the terms of a pod's required node affinity, of which one must hold."""
    asked = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED) or {}
    return list(asked.get("nodeSelectorTerms") or ())


def _attracts(spec: Body, node: Stored) -> bool:
    found = terms(spec)
    return not found or any(_term_holds(term, node) for term in found)


def _term_holds(term: Body, node: Stored) -> bool:
    """Return whether all of a term holds; an empty one never does."""
    labels, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not labels and not fields:
        return False
    return all(_holds(each, node.labels.get(each["key"])) for each in labels) and all(
        _field_holds(each, node) for each in fields
    )


def _field_holds(requirement: Requirement, node: Stored) -> bool:
    return requirement["key"] == "metadata.name" and _holds(requirement, node.name)


def _holds(requirement: Requirement, value: str | None) -> bool:
    operator, values = requirement["operator"], requirement.get("values") or [""]
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    if operator in ("In", "NotIn"):
        return (value in values) is (operator == "In")
    if value is None or not is_integer(value):
        return False
    if operator == "Gt":
        return int(value) > int(values[0])
    return int(value) < int(values[0])


def tolerated(spec: Body, taint: Mapping[str, str]) -> bool:
    """Return whether a pod tolerates a taint."""
    return any(_tolerates(each, taint) for each in spec.get("tolerations") or ())


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def untolerated(spec: Body, node: Stored, *effects: str) -> Mapping[str, str] | None:
    """Return the first taint of a node with one of these effects that a pod does not tolerate."""
    taints: list[dict[str, str]] = node.spec.get("taints") or []
    return next((each for each in taints if each["effect"] in effects and not tolerated(spec, each)), None)
