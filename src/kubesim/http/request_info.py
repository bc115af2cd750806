"""What a request is for, read from its path: kind, namespace, name, subresource; nothing is guessed."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..store.kinds import Kind, Kinds
from ..store.refusals import Refused

VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What a request is for; `rest` is what follows a proxy."""

    kind: Kind
    namespace: str
    name: str
    subresource: str
    rest: str = ""

    def verb(self, method: str, query: Mapping[str, str]) -> str:
        """Return the verb that permissions are asked for."""
        if method == "GET" and not self.name:
            if is_watch(query):
                return "watch"
            return "list"
        if method == "DELETE" and not self.name:
            return "deletecollection"
        return VERBS.get(method, method.lower())

    @property
    def resource(self) -> str:
        """Return the resource that permissions are asked for."""
        if self.subresource:
            return f"{self.kind.plural}/{self.subresource}"
        return self.kind.plural

    @property
    def exists(self) -> bool:
        """Whether the API server has such a path: right about the namespace, and with a subresource of its kind."""
        if self.kind.namespaced and self.name and not self.namespace:
            return False
        if self.namespace and not self.kind.namespaced:
            return False
        if self.rest and self.subresource != "proxy":
            return False
        return not self.subresource or self.subresource in self.kind.subresources


def is_watch(query: Mapping[str, str]) -> bool:
    """Return whether a query asks for a watch; any of Go's words for true."""
    return query.get("watch", "").lower() in ("1", "t", "true")


def nowhere() -> Refused:
    """Return the 404 for a path that no API group has: plain text, where the others are a Status."""
    return Refused(404, "", "404 page not found")


def unknown() -> Refused:
    """Return the 404 for a group that exists without the resource."""
    refused = Refused(404, "NotFound", "the server could not find the requested resource")
    refused.status["details"] = {}
    return refused


def parse(path: str, kinds: Kinds) -> RequestInfo:
    """Return what a path is for; raises Refused."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        group, version, parts = "", "v1", parts[2:]
    elif len(parts) > 3 and parts[0] == "apis" and parts[1] and kinds.has_group(parts[1]):
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        raise nowhere()
    namespace = ""
    # `namespaces/NAME` alone is the namespace itself, not a place for something else.
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    kind = kinds.of_resource(group, parts[0])
    if kind is None or kind.version != version:
        raise unknown()
    name, subresource = (*parts[1:3], "", "")[:2]
    info = RequestInfo(kind, namespace, name, subresource, "/".join(parts[3:]))
    if not info.exists:
        raise unknown()
    return info
