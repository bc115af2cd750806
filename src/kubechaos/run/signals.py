"""Signals during a session with chaos tests: each is an interruption that every reporter sees, and we clean up first.

What SIGINT (Ctrl-C), SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal) do depends on when they arrive:

- setup and call of a chaos item: `interruptible` raises InterruptedOutage at that place; then the teardown heals;
- teardown of a chaos item: `shielded` raises InterruptedOutage when everything is healed and closed;
- between items and in other items: KeyboardInterrupt ends the session. For SIGINT that is pytest's own behaviour, for
  the other two it comes from `terminable`.

A second signal changes nothing where the first one is still being obeyed. The third is obeyed at once by Python's own
KeyboardInterrupt, whatever is left undone. SIGALRM is pytest-timeout's; see `defer`.
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

from ..deferred_signals import DEFERRED_SIGNALS, Handler
from ..errors import InterruptedOutage

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FORCED_AT: Final = 3
"""The number of the signal that is obeyed at once, whatever is left undone."""


@contextmanager
def interruptible(stop: Callable[[str], None]) -> Iterator[None]:
    """Raise the first signal as an InterruptedOutage where it arrives; `stop` is called with the reason.

    A block that swallowed that raises it again at its end.
    """
    received: list[str] = []
    with _handling(_interrupting(received, stop, at_once=True)):
        yield
        if received:
            raise InterruptedOutage(f"interrupted by {received[0]}, which the test swallowed")


@contextmanager
def shielded(stop: Callable[[str], None]) -> Iterator[None]:
    """Hold a signal back until the block has ended, then raise it as an InterruptedOutage; `stop` is called at once."""
    received: list[str] = []
    with _handling(_interrupting(received, stop, at_once=False)):
        yield
    if received:
        raise InterruptedOutage(f"interrupted by {received[0]}")


def _interrupting(received: list[str], stop: Callable[[str], None], *, at_once: bool) -> Handler:
    """Return a handler that adds the signal's name to `received`, and raises the first one `at_once` or not at all."""

    def handler(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number).name)
        stop(f"interrupted by {received[0]}")
        # The first one alone: another raise in the midst of the heal that it led to would leave the cluster broken.
        if at_once and len(received) == 1:
            raise InterruptedOutage(f"interrupted by {received[0]}")
        if len(received) >= FORCED_AT:
            raise KeyboardInterrupt

    return handler


@contextmanager
def terminable() -> Iterator[None]:
    """Make SIGTERM and SIGHUP do between items what Ctrl-C does: by default they would end the process unreported."""
    with _handling(signal.default_int_handler, (signal.SIGTERM, signal.SIGHUP)):
        yield


def defer(number: int) -> None:
    """Make the handler that a signal has now wait for the end of deferred sections.

    For SIGALRM, whose handler is pytest-timeout's: it raises wherever it arrives, also between folding a record and
    writing it.
    """
    handler = signal.getsignal(number)
    if callable(handler):
        signal.signal(number, DEFERRED_SIGNALS.wrap(handler))


@contextmanager
def _handling(handler: Handler, signals: Iterable[signal.Signals] = SIGNALS) -> Iterator[None]:
    """Handle signals inside of the block, outside of deferred sections; put back the handlers of before."""
    # Python accepts handlers in the main thread only. Where somebody runs pytest in another one, signals keep the
    # meaning that they have.
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, DEFERRED_SIGNALS.wrap(handler)) for number in signals}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
