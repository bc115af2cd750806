"""Run a section of code that a signal handler must not interrupt (as trio's KeyboardInterrupt protection).

A handler that raises between two statements of a section would leave half of its work: a record that is folded into
the state but not on disk. So handlers made by `wrap` run at the end of the section, before the next statement.
"""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from types import FrameType
from typing import Any, Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any]

ALARM_AFTER: Final = 1.0
"""Seconds that a SIGALRM waits for the end of a section, at most. A section takes milliseconds unless a disk hangs."""


class DeferredSignals:
    """Sections of the main thread, and the signal that waits for the end of the outermost one.

    For the main thread alone: Python runs signal handlers nowhere else.
    """

    __slots__ = ("_depth", "_pending")

    def __init__(self) -> None:
        self._depth = 0
        self._pending: list[tuple[int, Callable[[], Any]]] = []

    def section(self) -> AbstractContextManager[None]:
        """Return a context manager inside of which wrapped handlers wait; sections nest."""
        # Entered for every record. This object is its own context manager because a generator of contextlib's would
        # cost more than most of the work that it protects.
        return self

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._depth -= 1
        if self._pending and not self._depth:
            self._run_pending()

    def wrap(self, handler: Handler) -> Handler:
        """Return a signal handler that calls `handler`: at once outside of a section, inside at the section's end."""

        def deferred(number: int, frame: FrameType | None) -> None:
            # Only one signal waits. A second one is delivered at once, after the one that waits: the section may hang,
            # and whoever presses Ctrl-C again has waited long enough.
            if self._depth and not self._pending:
                self._defer(number, partial(handler, number, frame))
                return
            try:
                self._run_pending()
            finally:
                handler(number, frame)

        return deferred

    def _defer(self, number: int, call: Callable[[], Any]) -> None:
        # Nobody sends a timeout's alarm a second time, so we do: pytest-timeout must end a test whose section hangs.
        if number == signal.SIGALRM:
            signal.setitimer(signal.ITIMER_REAL, ALARM_AFTER)
        self._pending.append((number, call))

    def _run_pending(self) -> None:
        """Call the handler that waits, if there is one."""
        # Test and pop stand in one function: CPython checks for signals at its start and after each call, and a handler
        # that ran between the two would leave nothing to pop.
        while self._pending:
            number, call = self._pending.pop()
            if number == signal.SIGALRM:
                signal.setitimer(signal.ITIMER_REAL, 0)
            call()


DEFERRED_SIGNALS: Final = DeferredSignals()
"""The sections and handlers of this process."""
