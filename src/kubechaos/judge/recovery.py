"""When: proof, recovery, the end of the observation; times on the run's clock."""

from dataclasses import dataclass
from math import inf
from typing import Final

from .experiment import Experiment, Injection
from .health import still_changing
from .pod_history import PodHistory
from .reasons import Cause
from .state import State

GONE_MARGIN: Final = 3.0
"""Seconds after its proof in which a victim should leave the API."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the recovery is held to, in seconds."""

    within: float
    stable_for: float


def steady_at(state: State, stable_for: float) -> float:
    """Return when the target is steady if nothing more happens, on the run's clock; inf if it is not all right."""
    return inf if unsteady(state) or state.stable_since is None else state.stable_since + stable_for


def unsteady(state: State) -> Cause | None:
    """Return what keeps the target from being steady, apart from time; None if nothing does."""
    return state.health.unmet or still_changing(state.target)


def ends_at(state: State, limits: Limits) -> float:
    """Return when the observation ends if nothing more is seen, on the run's clock."""
    experiment = begun(state)
    if state.target.lost:
        return state.at
    if state.stable_since is None:
        waits = max((_waits_without_recovery(state, each) for each in experiment.injected), default=0.0)
        return max(experiment.due + limits.within, waits)
    ends = max([stable_at(state, limits), *(_proof_ends_at(state, each) for each in experiment.injected)])
    return ends if _answered(state, limits) else max(ends, experiment.due + limits.within)


def _waits_without_recovery(state: State, injection: Injection) -> float:
    """Return until when a fault is waited for though the target does not recover: until nothing can prove it."""
    untouched = any(state.histories[uid].deleted is None for uid in injection.victims)
    without_victims = not injection.victims and not injection.begun.effect.preparing
    waits = not injection.proven and (untouched or without_victims)
    return proof_deadline(state, injection) if waits else 0.0


def proof_deadline(state: State, injection: Injection) -> float:
    """Return when a fault must have been proven, on the run's clock."""
    return injection.t0 + injection.begun.effect.deadline([state.histories[uid].pod.grace for uid in injection.victims])


def _proof_ends_at(state: State, injection: Injection) -> float:
    if injection.proven is None:
        return proof_deadline(state, injection)
    # A victim that was proven to be stopped is given a little time to leave the API; a restarted one stays.
    lingering = injection.begun.effect.leaves and any(state.histories[uid].gone is None for uid in injection.victims)
    return injection.proven.at + (GONE_MARGIN if lingering else 0.0)


def unproven(state: State) -> Injection | None:
    """Return the first fault whose proof was not seen though its time is up."""
    for each in begun(state).injected:
        if each.proven is None and state.at >= proof_deadline(state, each):
            return each
    return None


def stable_at(state: State, limits: Limits) -> float:
    """Return when the current stretch has lasted long enough to count; inf outside of one."""
    return inf if state.stable_since is None else max(state.stable_since, begun(state).due) + limits.stable_for


def _answered(state: State, limits: Limits) -> bool:
    """Whether every probe has answered since the stretch was long enough: silence is no success."""
    return all(sample and sample.at >= stable_at(state, limits) for sample in state.target.probes.values())


def recovery_time(state: State, limits: Limits, at: float | None = None) -> float:
    """Return the seconds from due to the start of the final stable stretch, as known `at` a time; inf if there is none.

    The time is the end of the observation unless another is given.
    """
    experiment = begun(state)
    at = experiment.ended if at is None else at
    if at is None or state.stable_since is None or at < stable_at(state, limits) or not _answered(state, limits):
        return inf
    return max(0.0, state.stable_since - experiment.due)


def begun(state: State) -> Experiment:
    """Return the experiment of a run that has one."""
    if state.experiment is None:
        raise ValueError("no experiment has been begun")
    return state.experiment


def added(state: State) -> tuple[PodHistory, ...]:
    """Return the target's pods that appeared after t0, in the order in which they did."""
    t0 = begun(state).t0
    born = [history for history in state.owned if history.created is not None and history.created >= t0]
    return tuple(sorted(born, key=lambda history: (history.created, history.pod.name)))
