"""What the API server answers to everything but a watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..apiserver import scale
from ..apiserver.deletion import FORCED_GAP, Options, is_dry
from ..apiserver.eviction import DELETES
from ..apiserver.patch import DirectiveError, Merge, merge, strategic
from ..cluster import APPLIED, Cluster
from ..store.kinds import NAMESPACE, NODE, SLICE
from ..store.objects import Body, Stored, decode, encode
from ..store.refusals import Refused, bad_request, cause, success
from ..store.selectors import parse_labels
from .lists import listing
from .request_info import Place, place

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
        """Whether the query says that nothing is to be changed."""
        return is_dry(self.query.get("dryRun") or (), options)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and how many seconds it takes until it has come true."""

    body: bytes
    code: int = 200
    content_type: str = "application/json"
    takes: float = 0.0


class Answers:
    """The API server of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._registry = cluster.registry

    def to(self, call: Call) -> Answer:
        """Do what a call asks; raises Refused."""
        if call.path.rstrip("/") == "/version":
            return Answer(encode(VERSION))
        if call.path in (ACCESS, WHOAMI):
            return self._review(call)
        where = place(call.path)
        self.check_allowed(where, where.verb(call.method, dict(call.query)))
        act = {
            ("GET", False): self._list,
            ("POST", False): self._create,
            ("GET", True): self._get,
            ("PATCH", True): self._patch,
            ("DELETE", True): self._delete,
            ("POST", True): self._post_to,
        }.get((call.method, bool(where.name)))
        if act is None:
            raise _not_allowed()
        return act(where, call)

    def check_allowed(self, where: Place, verb: str) -> None:
        """Raise Refused for what is forbidden."""
        if not self._cluster.failures.forbids(verb, where.resource, where.namespace):
            return
        named = f' "{where.name}"' if where.name else ""
        scope = f'in the namespace "{where.namespace}"' if where.namespace else "at the cluster scope"
        told = (
            f'{where.kind.resource}{named} is forbidden: User "{USER}" cannot {verb} resource '
            f'"{where.resource}" in API group "{where.kind.group}" {scope}'
        )
        group = {"group": where.kind.group} if where.kind.group else {}
        raise Refused(403, "Forbidden", told, {"name": where.name, **group, "kind": where.kind.plural})

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

    def _found(self, where: Place) -> Stored:
        return self._registry.find(where.kind, where.namespace, where.name)

    def _list(self, where: Place, call: Call) -> Answer:
        return Answer(listing(self._cluster.store, where, call.query))

    def _get(self, where: Place, call: Call) -> Answer:
        if where.sub == "log":
            return self._log(where, call)
        if where.sub == "proxy":
            return self._proxy(where)
        if where.sub == "eviction":
            raise _not_allowed()
        found = self._found(where)
        return Answer(encode(scale.shown(found)) if where.sub == "scale" else found.json)

    def _create(self, where: Place, call: Call) -> Answer:
        if where.kind not in APPLIED or where.kind is NAMESPACE:
            raise _not_allowed()
        made = self._registry.create(where.kind, where.namespace, call.json, dry=call.dry("CreateOptions"))
        return Answer(made.json, 201)

    def _patch(self, where: Place, call: Call) -> Answer:
        into = PATCHES.get(call.content_type)
        if into is None:
            raise Refused(415, "UnsupportedMediaType", "415: Unsupported Media Type")
        patch, found = call.patch, self._found(where)
        if where.sub == "scale":
            return Answer(encode(scale.patched(self._registry, found, patch, dry=call.dry("PatchOptions"))))
        if where.sub not in ("", "status"):
            raise _not_allowed()
        try:
            if where.sub:
                return Answer(self._registry.patch_status(found, patch, into).json)
            return Answer(self._registry.patch(found, patch, dry=call.dry("PatchOptions"), into=into).json)
        except DirectiveError as error:
            raise bad_request(str(error)) from None

    def _delete(self, where: Place, call: Call) -> Answer:
        if where.sub or where.kind in (NAMESPACE, NODE):
            raise _not_allowed()
        options = Options.of_body(call.json) if call.body else Options.of_query(call.query)
        found = self._found(where)
        deleted = self._cluster.deletion.delete(found, options)
        if where.kind.returns or deleted.deleting:
            at_once = deleted.meta.get("deletionGracePeriodSeconds") == 0 and not options.dry
            return Answer(deleted.json, takes=2 * FORCED_GAP if at_once else 0.0)
        group = {"group": where.kind.group} if where.kind.group else {}
        return Answer(
            encode(success(details={"name": where.name, **group, "kind": where.kind.plural, "uid": found.uid}))
        )

    def _post_to(self, where: Place, call: Call) -> Answer:
        if where.sub != "eviction":
            raise _not_allowed()
        self._cluster.eviction.evict(self._found(where), call.json, dry=call.dry("CreateOptions"))
        return Answer(encode(success(code=201)), 201, takes=2 * DELETES)

    def _log(self, where: Place, call: Call) -> Answer:
        pod = self._found(where)
        names = [each["name"] for each in pod.spec["containers"]]
        asked = call.query.get("container", names[0])
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {pod.name}")
        if not pod.status.get("podIP"):
            raise bad_request(f'container "{asked}" in pod "{pod.name}" is waiting to start: ContainerCreating')
        return Answer(b"", content_type="text/plain")

    def _proxy(self, where: Place) -> Answer:
        """Answer for a Service as long as one of its endpoints is ready."""
        name, _, port = where.name.removeprefix("http:").partition(":")
        service = self._registry.find(where.kind, where.namespace, name)
        ports = [each for each in service.spec.get("ports") or () if port in (str(each["port"]), each.get("name", ""))]
        mine = parse_labels(f"kubernetes.io/service-name={name}")
        slices = self._cluster.store.select(SLICE, where.namespace, mine)
        ready = any(each["conditions"]["ready"] for one in slices for each in one.body["endpoints"])
        if not ports or not ready:
            unknown = port and not ports
            why = "no service port" if unknown else "no endpoints available"
            told = f'{why} for service "{where.name}"' + (f' found with port "{port}"' if unknown else "")
            raise Refused(503, "ServiceUnavailable", told)
        return Answer(f"{name} answers\n".encode(), content_type="text/plain")


def _nothing_asked() -> Refused:
    told = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
    details = {"group": "authorization.k8s.io", "causes": [cause("FieldValueInvalid", "spec", told)]}
    return Refused(422, "Invalid", f'.authorization.k8s.io "" is invalid: spec: {told}', details)


def _not_allowed() -> Refused:
    return Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
