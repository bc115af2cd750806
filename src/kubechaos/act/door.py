"""The one door: whatever changes the cluster goes through here, with its preconditions."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

from ..api.client import Client
from ..api.mutate import STRATEGIC, send
from ..errors import (
    ApiError,
    ArgumentError,
    ConflictError,
    EvictionBlockedError,
    FaultNotProvenError,
    NotFoundError,
    NotHealedError,
    UnreachableError,
    may_pass,
)
from ..judge.timeline import State
from ..judge.victims import Who, candidates, choose
from ..kube import decode
from ..kube.kinds import RESOURCES
from ..kube.objects import Pod, Ref
from .containers import by_digest

Marker = Callable[..., object]
ATTEMPTS: Final = 8
"""How often a change is tried that somebody else's write came before."""
BUDGET_DEADLINE: Final = 5.0
"""Seconds for the disruption controller to take in a budget; until then it answers 429 with a Retry-After, as a busy
API server does."""
BUDGET: Final = "DisruptionBudget"
"""The cause that a refused eviction names where a budget refused it, and a busy API server's 429 does not."""
HEAL_DEADLINE: Final = 30.0
"""Seconds in which a cluster that does not answer may come back to be healed."""
PAUSE: Final = 0.2
"""Seconds between two tries within either deadline."""


