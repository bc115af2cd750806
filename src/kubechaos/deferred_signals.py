"""What a signal must not break in two: its handler waits until the work is done, but not for ever."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from types import FrameType
from typing import Any, Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any]

PATIENCE: Final = 1.0
"""Seconds after which a timeout's alarm is obeyed whatever it breaks; of other signals the second one is."""

_depth = 0
_waiting: list[tuple[int, Callable[[], Any]]] = []


class _Whole:
    """What is under way; a class, as a generator would cost more than most of what it guards."""

    def __enter__(self) -> None:
        global _depth
        _depth += 1

    def __exit__(self, *_: object) -> None:
        global _depth
        _depth -= 1
        while _waiting and not _depth:
            _obey()


_WHOLE: Final = _Whole()


def signals_deferred() -> AbstractContextManager[None]:
    """Do something whole; handlers made by `deferred` are called at its end. For the main thread, as handlers are."""
    return _WHOLE


def deferred(handler: Handler) -> Handler:
    """Return a signal handler that waits for what must be whole."""

    def wait(number: int, frame: FrameType | None) -> None:
        if not _depth or _waiting:
            try:
                while _waiting:
                    _obey()
            finally:
                handler(number, frame)
            return
        if number == signal.SIGALRM:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        _waiting.append((number, partial(handler, number, frame)))

    return wait


def _obey() -> None:
    """Call the handler that has waited longest; the alarm that would have ended its waiting need not come any more."""
    number, handler = _waiting.pop(0)
    if number == signal.SIGALRM:
        signal.setitimer(signal.ITIMER_REAL, 0)
    handler()
