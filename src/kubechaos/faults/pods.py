"""Faults of single pods."""

from ..act.act import Act
from ..act.containers import by_digest
from ..effects import PodsGone, PodsRestarted
from ..judge import victims
from ..judge.victims import Who
from ..target import Target
from .fault import Fault


def kill(who: Who, force: bool = False) -> Fault:
    """Delete pods of the target, as `kubectl delete pod` does: their own grace period, budgets are not asked.

    `force` deletes with a grace of 0: gone from the API at once, while the process may run on for a while.
    Raises ArgumentError for a `who` that can never choose anybody.
    """
    victims.check(who)

    def steps(act: Act, target: Target) -> None:
        for pod in act.choose(who):
            act.delete(pod, grace=0 if force else None)

    args = (victims.describe(who), *(("force=True",) if force else ()))
    return Fault("kill", args, steps, PodsGone(), needs=(("delete", "pods"),))


def evict(who: Who) -> Fault:
    """Evict pods of the target, as `kubectl drain` does: disruption budgets are asked.

    A budget that says no is an EvictionBlockedError, verdict `blocked`. Raises ArgumentError for a `who` that can never
    choose anybody.
    """
    victims.check(who)

    def steps(act: Act, target: Target) -> None:
        for pod in act.choose(who):
            act.evict(pod)

    return Fault("evict", (victims.describe(who),), steps, PodsGone(), needs=(("create", "pods/eviction"),))


def kill_container(who: Who, container: str | None = None) -> Fault:
    """Stop one container of pods of the target, with its grace; the pods stay, and the kubelet starts it again.

    `container` may be left out where a pod has only one. Raises ArgumentError for a `who` that can never choose
    anybody.
    """
    victims.check(who)

    def steps(act: Act, target: Target) -> None:
        # All are read before any is written: an image without a digest must refuse the fault, not end it half-way.
        found = [(pod, by_digest(pod, act.read(pod), container)) for pod in act.choose(who)]
        for pod, fields in found:
            act.patch(pod, fields)

    args = (victims.describe(who), *((repr(container),) if container else ()))
    needs = (("get", "pods"), ("patch", "pods"))
    return Fault("kill_container", args, steps, PodsRestarted(container or ""), needs=needs)
