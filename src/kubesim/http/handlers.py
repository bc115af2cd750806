"""The handlers of the API server: for every request but a watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..apiserver import scale
from ..apiserver.deletion import FORCED_GAP, Options, is_dry
from ..apiserver.eviction import DELETES
from ..apiserver.patch import DirectiveError, Merge, merge, strategic
from ..cluster import Cluster
from ..store.kinds import KINDS, MADE_BY_USERS, NAMESPACE, NODE, SLICE
from ..store.objects import Body, Stored, decode, encode
from ..store.refusals import Refused, bad_request, cause, details, success
from ..store.selectors import parse_labels
from .lists import listing
from .request_info import RequestInfo, parse

USER: Final = "simulated"
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
ACCESS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHOAMI: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PATCHES: Final[Mapping[str, Merge]] = {
    "application/merge-patch+json": merge,
    "application/strategic-merge-patch+json": strategic,
}


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
        info = parse(call.path)
        self.check_allowed(info, info.verb(call.method, dict(call.query)))
        handler = {
            ("GET", False): self._list,
            ("POST", False): self._create,
            ("GET", True): self._get,
            ("PATCH", True): self._patch,
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
        review = call.json
        if call.path == WHOAMI:
            return Answer(encode({**review, "status": {"userInfo": {"username": USER, "groups": [USER]}}}), 201)
        asked: dict[str, Any] = (review.get("spec") or {}).get("resourceAttributes") or {}
        if not asked:
            raise _nothing_asked()
        forbidden = self._cluster.failures.forbids(
            asked.get("verb", ""), asked.get("resource", ""), asked.get("namespace", "")
        )
        return Answer(encode({**review, "status": {"allowed": not forbidden}}), 201)

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
        if (info.kind in KINDS and info.kind not in MADE_BY_USERS) or info.kind is NAMESPACE:
            raise _not_allowed()
        made = self._registry.create(info.kind, info.namespace, call.json, dry=call.dry("CreateOptions"))
        return Answer(made.json, 201)

    def _patch(self, info: RequestInfo, call: Call) -> Answer:
        into = PATCHES.get(call.content_type)
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
            raise bad_request(str(error)) from None

    def _delete(self, info: RequestInfo, call: Call) -> Answer:
        if info.subresource or info.kind in (NAMESPACE, NODE):
            raise _not_allowed()
        options = Options.of_query(call.query)
        if call.body:
            options = Options.of_body(call.json)
        found = self._found(info)
        deleted = self._cluster.deletion.delete(found, options)
        if info.kind.returns or deleted.deleting:
            at_once = deleted.meta.get("deletionGracePeriodSeconds") == 0 and not options.dry
            # A real server answers a forced deletion only once the pod is gone: a GET right after it is a 404.
            return Answer(deleted.json, takes=2 * FORCED_GAP * at_once)
        return Answer(encode(success(details=details(info.kind, info.name, uid=found.uid))))

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


def _nothing_asked() -> Refused:
    message = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
    about = {"group": "authorization.k8s.io", "causes": [cause("FieldValueInvalid", "spec", message)]}
    return Refused(422, "Invalid", f'.authorization.k8s.io "" is invalid: spec: {message}', about)


def _not_allowed() -> Refused:
    return Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
