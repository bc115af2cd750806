"""The run's clock: every duration is measured on it; sockets and what waits for them keep wall time."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol


class Clock(Protocol):
    """Seconds that only go forward; `factor` of them pass in one second of wall time."""

    kind: str
    factor: float

    def now(self) -> float:
        """Return the time."""

    def wall(self, seconds: float) -> float:
        """Return how many seconds of wall time so many seconds of this clock take."""


class Monotonic:
    """The machine's own monotonic clock, for a real cluster."""

    kind = "monotonic"
    factor = 1.0

    def now(self) -> float:
        """Return the time."""
        return time.monotonic()

    def wall(self, seconds: float) -> float:
        """Return the same number: a second is a second."""
        return seconds


class Wall(NamedTuple):
    """Wall time, given to what waits for the network: seconds that only go forward, a pause, seconds of the epoch."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    epoch: Callable[[], float] = time.time


WALL: Final = Wall()
"""The machine's own."""
