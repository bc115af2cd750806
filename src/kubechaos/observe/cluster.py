"""What a test points at: a cluster and the workloads in it."""

from dataclasses import dataclass
from typing import Any

from .. import wire
from ..api.connect import Pinned
from ..api.transport import Transport
from ..errors import ApiError
from ..model import Ref
from .clock import Clock, Monotonic


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """A workload that a fault is aimed at; it needs `min_replicas` replicas wanted, so that losing one can be survived.

    `stable_for` is how many seconds a recovery must last to count; None: the option's value.
    """

    ref: Ref
    min_replicas: int = 2
    stable_for: float | None = None

    def __str__(self) -> str:
        return str(self.ref)

    def __repr__(self) -> str:
        return f"<Target {self.ref} in {self.ref.namespace}>"


class Cluster:
    """The cluster that `--chaos-context` named, as pinned at the start of the run."""

    def __init__(self, pinned: Pinned, namespace: str | None, clock: Clock | None = None) -> None:
        self.context = pinned.context
        self.namespace = namespace or pinned.namespace
        self.clock = clock or Monotonic()
        self.transport = Transport(pinned)

    @property
    def client(self) -> Any:
        """The official `kubernetes.client.ApiClient`, for calls of your own."""
        return self.transport.client

    def deployment(
        self, name: str, *, namespace: str | None = None, min_replicas: int = 2, stable_for: float | None = None
    ) -> Target:
        """Return the named Deployment as a target; nothing is asked of the cluster yet."""
        return Target(Ref("Deployment", namespace or self.namespace, name), min_replicas, stable_for)

    def describe(self) -> dict[str, str | None]:
        """Return context, server version and the cluster's uid (that of kube-system), null where not readable."""
        version = wire.mapping(self.transport.get("/version"))
        return {"context": self.context, "server_version": version.get("gitVersion"), "uid": self._uid()}

    def _uid(self) -> str | None:
        try:
            uid: str | None = wire.mapping(self.transport.get("/api/v1/namespaces/kube-system"))["metadata"]["uid"]
        except ApiError:
            return None
        return uid

    def __repr__(self) -> str:
        return f"<Cluster {self.context}, namespace {self.namespace}>"
