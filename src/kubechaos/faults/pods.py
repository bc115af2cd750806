"""Faults of single pods."""

from ..act.act import Act
from ..act.containers import by_digest
from ..effects import PodsGone, PodsRestarted
from ..judge import victims
from ..judge.victims import Who
from ..target import Target
from .fault import Fault


def kill(who: Who, force: bool = False) -> Fault:
    """Delete pods of the target, as `kubectl delete pod` does: with their own grace period, whatever budgets say.

    `force` deletes with a grace period of 0: the pod is gone from the API at once, while its processes may run on for a
    while. Raises ArgumentError for a `who` that can never choose anybody.
    """
    # At once and not in `steps`: parametrised tests make their faults while they are collected.
    victims.check(who)
    args, grace, effect = [victims.describe(who)], None, PodsGone()
    if force:
        args, grace, effect = [*args, "force=True"], 0, PodsGone(grace=0)

    def steps(act: Act, target: Target) -> None:
        for pod in act.choose(who):
            act.delete(pod, grace=grace)

    return Fault("kill", tuple(args), steps, effect, needs=(("delete", "pods"),))


def evict(who: Who) -> Fault:
    """Evict pods of the target, as `kubectl drain` does: only when their disruption budgets allow it.

    A budget that does not is asked again until `within` is over. Then it is an EvictionBlockedError, verdict `blocked`;
    at once where the budget can never open: all of its pods are healthy, and it allows none to go. Raises ArgumentError
    for a `who` that can never choose anybody.
    """
    victims.check(who)

    def steps(act: Act, target: Target) -> None:
        for pod in act.choose(who):
            act.evict(pod)

    return Fault("evict", (victims.describe(who),), steps, PodsGone(), needs=(("create", "pods/eviction"),))


def kill_container(who: Who, container: str | None = None) -> Fault:
    """Stop one container in pods of the target, with its grace period; the kubelet starts it again in the same pods.

    `container` may be left out where a pod has only one. Raises ArgumentError for a `who` that can never choose
    anybody.
    """
    victims.check(who)
    args = [victims.describe(who)]
    if container:
        args.append(repr(container))

    def steps(act: Act, target: Target) -> None:
        # All are read before any is written: an image without a digest must refuse the fault, not end it half-way.
        found = [(pod, by_digest(pod, act.read(pod), container)) for pod in act.choose(who)]
        for pod, fields in found:
            act.patch(pod, fields)

    needs = (("get", "pods"), ("patch", "pods"))
    return Fault("kill_container", tuple(args), steps, PodsRestarted(container or ""), needs=needs)
