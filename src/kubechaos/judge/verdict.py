"""How it ended, in one word, and its cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..records import Gap
from . import cause
from .recovery import Limits, begun, recovery_time, stable_at, unproven
from .timeline import State

RANK: Final = (
    "not_healed",
    "interrupted",
    "refused",
    "not_steady",
    "inconclusive",
    "fault_not_proven",
    "blocked",
    "not_recovered",
    "recovered",
)
"""The verdicts, worst first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word and its cause."""

    word: str
    cause: str


def worst(verdicts: Sequence[str]) -> str | None:
    """Return the worst of several verdicts; None of none."""
    return min(verdicts, key=RANK.index, default=None)


def judge(state: State, limits: Limits) -> Verdict:
    """Judge an experiment whose observation has ended."""
    experiment = begun(state)
    recovered = recovery_time(state, limits) <= limits.within
    if hole := _hole(state, stable_at(state, limits)):
        return Verdict("inconclusive", cause.missing(experiment, hole))
    changes = [each for each in experiment.changes if each.final or (each.spec and not recovered)]
    if change := next(iter(changes), None):
        return Verdict("inconclusive", cause.changed(experiment, change))
    if injection := unproven(state):
        return Verdict("fault_not_proven", cause.unproven(state, injection))
    if recovered:
        return Verdict("recovered", cause.slowest(state, experiment))
    return Verdict("not_recovered", cause.obstacle(state, limits))


def _hole(state: State, until: float) -> Gap | None:
    """The first gap between t0 and the end of the stable stretch in what a verdict stands on."""
    t0 = begun(state).t0
    return next(
        (gap for gap in state.gaps if gap.kind in state.world.required and gap.at >= t0 and gap.since <= until), None
    )
