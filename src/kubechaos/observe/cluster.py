"""The cluster that a test runs against: where its targets and its probes over HTTP come from."""

import re
from typing import Any, Final, NamedTuple

from ..api.client import Client
from ..api.credentials import PinnedContext
from ..api.official import Official
from ..clock import Clock, Monotonic
from ..errors import ApiError, ArgumentError
from ..kube import decode
from ..kube.fields import value_at
from ..kube.kinds import KINDS, PODS, WORKLOADS
from ..kube.objects import Ref
from ..target import Probe, Target
from ..untrusted import safe

PROBE_DEADLINE: Final = 2.0
"""Wall seconds in which a probe over HTTP must be answered: as long as a silent probe of any kind is waited for."""

NAME: Final = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
"""What the API server takes as a name (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)."""
LONGEST_NAME: Final = 253


class Access(NamedTuple):
    """How the run itself reaches the cluster: its client, the clock of its durations, the name of the context.

    `official` makes the official client, for users' own calls.
    """

    client: Client
    official: Official
    clock: Clock
    context: str

    @classmethod
    def to(cls, pinned: PinnedContext, clock: Clock | None = None) -> "Access":
        """Return the access to a pinned context; `clock` is the machine's own unless another is given."""
        return cls(Client(pinned), Official(pinned), clock or Monotonic(), pinned.context)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.official.close()

    def describe(self) -> dict[str, str | None]:
        """Return context, server version and the cluster's uid (that of kube-system; None if not readable)."""
        version = decode.mapping(self.client.get("/version"))
        return {"context": self.context, "server_version": _text(version, "gitVersion"), "uid": self._uid()}

    def _uid(self) -> str | None:
        try:
            return _text(decode.mapping(self.client.get("/api/v1/namespaces/kube-system")), "metadata", "uid")
        except ApiError:
            return None


def _text(body: Any, *path: str) -> str | None:
    """Return a text of an answer, safe to print; None if there is none."""
    found = value_at(body, path)
    return safe(found) if isinstance(found, str) else None


def _check_name(what: str, name: object) -> None:
    """Refuse what would be part of another path than that of an object, or of none: nothing can have this name."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise ArgumentError(f"{what} is {name!r}; a name has lower case letters, digits, - and ., as in web-1")


class Cluster:
    """The cluster that `--chaos-context` named, as pinned at the start of the run."""

    def __init__(self, access: Access, namespace: str) -> None:
        self._access = access
        self._namespace = namespace

    @property
    def context(self) -> str:
        """The name of the context."""
        return self._access.context

    @property
    def namespace(self) -> str:
        """The namespace of targets that name none."""
        return self._namespace

    @property
    def client(self) -> Any:
        """The official `kubernetes.client.ApiClient`, for calls of your own."""
        return self._access.official.client()

    def deployment(
        self, name: str, *, namespace: str | None = None, min_replicas: int = 2, stable_for: float | None = None
    ) -> Target:
        """Return the named Deployment as a target; nothing is asked of the cluster yet."""
        return self.workload("Deployment", name, namespace=namespace, min_replicas=min_replicas, stable_for=stable_for)

    def statefulset(
        self, name: str, *, namespace: str | None = None, min_replicas: int = 2, stable_for: float | None = None
    ) -> Target:
        """Return the named StatefulSet as a target; nothing is asked of the cluster yet."""
        return self.workload("StatefulSet", name, namespace=namespace, min_replicas=min_replicas, stable_for=stable_for)

    def daemonset(
        self, name: str, *, namespace: str | None = None, min_replicas: int = 2, stable_for: float | None = None
    ) -> Target:
        """Return the named DaemonSet as a target; nothing is asked of the cluster yet."""
        return self.workload("DaemonSet", name, namespace=namespace, min_replicas=min_replicas, stable_for=stable_for)

    def pods(
        self,
        selector: str,
        *,
        expect: int,
        namespace: str | None = None,
        min_replicas: int = 2,
        stable_for: float | None = None,
    ) -> Target:
        """Return the `expect` pods with these labels as a target: those of an operator, say, that owns them itself.

        They belong to the target by the controllers that they have when the observation begins; pods that nothing would
        bring back are refused. Nothing is asked of the cluster yet. Raises ArgumentError for an empty selector.
        """
        if not isinstance(selector, str) or not selector.strip():
            raise ArgumentError("the selector of cluster.pods is empty, which would mean every pod; name labels")
        if isinstance(expect, bool) or not isinstance(expect, int) or expect < 1:
            raise ArgumentError(f"expect is {expect!r}; say how many pods there should be")
        return Target(Ref(PODS, self._namespace_of(namespace), selector), min_replicas, stable_for, expect)

    def workload(
        self,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        min_replicas: int = 2,
        stable_for: float | None = None,
    ) -> Target:
        """Return the named workload of a kind, like "Deployment", as a target; nothing is asked of the cluster yet.

        Raises ArgumentError for a kind that kubechaos does not know, and for a name that no object can have.
        """
        if kind not in WORKLOADS:
            raise ArgumentError(f"kind is {kind!r}; a workload is one of: {', '.join(sorted(WORKLOADS))}")
        _check_name(f"the name of the {kind}", name)
        return Target(Ref(kind, self._namespace_of(namespace), name), min_replicas, stable_for)

    def http(self, path: str, *, service: str, port: int | str | None = None, namespace: str | None = None) -> Probe:
        """Return a probe that GETs a path of a Service through the API server's proxy; any answer but 2xx fails it.

        `port` is the Service's port or its name; it may be left out where there is only one and it has no name.
        """
        where = service if port is None else f"{service}:{port}"
        return Http(
            self._access.client,
            f"{KINDS['Service'].path(self._namespace_of(namespace), where)}/proxy/{path.lstrip('/')}",
        )

    def _namespace_of(self, given: str | None) -> str:
        if given is None:
            return self.namespace
        # A variable that is not set must not lead to the namespace that something else names.
        if given == "":
            raise ArgumentError("namespace is empty; give a name, or leave it out")
        _check_name("namespace", given)
        return given

    def __repr__(self) -> str:
        return f"<Cluster {self.context}, namespace {self.namespace}>"


class Http:
    """A probe over HTTP, with a connection of its own."""

    def __init__(self, client: Client, path: str) -> None:
        self._origin = client
        self._path = path
        self._own: Client | None = None

    def __call__(self) -> None:
        """Send one GET; raises ApiError unless the answer is 2xx and comes in time."""
        if self._own is None:
            self._own = self._origin.fork()
        self._own.get(self._path, deadline=PROBE_DEADLINE)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._own is not None:
            self._own.close()
            self._own = None

    @property
    def __name__(self) -> str:
        """The name of the probe in reports."""
        service, _, path = self._path.partition("/services/")[2].partition("/proxy")
        return f"http {path} of {service}"
