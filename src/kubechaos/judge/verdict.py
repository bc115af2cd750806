"""The verdict on an experiment, and its cause."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ..errors import Verdict
from ..records import Ended, Gap
from . import cause
from .delays import hides_recovery
from .experiment import ForeignChange
from .reasons import Cause
from .recovery import Limits, experiment_of, recovery_time, stable_at, unproven
from .state import State

RANK: Final = tuple(Verdict)
"""The verdicts, the worst first."""


class Judgement(Struct, frozen=True):
    """How an experiment ended.

    verdict: how it ended, in one word.
    cause: why.
    """

    verdict: Verdict
    cause: Cause


def worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the worst of the verdicts; None if there is none."""
    return min(verdicts, key=RANK.index, default=None)


def overruled(end: Ended) -> Judgement | None:
    """Return the judgement that the run itself recorded; None if the records are to be judged.

    Only the run knows, for example, that it was interrupted or that an eviction was blocked.
    """
    if end.verdict is None:
        return None
    return Judgement(end.verdict, Cause(end.cause_code, end.cause))


def judge(state: State, limits: Limits) -> Judgement:
    """Return the judgement of an experiment whose observation has ended."""
    # The order is that of the verdicts, worst first: with a gap nothing can be said; without a proof the fault may have
    # done nothing, so that the recovery from it proves nothing either.
    experiment = experiment_of(state)
    recovered = recovery_time(state, limits) <= limits.within
    gap = _gap(state, stable_at(state, limits))
    if gap:
        return Judgement(Verdict.INCONCLUSIVE, cause.missing(experiment, gap))
    # A recovery that we only saw late may have been in time: its time is an upper bound.
    delay = hides_recovery(state, limits)
    if delay and (delay.lost or not recovered):
        return Judgement(Verdict.INCONCLUSIVE, cause.late(experiment, delay, limits))
    # A target that has recovered under the spec of somebody else has recovered. One that has not may have failed for
    # either reason. A deleted pod never counts here: it is merely more to recover from.
    # A fault that somebody undid while it was to be in force has not shown what it was injected for.
    changes = [
        change for change in experiment.changes if change.final or change.undid or (change.spec and not recovered)
    ]
    if changes:
        return Judgement(Verdict.INCONCLUSIVE, cause.changed(experiment, min(changes, key=_weight)))
    injection = unproven(state)
    if injection:
        return Judgement(Verdict.FAULT_NOT_PROVEN, cause.unproven(state, injection))
    if recovered:
        return Judgement(Verdict.RECOVERED, cause.slowest(state, experiment))
    return Judgement(Verdict.NOT_RECOVERED, cause.obstacle(state, limits))


def _weight(change: ForeignChange) -> int:
    """Return how much a change explains, 0 the most."""
    if change.final:
        return 0
    return 1 if change.undid else 2


def _gap(state: State, until: float) -> Gap | None:
    """Return the first gap between t0 and `until`, the end of the stable window, that a verdict cannot do without."""
    t0, required = experiment_of(state).t0, state.target.required
    for gap in state.gaps:
        if gap.kind in required and gap.at >= t0 and gap.since <= until:
            return gap
    return None
