"""What the API server says of itself: groups, kinds and their verbs, for which kubectl asks before anything else."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..store.kinds import AUTOSCALER, JOB, MADE_BY_USERS, NAMESPACE, NODE, OWNERS, POD, SERVICE, Kind, Kinds
from ..store.objects import Body

READ: Final = ("get", "list", "watch")
WRITTEN: Final = ("delete", "deletecollection", "patch", "update")
SUBRESOURCES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "scale": ("autoscaling/v1", "Scale", ("get", "patch", "update")),
    "eviction": ("policy/v1", "Eviction", ("create",)),
    "log": ("", "", ("get",)),
    "proxy": ("", "ServiceProxyOptions", ("get",)),
}
"""Subresource -> version, kind and verbs; those of a status are the object's own."""
ALL: Final = frozenset(
    (*(kind.name for kind in (POD, SERVICE, *OWNERS, JOB, AUTOSCALER)), "CronJob"),
)
"""The kinds of `kubectl get all`."""
LONGEST: Final[Mapping[str, int]] = {"api": 2, "apis": 3, "openapi": 5}
"""So many parts the paths that begin so have at most."""
VALIDATION: Final = {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": True}}
"""What kubectl looks for in the description of a PATCH before it sends a file: the server checks the fields."""


def described(kinds: Kinds, path: str) -> Body | None:
    """Return what a path of the discovery says; None for any other path."""
    parts = path.strip("/").split("/")
    # Asked for every call, nearly all of which are about objects, whose paths are longer.
    if len(parts) > LONGEST.get(parts[0], 0):
        return None
    by_version = _by_version(kinds)
    match parts:
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(by_version)}
        case ["api", _] | ["apis", _, _] if "/".join(parts[1:]) in by_version:
            resources = [row for kind in by_version["/".join(parts[1:])] for row in _rows(kind)]
            listed = {"groupVersion": "/".join(parts[1:]), "resources": resources}
            return {"kind": "APIResourceList", "apiVersion": "v1", **listed}
        case ["apis", name]:
            return next(({"kind": "APIGroup", "apiVersion": "v1", **each} for each in _groups(by_version, name)), None)
        case ["openapi", "v3"]:
            return {"paths": {_prefix(version): {"serverRelativeURL": _schema(version)} for version in by_version}}
        case ["openapi", "v3", _, *rest] if "/".join(rest) in by_version:
            return _openapi("/".join(rest), by_version["/".join(rest)])
    return None


def _by_version(kinds: Iterable[Kind]) -> dict[str, list[Kind]]:
    found: dict[str, list[Kind]] = {}
    for kind in kinds:
        found.setdefault(kind.api_version, []).append(kind)
    return found


def _groups(by_version: Iterable[str], wanted: str = "") -> list[Body]:
    """Return the named groups, or one of them; the core has no name, and is none of them."""
    versions: dict[str, list[Body]] = {}
    for api_version in by_version:
        group, _, version = api_version.rpartition("/")
        if group and wanted in ("", group):
            versions.setdefault(group, []).append({"groupVersion": api_version, "version": version})
    return [{"name": name, "versions": each, "preferredVersion": each[0]} for name, each in versions.items()]


def _rows(kind: Kind) -> list[Body]:
    """Return the row of a kind, and one for each of its subresources."""
    names = {"singularName": kind.name.lower(), "namespaced": kind.namespaced, "kind": kind.name}
    row = {"name": kind.plural, **names, "verbs": list(verbs(kind))}
    if kind.short:
        row["shortNames"] = list(kind.short)
    if kind.name in ALL:
        row["categories"] = ["all"]
    return [row, *(_subresource(kind, each) for each in kind.subresources)]


def _subresource(kind: Kind, name: str) -> Body:
    row: Body = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
    api_version, other, its_verbs = SUBRESOURCES.get(name, ("", "", ("get", "patch", "update")))
    if api_version:
        group, _, version = api_version.partition("/")
        row |= {"group": group, "version": version}
    return row | {"kind": other or kind.name, "verbs": list(its_verbs)}


def verbs(kind: Kind) -> tuple[str, ...]:
    """Return what can be done with the objects of a kind; the simulation itself makes and removes the others."""
    if kind is NODE:
        return (*READ, "patch", "update")
    if kind is NAMESPACE:
        return ("create", *READ, "patch", "update")
    if kind.simulated and kind not in MADE_BY_USERS:
        return (*READ, *WRITTEN)
    return ("create", *READ, *WRITTEN)


def _prefix(api_version: str) -> str:
    if "/" in api_version:
        return f"apis/{api_version}"
    return f"api/{api_version}"


def _schema(api_version: str) -> str:
    return f"/openapi/v3/{_prefix(api_version)}"


def _openapi(api_version: str, kinds: Iterable[Kind]) -> Body:
    """Return a description of the PATCH of each kind, and of nothing else."""
    group, _, version = api_version.rpartition("/")
    paths: dict[str, Any] = {}
    for kind in kinds:
        place = "namespaces/{namespace}/" * kind.namespaced
        about = {"group": group, "version": version, "kind": kind.name}
        patch = {"parameters": [VALIDATION], "responses": {}, "x-kubernetes-group-version-kind": about}
        paths[f"/{_prefix(api_version)}/{place}{kind.plural}/{{name}}"] = {"patch": patch}
    return {"openapi": "3.0.0", "info": {"title": "kubesim", "version": "v1"}, "paths": paths}
