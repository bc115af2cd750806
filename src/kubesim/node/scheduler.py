"""The scheduler: places pods on nodes, or reports why it cannot."""

from collections import Counter
from typing import Any, Final

from ..apiserver.registry import Registry
from ..controllers.node_affinity import untolerated
from ..controllers.queue import Queue
from ..controllers.recorder import SCHEDULER, Recorder
from ..failure_registry import FailureRegistry
from ..failures import SchedulerSilent, Unschedulable
from ..store.kinds import NODE, POD
from ..store.objects import Stored, condition, is_active, is_terminal
from ..store.store import Change, Key
from .fit import Why, obstacle, requests, sentence

LAG: Final = 0.012


class Scheduler:
    """Places a pod on a node that fits: the one with the fewest pods of the same owner, then with the fewest pods."""

    def __init__(self, registry: Registry, failures: FailureRegistry) -> None:
        self._registry = registry
        self._failures = failures
        self._recorder = Recorder(registry, SCHEDULER)
        self._used: dict[str, Counter[str]] = {}
        self._alike: Counter[tuple[str, str]] = Counter()
        self._stuck: dict[Key, None] = {}
        self._queue: Queue[Key] = Queue(registry.timers, LAG, self._schedule)
        registry.store.listen(POD, self._on_change)
        registry.store.listen(NODE, self._on_node)

    def wake(self) -> None:
        """Try again to place what could not be placed."""
        for key in tuple(self._stuck):
            self._queue.add(key)

    def _on_change(self, change: Change) -> None:
        before, after = change.before, change.after
        if before is not None and _placed(before):
            self._count(before, -1)
        if change.type != "DELETED" and _placed(after):
            self._count(after, 1)
        if change.type == "ADDED" and not after.spec.get("nodeName"):
            self._queue.add((after.namespace, after.name))
        # Of all changes of a pod only one that frees room can help what waits; changes of nodes come by `_on_node`.
        freed = before is not None and _placed(before) and (change.type == "DELETED" or is_terminal(after))
        if freed and self._stuck:
            self.wake()

    def _count(self, pod: Stored, sign: int) -> None:
        node = pod.spec["nodeName"]
        used = self._used.setdefault(node, Counter())
        used["pods"] += sign
        for resource, amount in requests(pod).items():
            used[resource] += sign * amount
        self._alike[pod.owner, node] += sign

    def _on_node(self, change: Change) -> None:
        if (
            change.before is None
            or change.before.spec != change.after.spec
            or change.before.labels != change.after.labels
        ):
            self.wake()

    def _schedule(self, key: Key) -> None:
        pod = self._registry.store.get(POD, *key)
        self._stuck.pop(key, None)
        if pod is None or pod.spec.get("nodeName") or not is_active(pod):
            return
        if self._failures.everywhere(SchedulerSilent):
            self._stuck[key] = None
            return
        nodes = sorted(self._registry.store.all(NODE), key=lambda node: node.name)
        why = {node.name: self._obstacle(pod, node) for node in nodes}
        fitting = [node for node in nodes if why[node.name] is None]
        if fitting:
            self._bind(pod, min(fitting, key=lambda node: self._score(pod, node)))
        else:
            self._refuse(key, pod, [each for each in why.values() if each is not None])

    def _obstacle(self, pod: Stored, node: Stored) -> Why | None:
        found = obstacle(pod, node, self._used.get(node.name, Counter()))
        unschedulable = self._failures.of(pod, Unschedulable)
        if found is None and unschedulable is not None:
            return Why(unschedulable.obstacle, helped=True)
        return found

    def _score(self, pod: Stored, node: Stored) -> tuple[Any, ...]:
        used = self._used.get(node.name, Counter())
        shunned = untolerated(pod.spec, node, "PreferNoSchedule") is not None
        return shunned, self._alike[pod.owner, node.name], used["pods"], node.name

    def _bind(self, pod: Stored, node: Stored) -> None:
        now = self._registry.calendar.time()
        others = [each for each in pod.status.get("conditions") or () if each["type"] != "PodScheduled"]
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
        spec = {**pod.spec, "nodeName": node.name}
        status = {**pod.status, "conditions": [*others, scheduled]}
        self._registry.store.put(POD, {**pod.body, "spec": spec, "status": status})
        message = f"Successfully assigned {pod.namespace}/{pod.name} to {node.name}"
        self._recorder.normal(pod, "Scheduled", message)

    def _refuse(self, key: Key, pod: Stored, why: list[Why]) -> None:
        self._stuck[key] = None
        message = sentence(why)
        # The same message again would be an event and a new version of the pod for nothing.
        if condition(pod, "PodScheduled").get("message") == message:
            return
        unscheduled = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": self._registry.calendar.time(),
            "reason": "Unschedulable",
            "message": message,
        }
        self._registry.status(pod, {**pod.status, "conditions": [unscheduled]})
        self._recorder.warn(pod, "FailedScheduling", message)


def _placed(pod: Stored) -> bool:
    return bool(pod.spec.get("nodeName")) and not is_terminal(pod)
