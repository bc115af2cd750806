"""The status of a Deployment: counts, conditions, and whether its rollout makes progress."""

from collections.abc import Callable

from ..apiserver.registry import Registry
from ..clock import Timer
from ..controllers import conditions
from ..store.objects import Body, Stored, condition
from ..store.store import Key
from .rollout import bounds

AVAILABLE = ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
UNAVAILABLE = (
    "Available",
    "False",
    "MinimumReplicasUnavailable",
    "Deployment does not have minimum availability.",
)


class Progress:
    """Writes the status; `wake` is called for a Deployment whose deadline for progress has come."""

    def __init__(self, registry: Registry, wake: Callable[[Key], None]) -> None:
        self._registry = registry
        self._wake = wake
        self._deadlines: dict[str, tuple[float, Timer]] = {}

    def created(self, deployment: Stored, replica_set: Stored) -> None:
        """Report a new ReplicaSet, before anything else is known of it."""
        latest = self._registry.latest(deployment)
        if latest is None:
            return
        latest = self._registry.annotate(latest, revision=replica_set.annotations["deployment.kubernetes.io/revision"])
        created = ("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{replica_set.name}"')
        now = self._registry.calendar.time()
        self._registry.status(latest, {**latest.status, "conditions": conditions.changed(latest, now, *created)})

    def write_status(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> None:
        """Write the counts and the conditions."""
        status = self._counts(deployment, new, olds)
        now = self._registry.calendar.time()
        _, unavailable = bounds(deployment)
        enough = status.get("availableReplicas", 0) >= deployment.spec["replicas"] - unavailable
        available = UNAVAILABLE
        if enough:
            available = AVAILABLE
        known = conditions.changed(deployment, now, *available)
        known = self._failure(known, new, olds, now)
        known = self._progressing(deployment, known, status, new, now)
        self._registry.status(deployment, {**status, "conditions": known})

    def _counts(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> Body:
        def total(key: str) -> int:
            return sum(each.status.get(key, 0) for each in (*olds, new) if each is not None)

        available, updated = total("availableReplicas"), 0
        if new is not None:
            updated = new.status.get("replicas", 0)
        status: Body = {
            "replicas": total("replicas"),
            "updatedReplicas": updated,
            "readyReplicas": total("readyReplicas"),
            "availableReplicas": available,
            "unavailableReplicas": max(0, deployment.spec["replicas"] - available)
            or max(0, total("replicas") - available),
        }
        status = {key: value for key, value in status.items() if value}
        return status | {
            "terminatingReplicas": total("terminatingReplicas"),
            "observedGeneration": deployment.meta["generation"],
        }

    def _failure(self, known: list[Body], new: Stored | None, olds: list[Stored], now: str) -> list[Body]:
        for each in (new, *olds):
            if each is None:
                continue
            failure = condition(each, "ReplicaFailure")
            if failure:
                return conditions.set_in(known, now, "ReplicaFailure", "True", failure["reason"], failure["message"])
        return conditions.without(known, "ReplicaFailure")

    def _progressing(
        self, deployment: Stored, known: list[Body], status: Body, new: Stored | None, now: str
    ) -> list[Body]:
        wanted = deployment.spec["replicas"]
        counts = ("updatedReplicas", "replicas", "availableReplicas")
        name = f'Deployment "{deployment.name}"'
        if new is not None:
            name = f'ReplicaSet "{new.name}"'
        progressing = condition(deployment, "Progressing")
        if all(status.get(key, 0) == wanted for key in counts):
            self._forget(deployment)
            done = f"{name} has successfully progressed."
            return conditions.set_in(known, now, "Progressing", "True", "NewReplicaSetAvailable", done)
        if progressing.get("reason") == "NewReplicaSetAvailable" and status.get("updatedReplicas", 0) == status.get(
            "replicas"
        ):
            return known
        # Any progress starts the deadline anew; only a rollout that has stood still for all of it is late.
        if self._moved(deployment, status):
            self._watch(deployment)
            moving = f"{name} is progressing."
            return conditions.set_in(known, now, "Progressing", "True", "ReplicaSetUpdated", moving)
        if self._late(deployment):
            late = f"{name} has timed out progressing."
            return conditions.set_in(known, now, "Progressing", "False", "ProgressDeadlineExceeded", late)
        return known

    def _moved(self, deployment: Stored, status: Body) -> bool:
        """Return whether more pods are updated or available, or fewer are old, than in the last status."""
        before = deployment.status

        def old(each: Body) -> int:
            return int(each.get("replicas", 0)) - int(each.get("updatedReplicas", 0))

        grown = any(status.get(key, 0) > before.get(key, 0) for key in ("updatedReplicas", "availableReplicas"))
        return grown or old(status) < old(before)

    def _watch(self, deployment: Stored) -> None:
        self._forget(deployment)
        seconds = deployment.spec["progressDeadlineSeconds"]
        key = deployment.namespace, deployment.name
        timer = self._registry.timers.after(seconds, lambda: self._wake(key))
        self._deadlines[deployment.uid] = (self._registry.timers.now() + seconds, timer)

    def _late(self, deployment: Stored) -> bool:
        if deployment.uid not in self._deadlines:
            self._watch(deployment)
        return self._registry.timers.now() >= self._deadlines[deployment.uid][0]

    def _forget(self, deployment: Stored) -> None:
        if deployment.uid in self._deadlines:
            self._deadlines.pop(deployment.uid)[1].cancel()
