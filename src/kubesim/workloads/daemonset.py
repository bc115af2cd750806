"""The DaemonSet controller: keeps one pod on every node that it belongs on."""

from dataclasses import dataclass, replace
from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..controllers.availability import Availability
from ..controllers.event_queue import EventQueue
from ..controllers.int_or_string import scaled_value
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ControllerSilent
from ..store.kinds import DAEMON_SET, NODE, POD
from ..store.objects import Body, Stored, is_ready
from ..store.refusals import Refused
from ..store.store import Change, Key
from .daemons import is_updated, pods_by_node, should_run, spec_of, template_for
from .history import HASH, History
from .pods import of_template

LAG: Final = 0.008


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One sync of a DaemonSet: its nodes, and the pods of each."""

    daemon_set: Stored
    hash: str
    nodes: list[Stored]
    pods: dict[str, list[Stored]]
    spec: Body
    availability: Availability

    def wants(self, node: Stored) -> bool:
        """Return whether a node should have a pod."""
        return should_run(self.spec, node)[0]

    @property
    def wanted(self) -> list[Stored]:
        """The nodes that should have a pod."""
        return [node for node in self.nodes if self.wants(node)]


class DaemonSets:
    """Reconciles DaemonSets; `wake` queues all of them."""

    def __init__(self, registry: Registry, deletion: Deletion, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._history = History(registry)
        self._recorder = Recorder(registry, "daemonset-controller")
        self._queue = EventQueue(registry, DAEMON_SET, POD, LAG, self._reconcile)
        self.wake = self._queue.wake
        registry.store.listen(NODE, self._on_node)

    def _on_node(self, change: Change) -> None:
        before, after = change.before, change.after
        if (
            before is None
            or change.type == "DELETED"
            or before.labels != after.labels
            or before.spec.get("taints") != after.spec.get("taints")
        ):
            self.wake()

    def _reconcile(self, key: Key) -> None:
        daemon_set = self._registry.store.get(DAEMON_SET, *key)
        if daemon_set is None or daemon_set.deleting or self._failures.stops(ControllerSilent, daemon_set):
            return
        try:
            snapshot = self._look(daemon_set)
        except Refused:  # a revision of an older DaemonSet with this name has not been collected yet
            self._queue.retry(key)
            return
        failed = False
        try:
            if not self._manage(snapshot):
                self._roll(snapshot)
        except Refused:  # said in an event
            failed = True
        self._forget(snapshot)
        self._write_status(replace(snapshot, pods=self._pods(daemon_set)))
        self._queue.finish(key, failed=failed)

    def _look(self, daemon_set: Stored) -> Snapshot:
        current = self._history.current(daemon_set)
        nodes = sorted(self._registry.store.all(NODE), key=lambda node: node.name)
        availability = Availability.of(daemon_set, self._registry.calendar)
        pods = self._pods(daemon_set)
        return Snapshot(daemon_set, current.labels[HASH], nodes, pods, spec_of(daemon_set), availability)

    def _pods(self, daemon_set: Stored) -> dict[str, list[Stored]]:
        return pods_by_node(list(self._registry.store.owned(POD, daemon_set.uid)))

    def _manage(self, snapshot: Snapshot) -> bool:
        """Create what is missing and delete what is too much; return whether there was anything."""
        missing = [node.name for node in snapshot.wanted if node.name not in snapshot.pods]
        surplus = [pod for node in snapshot.nodes for pod in self._surplus(snapshot, node)]
        # Pods for nodes that no longer exist are deleted only while they wait for the scheduler: a pod that was placed
        # is left to the garbage collector of pods.
        known = {node.name for node in snapshot.nodes}
        lost = [pod for name, pods in snapshot.pods.items() if name not in known for pod in pods]
        surplus += [pod for pod in lost if not pod.spec.get("nodeName")]
        self._sync(snapshot, missing, surplus)
        return bool(missing or surplus)

    def _surplus(self, snapshot: Snapshot, node: Stored) -> list[Stored]:
        """Return the pods of a node that are to be deleted: those that have ended, and all others but the first."""
        there = [pod for pod in snapshot.pods.get(node.name, ()) if not pod.deleting]
        if not should_run(snapshot.spec, node)[1]:
            return there
        ended = [pod for pod in there if self._has_ended(snapshot.daemon_set, pod, node)]
        return ended + [pod for pod in there if pod not in ended][1:]

    def _has_ended(self, daemon_set: Stored, pod: Stored, node: Stored) -> bool:
        where = f"daemon pod {pod.namespace}/{pod.name} on node {node.name}"
        if pod.status.get("phase") == "Failed":
            self._recorder.warn(daemon_set, "FailedDaemonPod", f"Found failed {where}, will try to kill it")
        elif pod.status.get("phase") == "Succeeded":
            self._recorder.normal(daemon_set, "SucceededDaemonPod", f"Found succeeded {where}, will try to delete it")
        else:
            return False
        return True

    def _roll(self, snapshot: Snapshot) -> None:
        """Delete pods of other templates: all that are not available, and as many others as may be unavailable."""
        strategy = snapshot.daemon_set.spec["updateStrategy"]
        if strategy["type"] == "OnDelete":
            return
        wanted = snapshot.wanted
        most = scaled_value(strategy["rollingUpdate"]["maxUnavailable"], len(wanted), up=True) or 1
        candidates, broken, unavailable = [], [], 0
        # A node without exactly one pod counts as unavailable, so a pod that is being replaced uses up maxUnavailable.
        for name in dict.fromkeys([*snapshot.pods, *(node.name for node in wanted)]):
            there = [pod for pod in snapshot.pods.get(name, ()) if not pod.deleting]
            old = [pod for pod in there if not is_updated(snapshot.daemon_set, pod, snapshot.hash)]
            if len(there) != 1:
                unavailable += 1
            elif not old:
                unavailable += not snapshot.availability.holds(there[0])
            elif not snapshot.availability.holds(old[0]):
                broken.append(old[0])
                unavailable += 1
            else:
                candidates.append(old[0])
        self._sync(snapshot, [], [*broken, *candidates[: max(0, most - unavailable)]])

    def _sync(self, snapshot: Snapshot, missing: list[str], surplus: list[Stored]) -> None:
        """Create and delete pods; one that is refused ends the creation, as a full quota would refuse all others."""
        daemon_set, refusal = snapshot.daemon_set, None
        for node in missing:
            named = f"{daemon_set.name}-"
            template = template_for(daemon_set, node, snapshot.hash)
            body = of_template(daemon_set, template, named + self._registry.suffix(), generateName=named)
            try:
                pod = self._registry.create(POD, daemon_set.namespace, body)
            except Refused as refused:
                refusal = refused
                self._recorder.warn(daemon_set, "FailedCreate", f"Error creating: {refused}")
                break
            self._recorder.normal(daemon_set, "SuccessfulCreate", f"Created pod: {pod.name}")
        for pod in surplus:
            self._deletion.delete(pod, Options(uid=pod.uid))
            self._recorder.normal(daemon_set, "SuccessfulDelete", f"Deleted pod: {pod.name}")
        if refusal is not None:
            raise refusal

    def _forget(self, snapshot: Snapshot) -> None:
        owned = self._registry.store.owned(POD, snapshot.daemon_set.uid)
        used = {snapshot.hash, *(pod.labels.get(HASH) for pod in owned)}
        names = {each.name: each.labels.get(HASH) for each in self._history.of(snapshot.daemon_set)}
        current = [name for name, hash_ in names.items() if hash_ == snapshot.hash]
        self._history.forget(snapshot.daemon_set, [name for name, hash_ in names.items() if hash_ in used], current)

    def _write_status(self, snapshot: Snapshot) -> None:
        latest = self._registry.latest(snapshot.daemon_set)
        if latest is None:
            return
        wanted = snapshot.wanted
        strangers = [node for node in snapshot.nodes if not snapshot.wants(node)]
        first = [snapshot.pods[node.name][0] for node in wanted if node.name in snapshot.pods]
        ready, available = sum(map(is_ready, first)), sum(map(snapshot.availability.holds, first))
        status: Body = {
            "currentNumberScheduled": len(first),
            "numberMisscheduled": sum(node.name in snapshot.pods for node in strangers),
            "desiredNumberScheduled": len(wanted),
            "numberReady": ready,
            "observedGeneration": snapshot.daemon_set.meta["generation"],
        }
        counts = {
            "updatedNumberScheduled": sum(is_updated(snapshot.daemon_set, pod, snapshot.hash) for pod in first),
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
        }
        self._registry.status(latest, status | {key: value for key, value in counts.items() if value})
        # The real controller does not compute when the next pod becomes available: it looks again so many seconds after
        # every look.
        if ready != available:
            self._queue.later((latest.namespace, latest.name), snapshot.availability.seconds)
