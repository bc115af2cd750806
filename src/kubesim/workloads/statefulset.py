"""Keeps the pods of a StatefulSet, each under its own name, in the order that its policy asks for."""

from dataclasses import dataclass
from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..controllers.availability import Availability
from ..controllers.event_queue import Attention
from ..controllers.int_or_string import share
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
    """One look at a StatefulSet: what there is, and how many pods of the current revision have been given up in it."""

    stateful_set: Stored
    current: Stored
    update: Stored
    pods: list[Stored]
    view: View
    given_up: int = 0

    @property
    def in_order(self) -> bool:
        """Whether one pod at a time is looked after, the next only when the one before is available."""
        return bool(self.stateful_set.spec["podManagementPolicy"] == "OrderedReady")

    @property
    def rolling(self) -> Body:
        """How new revisions are rolled out."""
        return self.stateful_set.spec["updateStrategy"].get("rollingUpdate") or {}


class StatefulSets:
    """The StatefulSet controller."""

    def __init__(self, registry: Registry, deletion: Deletion, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._history = History(registry)
        self._recorder = Recorder(registry, "statefulset-controller")
        self._queue = Attention(registry, STATEFUL_SET, POD, LAG, self._reconcile)
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
                self._bring(turn)
            except Refused:  # said in an event
                failed = True
        self._tell(turn)
        live = {turn.current.name, turn.update.name, *map(revision_of, turn.pods)}
        self._history.forget(stateful_set, live, live)
        (self._queue.retry if failed else self._queue.done)(key)

    def _look(self, stateful_set: Stored) -> Turn:
        update = self._history.current(stateful_set)
        named = stateful_set.status.get("currentRevision")
        current = next((each for each in self._history.of(stateful_set) if each.name == named), update)
        pods = sorted(self._registry.store.owned(POD, stateful_set.uid), key=lambda pod: pod.name)
        availability = Availability.of(stateful_set, self._registry.calendar)
        return Turn(stateful_set, current, update, pods, View.of(stateful_set, pods, availability))

    def _bring(self, turn: Turn) -> None:
        """Do what can be done now: keep what is wanted, then give up what is too much, then roll out."""
        for place in range(len(turn.view.places)):
            if not self._keep(turn, place) and turn.in_order:
                return
        for pod in turn.view.condemned:
            self._condemn(turn, pod)
            if turn.in_order:
                return
        self._update(turn)

    def _keep(self, turn: Turn, place: int) -> bool:
        """Have the pod of a place; return whether it is available."""
        pod = turn.view.places[place]
        if pod is None:
            self._create(turn, turn.view.start + place)
            return False
        if is_terminal(pod):
            if not pod.deleting:
                self._delete(turn, pod)
            return False
        return not turn.view.is_unavailable(pod)

    def _condemn(self, turn: Turn, pod: Stored) -> None:
        """Give up a pod that is too much; in order, one that is not available waits for those below it."""
        waits = turn.in_order and turn.view.is_unavailable(pod) and pod is not turn.view.first_unavailable
        if not pod.deleting and not waits:
            self._delete(turn, pod)

    def _update(self, turn: Turn) -> None:
        """Give up pods of other revisions, the highest ordinals first, as far as the strategy goes."""
        if turn.stateful_set.spec["updateStrategy"]["type"] == "OnDelete":
            return
        wanted, least = len(turn.view.places), turn.rolling.get("partition", 0)
        most = max(1, share(turn.rolling.get("maxUnavailable", 1), wanted))
        there = [pod for pod in turn.view.places if pod is not None]
        room = most - (wanted - len(there)) - sum(map(turn.view.is_unavailable, there))
        old = [pod for pod in reversed(turn.view.places[least:]) if pod is not None and self._is_old(turn, pod)]
        if not turn.in_order:
            for pod in old:
                if turn.view.is_unavailable(pod):
                    self._give_up(turn, pod)
            old = [pod for pod in old if not turn.view.is_unavailable(pod)]
        for pod in old[: max(0, room)]:
            self._give_up(turn, pod)

    def _is_old(self, turn: Turn, pod: Stored) -> bool:
        return revision_of(pod) != turn.update.name and not pod.deleting

    def _give_up(self, turn: Turn, pod: Stored) -> None:
        self._delete(turn, pod)
        turn.given_up += 1

    def _create(self, turn: Turn, number: int) -> None:
        stateful_set = turn.stateful_set
        name = f"{stateful_set.name}-{number}"
        revision = turn.current if self._stays_behind(turn, number) else turn.update
        template = template_of(revision)
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: revision.name}
        labels |= {POD_NAME: name, POD_INDEX: str(number)}
        body = of_template(stateful_set, template, name, labels=labels)
        home = {"subdomain": service} if (service := stateful_set.spec.get("serviceName")) else {}
        body["spec"] = {**body["spec"], "hostname": name, **home}
        where = f"Pod {name} in StatefulSet {stateful_set.name}"
        try:
            self._registry.create(POD, stateful_set.namespace, body)
        except Refused as refused:
            if refused.reason != "AlreadyExists":
                self._recorder.warn(stateful_set, "FailedCreate", f"Create {where} failed error: {refused}")
            raise
        self._recorder.normal(stateful_set, "SuccessfulCreate", f"Create {where} successful")

    def _stays_behind(self, turn: Turn, number: int) -> bool:
        """Whether a new pod is still of the current revision: below the partition, or what has not been rolled out."""
        strategy = turn.stateful_set.spec["updateStrategy"]
        if strategy.get("rollingUpdate") is not None:
            return bool(number < turn.view.start + turn.rolling.get("partition", 0))
        kept = turn.stateful_set.status.get("currentReplicas", 0)
        return bool(strategy["type"] == "RollingUpdate" and number < turn.view.start + kept)

    def _delete(self, turn: Turn, pod: Stored) -> None:
        self._deletion.delete(pod, Options(uid=pod.uid))
        told = f"Delete Pod {pod.name} in StatefulSet {turn.stateful_set.name} successful"
        self._recorder.normal(turn.stateful_set, "SuccessfulDelete", told)

    def _tell(self, turn: Turn) -> None:
        """Write the status: of the pods as they were before anything was done."""
        latest = self._registry.latest(turn.stateful_set)
        if latest is None:
            return
        staying = [pod for pod in turn.pods if not pod.deleting]
        replicas, ready = len(turn.pods), sum(map(is_running_and_ready, turn.pods))
        current = sum(revision_of(pod) == turn.current.name for pod in staying)
        updated = sum(revision_of(pod) == turn.update.name for pod in staying)
        told = {"currentRevision": turn.current.name, "currentReplicas": max(0, current - turn.given_up)}
        if updated == ready == replicas == turn.stateful_set.spec["replicas"]:
            told = {"currentRevision": turn.update.name, "currentReplicas": updated}
        counts = {**told, "readyReplicas": ready, "updatedReplicas": updated}
        status: Body = {"observedGeneration": turn.stateful_set.meta["generation"], "replicas": replicas}
        status |= {key: value for key, value in counts.items() if value}
        status |= {"updateRevision": turn.update.name, "collisionCount": 0}
        available = sum(map(turn.view.availability.holds, filter(is_running_and_ready, turn.pods)))
        self._registry.status(latest, {**status, "availableReplicas": available})
        self._queue.later((latest.namespace, latest.name), turn.view.availability.next(turn.pods))
