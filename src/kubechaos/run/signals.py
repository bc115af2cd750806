"""Signals during a session with chaos tests: each is an interruption that every reporter sees, and we clean up first.

What SIGINT (Ctrl-C), SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal) do depends on when they arrive. In a
chaos item it is up to its `Interruptions`:

- setup and call: InterruptedOutage is raised at that place; then the teardown heals;
- teardown: InterruptedOutage is raised when everything is healed and closed;
- between two phases: the next one raises it.

A second signal changes nothing where the first one is still being obeyed. The third, and each one after it, cuts short
what is being done when it arrives, like a heal that no answer comes to; what is left changed then is said, with the
commands by which a person puts it back.

Between items and in other items KeyboardInterrupt ends the session: for SIGINT that is pytest's own behaviour, for the
other two it comes from `terminable`. An interrupted session writes its reports, and its exit code says whether the
cluster was healed: meanwhile signals are `ignored`, but for a third one where others run code that may hang. SIGALRM is
pytest-timeout's; see `defer`.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

from ..deferred_signals import DEFERRED_SIGNALS, Handler
from ..errors import InterruptedOutage

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FORCED_AT: Final = 3
"""The number of the signal that cuts short also what cleans up."""


class Interruptions:
    """The signals that one chaos item receives, in all of its phases; `stop` is called with the reason at each."""

    def __init__(self, stop: Callable[[str], None]) -> None:
        self._stop = stop
        self._received: list[str] = []
        self._raised = False

    @property
    def received(self) -> bool:
        """Whether there was one."""
        return bool(self._received)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Between the phases: keep a signal for the next one."""
        with _handling(self._receive):
            yield

    @contextmanager
    def raised_at_once(self) -> Iterator[None]:
        """Raise the first signal as an InterruptedOutage where it arrives, and again at the end if it was swallowed."""
        before = len(self._received)
        with _handling(self._raise_at_once):
            yield
            if len(self._received) > before:
                raise InterruptedOutage(f"interrupted by {self._received[0]}, which the test swallowed")

    @contextmanager
    def raised_at_the_end(self) -> Iterator[None]:
        """Raise the first signal as an InterruptedOutage when the block has ended."""
        with _handling(self._raise_if_forced):
            yield
        self.raise_new()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append(signal.Signals(number).name)
        self._stop(f"interrupted by {self._received[0]}")

    def _raise_at_once(self, number: int, frame: FrameType | None) -> None:
        self._raise_if_forced(number, frame)
        # The first one alone: another raise in the midst of the heal that it led to would leave the cluster broken.
        self.raise_new()

    def _raise_if_forced(self, number: int, frame: FrameType | None) -> None:
        self._receive(number, frame)
        # Somebody who sends a third one does not want to wait for the heal any more.
        if len(self._received) >= FORCED_AT:
            self._raised = False
            self.raise_new()

    def raise_new(self) -> None:
        """Raise InterruptedOutage if there was a signal for which that has not been done yet."""
        if self._received and not self._raised:
            self._raised = True
            raise InterruptedOutage(f"interrupted by {self._received[0]}")


@contextmanager
def ignored() -> Iterator[None]:
    """Let no signal interrupt the block, which takes no more than a moment."""
    with _handling(lambda number, frame: None):
        yield


@contextmanager
def terminable(at: int = 1) -> Iterator[None]:
    """Make SIGTERM and SIGHUP do what Ctrl-C does: by default they would end the process unreported.

    The signal number `at` is the first that is obeyed.
    """
    received = []

    def handler(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) >= at:
            raise KeyboardInterrupt

    with _handling(handler):
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
def _handling(handler: Handler) -> Iterator[None]:
    """Handle signals inside of the block, outside of deferred sections; put back the handlers of before."""
    # Python accepts handlers in the main thread only. Where somebody runs pytest in another one, signals keep the
    # meaning that they have.
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, DEFERRED_SIGNALS.wrap(handler)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
