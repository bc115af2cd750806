"""Looks after the pods of every node: one life a pod."""

from ..apiserver.deletion import Deletion
from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..store.kinds import POD
from ..store.objects import Stored
from ..store.store import Change
from .pod_lifecycle import Life


class Kubelet:
    """Starts a life when a pod is bound to a node, ends it when the pod is deleted, forgets it when it is gone."""

    def __init__(self, registry: Registry, deletion: Deletion, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._recorder = Recorder(registry, "kubelet")
        self._lives: dict[str, Life] = {}
        self._number = 0
        registry.store.listen(POD, self._hear)

    def _hear(self, change: Change) -> None:
        pod = change.after
        if change.type == "DELETED":
            if life := self._lives.pop(pod.uid, None):
                life.vanish(change.before or pod)
            return
        life = self._lives.get(pod.uid)
        if life is None and pod.spec.get("nodeName") and not pod.deleting:
            self._number += 1
            self._lives[pod.uid] = Life(
                pod, self._registry, self._deletion, self._failures, self._recorder, self._number
            )
        elif life is not None and pod.deleting:
            life.asked_to_end(pod)
        elif life is not None and change.before is not None and (names := _changed(change.before, pod)):
            life.asked_to_restart(pod, names)

    def reconsider(self) -> None:
        """Let every pod look at its failures again: one was injected or removed."""
        for life in tuple(self._lives.values()):
            life.reconsider()


def _changed(before: Stored, after: Stored) -> list[str]:
    """Return the names of the containers whose image was changed."""
    if before.spec is after.spec:
        return []
    images = {each["name"]: each["image"] for each in before.spec["containers"]}
    return [each["name"] for each in after.spec["containers"] if each["image"] != images.get(each["name"])]
