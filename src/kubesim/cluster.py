"""The simulated cluster without its HTTP server: the store, and the components that work on it."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from .apiserver.deletion import Deletion
from .apiserver.eviction import Eviction
from .apiserver.manifest_kinds import kind_of
from .apiserver.quota import Quotas
from .apiserver.registry import Registry
from .clock import Clock, Timers
from .controllers.budgets import Budgets
from .controllers.garbage import Garbage
from .controllers.pod_counts import PodCounts
from .controllers.slices import Slices
from .failure_registry import FailureRegistry, Injection
from .failures import Failure, ObjectFailure, WorkloadFailure
from .node.kubelet import Kubelet
from .node.scheduler import Scheduler
from .store.kinds import (
    DAEMON_SET,
    DEFINITION,
    NAMESPACE,
    NODE,
    POD,
    STATEFUL_SET,
    WORKLOADS,
    Kinds,
)
from .store.objects import Body, Stored, is_ready
from .store.store import Change, Store
from .workloads.daemonset import DaemonSets
from .workloads.deployment import Deployments
from .workloads.replicaset import ReplicaSets
from .workloads.statefulset import StatefulSets

NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
PLATFORM: Final = {"arch": "amd64", "os": "linux"}
SEED: Final = "kubechaos"


class Cluster:
    """Everything but the network; on a stepped clock, equal calls have equal results."""

    def __init__(self, clock: Clock, nodes: int = 2) -> None:
        self.timers = Timers(clock)
        self.store = Store()
        self.kinds = Kinds()
        self.registry = Registry(self.store, self.timers, Random(SEED))
        self.failures = FailureRegistry(self.store, self._begin)
        self.deletion = Deletion(self.registry)
        counts = PodCounts(self.store)
        self.budgets = Budgets(self.registry)
        self.eviction = Eviction(self.registry, self.deletion, self.budgets.selecting)
        Quotas(self.registry)
        Slices(self.registry)
        self._replica_sets = ReplicaSets(self.registry, self.deletion, counts, self.failures)
        self._deployments = Deployments(self.registry, counts, self.failures)
        self._stateful_sets = StatefulSets(self.registry, self.deletion, self.failures)
        self._daemon_sets = DaemonSets(self.registry, self.deletion, self.failures)
        self._scheduler = Scheduler(self.registry, self.failures)
        self.kubelet = Kubelet(self.registry, self.deletion, self.failures)
        Garbage(self.registry, self.deletion)
        self._incomplete: set[tuple[str, str, str]] = set()
        self._terminating: set[str] = set()
        self._waiting: list[Callable[[], None]] = []
        for kind in WORKLOADS:
            self.store.listen(kind, self._on_workload)
        self.store.listen(POD, self._on_pod)
        self.store.listen(DEFINITION, self._on_definition)
        self._create_defaults(nodes)

    def _create_defaults(self, nodes: int) -> None:
        for name in NAMESPACES:
            self._make_namespace(name)
        for number in range(1, nodes + 1):
            self.add_node(f"node-{number}", f"10.0.{number // 250}.{number % 250 + 1}")

    def add_node(self, name: str, address: str) -> None:
        """Add a Ready node of 8 cores, 32 GiB and 110 pods."""
        # A kubelet still sets the old names beside the new ones, and manifests still select by them.
        platform = {f"{old}kubernetes.io/{key}": value for old in ("", "beta.") for key, value in PLATFORM.items()}
        labels = {"kubernetes.io/hostname": name, **platform}
        node = self.registry.create(NODE, "", {"metadata": {"name": name, "labels": labels}, "spec": {}})
        room = {"cpu": "8", "memory": "32Gi", "pods": "110"}
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": self.registry.calendar.time(),
            "lastTransitionTime": self.registry.calendar.time(),
        }
        addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
        status = {"capacity": room, "allocatable": room, "conditions": [ready], "addresses": addresses}
        self.registry.status(node, status)

    def apply(self, manifest: Body, namespace: str = "default") -> Stored:
        """Create what a manifest says, or change it to that; raises Refused and ValueError.

        `namespace` is the one of a manifest that names none. A namespace that is not there is made.
        """
        kind = kind_of(self.kinds, manifest)
        meta = manifest.get("metadata") or {}
        home = ""
        if kind.namespaced:
            home = meta.get("namespace") or namespace
            self._make_namespace(home)
        known = self.store.get(kind, home, meta.get("name", ""))
        if known is not None:
            return self.registry.patch(known, manifest)
        # A kind that nobody has defined is served in one version, in whichever its objects were written.
        return self.registry.create(kind, home, {**manifest, "apiVersion": kind.api_version})

    def _make_namespace(self, name: str) -> None:
        if self.store.get(NAMESPACE, "", name) is None:
            self.registry.create(NAMESPACE, "", {"metadata": {"name": name}})

    def _on_definition(self, change: Change) -> None:
        if change.type == "ADDED":
            self.kinds.define(change.after.spec)

    def inject(self, injection: Injection) -> None:
        """Inject a failure, from now on."""
        self.failures.add(injection)
        self.kubelet.on_failures_changed()

    def require(self, kinds: Sequence[str], name: str, namespace: str) -> None:
        """Raise ValueError, naming what there is, if none of these kinds has a workload of a name."""
        there = [each for kind in WORKLOADS for each in self.store.all(kind)]
        if any((each.kind.name in kinds, each.namespace, each.name) == (True, namespace, name) for each in there):
            return
        asked = kinds[0] if len(kinds) == 1 else "workload"
        known = sorted(f"{each.kind.name.lower()}/{each.name} in {each.namespace}" for each in there)
        raise ValueError(f"no {asked} {name!r} in namespace {namespace}; there are: {', '.join(known) or 'none'}")

    def remove(self, failure: type[Failure]) -> None:
        """Remove a failure wherever it was injected; what it has broken recovers as on a real cluster."""
        self.failures.remove(failure)
        if issubclass(failure, ObjectFailure):
            for each in tuple(self.store.all(failure.kind)):
                if each.name == failure.object_name():
                    self.store.remove(each)
        self.kubelet.on_failures_changed()
        self._replica_sets.wake()
        self._deployments.wake()
        self._stateful_sets.wake()
        self._daemon_sets.wake()
        self._scheduler.wake()

    def _begin(self, failure: WorkloadFailure, workload: Stored) -> None:
        """Create the object by which a workload fails, if its failure has one."""
        if isinstance(failure, ObjectFailure):
            self.apply(failure.manifest(workload, len(tuple(self.store.all(NODE)))))

    def _on_workload(self, change: Change) -> None:
        key = change.after.kind.name.lower(), change.after.namespace, change.after.name
        if change.type == "DELETED" or complete(change.after):
            self._incomplete.discard(key)
        else:
            self._incomplete.add(key)
        self._notify_settled()

    def _on_pod(self, change: Change) -> None:
        if change.type != "DELETED" and change.after.deleting:
            self._terminating.add(change.after.uid)
        else:
            self._terminating.discard(change.after.uid)
        self._notify_settled()

    def _notify_settled(self) -> None:
        if self._waiting and self.settled:
            waiting, self._waiting = self._waiting, []
            for notify in waiting:
                notify()

    def when_settled(self, notify: Callable[[], None]) -> bool:
        """Return whether everything is settled; if not, `notify` is called once when it may be."""
        if not self.settled:
            self._waiting.append(notify)
        return self.settled

    @property
    def settled(self) -> bool:
        """Whether every workload is complete and no pod is terminating."""
        return not self._incomplete and not self._terminating

    def unsettled(self) -> str:
        """Return the names of what is not settled."""
        waiting = [f"{kind}/{name}" for kind, _, name in sorted(self._incomplete)]
        pods = [f"pod/{pod.name}" for pod in self.store.all(POD) if pod.deleting or not is_ready(pod)]
        return ", ".join([*waiting, *sorted(pods)[:5]])


def complete(workload: Stored) -> bool:
    """Return whether a workload has all the pods that it wants, of the current template, and no others."""
    status = workload.status
    if status.get("observedGeneration") != workload.meta["generation"]:
        return False
    if workload.kind is DAEMON_SET:
        counts = [status.get(key, 0) for key in ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable")]
        return counts == [status["desiredNumberScheduled"]] * len(counts) and not status["numberMisscheduled"]
    counts = ["replicas", "availableReplicas", "updatedReplicas"]
    if workload.kind is STATEFUL_SET and _stays_old(workload):
        counts.remove("updatedReplicas")
    wanted = workload.spec["replicas"]
    return all(status.get(key, 0) == wanted for key in counts) and not status.get("terminatingReplicas")


def _stays_old(stateful_set: Stored) -> bool:
    """Return whether a StatefulSet's strategy leaves pods of an old template alone."""
    strategy = stateful_set.spec["updateStrategy"]
    return strategy["type"] == "OnDelete" or bool((strategy.get("rollingUpdate") or {}).get("partition"))
