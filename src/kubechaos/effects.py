"""What proves a fault: each effect is a value with its meaning beside it.

An effect is asked after every record until it is seen; `state` is the run so far, `injection` the fault in it. Effects
are recorded with the fault, so that a replay asks the same. A new effect is a new class here, and its name in `Effect`.
"""

from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from .judge.experiment import Injection
    from .judge.pod_history import PodHistory
    from .judge.state import State

STOP_MARGIN: Final = 10.0
"""Seconds after a victim's grace period by which its end must have been seen."""
EFFECT_DEADLINE: Final = 30.0
"""Seconds after t0 by which any other effect must have been seen."""


Sight: TypeAlias = tuple[str, float]
"""What was seen of an effect, in a word for the report, and when it was first there, on the run's clock."""


class _Effect(Struct, frozen=True, tag_field="effect", tag=True):
    """What all effects share."""

    preparing: ClassVar[bool] = False
    """Whether the fault hurts nobody alone: it is only used as a block around another fault."""
    takes_pods: ClassVar[bool] = False
    """Whether it is on the target as a whole, so that pods go which nobody chose."""
    leaves: ClassVar[bool] = False
    """Whether a victim that shows it should leave the API."""
    unseen: ClassVar[str]
    """The code of the cause where a fault is not proven, beside the sentence of `missing`."""

    @property
    def wants(self) -> int | None:
        """How many pods the target wants while it is in force; None if that stays as it was."""
        return None

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return what was seen of the effect, and when; None while it is not there.

        It is asked before the health of the target is looked at: `state.health` is that of the record before.
        """
        raise NotImplementedError

    def missing(self, state: "State", injection: "Injection") -> str:
        """Say what was not seen, for a fault that is not proven; the seconds are added by the caller."""
        raise NotImplementedError

    def deadline(self, graces: "list[float]") -> float:
        """Return the seconds after t0 by which it must be seen; `graces` are the victims' grace periods."""
        return EFFECT_DEADLINE

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return the effect on one victim and when it was first seen; None while there is none."""
        return None


class _OnVictims(_Effect, frozen=True):
    """An effect that every victim must show."""

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return the effect on the last victim, once all show one."""
        found = [self.on_victim(state.histories[uid], injection) for uid in injection.victims]
        seen = [each for each in found if each is not None]
        return max(seen, key=lambda each: each[1]) if seen and len(seen) == len(found) else None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Name the first victim that shows no effect."""
        for uid in injection.victims:
            if self.on_victim(state.histories[uid], injection) is None:
                return self.not_on(state.histories[uid].pod.name)
        return "no pod was touched"

    def not_on(self, pod: str) -> str:
        """Say that a pod shows no effect."""
        raise NotImplementedError


class PodsGone(_OnVictims, frozen=True):
    """Every victim is gone from the API, or terminating with nothing of it running."""

    leaves: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotGone"

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return "gone", or "stopped", and when."""
        return victim.proof

    def not_on(self, pod: str) -> str:
        """Say that neither was seen."""
        return f"pod {pod} was asked to go, but neither its end nor that of its containers was seen"

    def deadline(self, graces: "list[float]") -> float:
        """A victim may use its whole grace period."""
        return max(graces, default=0.0) + STOP_MARGIN


class PodsRestarted(_OnVictims, frozen=True):
    """A container of every victim was restarted in place; `container` is its name, "" for whichever was."""

    unseen: ClassVar[str] = "NotRestarted"
    container: str = ""

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return "restarted", and when the container was first seen to have been."""
        for name, at in victim.restarts:
            if at >= injection.t0 and self.container in ("", name):
                return "restarted", at
        return None

    def not_on(self, pod: str) -> str:
        """Say that the container was not restarted."""
        return f"no new container of pod {pod} was seen"

    def deadline(self, graces: "list[float]") -> float:
        """The container may use the pod's whole grace period."""
        return max(EFFECT_DEADLINE, max(graces, default=0.0) + STOP_MARGIN)


class PodCount(_Effect, frozen=True):
    """The target has this many pods."""

    takes_pods: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotScaled"
    pods: int

    @property
    def wants(self) -> int | None:
        """The target wants as many."""
        return self.pods

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Compare with the pods that count."""
        return ("scaled", state.at) if len(state.target.active) == self.pods else None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Say that there were never as many."""
        return f"there were never {self.pods} pods"


class TemplateReplaced(_Effect, frozen=True):
    """There is a pod of a template that was not the current one at t0."""

    takes_pods: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotReplaced"

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Look for a pod of the new template."""
        target = state.target
        changed = target.template != injection.template
        return ("replaced", state.at) if changed and target.updated(target.active) else None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Say that there was none."""
        return "no pod of the new template was seen"


class Accepted(_Effect, frozen=True):
    """The API server's answers show what was written. It hurts nobody: a fault of this effect prepares another."""

    preparing: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotAccepted"

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Compare what was sent with what was accepted."""
        return ("accepted", state.at) if injection.sent and injection.accepted == injection.sent else None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Say how much was not accepted."""
        return f"{injection.accepted} of {injection.sent} writes were accepted"


Effect: TypeAlias = PodsGone | PodsRestarted | PodCount | TemplateReplaced | Accepted
