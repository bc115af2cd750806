"""The handlers of the API server: for every request but a watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..apiserver import scale
from ..apiserver.deletion import FORCED_GAP, Options, is_dry
from ..apiserver.eviction import DELETES
from ..apiserver.patch import Merge, merge, patched
from ..apiserver.strategic import DirectiveError, strategic
from ..cluster import Cluster
from ..store.kinds import SLICE
from ..store.objects import Body, Stored, decode, encode
from ..store.refusals import Refused, bad_request, details, success
from ..store.selectors import parse_labels
from . import discovery, reviews
from .lists import Chosen, listed, listing
from .request_info import RequestInfo, parse
from .reviews import ACCESS, USER, WHOAMI

VERSION: Final = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.2+sim",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "kubesim",
}
MERGES: Final[Mapping[str, Merge]] = {
    "application/merge-patch+json": merge,
    "application/strategic-merge-patch+json": strategic,
}
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
"""What kubectl sends where it makes the object itself, as in `kubectl create configmap`."""
JSON_PATCH: Final = "application/json-patch+json"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read to its end."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    content_type: str

    @property
    def json(self) -> Body:
        """The object in the body; raises Refused."""
        if self.content_type == PROTOBUF:
            raise Refused(
                415, "UnsupportedMediaType", f"the simulated cluster takes JSON and YAML files, not {PROTOBUF}"
            )
        try:
            value = decode(self.body)
        except ValueError as error:
            raise bad_request(f"the object provided is unrecognized (must be of type Object): {error}") from None
        if not isinstance(value, dict):
            raise bad_request("the body of the request is no object")
        return value

    @property
    def patch(self) -> Body:
        """The merge patch in the body; raises Refused."""
        try:
            value = decode(self.body)
        except ValueError:
            raise bad_request("invalid JSON patch") from None
        if not isinstance(value, dict):
            why = "json: cannot unmarshal array into Go value of type map[string]interface {}"
            raise bad_request(f"error decoding patch: {why}")
        return value

    def dry(self, options: str) -> bool:
        """Return whether the query says that nothing is to be changed."""
        return is_dry(self.query.get("dryRun") or (), options)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer; `takes` is how many seconds pass before it is sent."""

    body: bytes
    code: int = 200
    content_type: str = "application/json"
    takes: float = 0.0


