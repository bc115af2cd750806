"""The effects that prove a fault; each is a value with its own functions.

An effect is asked for after every record until it is seen: `state` is the target so far, `injection` the fault. It
is recorded with the fault, so that a replay asks for the same. A new effect is a new class here, and its name in
`Effect`.

An effect is something that the watch showed, never an answer to our own request: a 200 for a DELETE is also given for a
pod that is terminating already. Only of a fault that prepares another one is the answer the effect.
"""

from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from .judge.experiment import Injection
    from .judge.pod_history import PodHistory
    from .judge.state import State

# Measured with a grace period of 2 s: a pod has stopped 0.1 to 1.7 s after the request, and left the API after 0.5 to
# 2.6 s. The margin is for a kubelet that is busy with others.
STOP_MARGIN: Final = 10.0
"""Seconds after the grace period of a victim by which its end must have been seen."""
EFFECT_DEADLINE: Final = 30.0
"""Seconds after t0 by which any other effect must have been seen."""


Sight: TypeAlias = tuple[str, float]
"""The effect that was seen, in one word for the report, and when it was first seen, on the run's clock."""


class _Effect(Struct, frozen=True, tag_field="effect", tag=True):
    """The base of all effects."""

    preparing: ClassVar[bool] = False
    """Whether the fault alone disturbs nothing, and only prepares a fault that is injected inside of its block."""
    takes_pods: ClassVar[bool] = False
    """Whether it is an effect on the workload, so that pods go that were not chosen as victims."""
    leaves: ClassVar[bool] = False
    """Whether a victim that shows it should leave the API soon after."""
    needs_rollout: ClassVar[bool] = False
    """Whether it comes of a rollout, which a workload that is paused, or keeps its pods, does not do."""
    unseen: ClassVar[str]
    """The code of the cause if the effect was not seen; `missing` is the sentence."""

    @property
    def wants(self) -> int | None:
        """How many pods the target wants while the fault is in force; None if the fault does not change that."""
        return None

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return the effect and when it was seen; None if it is not there.

        `state.health` is still that of the record before: whether the effect is there decides on the health.
        """
        raise NotImplementedError

    def missing(self, state: "State", injection: "Injection") -> str:
        """Return a sentence on what was not seen; the caller adds "in N s"."""
        raise NotImplementedError

    def deadline(self, graces: "list[float]") -> float:
        """Return by when it must be seen, in seconds after t0; `graces` are the victims' grace periods in seconds."""
        return EFFECT_DEADLINE

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return the effect on one victim and when it was first seen; None if it shows none."""
        return None


class _OnVictims(_Effect, frozen=True):
    """An effect that every victim must show."""

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return the effect on the victim that showed it last, once all of them do."""
        found = [self.on_victim(state.histories[uid], injection) for uid in injection.victims]
        seen = [sight for sight in found if sight is not None]
        # Without a victim nothing was touched, which is no effect on all of them.
        if not seen or len(seen) < len(found):
            return None
        return max(seen, key=lambda sight: sight[1])

    def missing(self, state: "State", injection: "Injection") -> str:
        """Return a sentence on the first victim that shows no effect."""
        for uid in injection.victims:
            if self.on_victim(state.histories[uid], injection) is None:
                return self.not_on(state.histories[uid].pod.name)
        return "no pod was touched"

    def not_on(self, pod: str) -> str:
        """Return a sentence on a pod that shows no effect."""
        raise NotImplementedError


class PodsGone(_OnVictims, frozen=True):
    """Every victim has left the API, or is terminating and nothing of it is running.

    grace: the grace period that the fault gives them, in seconds; None for their own.
    """

    leaves: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotGone"
    grace: float | None = None

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return "gone" or "stopped", and when that was first seen."""
        return victim.proof

    def not_on(self, pod: str) -> str:
        """Return a sentence on a pod that showed neither."""
        return f"pod {pod} was asked to go, but neither its end nor that of its containers was seen"

    def deadline(self, graces: "list[float]") -> float:
        """Return the longest grace period, all of which a victim may use, and a margin."""
        if self.grace is not None:
            return self.grace + STOP_MARGIN
        return max(graces, default=0.0) + STOP_MARGIN


class PodsRestarted(_OnVictims, frozen=True):
    """A container of every victim was restarted in place; `container` is its name, "" for any."""

    unseen: ClassVar[str] = "NotRestarted"
    container: str = ""

    def on_victim(self, victim: "PodHistory", injection: "Injection") -> Sight | None:
        """Return "restarted", and when the first restart after t0 was seen."""
        for name, at in victim.restarts:
            if at >= injection.t0 and self.container in ("", name):
                return "restarted", at
        return None

    def not_on(self, pod: str) -> str:
        """Return a sentence on a pod whose container was not restarted."""
        return f"no new container of pod {pod} was seen"

    def deadline(self, graces: "list[float]") -> float:
        """Return the longest grace period, all of which the container may use, and a margin; at least 30 s."""
        return max(EFFECT_DEADLINE, max(graces, default=0.0) + STOP_MARGIN)


class PodCount(_Effect, frozen=True):
    """The target has exactly this many active pods."""

    takes_pods: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotScaled"
    pods: int

    @property
    def wants(self) -> int | None:
        """The number of pods that the fault asks for."""
        return self.pods

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return "scaled" once the target has that many active pods."""
        # The pods themselves, as `status.replicas` lags behind them, and is absent instead of 0.
        if len(state.target.active) == self.pods:
            return "scaled", state.at
        return None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Return a sentence on the number that was never reached."""
        return f"there were never {self.pods} pods"


class TemplateReplaced(_Effect, frozen=True):
    """The target has an active pod of a template that was not the current one at t0."""

    takes_pods: ClassVar[bool] = True
    needs_rollout: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotReplaced"

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return "replaced" once a pod of the new template is there."""
        # A new template alone is no effect: a controller that is stuck accepts it and replaces nothing.
        target = state.target
        changed = target.template != injection.template
        if changed and target.updated(target.active):
            return "replaced", state.at
        return None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Return a sentence on the pod that did not come."""
        return "no pod of the new template was seen"


class Accepted(_Effect, frozen=True):
    """The API server accepted all writes. A fault with this effect disturbs nothing: it prepares another one."""

    preparing: ClassVar[bool] = True
    unseen: ClassVar[str] = "NotAccepted"

    def seen(self, state: "State", injection: "Injection") -> Sight | None:
        """Return "accepted" once as many writes were accepted as were sent."""
        if injection.sent and injection.accepted == injection.sent:
            return "accepted", state.at
        return None

    def missing(self, state: "State", injection: "Injection") -> str:
        """Return a sentence on how many writes were accepted."""
        return f"{injection.accepted} of {injection.sent} writes were accepted"


Effect: TypeAlias = PodsGone | PodsRestarted | PodCount | TemplateReplaced | Accepted
