"""The times of an experiment: when it is proven, recovered and ended. All are on the run's clock, in seconds.

    t0          due                    stable_since        + stable_for
    |-----------|----------------------|-------------------|
    first write  recovery is owed       final stable window

`due` is t0 or, if later, the t0 of an inner fault or the heal of a held one. The recovery time goes from `due` to
`stable_since`. `within` bounds exactly that time; the stable window may end after it.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

from ..kube.objects import Workload
from .experiment import Experiment, Injection
from .health import still_changing
from .pod_history import PodHistory
from .reasons import Cause
from .state import State

GONE_MARGIN: Final = 3.0
"""Seconds after its proof in which a victim should leave the API."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recovery must keep to.

    within: the longest recovery time, in seconds.
    stable_for: how long the target must stay recovered, in seconds.
    """

    within: float
    stable_for: float


def steady_at(state: State, stable_for: float) -> float:
    """Return when the target will be steady if nothing more happens; inf if it is not healthy, or still changing."""
    if state.stable_since is None or unsteady(state):
        return inf
    return state.stable_since + stable_for


def unsteady(state: State) -> Cause | None:
    """Return what keeps the target from being steady, apart from time; None if nothing does."""
    return state.health.unmet or still_changing(state.target)


def never_steady(state: State) -> Cause | None:
    """Return why no waiting would make the target steady, and the way out; None if waiting may help."""
    target, workload = state.target, state.target.workload
    waits_for = unsteady(state)
    # Before the listings are complete, every pod looks like one of an old template.
    if waits_for is None or not target.complete:
        return None
    if target.lost or workload is None:
        return waits_for if target.lost else None
    if workload.deleting:
        return waits_for
    current = {pod.uid for pod in target.updated(target.active)}
    old = sorted(pod.name for pod in target.active if pod.uid not in current) if target.template else []
    if workload.paused and old:
        return Cause(
            "Paused", f"the {target.kind} is paused: kubectl rollout resume {target.kind.lower()}/{workload.name}"
        )
    kept = [name for name in old if workload.keeps == "OnDelete" or _ordinal(name) < workload.partition]
    if kept:
        why = f"pod {kept[0]} is of an old template, and {workload.keeps} keeps it"
        return Cause("UpdateStrategy", f"{why}: {_way_out(workload)}")
    return None


def _way_out(workload: Workload) -> str:
    if workload.partition:
        return "set spec.updateStrategy.rollingUpdate.partition to 0, or roll the template back"
    return "delete the pods of the old template, or roll the template back"


def _ordinal(name: str) -> float:
    """Return the ordinal of a pod of a StatefulSet; inf if its name has none."""
    digits = name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else inf


def ends_at(state: State, limits: Limits) -> float:
    """Return when the observation ends if nothing more is recorded."""
    experiment = experiment_of(state)
    if state.target.lost:
        return state.at  # a workload that was deleted does not come back as the same target
    time_is_up = experiment.due + limits.within
    if state.stable_since is None:
        waits = [_end_without_recovery(state, injection) for injection in experiment.injected]
        return max([time_is_up, *waits])
    # A stable window that began in time is observed to its end, which may be after `time_is_up`: its length is part of
    # the proof of a recovery, not of the recovery time.
    ends = max([stable_at(state, limits), *(_proof_ends_at(state, injection) for injection in experiment.injected)])
    if not _all_probes_answered(state, limits):
        return max(ends, time_is_up)
    return ends


def _end_without_recovery(state: State, injection: Injection) -> float:
    """Return until when a fault is waited for while the target is not healthy; 0.0 if it need not be."""
    # "Not recovered" must not hide that the fault did nothing. So a fault without proof is given its time, but only
    # where the proof can still come: a victim that is terminating already shows enough, and a preparing fault is proven
    # by answers that are there.
    untouched = any(state.histories[uid].deleted is None for uid in injection.victims)
    without_victims = not injection.victims and not injection.begun.effect.preparing
    if injection.proven or not (untouched or without_victims):
        return 0.0
    return proof_deadline(state, injection)


def proof_deadline(state: State, injection: Injection) -> float:
    """Return when the effect of a fault must have been seen at the latest."""
    grace_periods = [state.histories[uid].pod.grace for uid in injection.victims]
    # The last victim may have been evicted only after its budget was waited for.
    return injection.t0 + injection.blocked_since_t0 + injection.begun.effect.deadline(grace_periods)


def _proof_ends_at(state: State, injection: Injection) -> float:
    """Return when nothing more of a fault's effect is waited for."""
    if injection.proven is None:
        return proof_deadline(state, injection)
    # Measured with a grace period of 2 s: a pod leaves the API 0.5 to 2.6 s after the request. One that stays longer is
    # worth the alert NotGone, but no other verdict.
    lingering = injection.begun.effect.leaves and any(state.histories[uid].gone is None for uid in injection.victims)
    if lingering:
        return injection.proven.at + GONE_MARGIN
    return injection.proven.at


def unproven(state: State) -> Injection | None:
    """Return the first fault that has no proof though its deadline has passed; None if there is none."""
    for injection in experiment_of(state).injected:
        if injection.proven is None and state.at >= proof_deadline(state, injection):
            return injection
    return None


def stable_at(state: State, limits: Limits) -> float:
    """Return when the target has been healthy for long enough to count as recovered; inf if it is not healthy."""
    if state.stable_since is None:
        return inf
    # The window counts from `due` on: a target that a held fault does not hurt is healthy before its heal already.
    return max(state.stable_since, experiment_of(state).due) + limits.stable_for


def _all_probes_answered(state: State, limits: Limits) -> bool:
    """Whether every probe has answered since the stable window was long enough."""
    # A probe that hangs gives no failed sample, so its last success would stand for ever: silence is no success.
    return all(sample and sample.at >= stable_at(state, limits) for sample in state.target.probes.values())


def recovery_time(state: State, limits: Limits, at: float | None = None) -> float:
    """Return the seconds from due to the start of the final stable window; inf if it has not recovered, or not from us.

    `at` is the time as of which this is asked; if it is None, the end of the observation.
    """
    experiment = experiment_of(state)
    # Nobody knows when the recovery from a fault was owed that somebody else undid.
    if any(change.undid for change in experiment.changes):
        return inf
    if at is None:
        at = experiment.ended
    if at is None or state.stable_since is None:
        return inf
    if at < stable_at(state, limits) or not _all_probes_answered(state, limits):
        return inf
    return max(0.0, state.stable_since - experiment.due)


def experiment_of(state: State) -> Experiment:
    """Return the last experiment on a target; raises ValueError before the first."""
    if state.experiment is None:
        raise ValueError("no experiment has been begun")
    return state.experiment


def added(state: State) -> tuple[PodHistory, ...]:
    """Return the target's pods that were first seen after t0, in that order."""
    t0 = experiment_of(state).t0
    born = [history for history in state.owned if history.created is not None and history.created >= t0]
    return tuple(sorted(born, key=lambda history: (history.created, history.pod.name)))
