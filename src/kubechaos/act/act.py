"""A fault's only way to write to the cluster. What it changes through here is undone for it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, TypeAlias

from .. import changes
from ..errors import ApiError, ArgumentError, ConflictError, EvictionBlockedError, FaultNotProvenError, NotFoundError
from ..judge.state import State
from ..judge.victims import Who, candidates, choose
from ..kube.fields import Json
from ..kube.kinds import KINDS
from ..kube.objects import Pod, Ref
from ..target import Target
from .write import PAUSE, Writer

BUDGET_DEADLINE: Final = 5.0
"""Seconds for the disruption controller to take in a new budget; until then the API server answers evictions with 429
and a Retry-After, as it also does when it is busy."""
BUDGET: Final = "DisruptionBudget"
"""The cause that a refused eviction names where a budget refused it, and a busy API server's 429 does not."""

Addressed: TypeAlias = Target | Pod | Ref
"""The objects that can be written to: the target, a pod of it, or any object by its Ref."""


class Act:
    """The calls by which a fault changes its target, and the only ones.

    `run` is the run's id, `look` returns the watched state as it is now, `time_of_day` an RFC 3339 timestamp, and
    `chance` chooses the victims. What is changed is kept to be undone, unless `keep` is false: an instant fault changes
    what is not to be restored.
    """

    def __init__(
        self,
        writer: Writer,
        target: Target,
        run: str,
        *,
        keep: bool,
        look: Callable[[], State],
        time_of_day: Callable[[], str],
        chance: Random,
    ) -> None:
        self._time_of_day = time_of_day
        self._writer = writer
        self._target = target
        self._run = run
        self._keep = keep
        self._look = look
        self._chance = chance

    def time_of_day(self) -> str:
        """Return the time of day, as an RFC 3339 timestamp."""
        return self._time_of_day()

    def choose(self, who: Who) -> tuple[Pod, ...]:
        """Choose victims among the target's Ready pods, and record them; raises TooFewCandidatesError."""
        victims = choose(who, candidates(self._look().target.owned), self._chance)
        self._writer.choose(victims)
        return victims

    def read(self, what: Addressed) -> Json:
        """Return an object as the API server has it now; raises FaultNotProvenError for a pod that is gone."""
        try:
            return self._writer.read(_ref(what))
        except NotFoundError as error:
            if isinstance(what, Pod):
                raise _gone(what, error) from error
            raise

    def patch(self, what: Addressed, fields: Mapping[str, Any]) -> None:
        """Set fields of an object, nested as in the object; None removes a field.

        The items of a list are addressed by a key: {"containers": {"[name=app]": {"image": "x"}}}. Raises ArgumentError
        if nothing would change, FaultNotProvenError if somebody else changed the target just before, or if the API
        server accepts the change and its answer shows another.
        """
        ref = _ref(what)

        def check(live: Json) -> None:
            if ref.uid and live["metadata"]["uid"] != ref.uid:
                raise FaultNotProvenError(f"{ref} was deleted and made again before us; nothing was touched")
            if isinstance(what, Target):
                self._check_target(ref, live)

        try:
            self._writer.patch(ref, fields, keep=self._keep, check=check)
        except NotFoundError as error:
            raise FaultNotProvenError(f"{ref} was gone before we touched it: {error}") from error

    def _check_target(self, ref: Ref, live: Json) -> None:
        """Refuse to change for a while what somebody else has just changed: nobody could say what to restore."""
        experiment, workload = self._look().experiment, self._look().target.workload
        if workload is None or live["metadata"]["uid"] != workload.uid:
            raise FaultNotProvenError(f"{ref} was deleted and made again before us; nothing was touched")
        known = workload.generation
        if experiment is not None:
            # Our own last write: the stream may not have shown it yet.
            known = max(known, experiment.generation)
        if self._keep and changes.generation(live) > known:
            raise FaultNotProvenError(f"{ref} was changed by somebody else just before us; nothing was touched")

    def create(self, manifest: Json) -> Json:
        """Create an object in the target's namespace, with our run's label; return it as the API server has it.

        Raises ArgumentError for a kind that kubechaos does not know, RefusedError if there is one of that name already.
        """
        kind, name = manifest.get("kind", ""), manifest.get("metadata", {}).get("name", "")
        if kind not in KINDS or not name:
            raise ArgumentError(f"create: give metadata.name, and a kind of: {', '.join(sorted(KINDS))}; not {kind!r}")
        return self._writer.create(manifest, Ref(kind, self._target.ref.namespace, name), self._run)

    def delete(self, pod: Pod, *, grace: int | None = None) -> None:
        """Delete exactly this pod, by its uid; `grace` in seconds, None for the pod's own.

        Proof is the pod's own end, so a lost answer is no error; a pod that is no longer there is FaultNotProvenError.
        """
        # Without the uid a DELETE that is late would hit the next pod of the same name, as a StatefulSet makes one.
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": pod.uid}}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        self._send(pod, "DELETE", changes.path(_ref(pod)), options)

    def evict(self, pod: Pod) -> None:
        """Evict exactly this pod; raises EvictionBlockedError where a disruption budget does not allow it."""
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": pod.uid}},
        }
        wall = self._writer.wall
        until = wall.monotonic() + BUDGET_DEADLINE
        while not self._evicted(pod, body, last=wall.monotonic() > until):
            wall.sleep(PAUSE)

    def _evicted(self, pod: Pod, body: dict[str, Any], *, last: bool) -> bool:
        """Ask once; return False if it is worth asking again: the budget is new, or the API server busy."""
        try:
            self._send(pod, "POST", f"{changes.path(_ref(pod))}/eviction", body)
        except ApiError as error:
            # A budget that the disruption controller has not looked at yet, and a busy API server, send a Retry-After;
            # a budget that says no does not (registry/core/pod/storage/eviction.go).
            if error.status == 429 and error.retry_after is not None and not last:
                return False
            if _is_of_a_budget(error):
                raise EvictionBlockedError(f"pod {pod.name} may not be evicted: {error}") from error
            raise
        return True

    def _send(self, pod: Pod, method: str, path: str, body: Mapping[str, Any]) -> None:
        try:
            self._writer.send(method, _ref(pod), path, body)
        except (NotFoundError, ConflictError) as error:
            raise _gone(pod, error) from error


def _ref(what: Addressed) -> Ref:
    if isinstance(what, Ref):
        return what
    return what.ref if isinstance(what, Target) else Ref(what.kind, what.namespace, what.name, what.uid)


def _gone(pod: Pod, error: ApiError) -> FaultNotProvenError:
    return FaultNotProvenError(f"pod {pod.name} was gone before we touched it: {error}")


def _is_of_a_budget(error: ApiError) -> bool:
    """Return whether a budget refused the eviction: one that says no, or several, which the API always refuses."""
    return BUDGET in error.causes or "PodDisruptionBudget" in str(error)
