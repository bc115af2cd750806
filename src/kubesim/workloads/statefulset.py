"""The StatefulSet controller: keeps one pod for every ordinal, in the order that the pod management policy asks for."""

from dataclasses import dataclass
from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..controllers.availability import Availability
from ..controllers.event_queue import EventQueue
from ..controllers.int_or_string import scaled_value
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ControllerSilent
from ..store.kinds import POD, STATEFUL_SET
from ..store.objects import Body, Stored, is_terminal
from ..store.refusals import Refused
from ..store.store import Key
from . import claims
from .history import HASH, History, template_of
from .ordinals import View, is_running_and_ready, revision_of
from .pods import of_template

LAG: Final = 0.008
POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"


@dataclass(slots=True)
class Snapshot:
    """One sync of a StatefulSet: what it found, and how many old pods it has deleted."""

    stateful_set: Stored
    current: Stored
    update: Stored
    pods: list[Stored]
    view: View
    deleted: int = 0

    @property
    def in_order(self) -> bool:
        """Whether one pod at a time is created, updated or deleted, the next only when the one before is available."""
        return bool(self.stateful_set.spec["podManagementPolicy"] == "OrderedReady")

    @property
    def rolling(self) -> Body:
        """The parameters of a rolling update; empty if there are none."""
        return self.stateful_set.spec["updateStrategy"].get("rollingUpdate") or {}


