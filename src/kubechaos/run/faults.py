"""What hurts: a fault is a function of the door, with its arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..act.door import Act
from ..act.permission import Permission
from ..judge import victims
from ..judge.victims import Who


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a target; `instant` faults leave nothing behind that could be undone."""

    name: str
    args: tuple[str, ...]
    steps: Callable[[Act], None] = field(repr=False)
    needs: tuple[Permission, ...] = ()
    instant: bool = True

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"


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
