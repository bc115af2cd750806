"""The run's clock: every duration is measured on it; sockets and what waits for them keep wall time.

Nothing else under `observe` looks at the time or draws lots by itself: it is given both, so tests need not sleep.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol


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


class Flag(Protocol):
    """What may be set by another thread: a threading.Event."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, or so many seconds; returns whether it is."""


def wait(flag: Flag, seconds: float) -> bool:
    """Wait for a flag, in wall time."""
    return flag.wait(seconds)


@dataclass(frozen=True, slots=True)
class WallTime:
    """What waits for a server goes by: seconds of wall time and of the epoch, a random number between two, a pause.

    `pause` is given the flag that ends it at once, `sleep` ends by itself.
    """

    monotonic: Callable[[], float] = time.monotonic
    epoch: Callable[[], float] = time.time
    uniform: Callable[[float, float], float] = random.uniform
    pause: Callable[[Flag, float], object] = wait
    sleep: Callable[[float], object] = time.sleep


WALL_TIME: Final = WallTime()
"""The machine's own."""
