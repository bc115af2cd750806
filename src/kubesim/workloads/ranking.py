"""The order in which a ReplicaSet deletes pods that are too many."""

from collections import Counter
from typing import Any

from ..store.objects import Stored, condition, is_ready

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def first_to_go(pods: list[Stored], number: int) -> list[Stored]:
    """Return so many pods, in the order of client-go's ActivePodsWithRanks."""
    beside = Counter(pod.spec.get("nodeName", "") for pod in pods)
    return sorted(pods, key=lambda pod: _rank(pod, beside))[:number]


def _rank(pod: Stored, beside: Counter[str]) -> tuple[Any, ...]:
    """Return the rank of a pod: unassigned ones first, then pending, unready, doubled on a node, and young ones."""
    node = pod.spec.get("nodeName", "")
    ready, since = is_ready(pod), ""
    if ready:
        since = condition(pod, "Ready")["lastTransitionTime"]
    return (
        bool(node),
        _PHASES.get(pod.status.get("phase", ""), 1),
        ready,
        -beside[node],
        _later(since),
        _later(pod.meta["creationTimestamp"]),
        pod.name,
    )


def _later(time: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in time)
