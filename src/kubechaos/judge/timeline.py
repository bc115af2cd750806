"""What happened: one pure `step` over the records of a run, used live and in replay."""

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.objects import EndpointSlice, Event, Pod, Workload
from ..records import Delay, Gap, Gone, Listed, Mark, Record, Sample, Seen
from .experiment import Change, Experiment, Probed, marked
from .health import Health, health
from .lives import Life, Lives, live, stale
from .world import World, apply

WHOLE_SECOND = 1.0
"""Server times have whole seconds, so an age by them may be this much too long."""


class State(Struct, frozen=True):
    """The run so far; `stretch` is since when the target has been all right without a break.

    `touched` are the uids of the pods that the last record may have told something of; None where any may be one.
    """

    at: float = 0.0
    world: World = field(default_factory=World)
    health: Health = field(default_factory=lambda: Health(0, 0, None, "nothing has been listed yet"))
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
        """The lives of the experiment's victims."""
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
        case Mark(name="ended"):
            # What follows is no longer the experiment's: what was true at its end stands.
            return replace(state, experiment=_marked(state, record))
        case Mark():
            state = replace(state, experiment=_marked(state, record))
        case Sample() if experiment := _running(state):
            probed = experiment.probed.get(record.name, Probed(experiment.t0)).after(record)
            state = replace(state, experiment=replace(experiment, probed={**experiment.probed, record.name: probed}))
    return _look(state, record)


def _touched(before: World, after: World, record: Record) -> tuple[str, ...] | None:
    if isinstance(record, Sample):
        return ()
    if isinstance(record, (Listed, Mark)) or before.owners != after.owners:
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


def _marked(state: State, mark: Mark) -> Experiment | None:
    if mark.name == "experiment":
        return Experiment(mark.facts)
    if (experiment := state.experiment) is None:
        return None
    match mark.name:
        case "victim":
            pod = state.lives[mark.facts["uid"]].pod
            return replace(experiment, victims={**experiment.victims, pod.uid: pod})
        case "t0":
            return _begun(state, experiment)
    return marked(experiment, mark, state.at)


def _begun(state: State, experiment: Experiment) -> Experiment:
    """Note how everything was just before it was changed."""
    workload, now = state.world.workload, state.health
    generation = workload.generation if workload else 0
    template = state.world.template
    return replace(
        experiment,
        t0=state.at,
        floor=now.wanted,
        generation=generation,
        settled=generation,
        min_ready=now.ready,
        template=template,
    )


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
            if workload.uid != experiment.facts["ref"][-1]:
                return Change(state.at, f"the {workload.kind} was deleted and made again", spec=True, final=True)
            fewer_nodes = workload.kind == "DaemonSet" and workload.replicas < experiment.floor
            if workload.generation > experiment.generation or fewer_nodes:
                return Change(state.at, _spec_change(workload, experiment), spec=True)
        case Pod() as pod:
            going = pod.deleting or isinstance(record, Gone)
            mine = pod.owner in state.world.owners and pod.uid not in experiment.victims
            respecified = any(change.spec for change in experiment.changes) or experiment.effect
            if going and mine and not respecified and len(state.world.active) < state.health.wanted:
                return Change(state.at, f"pod {pod.name} was deleted", spec=False)
    return None


def _spec_change(workload: Workload, experiment: Experiment) -> str:
    before = experiment.aim if experiment.in_force else experiment.floor
    if workload.replicas != before:
        return f"the {workload.kind} was scaled from {before} to {workload.replicas} replicas"
    return f"the {workload.kind}'s spec was changed (generation {experiment.generation} to {workload.generation})"


def _look(state: State, record: Record) -> State:
    """Look at the target again, and keep, break or begin the stretch in which it has been all right."""
    if experiment := _running(state):
        experiment = _effected(experiment, state)
        owing = frozenset(uid for uid in experiment.victims if not experiment.proof(state.lives[uid]))
        now = health(state.world, floor=experiment.floor, owing=owing, in_force=experiment.in_force)
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


def _effected(experiment: Experiment, state: State) -> Experiment:
    """Note when the effect of a fault of the whole target is first there."""
    if not experiment.effect or experiment.effected is not None or experiment.healed:
        return experiment
    world = state.world
    if experiment.effect == "scaled":
        there = len(world.active) == experiment.aim
    else:
        there = world.template != experiment.template and bool(world.updated(world.active))
    return replace(experiment, effected=state.at) if there else experiment


def _begin(state: State, record: Record) -> float:
    """When a stretch began: now, or as long ago as the server says that the last of the listed pods became Ready."""
    if not isinstance(record, Listed) or not record.server_time:
        return state.at
    youngest = max((pod.ready_since for pod in state.world.active if pod.ready), default=record.server_time)
    return state.at - max(0.0, record.server_time - youngest - WHOLE_SECOND)
