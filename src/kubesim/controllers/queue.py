"""A work queue: keys that wait for their reconciler, each only once, however often it was added."""

from collections.abc import Callable, Hashable
from math import inf
from typing import Final, Generic, TypeVar

from ..clock import Timers

KeyT = TypeVar("KeyT", bound=Hashable)
FIRST_RETRY: Final = 0.005
LONGEST_RETRY: Final = 1000.0


class Queue(Generic[KeyT]):
    """Calls `work` with a key `lag` seconds after it was first added."""

    # The lag stands for the time that a change takes to reach a controller's informer on a real cluster. Without it,
    # every controller would react in the instant of a change, and no watcher would see the states in between: a
    # Deployment whose ReplicaSet is scaled but has no new pod yet, a Ready pod that is not in its EndpointSlice yet.

    def __init__(self, timers: Timers, lag: float, work: Callable[[KeyT], None]) -> None:
        self._timers = timers
        self._lag = lag
        self._work = work
        self._waiting: set[KeyT] = set()
        self._failures: dict[KeyT, int] = {}
        self._retrying: set[KeyT] = set()
        self._due: dict[KeyT, float] = {}

    def add(self, key: KeyT) -> None:
        """Queue a key; it is worked on when the lag is over."""
        if key not in self._waiting:
            self._waiting.add(key)
            self._timers.after(self._lag, lambda: self._run(key))

    def retry(self, key: KeyT) -> None:
        """Queue a key that failed: after 5 ms, and twice as long after each further failure, as client-go does."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        # A retry that waits already comes sooner than this one would, and client-go keeps the sooner one.
        if key not in self._retrying:
            self._retrying.add(key)
            self._timers.after(min(FIRST_RETRY * 2.0 ** min(failures - 1, 30), LONGEST_RETRY), lambda: self._again(key))

    def later(self, key: KeyT, seconds: float | None) -> None:
        """Queue a key in so many seconds, if any; of several times the soonest counts."""
        if seconds is None:
            return
        due = self._timers.now() + seconds
        if due < self._due.get(key, inf):
            self._due[key] = due
            self._timers.after(seconds, lambda: self._arrived(key, due))

    def done(self, key: KeyT) -> None:
        """Forget that the key ever failed."""
        self._failures.pop(key, None)

    def finish(self, key: KeyT, *, failed: bool) -> None:
        """Retry the key if it failed, else forget that it ever did."""
        if failed:
            self.retry(key)
        else:
            self.done(key)

    def _again(self, key: KeyT) -> None:
        # Unless it has succeeded meanwhile, woken by a change.
        self._retrying.discard(key)
        if key in self._failures:
            self.add(key)

    def _arrived(self, key: KeyT, due: float) -> None:
        # Timers are never cancelled here; the one that does not match was overtaken by a sooner one.
        if self._due.get(key) == due:
            del self._due[key]
            self.add(key)

    def _run(self, key: KeyT) -> None:
        # Before the work: what changes because of it has to queue the key again.
        self._waiting.discard(key)
        self._work(key)
