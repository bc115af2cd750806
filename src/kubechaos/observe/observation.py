"""All streams of one target, folded as they arrive: opened before the fault, closed after the verdict."""

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
from ..kube.objects import Workload, precedes
from ..records import Failed, Gap, Gone, Listed, Opened, Record, Seen
from ..target import Target, names
from .watch import Watch

BARRIER_DEADLINE: Final = 15.0
CATCH_UP: Final = 2.0
"""How long the stream may lag behind a fresh listing before that counts as a gap."""

KEPT: Final = 1000
"""How many states are kept for records that are not delivered yet; those of further records are folded again."""

Listener = Callable[[Record, State], None]


class Observation:
    """What is known of a target, live: `state` is the fold of every record so far.

    A record is folded by the thread that has it, which has just decoded it, so all that it takes is still in the cache
    of its core. The listener is called in the caller's thread, in the same order, when that waits or records.
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
        self._lock = threading.RLock()
        self._pending: SimpleQueue[tuple[Record | Failed, State | None]] = SimpleQueue()
        self._delivered_state = State()
        self._watches: list[Watch] = []
        self._last_received: dict[str, float] = {}
        self._ended: set[str] = set()
        self._failure = ""

    def open(self) -> None:
        """List and watch everything; returns once all streams are past their listing (the barrier)."""
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
        until = self._wall.monotonic() + BARRIER_DEADLINE
        while missing := expected - self.state.target.listed - set(self.unobserved):
            if not self._deliver_next(until - self._wall.monotonic()):
                raise UnreachableError(f"{', '.join(sorted(missing))}: no listing within {BARRIER_DEADLINE:g} s")
        self.catch_up()

    def _query(self, kind: str) -> dict[str, str]:
        """Select the objects of a kind: the workload itself, what has its labels, all of a best-effort kind."""
        if kind == self.target.ref.kind:
            return {"fieldSelector": f"metadata.name={self.target.ref.name}"}
        return {} if kind in BEST_EFFORT else {"labelSelector": self._selector}

    def _workload(self) -> Workload:
        ref = self.target.ref
        try:
            found: Workload = KINDS[ref.kind].codec.object(
                self._client.get(KINDS[ref.kind].path(ref.namespace, ref.name))
            )
        except NotFoundError:
            raise NotFoundTargetError(self._missing()) from None
        return found

    def _missing(self) -> str:
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
        """Record something that we did or decided ourselves, after all that has arrived; returns the state after it."""
        self.catch_up()
        return self._put(record)

    def _put(self, record: Record) -> State:
        """Take in a record of our own, and deliver it."""
        with DEFERRED_SIGNALS.section():
            state = self.put(record)
        self.catch_up()
        return state

    def put(self, record: Record | Failed) -> State:
        """Take in a record from any thread, in the order of arrival; returns the state right after it."""
        with self._lock:
            if isinstance(record, Listed):
                self._last_received[record.kind] = record.at
            elif isinstance(record, (Seen, Gone)):
                self._last_received[record.object.kind] = record.at
                if isinstance(record, Gone):
                    self._ended.add(record.object.uid)
            if not isinstance(record, Failed):
                self.state = step(self.state, record)
            self._pending.put((record, self.state if self._pending.qsize() < KEPT else None))
            return self.state

    def now(self) -> float:
        """Return the time on the run's clock."""
        return self._clock.now()

    def until(self, ends_at: Callable[[State], float]) -> float:
        """Return the seconds until the time that `ends_at` gives for the state so far."""
        return ends_at(self.state) - self._clock.now()

    def wait(self, ends_at: Callable[[State], float]) -> State:
        """Deliver records as they arrive until the time that `ends_at` gives for the state so far."""
        while (left := self._clock.wall(self.until(ends_at))) > 0:
            self._deliver_next(left)
        self.catch_up()
        return self.state

    def catch_up(self) -> None:
        """Deliver what has arrived, without waiting."""
        for _ in range(self._pending.qsize()):
            self._deliver_next(0.0)

    def confirm(self) -> str:
        """Compare with fresh listings of all that a verdict stands on, and wait for the streams to reach them.

        Returns the version of the pods' listing. A stream that stays behind is recorded as a gap, since it was last
        complete: it lost something. Raises InconclusiveError for one where no fault is under way, and for a stream
        that has ended.
        """
        if self._failure:
            raise InconclusiveError(self._failure)
        with self._lock:
            self._ended.clear()
        asked = self._clock.now()
        pages = {kind: self._page(kind) for kind in KINDS[self.target.ref.kind].streams}
        until = self._wall.monotonic() + CATCH_UP
        for kind, page in pages.items():
            while behind := self._behind(kind, page):
                if not self._deliver_next(until - self._wall.monotonic()):
                    self._missed(kind, f"the stream never showed {behind}")
                    break
            else:
                self._last_received[kind] = max(asked, self._last_received[kind])
        return pages["Pod"].resource_version

    def _page(self, kind: str) -> decode.Page[Any]:
        resource, query = KINDS[kind], self._query(kind)
        page: decode.Page[Any] = resource.codec.page(self._client.get(resource.path(self.target.ref.namespace), query))
        return page

    def _missed(self, kind: str, why: str) -> None:
        self._put(Gap(self._clock.now(), kind, self._last_received[kind], why))
        if self.state.experiment is None or not self.state.experiment.running:
            raise InconclusiveError(f"{kind} events may be missing, so nothing was touched: {why}")

    def _behind(self, kind: str, page: decode.Page[Any]) -> str:
        """Name what a fresh listing knows and the stream has not shown; "" if there is nothing.

        The stream may be ahead of the listing: an object whose end it has shown since is not missing. Where versions
        cannot be compared, nobody knows which of the two is ahead, and the stream is taken to be behind: that is a gap.
        """
        known = self.state.target.known(kind)
        fresh = {each.uid: each for each in page.objects}
        for uid, each in fresh.items():
            if uid in self._ended:
                continue
            if uid not in known or precedes(known[uid].resource_version, each.resource_version) is not False:
                return f"{each.name} at version {each.resource_version}"
        for uid, each in known.items():
            created_since = precedes(page.resource_version, each.resource_version) is True
            if uid not in fresh and not created_since:
                return f"the end of {each.name}"
        return ""

    def close(self) -> None:
        """End every stream."""
        for watch in self._watches:
            watch.stop()
        self._watches.clear()

    def _deliver_next(self, left: float) -> bool:
        """Deliver the next record; False if none comes in so many seconds of wall time."""
        try:
            record, state = self._pending.get(timeout=left) if left > 0 else self._pending.get_nowait()
        except Empty:
            return False
        if isinstance(record, Failed):
            self._stream_failed(record)
            return True
        with DEFERRED_SIGNALS.section():
            self._delivered_state = state or step(self._delivered_state, record)
            self._listener(record, self._delivered_state)
        return True

    def _stream_failed(self, failed: Failed) -> None:
        """Do without a best-effort stream, as the report will say; without any other there is no verdict.

        Said once: several streams may end of the same cause, and the end of an experiment must still be recorded.
        """
        optional = failed.kind in BEST_EFFORT
        if optional and isinstance(failed.error, ForbiddenError):
            self.unobserved = (*self.unobserved, failed.kind)
        elif not self._failure:
            self._failure = f"the {failed.kind} stream ended: {failed.error}"
            if failed.kind in self.state.target.listed:
                raise InconclusiveError(self._failure) from failed.error
            raise failed.error
