"""All streams of one target, folded as they arrive: opened before the first fault, closed at the end of the test.

Four kinds of thread meet here: one for each stream, one for each probe, one for all probes that are silent, and the
main thread. Each hands its records to `put`; the main thread alone delivers them, waits and judges.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

from ..api.client import Client
from ..clock import WALL_TIME, Clock, WallTime
from ..deferred_signals import DEFERRED_SIGNALS
from ..errors import ApiError, ForbiddenError, InconclusiveError, NotFoundError, NotFoundTargetError, UnreachableError
from ..judge.state import State, step
from ..kube import decode
from ..kube.kinds import BEST_EFFORT, KINDS
from ..kube.objects import Workload
from ..records import Failed, Gap, Opened, Record
from ..target import Target, names
from .confirmation import Received
from .heartbeat import Heartbeat
from .watch import Watch

BARRIER_DEADLINE: Final = 15.0
"""Wall seconds until every stream must have listed: one deadline of a list, 10 s, and the time of a busy machine."""
CATCH_UP: Final = 2.0
"""Wall seconds that a stream may lag behind a fresh listing before that counts as a gap. A healthy one lags some
milliseconds, as the API server serves both from one watch cache; a busy one gets time enough."""
KEPT_STATES: Final = 1000
"""How many states are kept for records that are not delivered yet; those of further records are folded again."""

Listener = Callable[[Record, State], None]


class Observation:
    """A target as it is observed, live: `state` is the fold of every record so far.

    A record is folded by the thread that brings it: it has just decoded it, so what the fold needs is still in the
    cache of its core. The `listener` gets each record, with the state right after it and in the same order, from the
    thread that waits or records something of its own: listeners write files and call users' rules, and a stream must
    wait for neither.
    """

    def __init__(
        self, client: Client, target: Target, clock: Clock, listener: Listener, wall: WallTime = WALL_TIME
    ) -> None:
        self.target = target
        self.state = State()
        self.unobserved: tuple[str, ...] = ()
        self._client = client
        self._clock = clock
        self._wall = wall
        self._listener = listener
        self._selector = ""
        self._watches: list[Watch] = []
        self._lock = threading.RLock()
        # Records that the listener has not had yet, each with the state after it, or None where too many wait.
        self._pending: SimpleQueue[tuple[Record | Failed, State | None]] = SimpleQueue()
        # The state after the last record that the listener has had: older than `state`, and where folding starts again.
        self._delivered_state = State()
        # What `confirm` compares with a fresh listing.
        self._received = Received()
        # Why a stream that a verdict needs has ended, the first one of them; "" while all run.
        self._failure = ""
        self._heartbeat = Heartbeat(self.put, clock.now, wall)

    def open(self) -> None:
        """List and watch everything; return once all streams are past their listing (the barrier).

        Raises NotFoundTargetError naming what there is, UnreachableError, and the ApiError that ended a stream.
        """
        ref = self.target.ref
        self._selector = self._workload().selector if KINDS[ref.kind].is_workload else ref.name
        self.put_own(Opened(self._clock.now(), ref.kind, self.target.expect, names(self.target.probes)))
        expected = {*KINDS[ref.kind].streams, *BEST_EFFORT}
        for kind in expected:
            watch = Watch(
                self._client.fork(),
                KINDS[kind],
                ref.namespace,
                self._query(kind),
                self.put,
                self._clock.now,
                self._wall,
            )
            self._watches.append(watch)
            watch.start()
        self._heartbeat.start()
        until = self._wall.monotonic() + BARRIER_DEADLINE
        missing = expected
        while missing:
            if not self._deliver_next(until - self._wall.monotonic()):
                raise UnreachableError(f"{', '.join(sorted(missing))}: no listing within {BARRIER_DEADLINE:g} s")
            missing = expected - self.state.target.listed - set(self.unobserved)
        self.catch_up()

    def _query(self, kind: str) -> dict[str, str]:
        """Select the objects of a kind: the workload itself, what has its labels, all of a best-effort kind."""
        if kind == self.target.ref.kind:
            return {"fieldSelector": f"metadata.name={self.target.ref.name}"}
        if kind in BEST_EFFORT:
            return {}
        return {"labelSelector": self._selector}

    def _workload(self) -> Workload:
        ref, kind = self.target.ref, KINDS[self.target.ref.kind]
        try:
            workload: Workload = kind.codec.object(self._client.get(kind.path(ref.namespace, ref.name)))
        except NotFoundError:
            raise NotFoundTargetError(self._describe_missing()) from None
        return workload

    def _describe_missing(self) -> str:
        """Describe what is missing, the namespace or the workload, and name the workloads that there are."""
        ref, context = self.target.ref, self._client.pinned.context
        try:
            self._client.get(f"/api/v1/namespaces/{ref.namespace}")
        except NotFoundError:
            return f'no namespace "{ref.namespace}" in context "{context}"; name yours: --chaos-namespace NAME'
        except ApiError:
            pass  # who may not read namespaces may still read what is in them
        page = KINDS[ref.kind].codec.page(self._client.get(KINDS[ref.kind].path(ref.namespace)))
        there = ", ".join(sorted(each.name for each in page.objects)) or "none"
        return (
            f'no {ref.kind} "{ref.name}" in namespace "{ref.namespace}" of context "{context}" '
            f"(there are: {there}); name yours: --chaos-target {ref.kind.lower()}/NAME"
        )

    def put_own(self, record: Record) -> State:
        """Record something that we did or decided ourselves, after all that has arrived; return the state after it."""
        self.catch_up()
        return self._put_and_deliver(record)

    def _put_and_deliver(self, record: Record) -> State:
        with DEFERRED_SIGNALS.section():
            state = self.put(record)
        self.catch_up()
        return state

    def put(self, record: Record | Failed) -> State:
        """Take in a record from any thread, in the order of arrival; return the state right after it."""
        with self._lock:
            if not isinstance(record, Failed):
                self._received.add(record)
                self.state = step(self.state, record)
            # States share most of their parts, so keeping some is cheap. Keeping all is not, in a test that delivers
            # nothing for an hour: for records after the first KEPT_STATES, `_deliver_next` computes the state again.
            kept = self.state if self._pending.qsize() < KEPT_STATES else None
            self._pending.put((record, kept))
            return self.state

    def now(self) -> float:
        """Return the time on the run's clock."""
        return self._clock.now()

    def seconds_until(self, ends_at: Callable[[State], float]) -> float:
        """Return the seconds until the time that `ends_at` gives for the state so far."""
        return ends_at(self.state) - self._clock.now()

    def wait(self, ends_at: Callable[[State], float]) -> State:
        """Deliver records as they arrive until the time that `ends_at` gives for the state so far."""
        while (left := self._clock.wall(self.seconds_until(ends_at))) > 0:
            self._deliver_next(left)
        self.catch_up()
        return self.state

    def catch_up(self) -> None:
        """Deliver what has arrived, without waiting."""
        # What was there at the beginning, and no more: records may arrive as fast as they are delivered.
        for _ in range(self._pending.qsize()):
            self._deliver_next(0.0)

    def confirm(self) -> str:
        """Compare with fresh listings of all that a verdict depends on, and wait for the streams to reach them.

        Returns the version of the pods' listing. A stream that stays behind has lost something since it was last
        complete, which is recorded as a gap. Raises InconclusiveError for a stream that has ended and, where no fault
        is under way, for a gap.
        """
        if self._failure:
            raise InconclusiveError(self._failure)
        # A process that runs again may be here before the thread of the heartbeat is.
        self._heartbeat.beat()
        with self._lock:
            self._received.begin_comparison()
        asked = self._clock.now()
        pages = {kind: self._page(kind) for kind in KINDS[self.target.ref.kind].streams}
        until = self._wall.monotonic() + CATCH_UP
        for kind, page in pages.items():
            if self._catch_up_with(kind, page, until):
                self._received.last[kind] = max(asked, self._received.last[kind])
        return pages["Pod"].resource_version

    def _page(self, kind: str) -> decode.Page[Any]:
        resource, query = KINDS[kind], self._query(kind)
        # Without a resourceVersion in the query the answer is at least as new as every write before it. With "0" it
        # could come from a stale cache, the same as the stream's, which would confirm anything.
        # https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
        page: decode.Page[Any] = resource.codec.page(self._client.get(resource.path(self.target.ref.namespace), query))
        return page

    def _catch_up_with(self, kind: str, page: decode.Page[Any], until: float) -> bool:
        """Deliver records until the stream has shown all of a listing; False, after a gap, if not by `until`."""
        while missing := self._received.missing(self.state.target.known(kind), page):
            if not self._deliver_next(until - self._wall.monotonic()):
                self._record_gap(kind, f"the stream never showed {missing}")
                return False
        return True

    def _record_gap(self, kind: str, why: str) -> None:
        self._put_and_deliver(Gap(self._clock.now(), kind, self._received.last[kind], why))
        if self.state.experiment is None or not self.state.experiment.running:
            raise InconclusiveError(f"{kind} events may be missing, so nothing was touched: {why}")

    def close(self) -> None:
        """End every stream."""
        self._heartbeat.stop()
        for watch in self._watches:
            watch.stop()
        self._watches.clear()

    def _deliver_next(self, left: float) -> bool:
        """Deliver the next record; return False if none comes within so many seconds of wall time."""
        try:
            record, state = self._pending.get(timeout=left) if left > 0 else self._pending.get_nowait()
        except Empty:
            return False
        if isinstance(record, Failed):
            self._stream_failed(record)
            return True
        # The listener writes the record to disk: a signal in between would leave a state that no recording explains.
        with DEFERRED_SIGNALS.section():
            self._delivered_state = state or step(self._delivered_state, record)
            self._listener(record, self._delivered_state)
        return True

    def _stream_failed(self, failed: Failed) -> None:
        """Do without a best-effort stream that is forbidden, as the report says; raise the failure of any other.

        It is raised once: streams often end together, and the end of the experiment must still be recorded.
        """
        if failed.kind in BEST_EFFORT and isinstance(failed.error, ForbiddenError):
            self.unobserved = (*self.unobserved, failed.kind)
            return
        if self._failure:
            return
        self._failure = f"the {failed.kind} stream ended: {failed.error}"
        if failed.kind in self.state.target.listed:
            raise InconclusiveError(self._failure) from failed.error
        # Before its listing nothing was touched, and the error itself says best what is wrong.
        raise failed.error
