"""Exceptions as reports show them, and the exceptions that one is made of."""

from collections.abc import Iterator
from types import TracebackType

import pytest

from ..errors import ChaosError

OURS = ("kubechaos", "contextlib")
"""Packages whose frames only show how we came to raise the error; contextlib runs our generators."""
PYTEST = ("_pytest", "pluggy")


def hide_our_frames(raised: pytest.ExceptionInfo[BaseException], entrance: str) -> None:
    """Show one of our errors at the line of the test that called us, and its causes as one line each.

    `entrance` is the module whose first frame is shown where no frame of the user's is left, as in a fixture's setup.
    """
    # pytest's own means do not reach this far. `Traceback.filter` does not last: to begin at the test function, pytest
    # calls `Traceback.cut`, which starts again from the raw traceback (_pytest/_code/code.py). `__tracebackhide__` can
    # hide frames of ours, but not contextlib's between them, which would be shown as the place of the error.
    if not isinstance(raised.value, ChaosError):
        return
    steps = list(_steps(raised.tb))
    shown = [step for step in steps if _package(step) not in OURS]
    if all(_package(step) in PYTEST for step in shown):
        shown += [step for step in steps if _module(step) == entrance][:1]
    shortened = None
    for step in reversed(shown):
        shortened = TracebackType(shortened, step.tb_frame, step.tb_lasti, step.tb_lineno)
    if shortened is not None:
        raised.traceback = type(raised.traceback)(shortened)
    for cause in _causes(raised.value):
        cause.__traceback__ = None


def _steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error was raised from, and what that was raised from, as pytest prints them; each once."""
    seen = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _module(step: TracebackType) -> str:
    return str(step.tb_frame.f_globals.get("__name__", ""))


def _package(step: TracebackType) -> str:
    return _module(step).partition(".")[0]


def is_part_of(error: BaseException, raised: BaseException) -> bool:
    """Return whether `error` is `raised`, or what it was raised from, during, or as one of a group."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [raised]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        if each is error:
            return True
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    return False
