"""The state of one target: one pure function `step` over the records of its stream, used live and in replay.

Everything that is said of a run is derived from records in their order, by functions without clock and I/O. A recording
therefore gives the same verdict on any machine and on any day, and a test gives records as literals.
"""

from math import inf

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.objects import EndpointSlice, Event, Pod
from ..records import Begun, Chosen, Delay, Ended, Gap, Gone, Injected, Listed, Opened, Record, Sample, Seen
from . import pod_history, target_state
from .experiment import (
    Experiment,
    Injection,
    Probed,
    Proof,
    with_injection,
)
from .health import Health, health
from .interference import foreign_change
from .own_records import OwnRecord, with_hidden_change, with_own_record
from .pod_history import PodHistories, PodHistory, stale
from .reasons import Cause
from .target_state import TargetState

SECOND_RESOLUTION = 1.0
"""Seconds by which an age that is computed from server times may be too long: the API writes whole seconds."""
UNKNOWN = Health(0, 0, None, Cause("NotListed", "nothing has been listed yet"))
"""The health of a target before its first listing."""


class State(Struct, frozen=True):
    """One target and the last experiment on it, as of the last record. Times are on the run's clock, in seconds.

    at: the time of the last record; it never goes back.
    target: the objects of the target as they were last seen.
    health: the health of the target after the last record.
    stable_since: since when the target has been healthy without a break; None while it is not.
    histories: the stages of every pod that was seen, by uid.
    experiment: the last experiment; None before the first.
    gaps: the interruptions of a watch in which events may be missing, in order.
    delays: the interruptions of a watch after which every event came late, in order.
    affected: the uids of the pods that the last record may have changed; None if it may have changed any of them.
    """

    at: float = 0.0
    target: TargetState = field(default_factory=TargetState)
    health: Health = UNKNOWN
    stable_since: float | None = None
    histories: PodHistories = field(default_factory=dict)
    experiment: Experiment | None = None
    gaps: tuple[Gap, ...] = ()
    delays: tuple[Delay, ...] = ()
    affected: tuple[str, ...] | None = None

    @property
    def owned(self) -> tuple[PodHistory, ...]:
        """The histories of all pods that ever belonged to the target."""
        return tuple(history for history in self.histories.values() if history.pod.owner in self.target.owners)

    @property
    def affected_pods(self) -> tuple[PodHistory, ...]:
        """The histories of the target's pods that the last record may have changed."""
        if self.affected is None:
            return self.owned
        known = (self.histories[uid] for uid in self.affected if uid in self.histories)
        return tuple(history for history in known if history.pod.owner in self.target.owners)

    @property
    def victims(self) -> tuple[PodHistory, ...]:
        """The histories of the victims of all faults of the experiment."""
        if self.experiment is None:
            return ()
        return tuple(self.histories[uid] for uid in self.experiment.victims)


def step(state: State, record: Record) -> State:
    """Return the state after one more record."""
    # An API server whose watch cache lags, or a relist after 410 Gone, may deliver an older version of a pod than the
    # known one. This is checked before anything else, as such a record must leave no trace at all: half of it would
    # bring back a pod that is gone, or count a second that nobody observed.
    if stale(state.histories, record):
        return state
    # Each kind has a stream of its own, so records of different kinds may arrive out of order by some milliseconds. The
    # run's time does not go back for that; the history of a pod keeps the record's own time.
    at = max(record.at, state.at)
    target = target_state.with_record(state.target, record)
    histories = pod_history.with_record(state.histories, record, record.at)
    if isinstance(record, Listed):
        # Either listing may be the first.
        histories = pod_history.with_events(histories, target.listed_events)
    affected = _affected_uids(state.target, target, record)
    # The time since the last record was spent in the state before this one, so it is worth what that state's health
    # was: it is added up before the record changes the health.
    experiment = _with_ready_seconds(state, at)
    after = replace(state, at=at, target=target, histories=histories, affected=affected, experiment=experiment)
    if _is_unrelated(record, state, after):
        return after
    return _apply(after, record)


def _apply(state: State, record: Record) -> State:
    """Return the state with what a record means besides; `target` and `histories` have taken it in already."""
    match record:
        case Seen() | Gone():
            state = _with_interference(state, record)
        case Gap():
            state = replace(state, gaps=(*state.gaps, record))
        case Delay():
            state = replace(state, delays=(*state.delays, record))
        case Sample():
            state = _with_sample(state, record)
        case Listed() | Opened():
            pass
        case Ended():
            # What follows does not belong to the experiment any more: its health and stable window stay as they are.
            return replace(state, experiment=_experiment_after(state, record))
        case _:
            state = replace(state, experiment=_experiment_after(state, record))
    return _with_health(state, record)


def _affected_uids(before: TargetState, after: TargetState, record: Record) -> tuple[str, ...] | None:
    """Return which pods must be looked at after a record; None for all."""
    # Alerts look at the affected pods only: to look at all after every record costs the square of their number.
    # It must be all of them if a record changes the answer for pods that it does not contain: a listing shows many, a
    # new ReplicaSet makes its pods the target's, and t0 or a heal moves the time from which they count.
    if isinstance(record, Sample):
        return ()
    if before.owners != after.owners or not isinstance(record, (Seen, Gone, Gap, Delay)):
        return None
    if isinstance(record, (Seen, Gone)) and isinstance(record.object, Pod):
        return (record.object.uid,)
    return ()


def _is_unrelated(record: Record, before: State, after: State) -> bool:
    """Whether a record is an Event or EndpointSlice of neighbours of the target."""
    # The server cannot select them by target, so all in the namespace are received, and nearly all are of neighbours.
    # Health costs a loop over the target's pods, so it is not computed for such a record (benchmarks/crowd.py has the
    # figures). Identity suffices as a test: an update that changes nothing returns the same object.
    informational = isinstance(record, (Seen, Gone)) and isinstance(record.object, (Event, EndpointSlice))
    same = before.target.backends is after.target.backends and before.target.refusal is after.target.refusal
    return informational and same and before.histories is after.histories