class Handlers:
    """The API server of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._registry = cluster.registry

    def handle(self, call: Call) -> Answer:
        """Return the answer to a call; raises Refused."""
        if call.path.rstrip("/") == "/version":
            return Answer(encode(VERSION))
        if call.path in (ACCESS, WHOAMI):
            return self._review(call)
        described = discovery.described(self._cluster.kinds, call.path)
        if described is not None:
            return self._describe(call, described)
        info = parse(call.path, self._cluster.kinds)
        self.check_allowed(info, info.verb(call.method, dict(call.query)))
        handler = {
            ("GET", False): self._list,
            ("POST", False): self._create,
            ("DELETE", False): self._delete_all,
            ("GET", True): self._get,
            ("PATCH", True): self._patch,
            ("PUT", True): self._replace,
            ("DELETE", True): self._delete,
            ("POST", True): self._post_to,
        }.get((call.method, bool(info.name)))
        if handler is None:
            raise _not_allowed()
        return handler(info, call)

    def check_allowed(self, info: RequestInfo, verb: str) -> None:
        """Raise Refused for what is forbidden."""
        if not self._cluster.failures.forbids(verb, info.resource, info.namespace):
            return
        named, scope = "", "at the cluster scope"
        if info.name:
            named = f' "{info.name}"'
        if info.namespace:
            scope = f'in the namespace "{info.namespace}"'
        message = (
            f'{info.kind.resource}{named} is forbidden: User "{USER}" cannot {verb} resource '
            f'"{info.resource}" in API group "{info.kind.group}" {scope}'
        )
        # Unlike the other details, these keep an empty name: a LIST that is forbidden has one.
        raise Refused(403, "Forbidden", message, {"name": info.name, **details(info.kind, info.name)})

    def _review(self, call: Call) -> Answer:
        if call.method != "POST":
            raise _not_allowed()
        return Answer(encode(reviews.answered(call.path, call.json, self._cluster.failures.forbids)), 201)

    def _describe(self, call: Call, described: Body) -> Answer:
        if call.method != "GET":
            raise _not_allowed()
        return Answer(encode(described))

    def _found(self, info: RequestInfo) -> Stored:
        return self._registry.find(info.kind, info.namespace, info.name)

    def _list(self, info: RequestInfo, call: Call) -> Answer:
        return Answer(listing(self._cluster.store, info, call.query))

    def _get(self, info: RequestInfo, call: Call) -> Answer:
        if info.subresource == "log":
            return self._log(info, call)
        if info.subresource == "proxy":
            return self._proxy(info)
        if info.subresource == "eviction":
            raise _not_allowed()
        found = self._found(info)
        if info.subresource == "scale":
            return Answer(encode(scale.shown(found)))
        return Answer(found.json)

    def _create(self, info: RequestInfo, call: Call) -> Answer:
        self._check_verb(info, "create")
        _check_place(info)
        made = self._registry.create(info.kind, info.namespace, call.json, dry=call.dry("CreateOptions"))
        return Answer(made.json, 201)

    def _check_verb(self, info: RequestInfo, verb: str) -> None:
        if verb not in discovery.verbs(info.kind):
            raise _not_allowed()

    def _patch(self, info: RequestInfo, call: Call) -> Answer:
        if call.content_type == JSON_PATCH:
            return self._patch_by_steps(info, call)
        into = MERGES.get(call.content_type)
        if into is None:
            raise Refused(415, "UnsupportedMediaType", "415: Unsupported Media Type")
        patch, found = call.patch, self._found(info)
        if info.subresource == "scale":
            return Answer(encode(scale.patched(self._registry, found, patch, dry=call.dry("PatchOptions"))))
        if info.subresource not in ("", "status"):
            raise _not_allowed()
        try:
            if info.subresource:
                return Answer(self._registry.patch_status(found, patch, into).json)
            return Answer(self._registry.patch(found, patch, dry=call.dry("PatchOptions"), into=into).json)
        except DirectiveError as error:
            raise Refused(500, "", str(error)) from None

    def _patch_by_steps(self, info: RequestInfo, call: Call) -> Answer:
        found = self._found(info)
        before = scale.shown(found) if info.subresource == "scale" else found.body
        return self._put(info, found, patched(before, call.body), call.dry("PatchOptions"))

    def _replace(self, info: RequestInfo, call: Call) -> Answer:
        self._check_verb(info, "update")
        body, found = call.json, self._found(info)
        if not (body.get("metadata") or {}).get("name"):
            raise bad_request(
                f"the name of the object ({info.name} based on URL) was undeterminable: name must be provided"
            )
        return self._put(info, found, body, call.dry("UpdateOptions"))

    def _put(self, info: RequestInfo, found: Stored, body: Body, dry: bool) -> Answer:
        """Write all of an object, or of its subresource."""
        if info.subresource == "scale":
            return Answer(encode(scale.patched(self._registry, found, body, dry=dry)))
        if info.subresource == "status":
            return Answer(self._registry.replace_status(found, body).json)
        if info.subresource:
            raise _not_allowed()
        return Answer(self._registry.replace(found, body, dry=dry).json)

    def _delete(self, info: RequestInfo, call: Call) -> Answer:
        if info.subresource:
            raise _not_allowed()
        self._check_verb(info, "delete")
        options, found = _options(call), self._found(info)
        deleted = self._cluster.deletion.delete(found, options)
        if info.kind.returns or deleted.deleting:
            at_once = deleted.meta.get("deletionGracePeriodSeconds") == 0 and not options.dry
            # A real server answers a forced deletion only once the pod is gone: a GET right after it is a 404.
            return Answer(deleted.json, takes=2 * FORCED_GAP * at_once)
        return Answer(encode(success(details=details(info.kind, info.name, uid=found.uid))))

    def _delete_all(self, info: RequestInfo, call: Call) -> Answer:
        self._check_verb(info, "deletecollection")
        _check_place(info)
        options, chosen = _options(call), Chosen(info, call.query).now(self._cluster.store)
        deleted = [self._cluster.deletion.delete(each, options) for each in chosen]
        return Answer(listed(info, deleted, self._cluster.store.revision))

    def _post_to(self, info: RequestInfo, call: Call) -> Answer:
        if info.subresource != "eviction":
            raise _not_allowed()
        self._cluster.eviction.evict(self._found(info), call.json, dry=call.dry("CreateOptions"))
        return Answer(encode(success(code=201)), 201, takes=2 * DELETES)

    def _log(self, info: RequestInfo, call: Call) -> Answer:
        pod = self._found(info)
        names = [each["name"] for each in pod.spec["containers"]]
        asked = call.query.get("container", names[0])
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {pod.name}")
        if not pod.status.get("podIP"):
            raise bad_request(f'container "{asked}" in pod "{pod.name}" is waiting to start: ContainerCreating')
        return Answer(b"", content_type="text/plain")

    def _proxy(self, info: RequestInfo) -> Answer:
        """Answer as a Service does while one of its endpoints is ready."""
        name, _, port = info.name.removeprefix("http:").partition(":")
        service = self._registry.find(info.kind, info.namespace, name)
        ports = [each for each in service.spec.get("ports") or () if port in (str(each["port"]), each.get("name", ""))]
        mine = parse_labels(f"kubernetes.io/service-name={name}")
        slices = self._cluster.store.select(SLICE, info.namespace, mine)
        ready = any(each["conditions"]["ready"] for one in slices for each in one.body["endpoints"])
        if not ports or not ready:
            message = f'no endpoints available for service "{info.name}"'
            if port and not ports:
                message = f'no service port for service "{info.name}" found with port "{port}"'
            raise Refused(503, "ServiceUnavailable", message)
        return Answer(f"{name} answers\n".encode(), content_type="text/plain")


def _check_place(info: RequestInfo) -> None:
    """Raise Refused for what can only be done in one namespace, and was asked for in all."""
    if info.kind.namespaced and not info.namespace:
        raise _not_allowed()


def _options(call: Call) -> Options:
    if call.body:
        return Options.of_body(call.json)
    return Options.of_query(call.query)


def _not_allowed() -> Refused:
    return Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
