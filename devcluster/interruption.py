"""Whether somebody asked us to stop.

Signals only set a flag that every wait looks at: nothing is ever cut in half, and a second Ctrl-C cannot break a
teardown.
"""

import signal
import time
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A signal asked this run to stop."""

    def __init__(self, signum: int) -> None:
        """Carry the signal."""
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class Interruption:
    """The first signal that asked this process to stop."""

    def __init__(self) -> None:
        """Start uninterrupted."""
        self.signum: int | None = None

    def listen(self) -> None:
        """Take note of the signals that ask a process to stop."""
        for each in SIGNALS:
            signal.signal(each, self.note)

    def note(self, signum: int, _frame: FrameType | None) -> None:
        """Remember the first signal."""
        if self.signum is None:
            self.signum = signum

    def raise_if_any(self) -> None:
        """Raise `Interrupted` once a signal came."""
        if self.signum is not None:
            raise Interrupted(self.signum)

    def turns(self, pause: float, within: float, what: str) -> Iterator[None]:
        """Yield once every pause until the caller is satisfied; raise when interrupted or after so many seconds."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.raise_if_any()
            yield
            time.sleep(pause)
        raise TimeoutError(f"{what}: not within {within:.0f} s")
