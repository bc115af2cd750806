"""What the person at the terminal is told, on standard error."""

import sys
import time
from typing import TextIO


class Progress:
    """The steps of a run and the seconds they took; on a terminal the running step moves."""

    def __init__(self, stream: TextIO = sys.stderr, interval: float = 15.0) -> None:
        """Tell a stream; where it is no terminal, repeat a running step every interval."""
        self.stream = stream
        self.started = time.monotonic()
        self.interval = 0.5 if stream.isatty() else interval
        self.told = self.started

    def say(self, text: str) -> None:
        """Tell a finished fact."""
        self.write(f"devcluster: {text}", moving=False)

    def step(self, text: str) -> None:
        """Tell what happens now, with the seconds since the start."""
        self.told = time.monotonic()
        self.say(f"{self.told - self.started:5.1f} s  {text}")

    def running(self, text: str) -> None:
        """Tell that a long step still runs, at most once an interval."""
        now = time.monotonic()
        if now - self.told >= self.interval:
            self.told = now
            self.write(f"devcluster: {now - self.started:5.0f} s  {text}", moving=self.stream.isatty())

    def write(self, text: str, *, moving: bool) -> None:
        """Write a line; a moving one is overwritten by the next."""
        clear = "\r\x1b[K" if self.stream.isatty() else ""
        self.stream.write(f"{clear}{text}{'' if moving else chr(10)}")
        self.stream.flush()
