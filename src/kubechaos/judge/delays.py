"""What came late: times that are upper bounds, and so no proof that a recovery was too late."""

from typing import Final

from ..records import Delay
from .recovery import Limits, experiment_of
from .state import State

CATCH_UP: Final = 2.0
"""Seconds after a delay in which what came late has been delivered."""


def delayed(state: State) -> Delay | None:
    """Return the delay in which the target may have become healthy for the last time; None if there is none.

    It was seen to be healthy during the delay, or right after it.
    """
    if state.stable_since is None:
        return None
    return next((delay for delay in _of_experiment(state) if _hides(delay, state.stable_since)), None)


def hides_recovery(state: State, limits: Limits) -> Delay | None:
    """Return the delay for which it is not known whether a recovery was in time; None if there is none."""
    experiment = experiment_of(state)
    for delay in _of_experiment(state):
        # Of a time that no clock of ours has counted, nobody can say how much belongs to the recovery.
        if delay.lost and (state.stable_since is None or delay.since <= state.stable_since):
            return delay
        in_time = delay.since < experiment.due + limits.within
        # Also one that did not last: what happened during a delay is seen at once, so how long it lasted is not known.
        if in_time and any(_hides(delay, at) for at in experiment.healthy):
            return delay
    return None


def _of_experiment(state: State) -> list[Delay]:
    """Return the delays after t0 of all that a verdict depends on; the kind of a delay of our own is empty."""
    t0, kinds = experiment_of(state).t0, ("", *state.target.required)
    return [delay for delay in state.delays if delay.at >= t0 and delay.kind in kinds]


def _hides(delay: Delay, at: float) -> bool:
    return delay.since <= at <= delay.at + CATCH_UP
