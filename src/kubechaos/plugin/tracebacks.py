"""Exceptions as reports show them, and the exceptions that one is made of."""

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType

import pytest

from ..errors import ChaosError, InterruptedOutage

OURS = ("kubechaos", "contextlib")
"""Packages whose frames only show how we came to raise the error; contextlib runs our generators."""
PYTEST = ("_pytest", "pluggy")
OFFICIAL = "kubernetes.client.rest"
"""The module below which the official client sends headers: the frames of urllib3 and http.client show the token."""


def hide_frames(raised: pytest.ExceptionInfo[BaseException], entrance: str, *, full: bool) -> None:
    """Show one of our errors at the line of the test that called us, and its causes as one line each.

    `entrance` is the module whose first frame is shown where no frame of the user's is left, as in a fixture's setup.
    With `full`, as of --full-trace, only frames that show credentials are hidden; they are, of every exception.
    """
    # Those of our own client are gone already (api/secrets.py). These are of a test that uses `cluster.client`.
    steps = _without_requests(raised.tb)
    if isinstance(raised.value, ChaosError | InterruptedOutage) and not full:
        steps = _of_the_user(steps, entrance)
        for cause in _chain(raised.value.__cause__):
            cause.__traceback__ = None
    for cause in _chain(raised.value.__cause__ or raised.value.__context__):
        cause.__traceback__ = _made_of(_without_requests(cause.__traceback__))
    shortened = _made_of(steps)
    if shortened is not None:
        # pytest's own means do not reach this far. `Traceback.filter` does not last: to begin at the test function,
        # pytest calls `Traceback.cut`, which starts again from the raw traceback (_pytest/_code/code.py).
        # `__tracebackhide__` can hide frames of ours, but not contextlib's between them, which would be shown as the
        # place of the error.
        raised.traceback = type(raised.traceback)(shortened)


def _without_requests(traceback: TracebackType | None) -> list[TracebackType]:
    steps = list(_steps(traceback))
    sending = next((number for number, step in enumerate(steps, 1) if _module(step) == OFFICIAL), len(steps))
    return steps[:sending]


def _of_the_user(steps: Sequence[TracebackType], entrance: str) -> list[TracebackType]:
    """Return the frames that are neither ours nor of the standard library as we use it."""
    shown, inside = [], False
    for step in steps:
        inside |= _package(step) in OURS
        # A signal arrives wherever we wait, in the depth of a queue or a socket.
        if _package(step) not in OURS and not (inside and _package(step) in sys.stdlib_module_names):
            shown.append(step)
    if all(_package(step) in PYTEST for step in shown):
        shown += [step for step in steps if _module(step) == entrance][:1]
    return shown


def _made_of(steps: Sequence[TracebackType]) -> TracebackType | None:
    made = None
    for step in reversed(steps):
        made = TracebackType(made, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return made


def _steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and what it was raised from, as pytest prints them; each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


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
