"""What happened: one pure `step` over the records of a run, used live and in replay."""

from math import inf

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.kinds import KINDS
from ..kube.objects import EndpointSlice, Event, Pod, Workload
from ..records import (
    Begun,
    Chosen,
    Delay,
    Ended,
    Gap,
    Gone,
    Injected,
    Listed,
    Opened,
    Record,
    Sample,
    Seen,
)
from . import pod_history, target_state
from .experiment import Change, Experiment, Injection, Own, Probed, Proof, overtaken, recorded, with_injection
from .health import Health, health
from .pod_history import PodHistories, PodHistory, stale
from .reasons import Cause
from .target_state import TargetState

SECOND_RESOLUTION = 1.0
"""Server times have whole seconds, so an age by them may be this much too long."""
UNKNOWN = Health(0, 0, None, Cause("NotListed", "nothing has been listed yet"))
"""How the target is before the first listing."""


class State(Struct, frozen=True):
    """The run so far; `stable_since` is since when the target has been all right without a break.

    `affected` are the uids of the pods that the last record may have told something of; None where any may be one.
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
        """The lives of all pods that were ever the target's."""
        return tuple(history for history in self.histories.values() if history.pod.owner in self.target.owners)

    @property
    def affected_pods(self) -> tuple[PodHistory, ...]:
        """The lives of the target's pods that the last record may have told something of."""
        if self.affected is None:
            return self.owned
        known = (self.histories[uid] for uid in self.affected if uid in self.histories)
        return tuple(history for history in known if history.pod.owner in self.target.owners)

    @property
    def victims(self) -> tuple[PodHistory, ...]:
        """The lives of the victims of all faults of the experiment."""
        return tuple(self.histories[uid] for uid in self.experiment.victims) if self.experiment else ()


def step(state: State, record: Record) -> State:
    """Return the run after one more record."""
    at = max(record.at, state.at)
    if stale(state.histories, record):
        return state
    target = target_state.with_record(state.target, record)
    histories = pod_history.with_record(state.histories, record, record.at)
    affected = _affected_uids(state.target, target, record)
    after = replace(
        state, at=at, target=target, histories=histories, affected=affected, experiment=_with_ready_seconds(state, at)
    )
    return after if _is_unrelated(record, state, after) else _apply(after, record)


def _apply(state: State, record: Record) -> State:
    match record:
        case Seen() | Gone():
            state = _with_interference(state, record)
        case Gap():
            state = replace(state, gaps=(*state.gaps, record))
        case Delay():
            state = replace(state, delays=(*state.delays, record))
        case Sample() if experiment := _running(state):
            probed = experiment.probed.get(record.name, Probed(experiment.t0)).after(record)
            state = replace(state, experiment=replace(experiment, probed={**experiment.probed, record.name: probed}))
        case Listed() | Opened() | Sample():
            pass
        case Ended():
            # What follows is no longer the experiment's: what was true at its end stands.
            return replace(state, experiment=_after_own_record(state, record))
        case _:
            state = replace(state, experiment=_after_own_record(state, record))
    return _with_health(state, record)


def _affected_uids(before: TargetState, after: TargetState, record: Record) -> tuple[str, ...] | None:
    if isinstance(record, Sample):
        return ()
    if before.owners != after.owners or not isinstance(record, (Seen, Gone, Gap, Delay)):
        return None
    return (record.object.uid,) if isinstance(record, (Seen, Gone)) and isinstance(record.object, Pod) else ()


def _is_unrelated(record: Record, before: State, after: State) -> bool:
    """Whether a record tells of the neighbours only, as most Events and EndpointSlices of a namespace do."""
    informational = isinstance(record, (Seen, Gone)) and isinstance(record.object, (Event, EndpointSlice))
    same = before.target.backends is after.target.backends and before.target.refusal is after.target.refusal
    return informational and same and before.histories is after.histories


def _running(state: State) -> Experiment | None:
    return state.experiment if state.experiment and state.experiment.running else None


def _with_ready_seconds(state: State, at: float) -> Experiment | None:
    """Add what the time since the last record was worth, in seconds of full readiness."""
    if (experiment := _running(state)) is None:
        return state.experiment
    share = min(state.health.ready, state.health.wanted) / state.health.wanted
    return replace(experiment, ready_seconds=experiment.ready_seconds + (at - state.at) * share)


def _after_own_record(state: State, record: Own | Chosen | Injected) -> Experiment | None:
    """Return the experiment after something that the run did or decided itself."""
    if isinstance(record, Begun) and record.injection == 0:
        return Experiment((Injection(record),))
    if (experiment := state.experiment) is None:
        return None
    match record:
        case Chosen():
            injection = experiment.injections[record.injection]
            pod = state.histories[record.uid].pod
            chosen = replace(injection, victims={**injection.victims, pod.uid: pod})
            return with_injection(experiment, record.injection, chosen)
        case Injected():
            return _injected(state, experiment, record.injection)
    return recorded(experiment, record, state.at)


