"""What a signal must not break in two: its handler waits until the work is done, but not for ever."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any]

PATIENCE: Final = 1.0
"""Seconds after which a timeout's alarm is obeyed whatever it breaks; of other signals the second one is."""

_depth = 0
_waiting: list[Callable[[], Any]] = []


@contextmanager
def whole() -> Iterator[None]:
    """Do something whole; handlers made by `patient` are called at its end. For the main thread, as handlers are."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        while _waiting and not _depth:
            _waiting.pop(0)()


def patient(handler: Handler) -> Handler:
    """Return a signal handler that waits for what must be whole."""

    def wait(number: int, frame: FrameType | None) -> None:
        if not _depth or _waiting:
            _waiting.clear()
            handler(number, frame)
            return
        if number == signal.SIGALRM:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        _waiting.append(lambda: _obey(handler, number, frame))

    return wait


def _obey(handler: Handler, number: int, frame: FrameType | None) -> None:
    if number == signal.SIGALRM:
        signal.setitimer(signal.ITIMER_REAL, 0)
    handler(number, frame)