class Act:
    """What a fault may do to its target; `target` names it.

    `look` returns the state of the run as it is now, and `mark` records what is done.
    """

    def __init__(self, transport: Client, target: Ref, look: Callable[[], State], mark: Marker, chance: Random) -> None:
        self.target = target
        self._transport = transport
        self._look = look
        self._mark = mark
        self._chance = chance
        self._begun = False
        self._scaled: list[_Scaled] = []

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
        self._send(pod, "DELETE", _path(pod), options)

    def evict(self, pod: Pod) -> None:
        """Evict exactly this pod; raises EvictionBlockedError where a disruption budget does not allow it."""
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": pod.uid}},
        }
        until = time.monotonic() + BUDGET_DEADLINE
        while not self._evicted(pod, body, until):
            time.sleep(PAUSE)

    def _evicted(self, pod: Pod, body: dict[str, Any], until: float) -> bool:
        """Ask once; False where a budget is so new that it is worth asking again."""
        try:
            self._send(pod, "POST", f"{_path(pod)}/eviction", body)
        except ApiError as error:
            if error.status == 429 and error.retry_after is not None and time.monotonic() <= until:
                return False
            if _is_of_a_budget(error):
                raise EvictionBlockedError(f"pod {pod.name} may not be evicted: {error}") from error
            raise
        return True

    def restart(self, pods: tuple[Pod, ...], container: str | None) -> None:
        """Let the kubelet stop and restart a container of each pod, by patching its image to that image's own digest.

        Proof is that this container is restarted. Raises RefusedError, before anything is touched, where an image has
        no digest.
        """
        patches = [(pod, by_digest(pod, self._found(pod), container)) for pod in pods]
        for pod, (name, patch) in patches:
            self._begin()
            self._mark("intent", verb="restart", uid=pod.uid, container=name)
            self._send(pod, "PATCH", _path(pod), patch, STRATEGIC)

    def _found(self, pod: Pod) -> dict[str, Any]:
        try:
            return decode.mapping(self._transport.get(_path(pod)))
        except NotFoundError as error:
            raise _gone(pod, error) from error

    def roll_out(self, stamp: str) -> None:
        """Replace every pod, as `kubectl rollout restart` does: an annotation of the template changes."""
        annotations = {"kubectl.kubernetes.io/restartedAt": stamp}
        self._revise({"template": {"metadata": {"annotations": annotations}}}, self._mark, verb="rollout")

    def scale(self, replicas: int) -> None:
        """Let the target want so many replicas, until it is healed."""
        world = self._look().world
        scaled = _Scaled(world.workload.uid if world.workload else "", world.wanted, replicas)
        if replicas == scaled.before:
            raise ArgumentError(f"{self.target} wants {replicas} replicas already: scaling it to that does nothing")
        self._scaled.append(scaled)
        only_if = scaled.uid, scaled.before
        if not self._revise({"replicas": replicas}, self._mark, verb="scale", only_if=only_if, replicas=replicas):
            self._scaled.pop()
            raise FaultNotProvenError(f"{self.target} was changed by somebody else just before us; nothing was touched")

    def heal(self) -> None:
        """Put back what was changed, the last first; what somebody else has changed since is left as it is.

        What goes wrong in telling of it is raised once all is put back. Raises NotHealedError if the cluster does not
        let us.
        """
        mark = _Later(self._mark)
        until = time.monotonic() + HEAL_DEADLINE
        while self._scaled:
            scaled = self._scaled[-1]
            try:
                healed = self._unscale(scaled, mark)
            except NotFoundError:
                mark("superseded", what=f"{self.target} is gone")
                healed = True
            except ApiError as error:
                if not (may_pass(error) or isinstance(error, ConflictError)) or time.monotonic() > until:
                    raise NotHealedError(
                        f"{self.target} still wants {scaled.after} replicas instead of {scaled.before}: {error}; put "
                        f"it back: kubectl scale {self.target} -n {self.target.namespace} --replicas={scaled.before}"
                    ) from error
                time.sleep(PAUSE)
                continue
            if healed:
                self._scaled.pop()
        mark.complain()

    def _unscale(self, scaled: "_Scaled", mark: Marker) -> bool:
        """Put it back, or see that there is nothing to put back; False if it has changed while we looked."""
        found = decode.mapping(self._transport.get(self._path()))
        live = found["spec"].get("replicas", 1)
        if found["metadata"]["uid"] != scaled.uid:
            mark("superseded", what=f"{self.target} was deleted and made again; left as it is")
        elif live == scaled.after:
            return self._revise({"replicas": scaled.before}, mark, verb="heal", only_if=(scaled.uid, live))
        elif live != scaled.before:
            mark("superseded", what=f"{self.target} wants {live} replicas by now; left as it is")
        return True

    def _revise(
        self, spec: dict[str, Any], mark: Marker, *, verb: str, only_if: tuple[str, int] | None = None, **facts: Any
    ) -> bool:
        """Change the target's spec; its resourceVersion is the precondition, so that the next generation is ours.

        Returns False, and changes nothing, if it is not the one with the uid and the replicas of `only_if`.
        """
        self._begin()
        for attempt in range(1, ATTEMPTS + 1):
            found = decode.mapping(self._transport.get(self._path()))
            meta = found["metadata"]
            if only_if is not None and (meta["uid"], found["spec"].get("replicas", 1)) != only_if:
                return False
            mark("intent", verb=verb, generation=meta["generation"] + 1, **facts)
            body = {"metadata": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}, "spec": spec}
            try:
                send(self._transport, "PATCH", self._path(), body)
            except ConflictError:
                if attempt == ATTEMPTS:
                    raise
            except UnreachableError as error:
                mark("acted", method="PATCH", answer=str(error), generation=meta["generation"] + 1)
                raise
            else:
                mark("acted", method="PATCH", answer="accepted", generation=meta["generation"] + 1)
                return True
        return False

    def _path(self) -> str:
        return RESOURCES[self.target.kind].path(self.target.namespace, self.target.name)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._mark("t0")

    def _send(self, pod: Pod, method: str, path: str, body: dict[str, Any], content: str = "") -> None:
        self._begin()
        try:
            send(self._transport, method, path, body, content=content)
        except (NotFoundError, ConflictError) as error:
            raise _gone(pod, error) from error
        except UnreachableError as error:
            self._mark("acted", uid=pod.uid, method=method, answer=str(error))
        else:
            self._mark("acted", uid=pod.uid, method=method, answer="accepted")


class _Scaled(NamedTuple):
    """What we have changed: which workload, and how many replicas it wanted before and since."""

    uid: str
    before: int
    after: int


class _Later:
    """Marks, and keeps the first error of it for later: a full disk must not keep a cluster from being healed."""

    def __init__(self, mark: Marker) -> None:
        self._mark = mark
        self._error: Exception | None = None

    def __call__(self, what: str, /, **facts: Any) -> None:
        try:
            self._mark(what, **facts)
        except Exception as error:  # noqa: BLE001  # raised by `complain`
            self._error = self._error or error

    def complain(self) -> None:
        """Raise the error that was kept."""
        if self._error is not None:
            raise self._error


def _path(pod: Pod) -> str:
    return RESOURCES["Pod"].path(pod.namespace, pod.name)


def _gone(pod: Pod, error: ApiError) -> FaultNotProvenError:
    return FaultNotProvenError(f"pod {pod.name} was gone before we touched it: {error}")


def _is_of_a_budget(error: ApiError) -> bool:
    """Whether it is a budget that refuses an eviction: one that says no, or two, which always say no."""
    return BUDGET in error.causes or "PodDisruptionBudget" in str(error)
