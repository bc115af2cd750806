"""How it ended: when to stop looking, the verdict in one word, and its cause in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from ..model import Gap, Pod
from .health import trouble, unrest
from .lives import Life
from .timeline import Change, Experiment, State
from .world import REQUIRED

PROOF_MARGIN: Final = 10.0
"""Seconds after a victim's grace by which its end must have been seen."""
GONE_MARGIN: Final = 3.0
"""Seconds after its proof in which a victim should leave the API."""

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
class Limits:
    """What the recovery is held to, in seconds."""

    within: float
    stable_for: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word and its cause."""

    word: str
    cause: str


def worst(verdicts: Sequence[str]) -> str | None:
    """Return the worst of several verdicts; None of none."""
    return min(verdicts, key=RANK.index, default=None)


def steady_at(state: State, stable_for: float) -> float:
    """Return when the target is steady if nothing more happens, on the run's clock; inf if it is not all right."""
    return inf if unsteady(state) or state.stretch is None else state.stretch + stable_for


def unsteady(state: State) -> str:
    """Return what keeps the target from being steady, apart from time; "" if nothing does."""
    return state.health.unmet or unrest(state.world)


def ends_at(state: State, limits: Limits) -> float:
    """Return when the observation ends if nothing more is seen, on the run's clock."""
    experiment = _of(state)
    if state.world.workload is None:
        return state.at
    if state.stretch is None:
        untouched = any(life.deleted is None for life in state.victims)
        return max(experiment.due + limits.within, proof_deadline(state) if untouched else 0.0)
    stable = max(state.stretch, experiment.due) + limits.stable_for
    return max(stable, _proof_ends_at(state))


def proof_deadline(state: State) -> float:
    """Return when the fault must have been proven: a kill by the victims' grace + PROOF_MARGIN."""
    return _of(state).t0 + max((life.pod.grace for life in state.victims), default=0.0) + PROOF_MARGIN


def _proof_ends_at(state: State) -> float:
    proven = proof(state)
    if proven is None:
        return proof_deadline(state)
    lingering = any(life.gone is None for life in state.victims)
    return proven[1] + (GONE_MARGIN if lingering else 0.0)


def proof(state: State) -> tuple[str, float] | None:
    """Return what proves the fault and when the last victim's effect was seen; None while one is missing."""
    proofs = [life.proof for life in state.victims]
    found = [each for each in proofs if each is not None]
    return max(found, key=lambda each: each[1]) if found and len(found) == len(proofs) else None


def recovery_time(state: State, limits: Limits) -> float:
    """Return the seconds from due to the start of the final stable stretch; inf if there was none."""
    experiment = _of(state)
    if experiment.ended is None or state.stretch is None or experiment.ended < state.stretch + limits.stable_for:
        return inf
    return max(0.0, state.stretch - experiment.due)


def judge(state: State, limits: Limits) -> Verdict:
    """Judge an experiment whose observation has ended."""
    experiment = _of(state)
    recovered = recovery_time(state, limits) <= limits.within
    if hole := _hole(state, experiment):
        return Verdict(
            "inconclusive",
            f"{hole.kind} events between {_since(experiment, hole.since)} and "
            f"{_since(experiment, hole.at)} may be missing: {hole.why}",
        )
    if not recovered and (change := next((each for each in experiment.changes if each.spec), None)):
        return Verdict("inconclusive", _named(experiment, change))
    if proof(state) is None and state.at >= proof_deadline(state):
        return Verdict("fault_not_proven", _unproven(state, experiment))
    if recovered:
        return Verdict("recovered", _slowest(state, experiment))
    return Verdict("not_recovered", _obstacle(state, limits))


def _of(state: State) -> Experiment:
    if state.experiment is None:
        raise ValueError("no experiment has been begun")
    return state.experiment


def _hole(state: State, experiment: Experiment) -> Gap | None:
    return next((gap for gap in state.gaps if gap.kind in REQUIRED and gap.at >= experiment.t0), None)


def _since(experiment: Experiment, at: float) -> str:
    return f"{at - experiment.t0:+.1f} s"


def _named(experiment: Experiment, change: Change) -> str:
    return f"{change.what} by somebody else at {_since(experiment, change.at)}"


def _unproven(state: State, experiment: Experiment) -> str:
    seconds = (experiment.ended or state.at) - experiment.t0
    unproven = [life.pod.name for life in state.victims if life.proof is None]
    if not unproven:
        return "no pod was touched"
    return (
        f"pod {unproven[0]} was asked to go, but neither its end nor that of its containers was seen in {seconds:.0f} s"
    )


def added(state: State) -> tuple[Life, ...]:
    """Return the target's pods that appeared after t0, in the order in which they did."""
    t0 = _of(state).t0
    born = [life for life in state.owned if life.created is not None and life.created >= t0]
    return tuple(sorted(born, key=lambda life: (life.created, life.pod.name)))


def _slowest(state: State, experiment: Experiment) -> str:
    """Name the phase that cost the most of a recovery."""
    ready = [life for life in added(state) if life.ready is not None]
    if not ready or state.stretch is None:
        return ""
    last = max(ready, key=lambda life: life.ready or 0.0)
    costs = _costs(last, experiment.due, state.stretch)
    what, seconds = max(costs, key=lambda cost: cost[1])
    return f"{seconds:.1f} s of it {what}"


def _costs(life: Life, due: float, stretch: float) -> list[tuple[str, float]]:
    """Split the time from due to the final stretch by the stages of the pod that was Ready last."""
    stages = [
        ("until its replacement was created", due, life.created),
        ("until it was scheduled", life.created, life.scheduled),
        ("pulling the image and starting the containers", life.scheduled, life.started),
        ("until it was Ready", life.started or life.scheduled, life.ready),
        ("until it stayed Ready", life.ready, stretch),
    ]
    return [(what, max(0.0, end - begin)) for what, begin, end in stages if begin is not None and end is not None]


def _obstacle(state: State, limits: Limits) -> str:
    """Say what stood in the way of a recovery when time was up."""
    late = recovery_time(state, limits)
    if late < inf:
        return f"recovered only after {late:.1f} s"
    if (flapping := max(state.owned, key=lambda life: life.lost_ready, default=None)) and flapping.lost_ready > 1:
        return f"pod {flapping.pod.name} lost its readiness {flapping.lost_ready} times{_last(flapping.pod)}"
    failure = state.world.current.failure if state.world.current else ""
    if failure and len(state.world.active) < state.health.wanted:
        return f"FailedCreate: {failure}"
    return state.health.unmet or f"all right only for less than {limits.stable_for:g} s"


def _last(pod: Pod) -> str:
    return "" if pod.ready else f"; now {trouble(pod)}"
