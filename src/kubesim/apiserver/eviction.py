"""Eviction: the deletion of a pod, if its PodDisruptionBudget allows it."""

from collections.abc import Callable
from typing import Final

from ..store.objects import Body, Stored, condition, is_ready, is_terminal
from ..store.refusals import Refused, bad_request, too_many
from .deletion import Deletion, Options
from .registry import Registry

DELETES: Final = 0.004
"""Seconds from the pod's condition DisruptionTarget to its deletion."""
NOT_YET: Final = 10
"""The Retry-After, in seconds, while the disruption controller has not seen a budget yet."""
REFUSED: Final = "Cannot evict pod as it would violate the pod's disruption budget."


class Eviction:
    """Evicts pods; `budgets` returns those that select a pod."""

    def __init__(self, registry: Registry, deletion: Deletion, budgets: Callable[[Stored], list[Stored]]) -> None:
        self._registry = registry
        self._deletion = deletion
        self._budgets = budgets

    def evict(self, pod: Stored, eviction: Body, *, dry: bool = False) -> None:
        """Evict a pod; raises Refused."""
        named = (eviction.get("metadata") or {}).get("name")
        if named != pod.name:
            raise bad_request("name in URL does not match name in Eviction object")
        options = Options.of_body(eviction.get("deleteOptions") or {})
        dry = dry or options.dry
        # Pods that nobody depends on, or that are going anyway, are deleted without asking a budget.
        if pod.deleting or is_terminal(pod) or pod.status.get("phase") == "Pending":
            self._deletion.delete(pod, Options(options.grace, options.uid, options.version, dry))
            return
        budgets = self._budgets(pod)
        if len(budgets) > 1:
            message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            raise Refused(500, "", message)
        if budgets:
            self._ask(budgets[0], pod, Options(options.grace, options.uid, options.version, dry=True), dry)
        self._deletion.delete(pod, Options(options.grace, options.uid, options.version, dry=True))
        if not dry:
            self._mark(pod, options)

    def _ask(self, budget: Stored, pod: Stored, options: Options, dry: bool) -> None:
        """Take one of the disruptions that a budget allows; raises Refused if there is none."""
        status = budget.status
        if status.get("observedGeneration", 0) < budget.meta["generation"]:
            cause = f"The disruption budget {budget.name} is still being processed by the server."
            raise too_many(REFUSED, NOT_YET, causes=[_cause(cause)], retryAfterSeconds=NOT_YET)
        if not is_ready(pod) and self._spares(budget):
            return
        if status["disruptionsAllowed"] < 1:
            needs, has = status["desiredHealthy"], status["currentHealthy"]
            cause = f"The disruption budget {budget.name} needs {needs} healthy pods and has {has} currently"
            raise too_many(REFUSED, causes=[_cause(cause)])
        # A dry run of the deletion checks the preconditions before the budget is charged for it.
        self._deletion.delete(pod, options)
        if not dry:
            # Until the disruption controller has seen the pod go, it stays in disruptedPods: two evictions in a row
            # cannot both take the last disruption.
            disrupted = {**(status.get("disruptedPods") or {}), pod.name: self._registry.calendar.time()}
            taken = {"disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": disrupted}
            self._registry.status(budget, {**status, **taken})

    def _spares(self, budget: Stored) -> bool:
        """Return whether a pod that is not Ready may be evicted without being counted."""
        if budget.spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
            return True
        return bool(budget.status["currentHealthy"] >= budget.status["desiredHealthy"] > 0)

    def _mark(self, pod: Stored, options: Options) -> None:
        disrupted = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self._registry.calendar.time(),
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        }
        if not condition(pod, "DisruptionTarget"):
            pod = self._registry.status(
                pod, {**pod.status, "conditions": [disrupted, *(pod.status.get("conditions") or ())]}
            )
        self._registry.timers.after(DELETES, lambda: self._delete(pod, options))

    def _delete(self, pod: Stored, options: Options) -> None:
        latest = self._registry.latest(pod)
        if latest is not None:
            self._deletion.delete(latest, Options(options.grace, pod.uid))


def _cause(message: str) -> dict[str, str]:
    return {"reason": "DisruptionBudget", "message": message}
