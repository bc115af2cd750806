"""Counts, for every PodDisruptionBudget, how many pods may be evicted."""

from collections import defaultdict
from typing import Final

from ..apiserver.registry import Registry
from ..store.kinds import BUDGET, POD
from ..store.objects import Body, Stored, is_ready, is_terminal
from ..store.selectors import of_object
from ..store.store import Change, Key
from . import conditions
from .members import Members
from .queue import Queue
from .recorder import Recorder
from .shares import share

LAG: Final = 0.002


class Budgets:
    """The disruption controller."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._recorder = Recorder(registry, "controllermanager")
        self._queue: Queue[Key] = Queue(registry.timers, LAG, self._reconcile)
        self._expected: dict[Key, set[str]] = defaultdict(set)
        self._healthy: dict[Key, set[str]] = defaultdict(set)
        self._members = Members(registry.store, BUDGET, lambda budget: of_object(budget.spec["selector"]), self._count)
        registry.store.listen(BUDGET, self._hear)

    def selecting(self, pod: Stored) -> list[Stored]:
        """Return the budgets that a pod counts for."""
        found = (self._registry.store.get(BUDGET, *key) for key in self._members.selecting(pod))
        return [each for each in found if each is not None]

    def _hear(self, change: Change) -> None:
        key = change.after.namespace, change.after.name
        if change.type == "DELETED":
            self._expected.pop(key, None)
            self._healthy.pop(key, None)
            return
        self._queue.add(key)
        if change.type == "ADDED":
            for pod in self._members.of(key):
                self._note(key, pod, is_there=True)

    def _count(self, key: Key, change: Change) -> None:
        pod = change.after
        self._note(key, pod, is_there=change.type != "DELETED" and key in self._members.selecting(pod))
        self._queue.add(key)
        several = self.selecting(pod)
        if len(several) > 1 and change.type != "DELETED" and several[0].name == key[1]:
            message = (
                f'Pod "{pod.namespace}"/"{pod.name}" matches multiple PodDisruptionBudgets.  '
                f'Chose "{several[0].name}" arbitrarily.'
            )
            self._recorder.warn(pod, "MultiplePodDisruptionBudgets", message)

    def _note(self, key: Key, pod: Stored, *, is_there: bool) -> None:
        """Count a pod, or not; one being deleted is expected until it is gone, but no longer healthy."""
        healthy = is_ready(pod) and not pod.deleting and not is_terminal(pod)
        (self._expected[key].add if is_there else self._expected[key].discard)(pod.uid)
        (self._healthy[key].add if is_there and healthy else self._healthy[key].discard)(pod.uid)

    def _reconcile(self, key: Key) -> None:
        budget = self._registry.store.get(BUDGET, *key)
        if budget is None:
            return
        disrupted = {
            name: at for name, at in (budget.status.get("disruptedPods") or {}).items() if self._waits(key, name)
        }
        healthy = len(self._healthy[key]) - len(disrupted)
        expected, desired = self._wanted(budget, len(self._expected[key]))
        if not expected:
            self._recorder.normal(budget, "NoPods", "No matching pods found")
        allowed = max(0, healthy - desired) if expected else 0
        now = self._registry.calendar.time()
        reason = "SufficientPods" if allowed else "InsufficientPods"
        told = conditions.changed(budget, now, "DisruptionAllowed", str(allowed > 0), reason, "")
        status: Body = {
            "observedGeneration": budget.meta["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": told,
        }
        self._registry.status(budget, status | ({"disruptedPods": disrupted} if disrupted else {}))

    def _waits(self, key: Key, name: str) -> bool:
        """Whether an eviction that was allowed has not yet become a deletion."""
        pod = self._registry.store.get(POD, key[0], name)
        return pod is not None and not pod.deleting

    def _wanted(self, budget: Stored, pods: int) -> tuple[int, int]:
        """Return how many pods there should be, and how many must be healthy."""
        least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
        if isinstance(least, int):
            return pods, least
        if least is not None:
            return pods, share(least, pods, up=True)
        return pods, max(0, pods - share(most if most is not None else 0, pods, up=True))
