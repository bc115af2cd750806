"""What the person at the terminal sees, on standard error."""

import sys
import time
from typing import TextIO


class Progress:
    """The steps of a run and the seconds they took; on a terminal the running step moves."""

    def __init__(self, stream: TextIO = sys.stderr, interval: float = 15.0) -> None:
        """Write to a stream; where it is no terminal, repeat a running step every interval."""
        self.stream = stream
        self.started = time.monotonic()
        self.interval = 0.5 if stream.isatty() else interval
        self.last_said = self.started

    def say(self, text: str) -> None:
        """Say a finished fact."""
        self.write(f"devcluster: {text}", moving=False)

    def step(self, text: str) -> None:
        """Say what happens now, with the seconds since the start."""
        self.last_said = time.monotonic()
        self.say(f"{self.last_said - self.started:5.1f} s  {text}")

    def running(self, text: str) -> None:
        """Say that a long step still runs, at most once an interval."""
        now = time.monotonic()
        if now - self.last_said >= self.interval:
            self.last_said = now
            self.write(f"devcluster: {now - self.started:5.0f} s  {text}", moving=self.stream.isatty())

    def write(self, text: str, *, moving: bool) -> None:
        """Write a line; a moving one is overwritten by the next."""
        clear = "\r\x1b[K" if self.stream.isatty() else ""
        self.stream.write(f"{clear}{text}{'' if moving else chr(10)}")
        self.stream.flush()
