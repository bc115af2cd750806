"""Looks after the pods of every node: one life a pod."""

from ..apiserver.deletion import Deletion
from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..sickness import Ward
from ..store.kinds import POD
from ..store.objects import Stored
from ..store.store import Change
from .life import Life


class Kubelet:
    """Starts a life when a pod is bound to a node, ends it when the pod is deleted, forgets it when it is gone."""

    def __init__(self, registry: Registry, deletion: Deletion, ward: Ward) -> None:
        self._registry = registry
        self._deletion = deletion
        self._ward = ward
        self._recorder = Recorder(registry, "kubelet")
        self._lives: dict[str, Life] = {}
        self._addresses = 1
        registry.store.listen(POD, self._hear)

    def _hear(self, change: Change) -> None:
        pod = change.after
        if change.type == "DELETED":
            if life := self._lives.pop(pod.uid, None):
                life.vanish()
            return
        life = self._lives.get(pod.uid)
        if life is None and pod.spec.get("nodeName") and not pod.deleting:
            self._lives[pod.uid] = Life(
                pod, self._registry, self._deletion, self._ward, self._recorder, self._next_address
            )
        elif life is not None and pod.deleting:
            life.asked_to_end(pod)

    def _next_address(self) -> str:
        self._addresses += 1
        return f"10.244.{self._addresses // 250 % 250}.{self._addresses % 250 + 1}"

    def reconsider(self) -> None:
        """Let everybody feel a new sickness."""
        for life in tuple(self._lives.values()):
            life.reconsider()

    def log(self, pod: Stored) -> str:
        """Return what a pod's container has written."""
        life = self._lives.get(pod.uid)
        return life.log if life else ""
