"""What went wrong in one test: every error once, with the verdict that it stands for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ..errors import (
    ChaosError,
    FaultNotProvenError,
    InconclusiveError,
    InterruptedOutage,
    NotHealedError,
    NotRecoveredError,
    Verdict,
)
from ..judge.outage import Outage
from ..judge.reasons import Cause
from ..judge.verdict import Judgement
from ..kube.objects import Ref
from ..report import text
from ..report.gate import EXCUSABLE
from ..untrusted import described, safe

_ERROR_OF: dict[Verdict, type[ChaosError]] = {
    error.verdict: error for error in (InconclusiveError, FaultNotProvenError, NotRecoveredError)
}
"""The error to raise for each verdict that is derived from the observation; for the others it was raised before."""


class Failure(NamedTuple):
    """An error, its verdict, and the target of the experiment that it ended; None if it ended none."""

    error: BaseException
    verdict: Verdict
    target: Ref | None


class Failures:
    """The errors of one test, in the order in which they were first noted."""

    def __init__(self) -> None:
        self._noted: list[Failure] = []

    def note(self, error: BaseException, target: Ref | None = None, verdict: Verdict | None = None) -> None:
        """Note an error, unless it is known with this verdict; the verdict is its own if none is given."""
        known = self._find(error)
        # One error may end two experiments: what blocks that of an inner target, as a test may expect, interrupts the
        # outer one, for which there is no result then.
        if known is None or verdict not in (None, known.verdict):
            self._noted.append(Failure(error, verdict or _verdict_of(error), target))

    @contextmanager
    def noting(self, target: Ref | None = None) -> Iterator[None]:
        """Note what the block raises."""
        try:
            yield
        except BaseException as error:
            self.note(error, target)
            raise

    def is_of_another(self, error: BaseException, target: Ref) -> bool:
        """Return whether an error has ended, or prevented, an experiment on another target than this one."""
        failure = self._find(error)
        return failure is not None and failure.target not in (None, target)

    @property
    def errors(self) -> list[BaseException]:
        """The errors."""
        return [failure.error for failure in self._noted]

    @property
    def verdicts(self) -> list[Verdict]:
        """Their verdicts."""
        return [failure.verdict for failure in self._noted]

    @property
    def inexcusable(self) -> list[BaseException]:
        """The errors that say there is no result; a test may not swallow them."""
        return [failure.error for failure in self._noted if failure.verdict not in EXCUSABLE]

    def _find(self, error: BaseException) -> Failure | None:
        return next((failure for failure in self._noted if failure.error is error), None)


def judgement_of(error: BaseException, *, landed: bool, of_another_target: bool) -> Judgement:
    """Return the judgement of an experiment that an error has ended.

    landed: whether a write of the experiment may be in the cluster.
    of_another_target: whether the error says something about another target than that of the experiment.
    """
    code = type(error).__name__
    if isinstance(error, ChaosError | InterruptedOutage):
        code = error.code
    if isinstance(error, ChaosError) and not _is_interruption(error, landed, of_another_target):
        return Judgement(error.verdict, Cause(code, str(error)))
    return Judgement(Verdict.INTERRUPTED, Cause(code, described(error)))


def _is_interruption(error: ChaosError, landed: bool, of_another_target: bool) -> bool:
    """Return whether an error says of an experiment no more than that it was not brought to its end."""
    if isinstance(error, NotHealedError):
        return False
    # Refused means that nothing came of it. Once something did, the same error is an interruption: a full disk, a
    # second write that the API server refuses, a wrong argument in the block.
    return of_another_target or (landed and error.verdict is Verdict.REFUSED)


def _verdict_of(error: BaseException) -> Verdict:
    if isinstance(error, ChaosError | InterruptedOutage):
        return error.verdict
    return Verdict.INTERRUPTED


def raise_for(found: Sequence[Outage], check: bool) -> None:
    """Raise the error of the verdict, which is the same for all outages of an experiment."""
    for each in found[:1]:
        if each.verdict in _ERROR_OF and (check or each.verdict not in EXCUSABLE):
            raise _ERROR_OF[each.verdict](text.verdict_line(each))


def do_despite(error: BaseException, step: Callable[[], None]) -> BaseException:
    """Do a step after an error; return the error, or the NotHealedError of the step, which is worse."""
    try:
        step()
    except Exception as other:  # noqa: BLE001  # whatever it is, it must not hide the first
        error.add_note(f"kubechaos: {safe(str(other))}")
        return other if isinstance(other, NotHealedError) else error
    return error
