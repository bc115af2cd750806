"""How it ended, in one word, and its cause."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ..errors import Verdict
from ..records import Ended, Gap
from . import cause
from .reasons import Cause
from .recovery import Limits, begun, recovery_time, stable_at, unproven
from .state import State

RANK: Final = tuple(Verdict)
"""The verdicts, worst first."""


class Judgement(Struct, frozen=True):
    """How an experiment ended, and why."""

    verdict: Verdict
    cause: Cause


def worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the worst of several verdicts; None of none."""
    return min(verdicts, key=RANK.index, default=None)


def overruled(end: Ended) -> Judgement | None:
    """Return the judgement of a run that knew better than the fold: it was interrupted, say; None if it did not."""
    return Judgement(end.verdict, Cause(end.cause_code, end.cause)) if end.verdict else None


def judge(state: State, limits: Limits) -> Judgement:
    """Judge an experiment whose observation has ended."""
    experiment = begun(state)
    recovered = recovery_time(state, limits) <= limits.within
    if gap := _gap(state, stable_at(state, limits)):
        return Judgement(Verdict.INCONCLUSIVE, cause.missing(experiment, gap))
    changes = [each for each in experiment.changes if each.final or (each.spec and not recovered)]
    if change := next(iter(changes), None):
        return Judgement(Verdict.INCONCLUSIVE, cause.changed(experiment, change))
    if injection := unproven(state):
        return Judgement(Verdict.FAULT_NOT_PROVEN, cause.unproven(state, injection))
    if recovered:
        return Judgement(Verdict.RECOVERED, cause.slowest(state, experiment))
    return Judgement(Verdict.NOT_RECOVERED, cause.obstacle(state, limits))


def _gap(state: State, until: float) -> Gap | None:
    """The first gap between t0 and the end of the stable stretch in what a verdict stands on."""
    t0 = begun(state).t0
    return next(
        (gap for gap in state.gaps if gap.kind in state.target.required and gap.at >= t0 and gap.since <= until), None
    )
