"""The simulation's time: real, faster than real, or stepped by hand; and the heap of all timers."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Protocol

STEPPED_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Clock(Protocol):
    """Seconds that only go forward; `factor` of them pass in one second of wall time, `epoch` is their zero."""

    kind: str
    factor: float
    epoch: float

    def now(self) -> float:
        """Return the time in simulation seconds."""

    def wall(self, seconds: float) -> float:
        """Return how many seconds of wall time so many seconds of the simulation take."""


class Scaled:
    """A clock on which `factor` seconds pass in one second of wall time."""

    kind = "scaled"

    def __init__(self, factor: float = 20.0) -> None:
        self.factor = float(factor)
        self._origin = time.monotonic()
        self.epoch = time.time()

    def now(self) -> float:
        """Return the time in simulation seconds."""
        return (time.monotonic() - self._origin) * self.factor

    def wall(self, seconds: float) -> float:
        """Return how many seconds of wall time so many seconds of the simulation take."""
        return seconds / self.factor


class Real(Scaled):
    """A clock as fast as the machine's own."""

    kind = "real"

    def __init__(self) -> None:
        super().__init__(1.0)


class Stepped:
    """A clock that stands still until it is moved by hand; its epoch is fixed, so that no result depends on today."""

    kind = "stepped"
    factor = 1.0
    epoch = STEPPED_EPOCH

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the time in simulation seconds."""
        return self.time

    def wall(self, seconds: float) -> float:
        """Return 0: how long it takes is up to whoever steps the clock."""
        return 0.0


class Timer:
    """An action that is due at some time, unless it is cancelled."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Never do it."""
        # It stays in the heap, as taking it out would cost a search; `_do_first` drops it when its time has come.
        self.action = None


class Timers:
    """The actions that are due, in one heap, and the time of the one that runs."""

    # While an action runs, `now` is the time at which it was due, not the time at which the machine got to it. So what
    # an action plans is due at the same simulation time, and in the same order, on a fast machine and on a busy one:
    # load may lengthen the intervals that a watcher measures, but it does not change their order. Actions that are due
    # at the same time run in the order in which they were planned, which the number in the heap decides.

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.failure: BaseException | None = None
        self._heap: list[tuple[float, int, Timer]] = []
        self._number = itertools.count()
        self._due: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._armed: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Return the time at which what is being done was due, else the clock's."""
        if self._due is None:
            return self.clock.now()
        return self._due

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Plan an action in so many simulation seconds."""
        timer = Timer(action)
        heapq.heappush(self._heap, (self.now() + seconds, next(self._number), timer))
        # Inside an action the loop is armed once at its end, whatever it has planned.
        if self._loop is not None and self._due is None and self._heap[0][2] is timer:
            self._arm()
        return timer

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Keep the time where it is for all that is done in here, however long the machine takes."""
        # A call that changes ten objects changes them at one time, as if it were an action of the heap.
        outer = self._due
        self._due = self.now()
        try:
            yield
        finally:
            self._due = outer
            if outer is None:
                self._arm()

    async def passed(self, seconds: float) -> None:
        """Return when so many seconds have passed; at once on a stepped clock, which waits for nobody."""
        if not isinstance(self.clock, Stepped):
            reached = asyncio.Event()
            self.after(seconds, reached.set)
            await reached.wait()

    def drive(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have an event loop run what is due, as the clock goes on."""
        self._loop = loop
        self._arm()

    def rest(self) -> None:
        """Drop all that is planned, and run nothing more."""
        self._loop = None
        if self._armed is not None:
            self._armed.cancel()
        self._heap.clear()

    def step(self, seconds: float) -> None:
        """Move a stepped clock on, and run what becomes due on the way."""
        clock = self.clock
        if not isinstance(clock, Stepped):
            raise TypeError(f"a {clock.kind} clock goes by itself")
        until = clock.time + seconds
        # The clock stops at every action: what it plans may itself be due before `until`.
        while self._heap and self._heap[0][0] <= until:
            clock.time = max(clock.time, self._heap[0][0])
            self._do_first()
        clock.time = until

    def _arm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        if self._loop is not None and self._heap and not isinstance(self.clock, Stepped):
            wait = self.clock.wall(self._heap[0][0] - self.clock.now())
            self._armed = self._loop.call_later(max(0.0, wait), self._run)

    def _run(self) -> None:
        """Run what is due."""
        # For 5 ms at a time: the server runs on the same loop, and would answer nobody while a backlog is worked off.
        self._armed = None
        until = time.monotonic() + 0.005
        try:
            while self._heap and self._heap[0][0] <= self.clock.now() and time.monotonic() < until:
                self._do_first()
        except Exception as error:  # noqa: BLE001  # a dead controller must be noticed: `Simulation.stop` raises this
            self.failure = self.failure or error
        finally:
            self._arm()

    def _do_first(self) -> None:
        self._due, _, timer = heapq.heappop(self._heap)
        try:
            if timer.action is not None:
                timer.action()
        finally:
            self._due = None


class Calendar:
    """The simulation's time of day, as the API writes it."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._second = -1
        self._text = ""

    def epoch(self) -> float:
        """Return the time in seconds since 1970."""
        return self._timers.clock.epoch + self._timers.now()

    def since(self, time: str) -> float:
        """Return how many seconds have passed since a time as the API writes it."""
        return self.epoch() - datetime.fromisoformat(time).timestamp()

    def time(self, ahead: float = 0.0) -> str:
        """Return a time as the API writes it, in seconds."""
        # Formatting is most of the cost of a change of status, and most changes share their second with the last one.
        second = int(self.epoch() + ahead)
        if second != self._second:
            self._second = second
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._text

    def micro(self) -> str:
        """Return the time as the API writes it where it wants microseconds: exactly six digits."""
        return datetime.fromtimestamp(self.epoch(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def date(self) -> str:
        """Return the time for the Date header."""
        return format_datetime(datetime.fromtimestamp(self.epoch(), UTC), usegmt=True)
