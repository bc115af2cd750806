"""Credentials that no traceback shows: as values that never print themselves, and calls that leave no frames behind.

pytest's --showlocals prints the local variables of every frame of a traceback, --full-trace the arguments, and other
tools send both to a server. So tokens and keys are values whose repr says nothing, and an exception leaves this package
without the frames below the call: also below a signal that arrives while the standard library writes a header.
"""

import sys
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import PurePath
from typing import Any, ParamSpec, TypeVar

from ..errors import ChaosError

ParamsT = ParamSpec("ParamsT")
ResultT = TypeVar("ResultT")


class Private:
    """A base of values that may hold secrets: they show their fields neither to repr nor to rich."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Secret(Private, str):
    """A text that its repr does not show; the bytes that it is encoded to are a secret, too."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> "SecretBytes":
        """Return the text as bytes that do not show themselves either."""
        return SecretBytes(super().encode(encoding, errors))


class SecretBytes(Private, bytes):
    """Bytes that their repr does not show."""


def sealed(function: Callable[ParamsT, ResultT]) -> Callable[ParamsT, ResultT]:
    """Make a function raise what it raises without the frames below it, and what that was made of as well."""

    @wraps(function)
    def call(*args: ParamsT.args, **kwargs: ParamsT.kwargs) -> ResultT:
        outside = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            failure = error
        try:
            _leave_frames(failure, outside)
            raise failure
        finally:
            # The exception would keep this frame alive, and this frame the exception.
            del failure, outside

    return call


def _leave_frames(error: BaseException, outside: BaseException | None) -> None:
    """Take the frames off an error, and off what it was made of, up to an error that was handled before the call."""
    if isinstance(error, Exception) and not isinstance(error, ChaosError):
        # A mistake of ours: to find it, the places are needed, but not the values.
        error.add_note(f"kubechaos: raised {', '.join(_places(error))}")
    for each in _made_of(error, outside):
        each.__traceback__ = None


def _places(error: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f"in {frame.f_code.co_name} ({PurePath(frame.f_code.co_filename).name}:{line})"


def _made_of(error: BaseException, outside: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or each is outside or any(each is other for other in found):
            continue
        found.append(each)
        waiting += [each.__cause__, each.__context__]
    return found
