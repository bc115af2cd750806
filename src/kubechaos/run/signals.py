"""Ctrl-C and SIGTERM inside a chaos item: an interruption that every reporter sees, and that lets us clean up first."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

from ..deferred_signals import DEFERRED_SIGNALS, Handler
from ..errors import InterruptedOutage

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPATIENT: Final = 3
"""The signal that is obeyed at once, whatever is left undone."""


@contextmanager
def interruptible(stop: Callable[[str], None]) -> Iterator[None]:
    """Turn the first signal into an InterruptedOutage where it arrives, and call `stop` so that the session ends."""
    received: list[str] = []
    with _handled(_recording(received, stop, at_once=True)):
        yield
        if received:
            raise InterruptedOutage(f"interrupted by {received[0]}, which the test swallowed")


@contextmanager
def shielded(stop: Callable[[str], None]) -> Iterator[None]:
    """Hold a signal back until the work is done, then raise it as an InterruptedOutage."""
    received: list[str] = []
    with _handled(_recording(received, stop, at_once=False)):
        yield
    if received:
        raise InterruptedOutage(f"interrupted by {received[0]}")


def _recording(received: list[str], stop: Callable[[str], None], *, at_once: bool) -> Handler:
    def handler(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number).name)
        stop(f"interrupted by {received[0]}")
        if at_once and len(received) == 1:
            raise InterruptedOutage(f"interrupted by {received[0]}")
        if len(received) >= IMPATIENT:
            raise KeyboardInterrupt

    return handler


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do between items what Ctrl-C does."""
    with _handled(signal.default_int_handler, (signal.SIGTERM, signal.SIGHUP)):
        yield


def defer(number: int) -> None:
    """Let the handler that a signal has now wait for sections in which signals are deferred."""
    handler = signal.getsignal(number)
    if callable(handler):
        signal.signal(number, DEFERRED_SIGNALS.wrap(handler))


@contextmanager
def _handled(handler: Handler, signals: Iterable[signal.Signals] = SIGNALS) -> Iterator[None]:
    if current_thread() is not main_thread():  # Python delivers signals to the main thread only
        yield
        return
    before = {number: signal.signal(number, DEFERRED_SIGNALS.wrap(handler)) for number in signals}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
