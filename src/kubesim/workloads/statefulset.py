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
from .history import HASH, History, template_of
from .ordinals import View, is_running_and_ready, revision_of
from .pods import of_template

LAG: Final = 0.008
POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"


@dataclass(slots=True)
class Turn:
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
            turn = self._look(stateful_set)
        except Refused:  # a revision of an older StatefulSet with this name has not been collected yet
            self._queue.retry(key)
            return
        failed = False
        if not stateful_set.deleting:
            try:
                self._sync(turn)
            except Refused:  # said in an event
                failed = True
        self._write_status(turn)
        live = {turn.current.name, turn.update.name, *map(revision_of, turn.pods)}
        self._history.forget(stateful_set, live, live)
        self._queue.finish(key, failed=failed)

    def _look(self, stateful_set: Stored) -> Turn:
        update = self._history.current(stateful_set)
        named = stateful_set.status.get("currentRevision")
        current = next((each for each in self._history.of(stateful_set) if each.name == named), update)
        pods = sorted(self._registry.store.owned(POD, stateful_set.uid), key=lambda pod: pod.name)
        availability = Availability.of(stateful_set, self._registry.calendar)
        return Turn(stateful_set, current, update, pods, View.of(stateful_set, pods, availability))

    def _sync(self, turn: Turn) -> None:
        """Do what can be done now: create what is missing, then delete what is too much, then roll out."""
        for index in range(len(turn.view.replicas)):
            if not self._keep(turn, index) and turn.in_order:
                return
        for pod in turn.view.condemned:
            self._condemn(turn, pod)
            if turn.in_order:
                return
        self._update(turn)

    def _keep(self, turn: Turn, index: int) -> bool:
        """Create the pod of a replica if it is missing; return whether it is available."""
        pod = turn.view.replicas[index]
        if pod is None:
            self._create(turn, turn.view.start + index)
            return False
        if is_terminal(pod):
            if not pod.deleting:
                self._delete(turn, pod)
            return False
        return not turn.view.is_unavailable(pod)

    def _condemn(self, turn: Turn, pod: Stored) -> None:
        """Delete a pod beyond the replicas; in order, one that is not available waits for those below it."""
        waits = turn.in_order and turn.view.is_unavailable(pod) and pod is not turn.view.first_unavailable
        if not pod.deleting and not waits:
            self._delete(turn, pod)

    def _update(self, turn: Turn) -> None:
        """Delete pods of other revisions, the highest ordinals first, as far as the strategy allows."""
        if turn.stateful_set.spec["updateStrategy"]["type"] == "OnDelete":
            return
        wanted, least = len(turn.view.replicas), turn.rolling.get("partition", 0)
        most = max(1, scaled_value(turn.rolling.get("maxUnavailable", 1), wanted))
        there = [pod for pod in turn.view.replicas if pod is not None]
        room = most - (wanted - len(there)) - sum(map(turn.view.is_unavailable, there))
        old = [pod for pod in reversed(turn.view.replicas[least:]) if pod is not None and self._is_old(turn, pod)]
        # A parallel set need not keep what is broken anyway: only available pods count against maxUnavailable.
        if not turn.in_order:
            for pod in old:
                if turn.view.is_unavailable(pod):
                    self._delete_old(turn, pod)
            old = [pod for pod in old if not turn.view.is_unavailable(pod)]
        for pod in old[: max(0, room)]:
            self._delete_old(turn, pod)

    def _is_old(self, turn: Turn, pod: Stored) -> bool:
        return revision_of(pod) != turn.update.name and not pod.deleting

    def _delete_old(self, turn: Turn, pod: Stored) -> None:
        self._delete(turn, pod)
        turn.deleted += 1

    def _create(self, turn: Turn, number: int) -> None:
        stateful_set = turn.stateful_set
        name = f"{stateful_set.name}-{number}"
        revision = turn.update
        if self._stays_behind(turn, number):
            revision = turn.current
        template = template_of(revision)
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: revision.name}
        labels |= {POD_NAME: name, POD_INDEX: str(number)}
        body = of_template(stateful_set, template, name, labels=labels)
        body["spec"] = {**body["spec"], "hostname": name}
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

    def _stays_behind(self, turn: Turn, number: int) -> bool:
        """Return whether a new pod is of the current revision: below the partition, or not rolled out yet."""
        strategy = turn.stateful_set.spec["updateStrategy"]
        if strategy.get("rollingUpdate") is not None:
            return bool(number < turn.view.start + turn.rolling.get("partition", 0))
        kept = turn.stateful_set.status.get("currentReplicas", 0)
        return bool(strategy["type"] == "RollingUpdate" and number < turn.view.start + kept)

    def _delete(self, turn: Turn, pod: Stored) -> None:
        self._deletion.delete(pod, Options(uid=pod.uid))
        message = f"Delete Pod {pod.name} in StatefulSet {turn.stateful_set.name} successful"
        self._recorder.normal(turn.stateful_set, "SuccessfulDelete", message)

    def _write_status(self, turn: Turn) -> None:
        """Write the status."""
        # Of the pods as they were before this sync: as in the real controller, the next one counts what it has done.
        latest = self._registry.latest(turn.stateful_set)
        if latest is None:
            return
        staying = [pod for pod in turn.pods if not pod.deleting]
        replicas, ready = len(turn.pods), sum(map(is_running_and_ready, turn.pods))
        current = sum(revision_of(pod) == turn.current.name for pod in staying)
        updated = sum(revision_of(pod) == turn.update.name for pod in staying)
        current_counts = {"currentRevision": turn.current.name, "currentReplicas": max(0, current - turn.deleted)}
        if updated == ready == replicas == turn.stateful_set.spec["replicas"]:
            current_counts = {"currentRevision": turn.update.name, "currentReplicas": updated}
        counts = {**current_counts, "readyReplicas": ready, "updatedReplicas": updated}
        status: Body = {"observedGeneration": turn.stateful_set.meta["generation"], "replicas": replicas}
        status |= {key: value for key, value in counts.items() if value}
        status |= {"updateRevision": turn.update.name, "collisionCount": 0}
        available = sum(map(turn.view.availability.holds, filter(is_running_and_ready, turn.pods)))
        self._registry.status(latest, {**status, "availableReplicas": available})
        self._queue.later((latest.namespace, latest.name), turn.view.availability.next(turn.pods))
