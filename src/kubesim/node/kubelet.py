"""Runs the pods of every node: one lifecycle for each pod."""

from ..apiserver.deletion import Deletion
from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..store.kinds import POD
from ..store.objects import Stored
from ..store.store import Change
from . import statuses
from .pod_lifecycle import PodLifecycle


class Kubelet:
    """Begins a lifecycle when a pod is bound to a node, and passes on what changes of the pod until it is gone."""

    def __init__(self, registry: Registry, deletion: Deletion, failures: FailureRegistry) -> None:
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._recorder = Recorder(registry, "kubelet")
        self._pods: dict[str, PodLifecycle] = {}
        self._number = 0
        registry.store.listen(POD, self._on_change)

    def _on_change(self, change: Change) -> None:
        pod = change.after
        known = self._pods.get(pod.uid)
        if known is None:
            if pod.spec.get("nodeName") and not pod.deleting and change.type != "DELETED":
                self._begin(pod)
        elif change.type == "DELETED":
            del self._pods[pod.uid]
            known.on_gone(change.before or pod)
        elif pod.deleting:
            known.on_deletion(pod)
        elif change.before is not None:
            containers = _with_new_images(change.before, pod)
            if containers:
                known.on_new_images(pod, containers)

    def _begin(self, pod: Stored) -> None:
        self._number += 1
        self._pods[pod.uid] = PodLifecycle(
            pod, self._registry, self._deletion, self._failures, self._recorder, self._number
        )

    def on_failures_changed(self) -> None:
        """Have every pod look at its failures again: one was injected or removed."""
        for pod in tuple(self._pods.values()):
            pod.on_failures_changed()


def _with_new_images(before: Stored, after: Stored) -> list[str]:
    """Return the names of the containers whose image was changed."""
    if before.spec is after.spec:
        return []
    images = {each["name"]: each["image"] for each in statuses.running_on(before)}
    return [each["name"] for each in statuses.running_on(after) if each["image"] != images.get(each["name"])]
