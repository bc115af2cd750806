"""The pods of a StatefulSet by their ordinals: the replicas that are wanted, and the condemned ones beyond."""

from dataclasses import dataclass

from ..controllers.availability import Availability
from ..store.objects import Stored, is_decimal, is_ready
from .history import HASH


@dataclass(frozen=True, slots=True)
class View:
    """`replicas` has the pod of each ordinal from `start` on, or None; `condemned`, highest first, are too many."""

    start: int
    replicas: tuple[Stored | None, ...]
    condemned: tuple[Stored, ...]
    availability: Availability

    @classmethod
    def of(cls, stateful_set: Stored, pods: list[Stored], availability: Availability) -> "View":
        """Sort pods by their ordinals; those without one are left out."""
        start, wanted = (stateful_set.spec.get("ordinals") or {}).get("start", 0), stateful_set.spec["replicas"]
        numbered = {ordinal(stateful_set, pod): pod for pod in pods}
        numbered.pop(-1, None)
        replicas = tuple(numbered.get(number) for number in range(start, start + wanted))
        beyond = sorted((each for each in numbered if not start <= each < start + wanted), reverse=True)
        return cls(start, replicas, tuple(numbered[each] for each in beyond), availability)

    @property
    def first_unavailable(self) -> Stored | None:
        """The pod of the lowest ordinal that is not available; None if there is none, or if it does not exist yet."""
        beyond = tuple(reversed(self.condemned))
        return next((each for each in (*self.replicas, *beyond) if each is None or self.is_unavailable(each)), None)

    def is_unavailable(self, pod: Stored) -> bool:
        """Return whether a pod is not available, or is being deleted."""
        return pod.deleting or not self.availability.holds(pod)


def ordinal(stateful_set: Stored, pod: Stored) -> int:
    """Return a pod's ordinal; -1 if its name is not of this StatefulSet's."""
    parent, _, number = pod.name.rpartition("-")
    if parent == stateful_set.name and is_decimal(number):
        return int(number)
    return -1


def revision_of(pod: Stored) -> str:
    """Return the name of the revision that a pod is of."""
    return pod.labels.get(HASH, "")


def is_running_and_ready(pod: Stored) -> bool:
    """Return whether a pod runs and is Ready, even while it is being deleted."""
    return pod.status.get("phase") == "Running" and is_ready(pod)
