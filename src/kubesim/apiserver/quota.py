"""ResourceQuotas of pods: counted for their status, and refused when they are full."""

from typing import Final

from ..store.kinds import POD, QUOTA, Kind
from ..store.objects import Body, is_terminal
from ..store.refusals import forbidden
from ..store.store import Change
from .registry import Registry

LAG: Final = 0.005
COUNTED: Final = ("pods", "count/pods")


class Quotas:
    """Admission and status of quotas."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._used: dict[str, int] = {}
        registry.admit.append(self._admit)
        registry.store.listen(POD, self._on_pod)
        registry.store.listen(QUOTA, self._on_change)

    def _on_pod(self, change: Change) -> None:
        """Count a pod from its creation until it has ended."""
        before = change.before is not None and not is_terminal(change.before)
        after = change.type != "DELETED" and not is_terminal(change.after)
        if before is not after:
            namespace = change.after.namespace
            self._used[namespace] = self._used.get(namespace, 0) + after - before
            for quota in tuple(self._registry.store.all(QUOTA)):
                if quota.namespace == namespace:
                    self._later(quota.namespace, quota.name)

    def _on_change(self, change: Change) -> None:
        if change.type != "DELETED":
            self._later(change.after.namespace, change.after.name)

    def _later(self, namespace: str, name: str) -> None:
        # Admission counts at once, but the status is written by a controller, and so a little later.
        self._registry.timers.after(LAG, lambda: self._count(namespace, name))

    def _count(self, namespace: str, name: str) -> None:
        quota = self._registry.store.get(QUOTA, namespace, name)
        if quota is not None:
            hard = {key: str(value) for key, value in quota.spec["hard"].items()}
            used = dict.fromkeys(hard, str(self._used.get(namespace, 0)))
            self._registry.status(quota, {"hard": hard, "used": used})

    def _admit(self, kind: Kind, body: Body) -> None:
        if kind is not POD:
            return
        meta = body["metadata"]
        used = self._used.get(meta["namespace"], 0)
        for quota in self._registry.store.all(QUOTA):
            limit = next((int(value) for key, value in quota.spec["hard"].items() if key in COUNTED), None)
            if quota.namespace == meta["namespace"] and limit is not None and used + 1 > limit:
                message = f"exceeded quota: {quota.name}, requested: pods=1, used: pods={used}, limited: pods={limit}"
                raise forbidden(POD, meta["name"], message)
