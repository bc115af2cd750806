"""The sizes that the old and the new ReplicaSets of a Deployment should have now."""

from ..controllers.int_or_string import scaled_value
from ..store.objects import Stored


def bounds(deployment: Stored) -> tuple[int, int]:
    """Return how many pods there may be above, and how few below, the replicas wanted: surge up, unavailable down."""
    rolling = deployment.spec["strategy"].get("rollingUpdate")
    if not rolling:
        return 0, deployment.spec["replicas"]
    replicas = deployment.spec["replicas"]
    surge = scaled_value(rolling["maxSurge"], replicas, up=True)
    unavailable = scaled_value(rolling["maxUnavailable"], replicas)
    # Both may be rounded to 0, and then nothing could ever move: the real one allows one pod less.
    if not surge and not unavailable:
        return 0, 1
    return surge, min(unavailable, replicas)


def new_size(deployment: Stored, new: int, old: int) -> int:
    """Return how many replicas the new ReplicaSet should have, given what it has and what the old ones have."""
    wanted: int = deployment.spec["replicas"]
    if deployment.spec["strategy"]["type"] == "Recreate" or new >= wanted:
        return wanted
    surge, _ = bounds(deployment)
    return new + max(0, min(wanted + surge - new - old, wanted - new))


def old_sizes(deployment: Stored, new: Stored, olds: list[Stored]) -> list[int]:
    """Return how many replicas each old ReplicaSet should have: what does not run goes first."""
    # In two steps, as in the real controller: pods of old ReplicaSets that are not available go first, as nobody misses
    # them; then as many others as maxUnavailable allows. `missing` are new pods that are not available yet: the old
    # ones that stand in for them have to stay.
    sizes = [each.spec["replicas"] for each in olds]
    _, unavailable = bounds(deployment)
    least = deployment.spec["replicas"] - unavailable
    missing = new.spec["replicas"] - _available(new)
    room = sizes and sum(sizes) + new.spec["replicas"] - least - missing
    for index, each in enumerate(olds):
        gone = min(max(0, room), max(0, sizes[index] - _available(each)))
        sizes[index] -= gone
        room -= gone
    room = sum(map(_available, olds)) + _available(new) - least
    room = min(room, sum(sizes) + new.spec["replicas"] - least - missing)
    for index, size in enumerate(sizes):
        gone = min(max(0, room), size)
        sizes[index] -= gone
        room -= gone
    return sizes


def _available(replica_set: Stored) -> int:
    return int(replica_set.status.get("availableReplicas", 0))
