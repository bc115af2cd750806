"""The one door: whatever changes the cluster goes through here, with its preconditions."""

from collections.abc import Callable
from random import Random
from typing import Any

from ..api.resources import RESOURCES
from ..api.transport import Transport
from ..errors import ConflictError, FaultNotProvenError, NotFoundError, UnreachableError
from ..judge.timeline import State
from ..judge.victims import Who, candidates, choose
from ..model import Pod, Ref

Marker = Callable[..., None]


class Act:
    """What a fault may do to its target; `target` names it.

    `look` returns the state of the run as it is now, and `mark` records what is done.
    """

    def __init__(
        self, transport: Transport, target: Ref, look: Callable[[], State], mark: Marker, chance: Random
    ) -> None:
        self.target = target
        self._transport = transport
        self._look = look
        self._mark = mark
        self._chance = chance
        self._begun = False

    def choose(self, who: Who) -> tuple[Pod, ...]:
        """Choose victims among the target's Ready pods; raises TooFewCandidatesError."""
        victims = choose(who, candidates(self._look().world.owned), self._chance)
        for pod in victims:
            self._mark("victim", uid=pod.uid, name=pod.name)
        return victims

    def delete(self, pod: Pod, *, grace: int | None = None) -> None:
        """Delete exactly this pod, by its uid; `grace` in seconds, None for the pod's own.

        Proof is the pod's own end, so a lost answer is no error; a pod that is no longer there is FaultNotProvenError.
        """
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": pod.uid}}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        self._send(pod, "DELETE", RESOURCES["Pod"].path(pod.namespace, pod.name), options)

    def _send(self, pod: Pod, method: str, path: str, body: dict[str, Any]) -> None:
        if not self._begun:
            self._begun = True
            self._mark("t0")
        try:
            self._transport.send(method, path, body)
        except (NotFoundError, ConflictError) as error:
            raise FaultNotProvenError(f"pod {pod.name} was gone before we touched it: {error}") from error
        except UnreachableError as error:
            self._mark("acted", uid=pod.uid, method=method, answer=str(error))
        else:
            self._mark("acted", uid=pod.uid, method=method, answer="accepted")
