"""What a test points at: a cluster and the workloads in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from ..api.client import Client
from ..api.credentials import PinnedContext
from ..api.official import Official
from ..errors import ApiError, ArgumentError
from ..judge.world import PODS
from ..kube import decode
from ..kube.objects import Ref
from .clock import Clock, Monotonic

Probe: TypeAlias = Callable[[], object]
"""A function that asserts: any exception is a failed sample."""
PROBE_DEADLINE: Final = 2.0
"""Wall seconds in which a probe over HTTP must be answered."""


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """What a fault is aimed at; it needs `min_replicas` replicas wanted, so that losing one can be survived.

    `stable_for` is how many seconds a recovery must last to count; None: the option's value. `expect` is how many pods
    there should be where no workload says so. `probes` must pass too for it to be steady, or recovered.
    """

    ref: Ref
    min_replicas: int = 2
    stable_for: float | None = None
    expect: int = 0
    probes: tuple[Probe, ...] = ()

    def steady_when(self, *probes: Probe) -> "Target":
        """Return the same target with probes: functions that assert, asked 20 times a second in threads of their own.

        Raises ArgumentError for what cannot be called.
        """
        for probe in probes:
            if not callable(probe):
                raise ArgumentError(f"a probe is {probe!r}; give functions that assert, or cluster.http(...)")
        return replace(self, probes=(*self.probes, *probes))

    def __str__(self) -> str:
        return str(self.ref)

    def __repr__(self) -> str:
        return f"<Target {self.ref} in {self.ref.namespace}>"


class Cluster:
    """The cluster that `--chaos-context` named, as pinned at the start of the run."""

    def __init__(self, pinned: PinnedContext, namespace: str | None, clock: Clock | None = None) -> None:
        self.context = pinned.context
        self.namespace = namespace or pinned.namespace
        self.clock = clock or Monotonic()
        self.transport = Client(pinned)
        self._official = Official(pinned)

    @property
    def client(self) -> Any:
        """The official `kubernetes.client.ApiClient`, for calls of your own."""
        return self._official.client()

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
        if not selector.strip():
            raise ArgumentError("the selector of cluster.pods is empty, which would mean every pod; name labels")
        if isinstance(expect, bool) or not isinstance(expect, int) or expect < 1:
            raise ArgumentError(f"expect is {expect!r}; say how many pods there should be")
        return Target(Ref(PODS, namespace or self.namespace, selector), min_replicas, stable_for, expect)

    def workload(
        self,
        kind: str,
        name: str,
        *,
        namespace: str | None = None,
        min_replicas: int = 2,
        stable_for: float | None = None,
    ) -> Target:
        """Return the named workload of a kind as a target; nothing is asked of the cluster yet."""
        return Target(Ref(kind, namespace or self.namespace, name), min_replicas, stable_for)

    def http(self, path: str, *, service: str, port: int | str | None = None, namespace: str | None = None) -> Probe:
        """Return a probe that GETs a path of a Service through the API server's proxy; any answer but 2xx fails it.

        `port` is the Service's port or its name; it may be left out where there is only one and it has no name.
        """
        where = service if port is None else f"{service}:{port}"
        return Http(
            self.transport,
            f"/api/v1/namespaces/{namespace or self.namespace}/services/{where}/proxy/{path.lstrip('/')}",
        )

    def describe(self) -> dict[str, str | None]:
        """Return context, server version and the cluster's uid (that of kube-system), null where not readable."""
        version = decode.mapping(self.transport.get("/version"))
        return {"context": self.context, "server_version": version.get("gitVersion"), "uid": self._uid()}

    def _uid(self) -> str | None:
        try:
            uid: str | None = decode.mapping(self.transport.get("/api/v1/namespaces/kube-system"))["metadata"]["uid"]
        except ApiError:
            return None
        return uid

    def __repr__(self) -> str:
        return f"<Cluster {self.context}, namespace {self.namespace}>"


class Http:
    """A probe over HTTP, with a connection of its own."""

    def __init__(self, client: Client, path: str) -> None:
        self._origin = client
        self._path = path
        self._own: Client | None = None

    def __call__(self) -> None:
        """Ask once; raises ApiError unless the answer is 2xx and comes in time."""
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
        """What the probe is called in reports."""
        service, _, path = self._path.partition("/services/")[2].partition("/proxy")
        return f"http {path} of {service}"


def names(probes: Sequence[Probe]) -> tuple[str, ...]:
    """Return what the probes are called in reports; namesakes are numbered."""
    return tuple(_numbered([str(getattr(probe, "__name__", probe)) for probe in probes]))


def _numbered(called: Sequence[str]) -> Iterator[str]:
    met: Counter[str] = Counter()
    for name in called:
        met[name] += 1
        yield name if met[name] == 1 else f"{name} #{met[name]}"
