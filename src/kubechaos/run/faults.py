"""What hurts: a fault is a function of the door, with its arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ..act.door import Act
from ..act.permission import Permission
from ..errors import ArgumentError
from ..judge import victims
from ..judge.recovery import EFFECT_DEADLINE
from ..judge.victims import Who
from ..judge.world import PODS, STREAMS
from ..kube.kinds import RESOURCES

ANY: Final = frozenset(STREAMS)
WORKLOAD: Final = "{workload}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a target; `instant` faults leave nothing behind that could be undone.

    `needs` is asked for before anything is touched; WORKLOAD in it stands for the target's own resource. `kinds`
    are the targets that it can be done to, and `effect_within` the seconds in which it must have shown an effect other
    than the end of its victims.
    """

    name: str
    args: tuple[str, ...]
    steps: Callable[[Act], None] = field(repr=False)
    needs: tuple[Permission, ...] = ()
    instant: bool = True
    kinds: frozenset[str] = ANY
    effect_within: float = 0.0

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"

    def permissions(self, kind: str) -> tuple[Permission, ...]:
        """Return what is needed to do it to a target of this kind, and to undo it."""
        return tuple(
            Permission(each.verb, RESOURCES[kind].plural, RESOURCES[kind].group) if each.resource == WORKLOAD else each
            for each in self.needs
        )


def kill(who: Who, force: bool = False) -> Fault:
    """Delete pods of the target, as `kubectl delete pod` does: their own grace period, budgets are not asked.

    `force` deletes with a grace of 0: gone from the API at once, while the process may run on for a while.
    Raises ArgumentError for a `who` that can never choose anybody.
    """
    victims.check(who)

    def steps(act: Act) -> None:
        for pod in act.choose(who):
            act.delete(pod, grace=0 if force else None)

    args = (victims.describe(who), *(("force=True",) if force else ()))
    return Fault("kill", args, steps, needs=(Permission("delete", "pods"),))


def evict(who: Who) -> Fault:
    """Evict pods of the target, as `kubectl drain` does: disruption budgets are asked.

    A budget that says no is an EvictionBlockedError, verdict `blocked`. Raises ArgumentError for a `who` that can never
    choose anybody.
    """
    victims.check(who)

    def steps(act: Act) -> None:
        for pod in act.choose(who):
            act.evict(pod)

    return Fault("evict", (victims.describe(who),), steps, needs=(Permission("create", "pods/eviction"),))


def kill_container(who: Who, container: str | None = None) -> Fault:
    """Stop one container of pods of the target, with its grace; the pods stay, and the kubelet starts it again.

    `container` may be left out where a pod has only one. Raises ArgumentError for a `who` that can never choose
    anybody.
    """
    victims.check(who)

    def steps(act: Act) -> None:
        act.restart(act.choose(who), container)

    args = (victims.describe(who), *((repr(container),) if container else ()))
    needs = (Permission("get", "pods"), Permission("patch", "pods"))
    return Fault("kill_container", args, steps, needs=needs, effect_within=EFFECT_DEADLINE)


def rollout_restart() -> Fault:
    """Replace every pod by a new one of the same template, in the workload's own way, as `kubectl rollout restart`."""

    def steps(act: Act) -> None:
        act.roll_out(datetime.now(UTC).isoformat(timespec="microseconds"))

    needs = (Permission("get", WORKLOAD), Permission("patch", WORKLOAD))
    return Fault("rollout_restart", (), steps, needs=needs, kinds=ANY - {PODS}, effect_within=EFFECT_DEADLINE)


def scale(replicas: int) -> Fault:
    """Let the target want so many replicas for as long as the fault is held, then as many as before.

    Raises ArgumentError for what is no number of replicas.
    """
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
        raise ArgumentError(f"replicas is {replicas!r}; give a number, 0 or more")

    def steps(act: Act) -> None:
        act.scale(replicas)

    needs = (Permission("get", WORKLOAD), Permission("patch", WORKLOAD))
    return Fault(
        "scale",
        (str(replicas),),
        steps,
        needs=needs,
        instant=False,
        kinds=frozenset({"Deployment", "StatefulSet"}),
        effect_within=EFFECT_DEADLINE,
    )
