"""Which path means what: kind, namespace, name, subresource; nothing is guessed."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..store.kinds import BY_PLACE, GROUPS, Kind
from ..store.refusals import Refused

VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes; `rest` is what follows a proxy."""

    kind: Kind
    namespace: str
    name: str
    sub: str
    rest: str = ""

    def verb(self, method: str, query: Mapping[str, str]) -> str:
        """Return the verb that permissions are asked for."""
        if method == "GET" and not self.name:
            return "watch" if is_watch(query) else "list"
        if method == "DELETE" and not self.name:
            return "deletecollection"
        return VERBS.get(method, method.lower())

    @property
    def resource(self) -> str:
        """Return the resource that permissions are asked for."""
        return f"{self.kind.plural}/{self.sub}" if self.sub else self.kind.plural


def is_watch(query: Mapping[str, str]) -> bool:
    """Whether a query asks for a watch; any of Go's words for true."""
    return query.get("watch", "").lower() in ("1", "t", "true")


def nowhere() -> Refused:
    """Say that there is no such path, as text: the real one's Status is but for resources."""
    return Refused(404, "", "404 page not found")


def unknown() -> Refused:
    """Say that the server knows the group, but not the resource."""
    refused = Refused(404, "NotFound", "the server could not find the requested resource")
    refused.status["details"] = {}
    return refused


def place(path: str) -> Place:
    """Return what a path means; raises Refused."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        group, parts = "", parts[2:]
    elif len(parts) > 3 and parts[0] == "apis" and parts[1] in GROUPS - {""}:
        group, parts = parts[1], parts[3:] if parts[2] == "v1" else ["of another version"]
    else:
        raise nowhere()
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    kind = BY_PLACE.get((group, parts[0]))
    name, sub = (*parts[1:3], "", "")[:2]
    rest = "/".join(parts[3:])
    known = kind is not None and (not sub or sub in kind.subresources) and (not rest or sub == "proxy")
    if kind is None or not known or (kind.namespaced and name and not namespace) or (namespace and not kind.namespaced):
        raise unknown()
    return Place(kind, namespace, name, sub, rest)
