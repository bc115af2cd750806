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
from .experiment import Change, Experiment, Injection, Own, Probed, Proof, overtaken, recorded, with_injection
from .health import Health, health
from .pod_history import Life, Lives, live, stale
from .reasons import Cause
from .target_state import World, apply

WHOLE_SECOND = 1.0
"""Server times have whole seconds, so an age by them may be this much too long."""
UNKNOWN = Health(0, 0, None, Cause("NotListed", "nothing has been listed yet"))
"""How the target is before the first listing."""


class State(Struct, frozen=True):
    """The run so far; `stretch` is since when the target has been all right without a break.

    `touched` are the uids of the pods that the last record may have told something of; None where any may be one.
    """

    at: float = 0.0
    world: World = field(default_factory=World)
    health: Health = UNKNOWN
    stretch: float | None = None
    lives: Lives = field(default_factory=dict)
    experiment: Experiment | None = None
    gaps: tuple[Gap, ...] = ()
    delays: tuple[Delay, ...] = ()
    touched: tuple[str, ...] | None = None

    @property
    def owned(self) -> tuple[Life, ...]:
        """The lives of all pods that were ever the target's."""
        return tuple(life for life in self.lives.values() if life.pod.owner in self.world.owners)

    @property
    def news(self) -> tuple[Life, ...]:
        """The lives of the target's pods that the last record may have told something of."""
        if self.touched is None:
            return self.owned
        told = (self.lives[uid] for uid in self.touched if uid in self.lives)
        return tuple(life for life in told if life.pod.owner in self.world.owners)

    @property
    def victims(self) -> tuple[Life, ...]:
        """The lives of the victims of all faults of the experiment."""
        return tuple(self.lives[uid] for uid in self.experiment.victims) if self.experiment else ()


def step(state: State, record: Record) -> State:
    """Return the run after one more record."""
    at = max(record.at, state.at)
    if stale(state.lives, record):
        return state
    world, lives = apply(state.world, record), live(state.lives, record, record.at)
    touched = _touched(state.world, world, record)
    after = replace(state, at=at, world=world, lives=lives, touched=touched, experiment=_weighed(state, at))
    return after if _foreign(record, state, after) else _told(after, record)


def _told(state: State, record: Record) -> State:
    match record:
        case Seen() | Gone():
            state = _interfered(state, record)
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
            return replace(state, experiment=_own(state, record))
        case _:
            state = replace(state, experiment=_own(state, record))
    return _look(state, record)


def _touched(before: World, after: World, record: Record) -> tuple[str, ...] | None:
    if isinstance(record, Sample):
        return ()
    if before.owners != after.owners or not isinstance(record, (Seen, Gone, Gap, Delay)):
        return None
    return (record.object.uid,) if isinstance(record, (Seen, Gone)) and isinstance(record.object, Pod) else ()


def _foreign(record: Record, before: State, after: State) -> bool:
    """Whether a record tells of the neighbours only, as most Events and EndpointSlices of a namespace do."""
    colour = isinstance(record, (Seen, Gone)) and isinstance(record.object, (Event, EndpointSlice))
    same = before.world.backends is after.world.backends and before.world.refusal is after.world.refusal
    return colour and same and before.lives is after.lives


def _running(state: State) -> Experiment | None:
    return state.experiment if state.experiment and state.experiment.running else None


def _weighed(state: State, at: float) -> Experiment | None:
    """Add what the time since the last record was worth, in seconds of full readiness."""
    if (experiment := _running(state)) is None:
        return state.experiment
    share = min(state.health.ready, state.health.wanted) / state.health.wanted
    return replace(experiment, ready_seconds=experiment.ready_seconds + (at - state.at) * share)


