"""The ReplicaSet controller: creates and deletes pods until there are as many as wanted."""

from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..controllers import conditions
from ..controllers.availability import Availability
from ..controllers.event_queue import EventQueue
from ..controllers.pod_counts import Count, PodCounts
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ControllerSilent
from ..store.kinds import POD, REPLICA_SET
from ..store.objects import Body, Stored, is_active
from ..store.refusals import Refused
from ..store.store import Key
from .pods import of_template
from .ranking import first_to_go

LAG: Final = 0.008
BATCH_GAP: Final = 0.006


class ReplicaSets:
    """Reconciles ReplicaSets; `wake` queues all of them."""

    def __init__(self, registry: Registry, deletion: Deletion, counts: PodCounts, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._counts = counts
        self._failures = failures
        self._recorder = Recorder(registry, "replicaset-controller")
        self._busy: set[str] = set()
        self._queue = EventQueue(registry, REPLICA_SET, POD, LAG, self._reconcile)
        self.wake = self._queue.wake

    def _reconcile(self, key: Key) -> None:
        replica_set = self._registry.store.get(REPLICA_SET, *key)
        if replica_set is None or replica_set.deleting or replica_set.uid in self._busy:
            return
        if self._failures.stops(ControllerSilent, replica_set):
            return
        count = self._count_and_requeue(replica_set)
        missing = replica_set.spec["replicas"] - count.active
        # While pods are created batch by batch, further changes wait: counting pods in between would create too many.
        if missing > 0:
            self._busy.add(replica_set.uid)
            self._create(replica_set, count, missing, 1)
            return
        if missing < 0:
            self._delete(replica_set, -missing)
        self._queue.done(key)
        self._write_status(replica_set, count, "")

    def _count_and_requeue(self, replica_set: Stored) -> Count:
        """Return the pod counts; with minReadySeconds, queue the ReplicaSet for when its next pod is available."""
        count = self._counts.of(replica_set.uid)
        availability = Availability.of(replica_set, self._registry.calendar)
        if availability.seconds:
            pods = [pod for pod in self._registry.store.owned(POD, replica_set.uid) if is_active(pod)]
            count.available = sum(map(availability.holds, pods))
            self._queue.later((replica_set.namespace, replica_set.name), availability.next(pods))
        return count

    def _create(self, replica_set: Stored, count: Count, missing: int, batch: int) -> None:
        """Create one pod, then two, then four, and so on: a quota that is full is hit once, not 500 times."""
        failure = ""
        for _ in range(min(batch, missing)):
            try:
                pod = self._registry.create(POD, replica_set.namespace, _pod(replica_set, self._registry.suffix()))
            except Refused as refused:
                failure = str(refused)
                self._recorder.warn(replica_set, "FailedCreate", f"Error creating: {failure}")
                break
            self._recorder.normal(replica_set, "SuccessfulCreate", f"Created pod: {pod.name}")
        left = missing - batch
        if left > 0 and not failure and self._registry.latest(replica_set) is not None:
            self._registry.timers.after(BATCH_GAP, lambda: self._create(replica_set, count, left, 2 * batch))
            return
        self._busy.discard(replica_set.uid)
        key = replica_set.namespace, replica_set.name
        self._write_status(replica_set, count, failure)
        if failure:
            self._queue.retry(key)
        else:
            self._queue.done(key)
            self._queue.add(key)

    def _delete(self, replica_set: Stored, number: int) -> None:
        pods = [pod for pod in self._registry.store.owned(POD, replica_set.uid) if is_active(pod)]
        for pod in first_to_go(pods, number):
            self._deletion.delete(pod, Options(uid=pod.uid))
            self._recorder.normal(replica_set, "SuccessfulDelete", f"Deleted pod: {pod.name}")

    def _write_status(self, replica_set: Stored, count: Count, failure: str) -> None:
        latest = self._registry.latest(replica_set)
        if latest is None:
            return
        known = latest.status.get("conditions") or []
        if failure:
            now = self._registry.calendar.time()
            known = (
                known
                if _failing(known)
                else conditions.set_in(known, now, "ReplicaFailure", "True", "FailedCreate", failure)
            )
        else:
            known = conditions.without(known, "ReplicaFailure")
        status: Body = {"replicas": count.active, "fullyLabeledReplicas": count.active, "readyReplicas": count.ready}
        status |= {"availableReplicas": count.available, "conditions": known}
        status = {key: value for key, value in status.items() if value or key == "replicas"}
        status |= {"terminatingReplicas": count.terminating, "observedGeneration": latest.meta["generation"]}
        self._registry.status(latest, status)


def _failing(known: list[Body]) -> bool:
    """Return whether a failure is reported already: its message keeps the name of the first pod that failed."""
    return any(each["type"] == "ReplicaFailure" for each in known)


def _pod(replica_set: Stored, suffix: str) -> Body:
    named = f"{replica_set.name}-"
    return of_template(replica_set, replica_set.spec["template"], named + suffix, generateName=named)
