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
from .fit import Why, host_ports, obstacle, requests, sentence
from .neighbours import Neighbours, spreads

LAG: Final = 0.012


class Scheduler:
    """Places a pod on a node that fits: the one with the fewest pods of the same owner, then with the fewest pods."""

    def __init__(self, registry: Registry, failures: FailureRegistry) -> None:
        self._registry = registry
        self._failures = failures
        self._recorder = Recorder(registry, SCHEDULER)
        self._used: dict[str, Counter[str]] = {}
        self._alike: Counter[tuple[str, str]] = Counter()
        self._neighbours = Neighbours(registry.store)
        # What could not be placed, and whether a pod that is placed elsewhere may help it.
        self._stuck: dict[Key, bool] = {}
        self._queue: Queue[Key] = Queue(registry.timers, LAG, self._schedule)
        registry.store.listen(POD, self._on_change)
        registry.store.listen(NODE, self._on_node)

    def wake(self, *, spread_only: bool = False) -> None:
        """Try again to place what could not be placed, or only that of it that is spread over domains."""
        for key, is_spread in tuple(self._stuck.items()):
            if is_spread or not spread_only:
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
        elif self._stuck and _placed(after) and (before is None or not _placed(before)):
            self.wake(spread_only=True)

    def _count(self, pod: Stored, sign: int) -> None:
        node = pod.spec["nodeName"]
        used = self._used.setdefault(node, Counter())
        used["pods"] += sign
        for resource, amount in requests(pod).items():
            used[resource] += sign * amount
        for port in host_ports(pod):
            used[port] += sign
        self._alike[pod.owner, node] += sign
        self._neighbours.count(pod, sign)

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
            self._stuck[key] = False
            return
        nodes = sorted(self._registry.store.all(NODE), key=lambda node: node.name)
        beside = self._neighbours.obstacles(pod)
        why = {node.name: self._obstacle(pod, node) or beside(node) for node in nodes}
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
        self._stuck[key] = bool(spreads(pod))
        message = sentence(why)
        if condition(pod, "PodScheduled").get("message") == message:
            # The pod is as it was. Where no pod that goes could help, a real scheduler has not even tried again.
            if any(each.helped for each in why):
                self._recorder.warn(pod, "FailedScheduling", message)
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