class StatefulSets:
    """Reconciles StatefulSets; `wake` queues all of them."""

    def __init__(self, registry: Registry, deletion: Deletion, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._history = History(registry)
        self._recorder = Recorder(registry, "statefulset-controller")
        self._queue = EventQueue(registry, STATEFUL_SET, POD, LAG, self._reconcile)
        self.wake = self._queue.wake

    def _reconcile(self, key: Key) -> None:
        stateful_set = self._registry.store.get(STATEFUL_SET, *key)
        if stateful_set is None or self._failures.stops(ControllerSilent, stateful_set):
            return
        try:
            snapshot = self._look(stateful_set)
        except Refused:  # a revision of an older StatefulSet with this name has not been collected yet
            self._queue.retry(key)
            return
        failed = False
        if not stateful_set.deleting:
            try:
                self._sync(snapshot)
            except Refused:  # said in an event
                failed = True
        self._write_status(snapshot)
        live = {snapshot.current.name, snapshot.update.name, *map(revision_of, snapshot.pods)}
        self._history.forget(stateful_set, live, live)
        self._queue.finish(key, failed=failed)

    def _look(self, stateful_set: Stored) -> Snapshot:
        update = self._history.current(stateful_set)
        named = stateful_set.status.get("currentRevision")
        current = next((each for each in self._history.of(stateful_set) if each.name == named), update)
        pods = sorted(self._registry.store.owned(POD, stateful_set.uid), key=lambda pod: pod.name)
        availability = Availability.of(stateful_set, self._registry.calendar)
        return Snapshot(stateful_set, current, update, pods, View.of(stateful_set, pods, availability))

    def _sync(self, snapshot: Snapshot) -> None:
        """Do what can be done now: create what is missing, then delete what is too much, then roll out."""
        for index in range(len(snapshot.view.replicas)):
            if not self._keep(snapshot, index) and snapshot.in_order:
                return
        for pod in snapshot.view.condemned:
            self._condemn(snapshot, pod)
            if snapshot.in_order:
                return
        self._update(snapshot)

    def _keep(self, snapshot: Snapshot, index: int) -> bool:
        """Create the pod of a replica if it is missing; return whether it is available."""
        pod = snapshot.view.replicas[index]
        if pod is None:
            self._create(snapshot, snapshot.view.start + index)
            return False
        if is_terminal(pod):
            if not pod.deleting:
                self._delete(snapshot, pod)
            return False
        return not snapshot.view.is_unavailable(pod)

    def _condemn(self, snapshot: Snapshot, pod: Stored) -> None:
        """Delete a pod beyond the replicas; in order, one that is not available waits for those below it."""
        waits = snapshot.in_order and snapshot.view.is_unavailable(pod) and pod is not snapshot.view.first_unavailable
        if not pod.deleting and not waits:
            self._delete(snapshot, pod)

    def _update(self, snapshot: Snapshot) -> None:
        """Delete pods of other revisions, the highest ordinals first, as far as the strategy allows."""
        if snapshot.stateful_set.spec["updateStrategy"]["type"] == "OnDelete":
            return
        wanted, least = len(snapshot.view.replicas), snapshot.rolling.get("partition", 0)
        most = max(1, scaled_value(snapshot.rolling.get("maxUnavailable", 1), wanted))
        there = [pod for pod in snapshot.view.replicas if pod is not None]
        room = most - (wanted - len(there)) - sum(map(snapshot.view.is_unavailable, there))
        beyond_partition = [pod for pod in reversed(snapshot.view.replicas[least:]) if pod is not None]
        old = [pod for pod in beyond_partition if self._is_old(snapshot, pod)]
        # A parallel set need not keep what is broken anyway: only available pods count against maxUnavailable.
        if not snapshot.in_order:
            for pod in old:
                if snapshot.view.is_unavailable(pod):
                    self._delete_old(snapshot, pod)
            old = [pod for pod in old if not snapshot.view.is_unavailable(pod)]
        for pod in old[: max(0, room)]:
            self._delete_old(snapshot, pod)

    def _is_old(self, snapshot: Snapshot, pod: Stored) -> bool:
        return revision_of(pod) != snapshot.update.name and not pod.deleting

    def _delete_old(self, snapshot: Snapshot, pod: Stored) -> None:
        self._delete(snapshot, pod)
        snapshot.deleted += 1

    def _create(self, snapshot: Snapshot, number: int) -> None:
        stateful_set = snapshot.stateful_set
        name = f"{stateful_set.name}-{number}"
        revision = snapshot.update
        if self._stays_behind(snapshot, number):
            revision = snapshot.current
        template = template_of(revision)
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: revision.name}
        labels |= {POD_NAME: name, POD_INDEX: str(number)}
        body = of_template(stateful_set, template, name, labels=labels)
        body["spec"] = {**body["spec"], "hostname": name}
        if stateful_set.spec.get("volumeClaimTemplates"):
            body["spec"] = claims.make(self._registry, self._recorder, stateful_set, body)
        if stateful_set.spec.get("serviceName"):
            body["spec"]["subdomain"] = stateful_set.spec["serviceName"]
        where = f"Pod {name} in StatefulSet {stateful_set.name}"
        try:
            self._registry.create(POD, stateful_set.namespace, body)
        except Refused as refused:
            if refused.reason != "AlreadyExists":
                self._recorder.warn(stateful_set, "FailedCreate", f"Create {where} failed error: {refused}")
            raise
        self._recorder.normal(stateful_set, "SuccessfulCreate", f"Create {where} successful")

    def _stays_behind(self, snapshot: Snapshot, number: int) -> bool:
        """Return whether a new pod is of the current revision: below the partition, or not rolled out yet."""
        strategy = snapshot.stateful_set.spec["updateStrategy"]
        if strategy.get("rollingUpdate") is not None:
            return bool(number < snapshot.view.start + snapshot.rolling.get("partition", 0))
        kept = snapshot.stateful_set.status.get("currentReplicas", 0)
        return bool(strategy["type"] == "RollingUpdate" and number < snapshot.view.start + kept)

    def _delete(self, snapshot: Snapshot, pod: Stored) -> None:
        self._deletion.delete(pod, Options(uid=pod.uid))
        message = f"Delete Pod {pod.name} in StatefulSet {snapshot.stateful_set.name} successful"
        self._recorder.normal(snapshot.stateful_set, "SuccessfulDelete", message)

    def _write_status(self, snapshot: Snapshot) -> None:
        """Write the status."""
        # Of the pods as they were before this sync: as in the real controller, the next one counts what it has done.
        latest = self._registry.latest(snapshot.stateful_set)
        if latest is None:
            return
        staying = [pod for pod in snapshot.pods if not pod.deleting]
        replicas, ready = len(snapshot.pods), sum(map(is_running_and_ready, snapshot.pods))
        current = sum(revision_of(pod) == snapshot.current.name for pod in staying)
        updated = sum(revision_of(pod) == snapshot.update.name for pod in staying)
        staying_current = max(0, current - snapshot.deleted)
        current_counts = {"currentRevision": snapshot.current.name, "currentReplicas": staying_current}
        if updated == ready == replicas == snapshot.stateful_set.spec["replicas"]:
            current_counts = {"currentRevision": snapshot.update.name, "currentReplicas": updated}
        counts = {**current_counts, "readyReplicas": ready, "updatedReplicas": updated}
        status: Body = {"observedGeneration": snapshot.stateful_set.meta["generation"], "replicas": replicas}
        status |= {key: value for key, value in counts.items() if value}
        status |= {"updateRevision": snapshot.update.name, "collisionCount": 0}
        available = sum(map(snapshot.view.availability.holds, filter(is_running_and_ready, snapshot.pods)))
        self._registry.status(latest, {**status, "availableReplicas": available})
        self._queue.later((latest.namespace, latest.name), snapshot.view.availability.next(snapshot.pods))
