"""The Deployment controller: creates and scales ReplicaSets as a Deployment's spec asks."""

from typing import Final

from ..apiserver.registry import Registry
from ..controllers.event_queue import EventQueue
from ..controllers.pod_counts import PodCounts
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ControllerSilent
from ..store.kinds import DEPLOYMENT, REPLICA_SET
from ..store.objects import Stored
from ..store.refusals import Refused
from ..store.store import Key
from . import revisions, rollout
from .progress import Progress

LAG: Final = 0.005


class Deployments:
    """Reconciles Deployments; `wake` queues all of them."""

    def __init__(self, registry: Registry, counts: PodCounts, failures: FailureRegistry) -> None:
        self._registry = registry
        self._counts = counts
        self._failures = failures
        self._recorder = Recorder(registry, "deployment-controller")
        self._queue = EventQueue(registry, DEPLOYMENT, REPLICA_SET, LAG, self._reconcile)
        self.wake = self._queue.wake
        self._progress = Progress(registry, self._queue.add)

    def _reconcile(self, key: Key) -> None:
        deployment = self._registry.store.get(DEPLOYMENT, *key)
        if deployment is None or deployment.deleting or self._failures.stops(ControllerSilent, deployment):
            return
        try:
            new, olds = revisions.split(self._registry, deployment)
            self._sync(deployment, new and self._asked(deployment, new), olds)
        except Refused:  # a ReplicaSet of an older Deployment with this name has not been collected yet
            self._queue.retry(key)
            return
        self._queue.done(key)
        new, olds = revisions.split(self._registry, deployment)
        latest = self._registry.latest(deployment)
        if latest is not None:
            self._progress.write_status(latest, new, olds)

    def _sync(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> None:
        if deployment.spec.get("paused"):
            self._scale_active(deployment, new, olds)
        elif deployment.spec["strategy"]["type"] == "Recreate":
            self._recreate(deployment, new, olds)
        else:
            self._roll(deployment, new, olds)

    def _asked(self, deployment: Stored, new: Stored) -> Stored:
        """Return the ReplicaSet of the current template, with the Deployment's minReadySeconds."""
        least = deployment.spec.get("minReadySeconds") or 0
        same = least == (new.spec.get("minReadySeconds") or 0)
        if same:
            return new
        return self._registry.patch(new, {"spec": {"minReadySeconds": least or None}})

    def _scale_active(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> None:
        """Scale the one ReplicaSet that has pods; a paused rollout stays where it is."""
        active = [each for each in (*olds, new) if each is not None and each.spec["replicas"]]
        if len(active) == 1:
            self._scale(deployment, active[0], deployment.spec["replicas"])

    def _recreate(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> None:
        """Scale down all old ReplicaSets, and create the new one when their pods are gone."""
        old = [each for each in olds if each.spec["replicas"]]
        for each in old:
            self._scale(deployment, each, 0)
        if old or any(self._counts.of(each.uid).running for each in olds):
            return
        made = self._made(deployment, new, olds)
        self._scale(deployment, made, deployment.spec["replicas"])

    def _roll(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> None:
        made = self._made(deployment, new, olds)
        if new is None:
            return
        size = rollout.new_size(deployment, made.spec["replicas"], sum(each.spec["replicas"] for each in olds))
        if self._scale(deployment, made, size):
            return
        for each, wanted in zip(olds, rollout.old_sizes(deployment, made, olds), strict=True):
            self._scale(deployment, each, wanted)
        self._clean(deployment, olds)

    def _made(self, deployment: Stored, new: Stored | None, olds: list[Stored]) -> Stored:
        """Return the ReplicaSet of the current template, created if need be, with the newest revision."""
        newest = max((revisions.revision(each) for each in olds), default=0)
        if new is None:
            size = rollout.new_size(deployment, 0, sum(each.spec["replicas"] for each in olds))
            body = revisions.replica_set(deployment, size, newest + 1)
            new = self._registry.create(REPLICA_SET, deployment.namespace, body)
            if size:
                self._say_scaled(deployment, new, 0, size)
            self._progress.created(deployment, new)
        elif revisions.revision(new) <= newest:
            new = self._registry.annotate(new, revision=str(newest + 1))
        latest = self._registry.latest(deployment)
        if latest is not None:
            self._registry.annotate(latest, revision=str(revisions.revision(new)))
        return new

    def _scale(self, deployment: Stored, replica_set: Stored, wanted: int) -> bool:
        before = replica_set.spec["replicas"]
        if before == wanted:
            return False
        latest = self._registry.latest(replica_set)
        if latest is not None:
            scaled = self._registry.patch(latest, {"spec": {"replicas": wanted}})
            self._say_scaled(deployment, scaled, before, wanted)
        return True

    def _say_scaled(self, deployment: Stored, replica_set: Stored, before: int, wanted: int) -> None:
        direction = "down"
        if wanted > before:
            direction = "up"
        message = f"Scaled {direction} replica set {replica_set.name} from {before} to {wanted}"
        self._recorder.normal(deployment, "ScalingReplicaSet", message)

    def _clean(self, deployment: Stored, olds: list[Stored]) -> None:
        """Delete the oldest empty ReplicaSets beyond the history limit."""
        empty = [each for each in olds if not each.spec["replicas"] and not each.status.get("replicas")]
        for each in empty[: max(0, len(empty) - deployment.spec["revisionHistoryLimit"])]:
            self._registry.store.remove(each)