def _running_experiment(state: State) -> Experiment | None:
    if state.experiment is None or not state.experiment.running:
        return None
    return state.experiment


def _with_ready_seconds(state: State, at: float) -> Experiment | None:
    """Return the experiment with the time since the last record added, weighted by the share of Ready pods."""
    experiment = _running_experiment(state)
    if experiment is None:
        return state.experiment
    share = min(state.health.ready, state.health.wanted) / state.health.wanted
    return replace(experiment, ready_seconds=experiment.ready_seconds + (at - state.at) * share)


def _with_sample(state: State, sample: Sample) -> State:
    """Return the state with one more answer of a probe, if an experiment is running."""
    experiment = _running_experiment(state)
    if experiment is None:
        return state
    probed = experiment.probed.get(sample.name, Probed(experiment.t0)).after(sample)
    return replace(state, experiment=replace(experiment, probed={**experiment.probed, sample.name: probed}))


def _experiment_after(state: State, record: OwnRecord | Chosen | Injected) -> Experiment | None:
    """Return the experiment after something that kubechaos did or decided; None without an experiment."""
    if isinstance(record, Begun) and record.injection == 0:
        return Experiment((Injection(record),))
    experiment = state.experiment
    if experiment is None:
        return None
    match record:
        case Chosen():
            injection = experiment.injections[record.injection]
            pod = state.histories[record.uid].pod
            injection = replace(injection, victims={**injection.victims, pod.uid: pod})
            return with_injection(experiment, record.injection, injection)
        case Injected():
            return _with_t0(state, experiment, record.injection)
    return with_own_record(experiment, record, state.at)


def _with_t0(state: State, experiment: Experiment, number: int) -> Experiment:
    """Return the experiment with how the target was just before fault `number` wrote for the first time."""
    injection = replace(experiment.injections[number], t0=state.at, template=state.target.template)
    experiment = with_injection(experiment, number, injection)
    if experiment.t0 < inf:
        return experiment  # of the first fault; when the recovery from both is owed is said by the record Due
    generation = 0
    if state.target.workload is not None:
        generation = state.target.workload.generation
    experiment = replace(
        experiment,
        t0=state.at,
        wanted=state.health.wanted,
        generation=max(generation, experiment.generation),
        accepted_generation=generation,
        min_ready=state.health.ready,
    )
    return with_hidden_change(experiment, state.at)


def _with_interference(state: State, record: Seen | Gone) -> State:
    """Return the state with what somebody else did to the target, if the record shows it."""
    experiment = _running_experiment(state)
    if experiment is None:
        return state
    change = foreign_change(experiment, state.target, state.health, record, state.at)
    if change is None:
        return state
    return replace(state, experiment=replace(experiment, changes=(*experiment.changes, change)))


def _with_health(state: State, record: Record) -> State:
    """Return the state with its health computed anew, and with the stable window continued, broken or begun."""
    experiment = _running_experiment(state)
    if experiment is None:
        now = health(state.target)
        return replace(state, health=now, stable_since=_stable_since(state, now, record))
    experiment = _with_proofs(experiment, state)
    unproven = frozenset(uid for each in experiment.injections for uid in each.unproven_victims(state.histories))
    now = health(
        state.target, wanted_before=experiment.wanted, unproven=unproven, prevents_recovery=experiment.prevents_recovery
    )
    stable_since = _stable_since(state, now, record)
    if now.ready < experiment.min_ready:
        experiment = replace(experiment, min_ready=now.ready)
    if stable_since is not None and stable_since != state.stable_since:
        # This may be the start of the final stable window, which availability must not include: keep what was counted
        # up to here. A later break makes a later window, and this is written again.
        experiment = replace(
            experiment,
            ready_seconds_before=experiment.ready_seconds,
            probed_before=experiment.probed,
            healthy=(*experiment.healthy, stable_since),
        )
    return replace(state, health=now, stable_since=stable_since, experiment=experiment)


def _stable_since(state: State, now: Health, record: Record) -> float | None:
    """Return since when the target has been healthy without a break, as of this record; None if it is not."""
    if not now.good:
        return None
    if state.stable_since is not None:
        return state.stable_since
    return _healthy_since(state, record)


def _healthy_since(state: State, record: Record) -> float:
    """Return the start of a new stable window: now, or earlier if a listing shows that the pods were Ready before."""
    # A target that has run for hours need not be watched for `stable_for` once more. How long its pods have been Ready
    # is known by the server's clock alone, so both times are taken from it: the lastTransitionTime of the Ready
    # conditions, and the Date header of the listing. Only their difference is subtracted from the run's clock.
    if not isinstance(record, Listed) or not record.server_time:
        return state.at
    newest = max((pod.ready_since for pod in state.target.active if pod.ready), default=record.server_time)
    return state.at - max(0.0, record.server_time - newest - SECOND_RESOLUTION)


def _with_proofs(experiment: Experiment, state: State) -> Experiment:
    """Return the experiment with the proof of each fault whose effect this state shows for the first time."""
    for number, injection in enumerate(experiment.injections):
        # After a heal the same state has another reason: a target on its way from 0 to 3 pods has 1 for a moment, which
        # is what scale(1) was to show.
        if injection.proven is None and injection.t0 < inf and not injection.healed:
            seen = injection.begun.effect.seen(state, injection)
            if seen is not None:
                experiment = with_injection(experiment, number, replace(injection, proven=Proof(*seen)))
    return experiment
