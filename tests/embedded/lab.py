"""A simulated cluster without a network, on a clock stepped by hand, and what was seen of it."""

from collections.abc import Iterable
from typing import Any

from kubesim.apiserver.deletion import Options
from kubesim.clock import Stepped
from kubesim.cluster import Cluster
from kubesim.failure_registry import Injection, Scope
from kubesim.failures import BY_NAME, Failure, named
from kubesim.store.kinds import BUDGET, DEPLOYMENT, EVENT, KINDS, POD, REPLICA_SET, SLICE, Kind
from kubesim.store.objects import Stored, condition, is_active, is_ready
from kubesim.store.store import Change


class Lab:
    """A cluster of two nodes; `changes` is all that has happened, with its time."""

    def __init__(self, nodes: int = 2) -> None:
        self.cluster = Cluster(Stepped(), nodes)
        self.changes: list[tuple[float, Change]] = []
        for kind in KINDS:
            self.cluster.store.listen(kind, lambda change: self.changes.append((self.now, change)))

    @property
    def now(self) -> float:
        """The time."""
        return self.cluster.timers.now()

    def apply(self, *manifests: dict[str, Any]) -> None:
        """Apply manifests."""
        for manifest in manifests:
            self.cluster.apply(manifest)

    def step(self, seconds: float) -> None:
        """Let time pass."""
        self.cluster.timers.step(seconds)

    def inject(self, failure: Failure | str, workload: str = "", **scope: Any) -> None:
        """Inject a failure, by its name with its default parameters."""
        injected = named(failure) if isinstance(failure, str) else failure
        self.cluster.inject(Injection(injected, Scope(workload, **scope)))

    def remove(self, name: str) -> None:
        """Remove a failure."""
        self.cluster.remove(BY_NAME[name])

    def all(self, kind: Kind) -> list[Stored]:
        """All objects of a kind, by name."""
        return sorted(self.cluster.store.all(kind), key=lambda obj: obj.name)

    @property
    def pods(self) -> list[Stored]:
        """The pods."""
        return self.all(POD)

    @property
    def active(self) -> list[Stored]:
        """The pods that count."""
        return [pod for pod in self.pods if is_active(pod)]

    @property
    def ready(self) -> int:
        """How many pods count and are Ready."""
        return sum(map(is_ready, self.active))

    @property
    def deployment(self) -> Stored:
        """The Deployment web."""
        return self.cluster.registry.find(DEPLOYMENT, "default", "web")

    @property
    def replica_sets(self) -> list[Stored]:
        """The ReplicaSets."""
        return self.all(REPLICA_SET)

    @property
    def endpoints(self) -> list[dict[str, Any]]:
        """The conditions of all endpoints of all slices."""
        return [each["conditions"] for one in self.all(SLICE) for each in one.body["endpoints"]]

    @property
    def budget(self) -> Stored:
        """The budget web."""
        return self.cluster.registry.find(BUDGET, "default", "web")

    def delete(self, pod: Stored, **options: Any) -> None:
        """Delete a pod."""
        self.cluster.deletion.delete(self.cluster.registry.find(POD, "default", pod.name), Options(**options))

    def events(self, reason: str = "", about: str = "") -> list[tuple[str, str, int | None]]:
        """Reason, message and count of the events there are."""
        found = [each.body for each in self.all(EVENT) if reason in ("", each.body["reason"])]
        found = [each for each in found if about in ("", each["involvedObject"]["name"])]
        return [(each["reason"], each["message"], each.get("count")) for each in found]

    def life(self, name: str) -> list[tuple[str, float]]:
        """The states of a pod that differ, each with the time at which it came."""
        states: list[tuple[str, float]] = []
        for at, change in self.changes:
            if change.after.kind is POD and change.after.name == name:
                told = "DELETED" if change.type == "DELETED" else state(change.after)
                if not states or states[-1][0] != told:
                    states.append((told, at))
        return states

    def states(self, name: str) -> list[str]:
        """The states of a pod that differ."""
        return [told for told, _ in self.life(name)]


def state(pod: Stored) -> str:
    """Say what a pod's watchers see: phase, node, readiness, its container, its deletion."""
    words = [pod.status["phase"]]
    words += ["scheduled"] if pod.spec.get("nodeName") else []
    words += ["Ready"] if is_ready(pod) else []
    for each in pod.status.get("containerStatuses") or ():
        ((name, detail),) = each["state"].items()
        words.append(detail.get("reason") or name)
    if unschedulable := condition(pod, "PodScheduled").get("reason"):
        words.append(unschedulable)
    words += [f"deleting({pod.meta['deletionGracePeriodSeconds']})"] if pod.deleting else []
    return " ".join(words)


def names(pods: Iterable[Stored]) -> set[str]:
    """The names of pods."""
    return {pod.name for pod in pods}