def _injected(state: State, experiment: Experiment, number: int) -> Experiment:
    """Note how everything was just before it was changed; of a further fault only what its own proof needs."""
    injection = replace(experiment.injections[number], t0=state.at, template=state.target.template)
    experiment = with_injection(experiment, number, injection)
    if experiment.t0 < inf:
        return replace(experiment, due=max(experiment.due, state.at))
    workload, now = state.target.workload, state.health
    generation = workload.generation if workload else 0
    experiment = replace(
        experiment,
        t0=state.at,
        wanted=now.wanted,
        generation=max(generation, experiment.generation),
        settled=generation,
        min_ready=now.ready,
    )
    return overtaken(experiment, state.at)


def _with_interference(state: State, record: Seen | Gone) -> State:
    if (experiment := _running(state)) is None or (what := _interference(state, experiment, record)) is None:
        return state
    if what.what in {change.what for change in experiment.changes}:
        return state
    return replace(state, experiment=replace(experiment, changes=(*experiment.changes, what)))


def _interference(state: State, experiment: Experiment, record: Seen | Gone) -> Change | None:
    """Say what somebody else did, if this record shows it."""
    match record.object:
        case Workload() as workload:
            if isinstance(record, Gone) or workload.deleting:
                return Change(state.at, f"the {workload.kind} was deleted", spec=True, final=True)
            if workload.uid != experiment.begun.target.uid:
                return Change(state.at, f"the {workload.kind} was deleted and made again", spec=True, final=True)
            fewer_nodes = KINDS[workload.kind].per_node and workload.replicas < experiment.wanted
            if workload.generation > experiment.generation or fewer_nodes:
                return Change(state.at, _spec_change(workload, experiment), spec=True)
        case Pod() as pod:
            going = pod.deleting or isinstance(record, Gone)
            mine = pod.owner in state.target.owners and pod.uid not in experiment.victims
            respecified = any(change.spec for change in experiment.changes)
            ours = respecified or any(each.begun.effect.takes_pods for each in experiment.injections)
            if going and mine and not ours and len(state.target.active) < state.health.wanted:
                return Change(state.at, f"pod {pod.name} was deleted", spec=False)
    return None


def _spec_change(workload: Workload, experiment: Experiment) -> str:
    ours = [each.begun.effect.wants for each in experiment.injections if each.in_force]
    before = next((wants for wants in ours if wants is not None), experiment.wanted)
    if workload.replicas != before:
        return f"the {workload.kind} was scaled from {before} to {workload.replicas} replicas"
    return f"the {workload.kind}'s spec was changed (generation {experiment.generation} to {workload.generation})"


def _with_health(state: State, record: Record) -> State:
    """Look at the target again, and keep, break or begin the stretch in which it has been all right."""
    if experiment := _running(state):
        experiment = _proven(experiment, state)
        unproven = frozenset(uid for each in experiment.injections for uid in each.unproven_victims(state.histories))
        now = health(state.target, wanted_before=experiment.wanted, unproven=unproven, in_force=experiment.in_force)
    else:
        now = health(state.target)
    stable_since = (
        (state.stable_since if state.stable_since is not None else _healthy_since(state, record)) if now.good else None
    )
    if experiment:
        if now.ready < experiment.min_ready:
            experiment = replace(experiment, min_ready=now.ready)
        if stable_since is not None and stable_since != state.stable_since:
            experiment = replace(
                experiment, ready_seconds_before=experiment.ready_seconds, probed_before=experiment.probed
            )
        return replace(state, health=now, stable_since=stable_since, experiment=experiment)
    return replace(state, health=now, stable_since=stable_since)


def _proven(experiment: Experiment, state: State) -> Experiment:
    """Note when the effect of a fault is first there; what a fault was to do proves nothing once it was undone."""
    for number, each in enumerate(experiment.injections):
        if each.proven is None and each.t0 < inf and not each.healed:
            seen = each.begun.effect.seen(state, each)
            if seen is not None:
                experiment = with_injection(experiment, number, replace(each, proven=Proof(*seen)))
    return experiment


def _healthy_since(state: State, record: Record) -> float:
    """When a stretch began: now, or as long ago as the server says that the last of the listed pods became Ready."""
    if not isinstance(record, Listed) or not record.server_time:
        return state.at
    youngest = max((pod.ready_since for pod in state.target.active if pod.ready), default=record.server_time)
    return state.at - max(0.0, record.server_time - youngest - SECOND_RESOLUTION)
