"""When: proof, recovery, the end of the observation; times on the run's clock."""

from dataclasses import dataclass
from math import inf
from typing import Final

from .experiment import Experiment
from .health import unrest
from .lives import Life
from .timeline import State

PROOF_MARGIN: Final = 10.0
"""Seconds after a victim's grace by which its end must have been seen."""
EFFECT_DEADLINE: Final = 30.0
"""Seconds after t0 by which the effect of any other fault must have been seen."""
GONE_MARGIN: Final = 3.0
"""Seconds after its proof in which a victim should leave the API."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the recovery is held to, in seconds."""

    within: float
    stable_for: float


def steady_at(state: State, stable_for: float) -> float:
    """Return when the target is steady if nothing more happens, on the run's clock; inf if it is not all right."""
    return inf if unsteady(state) or state.stretch is None else state.stretch + stable_for


def unsteady(state: State) -> str:
    """Return what keeps the target from being steady, apart from time; "" if nothing does."""
    return state.health.unmet or unrest(state.world)


def ends_at(state: State, limits: Limits) -> float:
    """Return when the observation ends if nothing more is seen, on the run's clock."""
    experiment = begun(state)
    if state.world.lost:
        return state.at
    if state.stretch is None:
        untouched = any(life.deleted is None for life in state.victims) or bool(experiment.effect)
        waited_for = untouched and proof(state) is None
        return max(experiment.due + limits.within, proof_deadline(state) if waited_for else 0.0)
    ends = max(stable_at(state, limits), _proof_ends_at(state))
    return ends if _answered(state, limits) else max(ends, experiment.due + limits.within)


def proof_deadline(state: State) -> float:
    """Return when the fault must have been proven: a kill by the victims' grace + PROOF_MARGIN."""
    experiment = begun(state)
    ended = max((life.pod.grace for life in state.victims), default=0.0) + PROOF_MARGIN
    others = experiment.effect or experiment.restarting
    return experiment.t0 + (max(EFFECT_DEADLINE, ended) if others else ended)


def _proof_ends_at(state: State) -> float:
    proven = proof(state)
    if proven is None:
        return proof_deadline(state)
    lingering = any(life.gone is None for life in state.victims if life.pod.uid not in begun(state).restarting)
    return proven[1] + (GONE_MARGIN if lingering else 0.0)


def proof(state: State) -> tuple[str, float] | None:
    """Return what proves the fault and when the last victim's effect was seen; None while one is missing."""
    experiment = begun(state)
    if experiment.effect:
        return None if experiment.effected is None else (experiment.effect, experiment.effected)
    proofs = [experiment.proof(life) for life in state.victims]
    found = [each for each in proofs if each is not None]
    return max(found, key=lambda each: each[1]) if found and len(found) == len(proofs) else None


def stable_at(state: State, limits: Limits) -> float:
    """Return when the current stretch has lasted long enough to count; inf outside of one."""
    return inf if state.stretch is None else max(state.stretch, begun(state).due) + limits.stable_for


def _answered(state: State, limits: Limits) -> bool:
    """Whether every probe has answered since the stretch was long enough: silence is no success."""
    return all(sample and sample.at >= stable_at(state, limits) for sample in state.world.probes.values())


def recovery_time(state: State, limits: Limits, at: float | None = None) -> float:
    """Return the seconds from due to the start of the final stable stretch, as known `at` a time; inf if there is none.

    The time is the end of the observation unless another is given.
    """
    experiment = begun(state)
    at = experiment.ended if at is None else at
    if at is None or state.stretch is None or at < stable_at(state, limits) or not _answered(state, limits):
        return inf
    return max(0.0, state.stretch - experiment.due)


def begun(state: State) -> Experiment:
    """Return the experiment of a run that has one."""
    if state.experiment is None:
        raise ValueError("no experiment has been begun")
    return state.experiment


def added(state: State) -> tuple[Life, ...]:
    """Return the target's pods that appeared after t0, in the order in which they did."""
    t0 = begun(state).t0
    born = [life for life in state.owned if life.created is not None and life.created >= t0]
    return tuple(sorted(born, key=lambda life: (life.created, life.pod.name)))
