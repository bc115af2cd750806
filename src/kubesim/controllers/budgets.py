"""The disruption controller: how many pods every PodDisruptionBudget allows to evict."""

from collections import Counter, defaultdict
from typing import Final

from ..apiserver.registry import Registry
from ..store.kinds import BUDGET, BY_NAME, DAEMON_SET, OWNERS, POD, REPLICA_SET
from ..store.objects import Body, Stored, is_ready, is_terminal
from ..store.selectors import of_object
from ..store.store import Change, Key
from . import conditions
from .int_or_string import scaled_value
from .label_index import LabelIndex
from .queue import Queue
from .recorder import Recorder

LAG: Final = 0.002
Owner = tuple[str, str]
"""Kind and name."""


class Budgets:
    """The disruption controller."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._recorder = Recorder(registry, "controllermanager")
        self._queue: Queue[Key] = Queue(registry.timers, LAG, self._reconcile)
        self._expected: dict[Key, set[str]] = defaultdict(set)
        self._healthy: dict[Key, set[str]] = defaultdict(set)
        self._owners: dict[Key, Counter[Owner]] = defaultdict(Counter)
        self._pods = LabelIndex(registry.store, BUDGET, lambda budget: of_object(budget.spec["selector"]), self._count)
        registry.store.listen(BUDGET, self._on_change)

    def selecting(self, pod: Stored) -> list[Stored]:
        """Return the budgets that a pod counts for."""
        found = (self._registry.store.get(BUDGET, *key) for key in self._pods.selecting(pod))
        return [each for each in found if each is not None]

    def _on_change(self, change: Change) -> None:
        key = change.after.namespace, change.after.name
        if change.type == "DELETED":
            self._expected.pop(key, None)
            self._healthy.pop(key, None)
            self._owners.pop(key, None)
            return
        self._queue.add(key)
        if change.type == "ADDED":
            for pod in self._pods.of(key):
                self._note(key, pod, is_there=True)

    def _count(self, key: Key, change: Change) -> None:
        pod = change.after
        self._note(key, pod, is_there=change.type != "DELETED" and key in self._pods.selecting(pod))
        self._queue.add(key)
        several = self.selecting(pod)
        if len(several) > 1 and change.type != "DELETED" and several[0].name == key[1]:
            message = (
                f'Pod "{pod.namespace}"/"{pod.name}" matches multiple PodDisruptionBudgets.  '
                f'Chose "{several[0].name}" arbitrarily.'
            )
            self._recorder.warn(pod, "MultiplePodDisruptionBudgets", message)

    def _note(self, key: Key, pod: Stored, *, is_there: bool) -> None:
        """Count a pod for a budget, or no longer."""
        expected, healthy = self._expected[key], self._healthy[key]
        owner = _owner(pod)
        if owner is not None:
            self._owners[key][owner] += is_there - (pod.uid in expected)
        expected.discard(pod.uid)
        healthy.discard(pod.uid)
        # A pod that is being deleted is expected until it is gone, but no longer healthy: so a second eviction has to
        # wait until the first one has been replaced.
        if is_there:
            expected.add(pod.uid)
            if is_ready(pod) and not pod.deleting and not is_terminal(pod):
                healthy.add(pod.uid)

    def _reconcile(self, key: Key) -> None:
        budget = self._registry.store.get(BUDGET, *key)
        if budget is None:
            return
        disrupted = {
            name: at for name, at in (budget.status.get("disruptedPods") or {}).items() if self._waits(key, name)
        }
        healthy = len(self._healthy[key]) - len(disrupted)
        try:
            expected, desired = self._wanted(budget, len(self._expected[key]))
        except LookupError as error:
            self._fail(budget, str(error.args[0]))
            self._queue.retry(key)
            return
        self._queue.done(key)
        if not expected:
            self._recorder.normal(budget, "NoPods", "No matching pods found")
        self._allow(budget, expected, healthy, desired, disrupted)

    def _allow(self, budget: Stored, expected: int, healthy: int, desired: int, disrupted: dict[str, str]) -> None:
        """Write how many disruptions are allowed."""
        allowed, reason = 0, "InsufficientPods"
        if expected and healthy > desired:
            allowed, reason = healthy - desired, "SufficientPods"
        now = self._registry.calendar.time()
        known = conditions.changed(budget, now, "DisruptionAllowed", str(allowed > 0), reason, "")
        status: Body = {
            "observedGeneration": budget.meta["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": known,
        }
        if disrupted:
            status["disruptedPods"] = disrupted
        self._registry.status(budget, status)

    def _fail(self, budget: Stored, why: str) -> None:
        """Allow nothing while it is not known how many pods there should be."""
        message = f"Failed to calculate the number of expected pods: {why}"
        self._recorder.warn(budget, "CalculateExpectedPodCountFailed", message)
        now = self._registry.calendar.time()
        failed = conditions.changed(budget, now, "DisruptionAllowed", "False", "SyncFailed", why)
        self._registry.status(budget, {**budget.status, "disruptionsAllowed": 0, "conditions": failed})

    def _scale(self, budget: Stored) -> int:
        """Return how many pods the controllers of a budget's pods want; raises LookupError where one does not say."""
        wanted: dict[str, int] = {}
        for (kind, name), pods in self._owners[budget.namespace, budget.name].items():
            if pods > 0:
                workload = self._workload(kind, budget.namespace, name)
                if workload is not None:
                    wanted[workload.uid] = workload.spec["replicas"]
        return sum(wanted.values())

    def _workload(self, kind: str, namespace: str, name: str) -> Stored | None:
        known = BY_NAME.get(kind)
        if known is None:
            raise LookupError(f"{kind} does not implement the scale subresource")
        if known not in OWNERS or known is DAEMON_SET:
            raise LookupError(f"{known.resource} does not implement the scale subresource")
        found = self._registry.store.get(known, namespace, name)
        if found is None or known is not REPLICA_SET:
            return found
        owner = _owner(found)
        if owner is None:
            return found
        return self._workload(owner[0], namespace, owner[1])

    def _waits(self, key: Key, name: str) -> bool:
        """Return whether an eviction that was allowed has not yet become a deletion."""
        pod = self._registry.store.get(POD, key[0], name)
        return pod is not None and not pod.deleting

    def _wanted(self, budget: Stored, pods: int) -> tuple[int, int]:
        """Return how many pods there should be, and how many must be healthy."""
        # Only an absolute minAvailable needs no workload: a percentage, or a maxUnavailable, is one of the replicas
        # that the pods' controllers want.
        least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
        if isinstance(least, int):
            return pods, least
        wanted = self._scale(budget)
        if least is not None:
            return wanted, scaled_value(least, wanted, up=True)
        if most is None:
            return 0, 0
        return wanted, max(0, wanted - scaled_value(most, wanted, up=True))


def _owner(obj: Stored) -> Owner | None:
    owners = obj.meta.get("ownerReferences") or ()
    return next(((each["kind"], each["name"]) for each in owners if each.get("controller")), None)
