"""Evictions with the patience of `kubectl drain`: a disruption budget that refuses one is asked again.

Whether a budget allows an eviction is asked by a dry run, and the eviction is sent once it does. So t0, which is noted
before the first write, is that of an eviction that was accepted, and not of the first of many that were refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from .. import changes
from ..api.client import Client
from ..errors import ApiError, EvictionBlockedError
from ..kube.objects import Pod, Ref
from .write import Writer

BUDGET: Final = "DisruptionBudget"
"""The cause that a refused eviction names where a budget refused it, and a busy API server's 429 does not."""
INTERVAL: Final = 1.0
"""Seconds between two questions to a budget; `kubectl drain` lets 5 pass."""
BUSY_DEADLINE: Final = 5.0
"""Seconds for which an API server may answer that it is too busy."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How an eviction waits: `now` is the run's clock, `wait` lets its seconds pass, `limit` is how many at most."""

    now: Callable[[], float]
    wait: Callable[[float], None]
    limit: float


class Evictions:
    """The evictions of one fault; all of them together wait for budgets no longer than the limit."""

    def __init__(self, writer: Writer, client: Client, waiting: Waiting) -> None:
        self._writer = writer
        self._client = client
        self._waiting = waiting
        self._waited = 0.0

    def evict(self, pod: Pod) -> None:
        """Evict exactly this pod, once its budget allows it.

        Raises EvictionBlockedError when the limit has passed, or at once for a budget that can never allow it; the
        ApiError of a server that stays too busy; NotFoundError or ConflictError if the pod is no longer there.
        """
        began = self._waiting.now()
        while not self._evicted(pod, began):
            self._pause()

    def _evicted(self, pod: Pod, began: float) -> bool:
        """Ask once, and evict if that is allowed; return False if it makes sense to ask again."""
        refusal = self._refusal(pod, dry_run=True)
        gives_up = refusal is not None and self._gives_up(pod, refusal, began)
        if refusal is not None and not gives_up:
            return False
        # Sent once also where it will be refused: then t0 and the API server's answer are on record.
        refusal = self._refusal(pod, dry_run=False)
        if refusal is None:
            return True
        if gives_up or self._gives_up(pod, refusal, began):
            raise self._error(pod, refusal) from refusal
        return False

    def _refusal(self, pod: Pod, *, dry_run: bool) -> ApiError | None:
        """Send the eviction; return the answer that it may be worth asking again after."""
        ref = Ref(pod.kind, pod.namespace, pod.name, pod.uid)
        path, body = f"{changes.path(ref)}/eviction", _eviction(pod, dry_run=dry_run)
        try:
            if dry_run:
                self._writer.dry_run("POST", path, body)
            else:
                self._writer.send("POST", ref, path, body)
        except ApiError as error:
            if error.status == 429 or is_of_budget(error):
                return error
            # Only a budget counts in a dry run: a webhook with side effects lets none pass, and what else is wrong will
            # be answered to the eviction itself.
            if not dry_run:
                raise
        return None

    def _gives_up(self, pod: Pod, refusal: ApiError, began: float) -> bool:
        if not is_of_budget(refusal):
            return self._waiting.now() - began >= BUSY_DEADLINE
        # Several budgets for one pod are no 429, and are refused always (registry/core/pod/storage/eviction.go).
        return refusal.status != 429 or self._is_over or not self._may_open(pod.namespace)

    @property
    def _is_over(self) -> bool:
        return self._waited >= self._waiting.limit

    def _error(self, pod: Pod, refusal: ApiError) -> ApiError | EvictionBlockedError:
        if not is_of_budget(refusal):
            return refusal
        if self._is_over:
            return EvictionBlockedError(f"pod {pod.name} could not be evicted in {self._waiting.limit:g} s: {refusal}")
        return EvictionBlockedError(f"pod {pod.name} may not be evicted, and waiting would not change that: {refusal}")

    def _pause(self) -> None:
        began = self._waiting.now()
        self._waiting.wait(min(INTERVAL, max(0.0, self._waiting.limit - self._waited)))
        seconds = self._waiting.now() - began
        self._waited += seconds
        self._writer.note_blocked(seconds)

    def _may_open(self, namespace: str) -> bool:
        """Return whether a budget of the namespace that allows no eviction now may allow one later."""
        # Which of the budgets refused is in no field of the answer, so all of the namespace are looked at: one that is
        # not concerned makes us wait for longer at worst. Who may not list them waits until the limit.
        try:
            listed = self._client.get(f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets")
            budgets = _BUDGETS.decode(listed).items
        except (ApiError, msgspec.MsgspecError):
            return True
        closed = [budget for budget in budgets if budget.status.disruptions_allowed == 0]
        return not closed or not all(budget.is_closed_for_good for budget in closed)


class _Meta(Struct, frozen=True):
    generation: int = 0


class _Status(Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    expected_pods: int = 0
    disrupted_pods: Mapping[str, str] = field(default_factory=dict)


class _Budget(Struct, frozen=True):
    """A PodDisruptionBudget, as far as it says whether it may allow an eviction later."""

    metadata: _Meta
    status: _Status = _Status()

    @property
    def is_closed_for_good(self) -> bool:
        """Whether all its pods are healthy already: there is nothing to wait for that would allow an eviction."""
        # Evictions that were accepted, and whose pods the controller has not missed yet, are in `disruptedPods`.
        status = self.status
        seen = status.observed_generation >= self.metadata.generation and not status.disrupted_pods
        return seen and status.current_healthy >= status.expected_pods


class _Budgets(Struct, frozen=True):
    items: tuple[_Budget, ...]


_BUDGETS: Final = msgspec.json.Decoder(_Budgets)


def is_of_budget(error: ApiError) -> bool:
    """Return whether a budget refused the eviction: one that allows none, or several, which the API always refuses."""
    return BUDGET in error.causes or "PodDisruptionBudget" in str(error)


def _eviction(pod: Pod, *, dry_run: bool = False) -> dict[str, Any]:
    options: dict[str, Any] = {"preconditions": {"uid": pod.uid}}
    if dry_run:
        options["dryRun"] = ["All"]
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": options,
    }
