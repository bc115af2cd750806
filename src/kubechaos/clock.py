"""The run's clock, which every duration of a verdict is measured on, and wall time, which waits for servers.

On a real cluster both pass at the same rate. A simulated cluster runs faster: its pods need seconds of its own clock,
while a socket still needs seconds of the wall. Nothing under `observe` asks the machine for the time or for a random
number by itself; it is given both, so that tests need not sleep.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol


class Clock(Protocol):
    """A clock of seconds that never goes back; `factor` of them pass in one second of wall time."""

    kind: str
    factor: float

    def now(self) -> float:
        """Return the time."""

    def wall(self, seconds: float) -> float:
        """Return how long so many seconds of this clock take, in seconds of wall time."""


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
    """A flag that another thread may set, like a threading.Event."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, at most so many seconds; return whether it is set."""


def boottime() -> float:
    """Return seconds of a clock that goes on while the machine sleeps, if the system has one."""
    # Linux has CLOCK_BOOTTIME. On macOS CLOCK_MONOTONIC goes on, other than what `time.monotonic` reads there.
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


def wait(flag: Flag, seconds: float) -> bool:
    """Wait for a flag, at most so many seconds of wall time; return whether it is set."""
    return flag.wait(seconds)


@dataclass(frozen=True, slots=True)
class WallTime:
    """Wall time and chance for whatever waits for a server, as values that a test can replace.

    `monotonic`, `boottime` and `epoch` return seconds, `uniform` a random number between two, `sleep` returns after so
    many seconds, and `pause` does so too, but at once when its flag is set.
    """

    monotonic: Callable[[], float] = time.monotonic
    boottime: Callable[[], float] = boottime
    epoch: Callable[[], float] = time.time
    uniform: Callable[[float, float], float] = random.uniform
    pause: Callable[[Flag, float], object] = wait
    sleep: Callable[[float], object] = time.sleep


WALL_TIME: Final = WallTime()
"""The machine's own time and chance."""