def _own(state: State, record: Own | Chosen | Injected) -> Experiment | None:
    """Return the experiment after something that the run did or decided itself."""
    if isinstance(record, Begun) and record.injection == 0:
        return Experiment((Injection(record),))
    if (experiment := state.experiment) is None:
        return None
    match record:
        case Chosen():
            injection = experiment.injections[record.injection]
            pod = state.lives[record.uid].pod
            chosen = replace(injection, victims={**injection.victims, pod.uid: pod})
            return with_injection(experiment, record.injection, chosen)
        case Injected():
            return _injected(state, experiment, record.injection)
    return recorded(experiment, record, state.at)


def _injected(state: State, experiment: Experiment, number: int) -> Experiment:
    """Note how everything was just before it was changed; of a further fault only what its own proof needs."""
    injection = replace(experiment.injections[number], t0=state.at, template=state.world.template)
    experiment = with_injection(experiment, number, injection)
    if experiment.t0 < inf:
        return replace(experiment, due=max(experiment.due, state.at))
    workload, now = state.world.workload, state.health
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


def _interfered(state: State, record: Seen | Gone) -> State:
    if (experiment := _running(state)) is None or (what := _change(state, experiment, record)) is None:
        return state
    if what.what in {change.what for change in experiment.changes}:
        return state
    return replace(state, experiment=replace(experiment, changes=(*experiment.changes, what)))


def _change(state: State, experiment: Experiment, record: Seen | Gone) -> Change | None:
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
            mine = pod.owner in state.world.owners and pod.uid not in experiment.victims
            respecified = any(change.spec for change in experiment.changes)
            ours = respecified or any(each.begun.effect.takes_pods for each in experiment.injections)
            if going and mine and not ours and len(state.world.active) < state.health.wanted:
                return Change(state.at, f"pod {pod.name} was deleted", spec=False)
    return None


def _spec_change(workload: Workload, experiment: Experiment) -> str:
    ours = [each.begun.effect.wants for each in experiment.injections if each.in_force]
    before = next((wants for wants in ours if wants is not None), experiment.wanted)
    if workload.replicas != before:
        return f"the {workload.kind} was scaled from {before} to {workload.replicas} replicas"
    return f"the {workload.kind}'s spec was changed (generation {experiment.generation} to {workload.generation})"


def _look(state: State, record: Record) -> State:
    """Look at the target again, and keep, break or begin the stretch in which it has been all right."""
    if experiment := _running(state):
        experiment = _proven(experiment, state)
        unproven = frozenset(uid for each in experiment.injections for uid in each.unproven_victims(state.lives))
        now = health(state.world, floor=experiment.wanted, owing=unproven, in_force=experiment.in_force)
    else:
        now = health(state.world)
    stretch = (state.stretch if state.stretch is not None else _begin(state, record)) if now.good else None
    if experiment:
        if now.ready < experiment.min_ready:
            experiment = replace(experiment, min_ready=now.ready)
        if stretch is not None and stretch != state.stretch:
            experiment = replace(
                experiment, ready_seconds_before=experiment.ready_seconds, probed_before=experiment.probed
            )
        return replace(state, health=now, stretch=stretch, experiment=experiment)
    return replace(state, health=now, stretch=stretch)


def _proven(experiment: Experiment, state: State) -> Experiment:
    """Note when the effect of a fault is first there; what a fault was to do proves nothing once it was undone."""
    for number, each in enumerate(experiment.injections):
        if each.proven is None and each.t0 < inf and not each.healed:
            seen = each.begun.effect.seen(state, each)
            if seen is not None:
                experiment = with_injection(experiment, number, replace(each, proven=Proof(*seen)))
    return experiment


def _begin(state: State, record: Record) -> float:
    """When a stretch began: now, or as long ago as the server says that the last of the listed pods became Ready."""
    if not isinstance(record, Listed) or not record.server_time:
        return state.at
    youngest = max((pod.ready_since for pod in state.world.active if pod.ready), default=record.server_time)
    return state.at - max(0.0, record.server_time - youngest - WHOLE_SECOND)
