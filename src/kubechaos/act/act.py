"""A fault's only way to write to the cluster. What it changes through here is undone for it."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, TypeAlias

from .. import changes
from ..errors import ApiError, ArgumentError, ConflictError, FaultNotProvenError, NotFoundError, RefusedError
from ..judge.state import State
from ..judge.victims import Who, candidates, choose
from ..kube.fields import Json
from ..kube.kinds import KINDS
from ..kube.objects import Pod, Ref
from ..target import Target
from .evictions import Evictions
from .write import Writer

Addressed: TypeAlias = Target | Pod | Ref
"""The objects that can be written to: the target, a pod of it, or any object by its Ref."""


class Act:
    """The calls by which a fault changes its target, and the only ones.

    `run` is the run's id, `look` returns the watched state as it is now, `time_of_day` an RFC 3339 timestamp, and
    `chance` chooses the victims. `found` is the generation of the workload that was found steady, 0 if it need not be
    that one, as inside of another fault's block. What is changed is kept to be undone, unless `keep` is false: an
    instant fault changes what is not to be restored.
    """

    def __init__(
        self,
        writer: Writer,
        evictions: Evictions,
        target: Target,
        run: str,
        *,
        keep: bool,
        look: Callable[[], State],
        found: int,
        time_of_day: Callable[[], str],
        chance: Random,
    ) -> None:
        self._time_of_day = time_of_day
        self._writer = writer
        self._evictions = evictions
        self._target = target
        self._run = run
        self._keep = keep
        self._look = look
        self._found = found
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
        if nothing would change, RefusedError if somebody else changed the target just before, FaultNotProvenError if
        that one made it anew, or if the API server accepts the change and its answer shows another.
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
        """Refuse to change what somebody else has just changed: it may not be steady, or what is to be restored."""
        experiment, workload = self._look().experiment, self._look().target.workload
        if workload is None or live["metadata"]["uid"] != workload.uid:
            raise FaultNotProvenError(f"{ref} was deleted and made again before us; nothing was touched")
        known = self._found or workload.generation
        if experiment is not None:
            # Our own last write: the stream may not have shown it yet.
            known = max(known, experiment.generation)
        if changes.generation(live) > known:
            raise RefusedError(f"{ref} was changed by somebody else just before us; nothing was touched")

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
        if not isinstance(pod, Pod):
            raise ArgumentError(f"delete: {pod} is no pod; give one of those that act.choose returns")
        ref = _ref(pod)
        try:
            self._writer.send("DELETE", ref, changes.path(ref), options)
        except (NotFoundError, ConflictError) as error:
            raise _gone(pod, error) from error

    def evict(self, pod: Pod) -> None:
        """Evict exactly this pod; a disruption budget that refuses it is asked again, as by `kubectl drain`.

        Raises EvictionBlockedError when `within` is over, or at once for a budget that can never allow it.
        """
        try:
            self._evictions.evict(pod)
        except (NotFoundError, ConflictError) as error:
            raise _gone(pod, error) from error


def _ref(what: Addressed) -> Ref:
    if isinstance(what, Ref):
        if what.kind not in KINDS:
            raise ArgumentError(f"{what}: give a Ref of a kind of: {', '.join(sorted(KINDS))}")
        return what
    return what.ref if isinstance(what, Target) else Ref(what.kind, what.namespace, what.name, what.uid)


def _gone(pod: Pod, error: ApiError) -> FaultNotProvenError:
    return FaultNotProvenError(f"pod {pod.name} was gone before we touched it: {error}")
