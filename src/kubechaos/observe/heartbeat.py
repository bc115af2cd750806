"""Notices when this process did not run: it was stopped, its container was frozen, or the machine was asleep.

Nothing is missed then, as the streams go on from where they were, but everything is seen late. What happened to the
cluster meanwhile must not be measured as if it had taken so long.
"""

import threading
from collections.abc import Callable
from typing import Final

from ..clock import WALL_TIME, WallTime
from ..records import Delay

BEAT: Final = 0.5
"""Wall seconds between two looks at the clock."""
STOPPED: Final = 2.0
"""Wall seconds by which a look must be late before this counts as not having run: on a busy machine one is late by some
tenths of a second."""
ASLEEP: Final = 1.0
"""Wall seconds that must have passed without the monotonic clock before that counts as sleep, not as rounding."""


class Heartbeat:
    """A thread that looks at the clock again and again; each time in which it could not is given to `put` as a Delay.

    `now` is the run's clock.
    """

    def __init__(self, put: Callable[[Delay], object], now: Callable[[], float], wall: WallTime = WALL_TIME) -> None:
        self._put = put
        self._now = now
        self._wall = wall
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._last = self._times()
        self._thread = threading.Thread(target=self._run, name="kubechaos-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to look at the clock."""
        self._last = self._times()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; nothing is put afterwards."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def beat(self) -> None:
        """Look at the clock now, and report it if this is much later than it should be."""
        with self._lock:
            (now, monotonic, booted), self._last = self._last, self._times()
            passed = self._last[2] - booted
            asleep = passed - (self._last[1] - monotonic)
            at = self._last[0]
        if passed - BEAT < STOPPED:
            return
        # While the machine sleeps, Python's monotonic clock stands still (on Linux and macOS), and so do all durations.
        if asleep > ASLEEP:
            self._put(Delay(at, "", now, f"the machine was asleep for {asleep:.0f} s", lost=asleep))
        else:
            self._put(Delay(at, "", now, f"kubechaos did not run for {passed:.1f} s"))

    def _run(self) -> None:
        while not self._stopped.wait(BEAT):
            self.beat()

    def _times(self) -> tuple[float, float, float]:
        return self._now(), self._wall.monotonic(), self._wall.boottime()
